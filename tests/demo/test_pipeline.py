"""The healthy pipeline: what each stage does, and what its spans say."""

import ast
import json
from pathlib import Path

import pytest

import demo
from demo.corpus.chunks import Chunk
from demo.pipeline.context import deduplicate, fill
from demo.pipeline.generate import sentences
from demo.pipeline.resolve import mend
from demo.pipeline.retrieve import reciprocal_ranks
from demo.pipeline.turn import Candidate
from demo.search.words import tokens
from demo.telemetry.clock import PastClock
from demo.telemetry.provider import trace_id_of
from tests.demo.conftest import EXPECTED, QUESTION, UNANSWERABLE

STAGES = ["route", "resolve", "embed", "retrieve", "rerank", "context", "generate", "validate"]


def candidate(name: str, tokens: int = 100, content: str = "") -> Candidate:
    chunk = Chunk(name, f"doc_x#{name}", "x", "x.rst", name, content or name, "hash")
    return Candidate(chunk, tokens=tokens, survived=True, content_hash=content or name)


def test_reciprocal_ranks_add_up_over_lanes():
    ordered = reciprocal_ranks([["a", "b", "c"], ["c", "a"]])
    assert [name for name, _ in ordered] == ["a", "c", "b"]
    assert dict(ordered)["a"] == pytest.approx(1 / 61 + 1 / 62)


def test_a_chunk_that_does_not_fit_leaves_room_for_a_smaller_one():
    big, small = candidate("big", 90), candidate("small", 20)
    kept = fill([candidate("first", 80), big, small], budget=100)
    assert [one.chunk.chunk_id for one in kept] == ["first", "small"]
    assert (big.survived, big.dropped_at, big.dropped_why, big.kept_tokens) == (False, "context", "budget", 0)


def test_the_same_content_enters_once():
    first, second = candidate("one", content="same"), candidate("two", content="same")
    assert deduplicate([first, second]) == [first]
    assert second.dropped_why == "duplicate"


def test_identifiers_are_found_whole_and_in_parts():
    assert tokens("What is task_acks_late?") == ["task_acks_late", "task", "ack", "late"]


def test_code_is_not_quoted():
    assert sentences("Call it with a size that fits the widget:\n\n    make(3)\n\n>>> make(3)") == [
        "Call it with a size that fits the widget"
    ]


def test_typing_errors_are_mended_and_identifiers_left_alone(index):
    index.frequencies["acknowledg"] = 9
    assert mend("acknoledged task_acks_late", index) == "acknowledged task_acks_late"


def test_a_known_question_is_answered_with_its_source(ask):
    turn, _ = ask(QUESTION)
    assert (turn.product, turn.outcome) == ("celery", "answer")
    assert EXPECTED in turn.survivors & turn.cited
    assert [entity.text for entity in turn.entities] == ["task_acks_late"]
    assert "[1]" in turn.answer


def test_it_abstains_where_retrieval_is_thin(ask):
    turn, _ = ask(UNANSWERABLE)
    assert (turn.outcome, turn.refused, turn.citations) == ("refuse", True, [])
    assert "lasagne" in turn.missing


def test_a_greeting_reaches_no_model(ask, collector):
    turn, _ = ask("Good morning!")
    assert turn.outcome == "direct"
    assert {span.name for span in collector.take()} == {"route", "answer question"}


def test_each_stage_is_a_span_with_its_kind(ask, collector):
    ask(QUESTION)
    spans = {span.name: span for span in collector.take()}
    assert set(spans) == {*STAGES, "search lexical", "search vector", "answer question"}
    assert [spans[name].attributes["rag.stage"] for name in STAGES] == STAGES
    kinds = {name: span.attributes["openinference.span.kind"] for name, span in spans.items()}
    assert (kinds["embed"], kinds["retrieve"], kinds["rerank"], kinds["generate"]) == (
        "EMBEDDING",
        "RETRIEVER",
        "RERANKER",
        "LLM",
    )
    for lane in ("lexical", "vector"):
        assert spans[f"search {lane}"].parent.span_id == spans["retrieve"].context.span_id
        assert spans[f"search {lane}"].attributes["rag.lane"] == lane


def test_the_root_tells_every_chunks_way(ask, collector):
    turn, _ = ask(QUESTION)
    root = next(span for span in collector.take() if span.parent is None)
    rows = json.loads(root.attributes["rag.candidates"])
    assert {row["chunk_id"] for row in rows} == set(turn.candidates)
    kept = [row for row in rows if row["survived"]]
    assert sorted(row["chunk_id"] for row in kept) == sorted(one.chunk.chunk_id for one in turn.kept)
    assert all(row["dropped_at"] and row["dropped_why"] for row in rows if not row["survived"])
    assert min(lane["rank"] for row in rows for lane in row["lanes"].values()) == 1
    assert json.loads(root.attributes["rag.versions"])["release"] == "2026.11.2"


def test_the_model_span_has_tokens_cost_and_first_token(ask, collector):
    ask(QUESTION)
    span = next(span for span in collector.take() if span.name == "generate")
    assert span.attributes["llm.token_count.prompt"] > 0
    assert span.attributes["llm.cost.total"] > 0
    assert [event.name for event in span.events] == ["First Token Stream Event"]


def test_one_key_is_one_trace_with_the_same_spans(ask, collector):
    seen = []
    for _ in range(2):
        turn, _ = ask(QUESTION, key="past|2026-11-17|3")
        seen.append([span.context.span_id for span in collector.take()])
        assert turn.trace_id == trace_id_of("past|2026-11-17|3")
    assert seen[0] == seen[1]


def test_a_past_clock_dates_every_span_and_event(ask, assistant, collector):
    start = 1_700_000_000_000_000_000
    assistant.telemetry.clock = PastClock(start, "seed")
    ask(QUESTION)
    for span in collector.take():
        times = [span.start_time, span.end_time, *(event.timestamp for event in span.events)]
        assert times[0] <= times[1]
        assert all(start <= time < start + 60_000_000_000 for time in times)


def test_the_demo_is_a_users_application():
    """It knows the product by its URL only."""
    ours = {"tracing", "review", "dashboards", "config"}
    for file in Path(demo.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.split(".")[0] for name in names} & ours, file
