"""What Langfuse's SDKs 5 and 3 sent becomes what an independent program read in it; where not, the reason is here."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from tests.tracing import agreement, captures
from tests.tracing.test_captures import list_fields, stage
from tracing.normalise import normalise
from tracing.records import Trace

CLIENTS = ("langfuse5", "langfuse3")
Row = dict[str, Any]

# Where ours differs on purpose: client, field -> how many traces, and why ours is right.
_TWO_CALLS = (
    "a second generation, `summarise`, follows the answer: tokens add up, and the last call's first token counts"
)
_TEXT = "the reference knows the question by its text; the client did not send an id in the trace's metadata"
_SENT = "sent as langfuse.trace.metadata, where the mapping reads it; the reference looks at a routing span alone"
KNOWN: dict[tuple[str, str], tuple[int, str]] = {
    ("langfuse5", "llm input tokens"): (1, _TWO_CALLS),
    ("langfuse5", "llm output tokens"): (1, _TWO_CALLS),
    ("langfuse5", "first token"): (1, _TWO_CALLS),
    ("langfuse5", "query"): (1, "the reference leaves out the question of a trace that failed; its root holds it"),
    ("langfuse5", "version"): (6, "without langfuse.version the mapping takes the release; the reference takes none"),
    ("langfuse5", "question_id"): (5, _TEXT),
    ("langfuse5", "evaluations"): (5, "an experiment's own evaluator is one too; the reference reads the first alone"),
    ("langfuse3", "question_id"): (32, _TEXT),
    ("langfuse3", "output"): (32, "langfuse.trace.output is the answer; the root's own output is a pair with an id"),
    ("langfuse3", "intent"): (32, _SENT),
    ("langfuse3", "product"): (24, _SENT),
}


def fields(row: Row, trace: Trace) -> Iterator[tuple[str, Any, Any]]:
    """Name, expected, ours."""
    yield "root", (row["root_present"], row["root_name"]), (trace.rooted, trace.root_name)
    yield "question_id", row["question_id"], trace.metadata.get("question_id")
    yield "spans", row["spans"], trace.span_count
    yield "duration_ms", row["duration_ms"], round(trace.duration_ms, 1)
    yield "query", row["query"], trace.query
    yield "output", row["output"], trace.answer
    yield "session", row["session"], trace.session_id
    yield "user", row["user"], trace.user_id
    yield "version", row["version"], trace.versions.release
    yield "release", row["release"], trace.metadata.get("release", trace.versions.release)
    yield "service", row["service"], trace.service
    yield "environment", row["environment"], trace.environment
    yield "intent", row.get("intent"), trace.intent
    yield "product", row.get("product"), trace.product
    named = [(each["text"], each["type"]) for each in row.get("entities") or ()]
    yield "entities", named, [(each.text, each.type) for each in trace.entities]
    errors = [record.error for record in trace.stages if record.status in ("error", "timeout")]
    yield "error", [row["error"]] if row["error"] else [], errors
    yield from list_fields(row, trace)
    yield from call_fields(row, trace)


def call_fields(row: Row, trace: Trace) -> Iterator[tuple[str, Any, Any]]:
    call = row.get("llm") or {}
    record = stage(trace, "generate")
    yield "llm model", call.get("model"), record.model if record else None
    yield "llm input tokens", call.get("input_tokens"), record.input_tokens if record else None
    yield "llm output tokens", call.get("output_tokens"), record.output_tokens if record else None
    version = call.get("prompt_version")
    yield "prompt version", version if version is None else str(version), trace.versions.prompt
    began = call.get("completion_start_time")
    waited = None if began is None else dt.datetime.fromisoformat(began).timestamp() * 1e3 - trace.started_ns / 1e6
    ours = trace.first_token_ms
    yield "first token", waited and round(waited, 1), ours if ours is None else round(ours, 1)
    judged = [pair for each in row.get("evaluations") or () for pair in _scalars(each)]
    checks = [(check.name, check.value) for each in trace.stages for check in each.checks if check.name != "blocked"]
    yield "evaluations", judged, checks


def _scalars(judged: Any) -> Iterator[tuple[str, float]]:
    for row in judged if isinstance(judged, list) else [judged]:
        if "value" in row:
            yield row["name"], row["value"]
        else:
            yield from ((name, value) for name, value in row.items() if not isinstance(value, list))


@pytest.mark.parametrize("client", CLIENTS)
def test_every_field_agrees_with_the_reference(client: str) -> None:
    spans = captures.spans(client)
    sent = {row["trace_id"]: row for row in captures.expected(client)}
    agreement.check(client, ((key, fields(row, normalise(spans[key]))) for key, row in sent.items()), KNOWN)


def test_experiments_are_runs_and_no_live_traffic() -> None:
    traces = [normalise(spans) for spans in captures.spans("langfuse5").values()]
    runs = [trace for trace in traces if trace.run_id]
    assert len(runs) == 5
    assert {trace.environment for trace in runs} == {"sdk-experiment"}
    assert {trace.run_id for trace in runs} == {"7181d59a343849ff"}
    assert {trace.item_id for trace in runs} == {f"item-q0{number}" for number in range(1, 6)}
    assert {trace.environment for trace in traces if not trace.run_id} == {"production"}


def test_documents_that_went_into_a_reranker_are_read_from_its_arguments() -> None:
    for client in CLIENTS:
        for spans in captures.spans(client).values():
            trace = normalise(spans)
            assert {each.chunk_id for each in trace.candidates if each.rerank_in} == {
                each.chunk_id for each in trace.candidates if each.hits
            }
            assert trace.observed.rerank_input == "inferred"
            assert trace.observed.lanes == "declared"
