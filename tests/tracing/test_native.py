"""Native JSON: one trace or a list, each accepted or refused by itself, with the field that is wrong."""

import json
from typing import Any

import pytest

from tests.tracing.made_spans import by_id, messages, retrieved, span
from tracing import native
from tracing.normalise import normalise
from tracing.otlp.json import LATEST_NS
from tracing.records import Citation, LaneHit, Trace, Versions

TRACE = "0af7651916cd43dd8448eb211c80319c"
LEAST = {"trace_id": TRACE, "query": "How do I retry?", "started_at": "2026-11-03T09:30:00.25Z"}
FULL = LEAST | {
    "ended_at": "2026-11-03T09:30:02.342Z",
    "first_token_ms": 1480.0,
    "environment": "prod",
    "surface": "search",
    "run_id": "run-1",
    "item_id": "item-1",
    "repeat": 2,
    "versions": {"release": "r7", "prompt": "p3"},
    "rewritten": ["retry"],
    "query_shape": "conceptual",
    "intent": "howto",
    "product": "celery",
    "entities": [{"text": "retry", "type": "term", "product": "celery"}],
    "confidence": 0.83,
    "answer": "Use autoretry_for [1].",
    "refused": False,
    "missing": ["the default"],
    "session_id": "s",
    "user_id": "u",
    "metadata": {"tenant": "t1", "n": 3},
    "lanes": [
        {
            "name": "vector",
            "round": 1,
            "query": "retry",
            "top_k": 40,
            "returned": 40,
            "floor": 0.35,
            "score_kind": "similarity",
        }
    ],
    "candidates": [
        {
            "chunk_id": "a",
            "anchor": "doc_celery#retry",
            "text": "Some text.",
            "lanes": {"vector": {"rank": 3, "score": 0.82, "round": 1}},
            "fused_rank": 2,
            "rerank_in": True,
            "rerank_rank": 1,
            "rerank_score": 0.9,
            "survived": True,
            "tokens": 412,
            "kept_tokens": 412,
        },
        {
            "chunk_id": "b",
            "lanes": {"vector": {"rank": 1, "score": 0.9}},
            "survived": False,
            "dropped_at": "rerank",
            "dropped_why": "top_k",
        },
    ],
    "context": {"cap_tokens": 6000, "used_tokens": 412, "text": "Some text."},
    "citations": [{"claim": "Use it", "anchor": "doc_celery#retry", "chunk_id": "a"}],
    "stages": [
        {
            "stage": "generate",
            "status": "ok",
            "duration_ms": 900.0,
            "model": "m",
            "input_tokens": 500,
            "cost_usd": 0.01,
        },
        {"stage": "retrieve", "status": "timeout", "error": "deadline"},
    ],
    "cost_usd": 0.0155,
}


def parsed(document: Any) -> native.Item:
    [item] = native.parse(json.dumps(document).encode())
    return item


def trace_of(document: dict[str, Any]) -> Trace:
    item = parsed(document)
    assert item.span is not None
    return normalise([item.span])


def test_three_fields_are_enough() -> None:
    trace = trace_of(LEAST)
    assert (trace.trace_id, trace.query, trace.rooted, trace.kind) == (TRACE, "How do I retry?", True, "query")
    assert trace.started_ns % 10**9 == 250_000_000
    assert trace.duration_ms == 0.0


def test_every_field_of_the_shape_is_read() -> None:
    trace = trace_of(FULL)
    assert (trace.duration_ms, trace.first_token_ms, trace.environment, trace.surface) == (
        2092.0,
        1480.0,
        "prod",
        "search",
    )
    assert (trace.run_id, trace.item_id, trace.repeat) == ("run-1", "item-1", 2)
    assert trace.versions == Versions(release="r7", prompt="p3")
    assert (trace.intent, trace.product, trace.query_shape, trace.rewritten) == (
        "howto",
        "celery",
        "conceptual",
        ("retry",),
    )
    assert (trace.outcome, trace.confidence, trace.refused, trace.missing) == ("answer", 0.83, False, ("the default",))
    assert (trace.session_id, trace.user_id, trace.metadata) == ("s", "u", {"tenant": "t1", "n": "3"})
    assert (trace.lanes[0].floor, trace.lanes[0].score_kind, trace.lanes[0].returned) == (0.35, "similarity", 40)
    found = by_id(trace)
    assert (found["a"].hits, found["a"].cited) == ((LaneHit("vector", 3, 0.82, 1),), True)
    assert (found["a"].survived, found["a"].survived_source, found["a"].tokens) == (True, "declared", 412)
    assert (found["b"].dropped_at, found["b"].dropped_why) == ("rerank", "top_k")
    assert trace.citations == (Citation("Use it", "doc_celery#retry", None, None, "a"),)
    assert (trace.context.cap_tokens, trace.context.text) == (6000, "Some text.")
    assert [(stage.stage, stage.status, stage.error) for stage in trace.stages] == [
        ("retrieve", "timeout", "deadline"),
        ("generate", "ok", None),
    ]
    assert trace.cost_usd == 0.0155
    assert (trace.observed.lanes, trace.observed.fused, trace.observed.context) == ("declared", "declared", "declared")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (TRACE.upper(), TRACE),
        ("0af76519-16cd-43dd-8448-eb211c80319c", TRACE),
        ("order-77", None),
        ("0" * 32, None),
    ],
)
def test_an_id_of_ones_own_becomes_one_of_32_digits_and_is_kept(given: str, kept: str | None) -> None:
    trace = trace_of(LEAST | {"trace_id": given})
    assert trace.trace_id == (kept or native.trace_id_of(given))
    assert len(trace.trace_id) == 32 and trace.trace_id.strip("0")
    assert trace.external_id == given


