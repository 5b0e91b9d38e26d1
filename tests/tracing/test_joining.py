"""A reranker that came as a trace of its own is joined to its question, where everything says whose it is."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Sender
from tests.tracing.made_spans import documents, messages, retrieved
from tests.tracing.otlp_bodies import START_NS, otlp_json, otlp_span
from tests.tracing.replays import account
from tracing import joining, queries, receive, store
from tracing.normalising.joining import FROM
from tracing.queries.detached import Part

QUESTION, DETACHED, OTHER = "a1" * 16, "b2" * 16, "c3" * 16
JSON = "application/json"
LATER_MS = 4_000_000_000_000
MS = 10**6
SERVICE = {"service.name": "docs"}
WHO = {"session.id": "s-1"}


def part(
    trace_id: str, number: int, parent: int, name: str, kind: str, at: tuple[int, int], **held: Any
) -> dict[str, Any]:
    """A span; times in milliseconds."""
    return otlp_span(
        trace_id,
        f"{number:016x}",
        f"{parent:016x}" if parent else "",
        name,
        START_NS + at[0] * MS,
        START_NS + at[1] * MS,
        {"openinference.span.kind": kind, **held},
    )


def question(trace_id: str = QUESTION, asked: str = "How do I retry?", **who: Any) -> list[dict[str, Any]]:
    """A graph whose node `rerank` opened a span by itself."""
    found = retrieved(("a", 0.9), ("b", 0.8), ("c", 0.7))
    return [
        part(
            trace_id,
            1,
            0,
            "LangGraph",
            "CHAIN",
            (0, 100),
            **{"input.value": asked, "output.value": "So."},
            **(WHO | who),
        ),
        part(trace_id, 2, 1, "vector", "RETRIEVER", (10, 20), **{"input.value": asked}, **found),
        part(trace_id, 3, 1, "rank_node", "CHAIN", (20, 60)),
        part(trace_id, 4, 1, "ChatModel", "LLM", (60, 95), **messages("b", question=asked)),
    ]


def reranker(asked: str = "how do i retry", at: tuple[int, int] = (30, 50), **who: Any) -> list[dict[str, Any]]:
    """Its span, as a trace of its own."""
    given = documents("reranker.input_documents", ("a", 0.9), ("b", 0.8), ("c", 0.7))
    kept = documents("reranker.output_documents", ("b", 0.99), ("c", 0.5))
    held = {"reranker.query": asked, "reranker.top_k": 2, **given, **kept}
    return [part(DETACHED, 9, 0, "cross_encoder", "RERANKER", at, **held, **(WHO | who))]


def send(sender: Sender, *spans: dict[str, Any]) -> None:
    assert sender.post("/v1/traces", otlp_json(*spans, resource=SERVICE), JSON).status_code == 200


def shown(trace_id: str = QUESTION) -> Any:
    found = queries.trace(project="atlas", trace_id=trace_id)
    assert found is not None
    return found.trace


def joined(drained: Callable[[], None]) -> dict[str, str]:
    found = joining.join_detached("atlas", LATER_MS)
    drained()
    return found


@pytest.fixture(autouse=True)
def the_day_of_the_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is far from the clock of the test is looked at all the same."""
    monkeypatch.setattr("tracing.queries.detached.DAY_MS", LATER_MS)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_in_whatever_order_its_parts_come_the_question_gets_its_reranker(
    order: tuple[int, ...], sender: Sender, drained: Callable[[], None]
) -> None:
    whole = question()
    parts = [whole[:2], whole[2:], reranker()]
    for number in order:
        send(sender, *parts[number])
        drained()
        joined(drained)
    for again in parts:
        send(sender, *again)
        drained()
    joined(drained)
    trace = shown()
    ranks = {each.chunk_id: (each.rerank_in, each.rerank_rank, each.rerank_score) for each in trace.candidates}
    assert ranks == {"a": (True, None, None), "b": (True, 1, 0.99), "c": (True, 2, 0.5)}
    assert (trace.observed.rerank_input, trace.observed.reranked) == ("inferred", "inferred")
    [stage] = [each for each in trace.stages if each.stage == "rerank"]
    assert (stage.source, stage.duration_ms) == ("inferred", 40.0)  # of the node around it
    assert "joined" in trace.flags
    assert any(
        DETACHED in warning and "session, service and question are the same" in warning for warning in trace.warnings
    )
    assert (trace.query, trace.answer, trace.span_count) == ("How do I retry?", "So.", 5)
    alone = shown(DETACHED)
    assert alone.kind == "joined"
    assert any(QUESTION in warning for warning in alone.warnings)
    assert account() == {"stored": 5, "duplicate": 5, "rejected": 0, "bad": 0}
    assert joining.join_detached("atlas", LATER_MS) == {}


def test_the_joined_span_hangs_below_what_was_going_on(sender: Sender, drained: Callable[[], None]) -> None:
    send(sender, *question(), *reranker())
    drained()
    assert joined(drained) == {DETACHED: QUESTION}
    assert store.rows(
        f"SELECT count() FROM spans FINAL WHERE trace_id = '{QUESTION}' AND attributes LIKE '%{FROM}%'"
    ) == [(1,)]
    listed = sender.get("/api/v1/traces").json()
    assert [each["trace_id"] for each in listed["traces"]] == [QUESTION]


def test_spans_that_come_after_the_joining_keep_it(sender: Sender, drained: Callable[[], None]) -> None:
    send(sender, *question()[:3], *reranker())
    drained()
    joined(drained)
    send(sender, question()[3])
    drained()
    assert {each.stage for each in shown().stages} >= {"rerank", "generate"}
    assert "joined" in shown().flags


@pytest.mark.parametrize(
    "spans",
    [
        question() + reranker(asked="How do I revoke a task?"),
        question() + reranker(**{"session.id": "s-2"}),
        question() + reranker(at=(90, 101)),
        question() + question(OTHER) + reranker(),
        question()[1:] + reranker(),
    ],
    ids=["another question", "another session", "another time", "two questions fit", "no root"],
)
def test_weak_evidence_joins_nothing(spans: list[dict[str, Any]], sender: Sender, drained: Callable[[], None]) -> None:
    send(sender, *spans)
    drained()
    assert joined(drained) == {}
    assert shown(DETACHED).kind == "query"
    assert "joined" not in shown().flags


def test_what_still_arrives_waits(sender: Sender, drained: Callable[[], None]) -> None:
    send(sender, *question(), *reranker())
    drained()
    assert joining.join_detached("atlas") == {}
    assert receive.spool().backlog() == 0


def test_a_rewritten_question_is_the_same() -> None:
    asked = Part("q", "s", "docs", 0, 100, "and with a limit?", ("How do I retry with a limit?",))
    ranked = Part("r", "s", "docs", 10, 20, "How do I retry with a limit")
    assert joining.matched([ranked], [asked]) == {"r": "q"}
    assert joining.matched([ranked], [Part("q", "s", "another", 0, 100, "How do I retry with a limit?")]) == {}