def test_an_id_in_the_right_form_is_no_external_one() -> None:
    assert trace_of(LEAST).external_id is None


def test_a_later_document_replaces_the_earlier_one() -> None:
    first, second = parsed(LEAST).span, parsed(LEAST | {"query": "Another?"}).span
    assert first is not None and second is not None
    assert (first.trace_id, first.span_id) == (second.trace_id, second.span_id)


def test_spans_of_the_same_trace_add_to_the_document() -> None:
    document = parsed(LEAST | {"trace_id": span(1, "ask").trace_id, "product": "celery"}).span
    assert document is not None
    spans = [
        span(1, "ask", input__value="what the span says", output__value="An answer."),
        span(2, "vector", "RETRIEVER", 1, (0, 2), **retrieved(("a", 0.9))),
        span(3, "llm", "LLM", 1, (3, 9), **messages("a")),
        document,
    ]
    trace = normalise(spans)
    assert (trace.query, trace.answer, trace.product) == ("How do I retry?", "An answer.", "celery")
    assert by_id(trace)["a"].survived is True
    assert normalise(spans[::-1]) == trace


@pytest.mark.parametrize(
    ("change", "field", "hint"),
    [
        ({"trace_id": None}, "trace_id", ""),
        ({"trace_id": 7}, "trace_id", ""),
        ({"query": " "}, "query", ""),
        ({"started_at": "yesterday"}, "started_at", "RFC 3339"),
        ({"started_at": "2026-11-03T09:30:00"}, "started_at", "RFC 3339"),
        ({"started_at": "2026-13-03T09:30:00Z"}, "started_at", ""),
        ({"ended_at": 5}, "ended_at", "RFC 3339"),
        ({"candidates": {}}, "candidates", ""),
        ({"candidates": [{"id": "a"}]}, "candidates[0]", ""),
        ({"stages": [{"stage": "retreive"}]}, "stages[0].stage", "retrieve"),
        ({"outcome": "maybe"}, "outcome", ""),
        ({"confidence": "high"}, "confidence", ""),
        ({"refused": "perhaps"}, "refused", ""),
        ({"metadata": []}, "metadata", ""),
        ({"candidate": []}, "candidate", "candidates"),
        ({"anwser": "Yes."}, "anwser", "answer"),
        ({"sessionId": "s"}, "sessionId", "session_id"),
        ({"userId": "u"}, "userId", "user_id"),
    ],
)
def test_a_wrong_document_is_refused_with_its_field(change: dict[str, Any], field: str, hint: str) -> None:
    good, bad = native.parse(json.dumps([LEAST, LEAST | change]).encode())
    assert good.span is not None and good.problem is None
    assert bad.span is None and bad.problem is not None
    assert (bad.index, bad.problem.field) == (1, field)
    assert hint in bad.problem.suggestion


def test_fields_that_are_the_senders_own_are_no_fault() -> None:
    assert parsed(LEAST | {"x_request": "1", "settled": True}).problem is None
    assert parsed(LEAST | {"user": {"plan": "free"}, "user_id": "u"}).problem is None
    own = (
        "product_id", "project_id", "query_id", "answer_id", "tags", "started", "source", "region", "tenant", "cost",
        "prompt", "service_name", "user_email", "timestamp", "first_seen", "question", "score", "type", "model",
        "observed_at", "duration", "states", "contexts", "answers", "item", "run", "env", "session", "user", "release",
    )  # fmt: skip
    assert [name for name in own if parsed(LEAST | {name: "x"}).problem is not None] == []


def test_a_name_of_filters_is_left_out_and_said_so() -> None:
    document = LEAST | {"env": "prod", "session": "s", "session_id": "s1", "release": "r7", "versions": {"prompt": "p"}}
    item = parsed(document)
    assert item.span is not None
    assert normalise([item.span]).warnings == (
        "env is no field of a trace and was left out: if it is the environment, call it so",
        "release is no field of a trace and was left out: send it in versions",
    )


def test_names_are_compared_in_bounded_time_and_kept_by_nobody() -> None:
    assert parsed(LEAST | {f"answe{number}": 1 for number in range(20_000)} | {"a" * 1_000_000: 1}).problem is None
    assert parsed(LEAST | {f"x{number}" * 20_000: 1 for number in range(300)}).problem is None


@pytest.mark.parametrize("written", ["traceID", "traceId", "trace-id", "TRACE_ID"])
def test_an_id_under_a_name_that_is_like_its_own_is_pointed_to(written: str) -> None:
    document = {name: value for name, value in LEAST.items() if name != "trace_id"} | {written: TRACE}
    problem = parsed(document).problem
    assert problem is not None
    assert (problem.field, problem.suggestion) == ("trace_id", f"{written} looks like it: call it trace_id")


@pytest.mark.parametrize("document", [7, "x", None, []])
def test_a_trace_is_an_object(document: Any) -> None:
    assert all(item.problem is not None for item in native.parse(json.dumps([document]).encode()))


def test_a_document_nested_without_end_is_refused() -> None:
    deep = '{"a": ' * 200 + "1" + "}" * 200
    [item] = native.parse(json.dumps(LEAST | {"metadata": json.loads(deep)}).encode())
    assert item.problem is not None


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b" \n", "no JSON: it is empty"),
        (b'{"a": 1,\n "b" 2}', "no JSON: Expecting ':' delimiter at line 2, column 6"),
        ('{"query": "Größe"}'.encode("latin-1"), "no JSON in UTF-8: byte 14 is 0xf6, as in Latin-1"),
        ('{"query": "?"}'.encode("utf-16"), "in UTF-16 or UTF-32: send UTF-8"),
        ('{"query": "?"}'.encode("utf-16-be"), "in UTF-16 or UTF-32: send UTF-8"),
        ('{"query": "?"}'.encode("utf-32"), "in UTF-16 or UTF-32: send UTF-8"),
        (b"[" * 100_000 + b"]" * 100_000, "it is nested too deep"),
        (b"[" * 3_000 + b"]" * 3_000, "it is nested too deep"),
    ],
)
def test_a_body_that_is_no_json_is_told_why(body: bytes, why: str) -> None:
    with pytest.raises(native.Undecodable) as raised:
        native.parse(body)
    assert why in str(raised.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"trace_id": None}, "trace_id is null"),
        ({"query": None, "qery": "?"}, "query is null"),
        ({"started_at": "2026-11-03T09:30:00+99:00"}, "started_at is not a time: its offset from UTC is a day or more"),
        ({"started_at": "2026-13-03T09:30:00Z"}, "started_at is not a time: month must be in 1..12"),
    ],
)
def test_what_is_wrong_with_a_field_is_said_in_plain_words(change: dict[str, Any], message: str) -> None:
    given = {"trace_id": "t", "query": "?", "started_at": "2026-11-20T10:00:00Z"} | change
    (item,) = native.parse(json.dumps(given).encode())
    assert item.problem is not None
    assert item.problem.detail.startswith(message)
    assert item.problem.suggestion == ""


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_undecodable(body: bytes) -> None:
    with pytest.raises(native.Undecodable):
        native.parse(body)


@pytest.mark.parametrize(
    ("at", "kept"),
    [
        ("1969-12-31T23:59:59Z", 0),
        ("9999-01-01T00:00:00Z", 2**63 - 1),
        ("2026-11-03t10:30:00.000000001+01:00", 1793698200 * 10**9 + 1),
    ],
)
def test_times_keep_their_nanoseconds_and_stay_within_what_can_be_stored(at: str, kept: int) -> None:
    assert trace_of(LEAST | {"started_at": at}).started_ns == kept


@pytest.mark.parametrize(
    ("query", "words"), [("", "query is empty"), (" ", "query is empty"), (5, "query is not a text")]
)
def test_a_question_that_is_none_is_told_apart(query: Any, words: str) -> None:
    document = {"trace_id": "a" * 32, "query": query, "started_at": "2026-11-20T10:00:00Z"}
    [item] = native.parse(json.dumps(document).encode())
    assert item.problem is not None and item.problem.detail == words


@pytest.mark.parametrize("lasted", [1e303, 1e308, 2**80])
def test_however_long_it_took_it_ends_within_time(lasted: float) -> None:
    assert trace_of(LEAST | {"duration_ms": lasted}).ended_ns == LATEST_NS
