"""What senders say in words of their own: citations under other names, reasons without a stage, empty lists."""

import json
from typing import Any

from tests.tracing.made_spans import span
from tracing import native
from tracing.normalise import normalise
from tracing.normalising.citations import citations_in
from tracing.normalising.outcome import Cuts
from tracing.records import Candidate, Trace


def cited(answer: str, *chunk_ids: str, pattern: str = "") -> list[str | None]:
    candidates = [Candidate(chunk_id, anchor=chunk_id) for chunk_id in chunk_ids]
    return [one.anchor for one in citations_in(answer, candidates, candidates, pattern)]


def native_trace(**document: Any) -> Trace:
    given = {"trace_id": "t", "query": "?", "started_at": "2026-11-20T10:00:00Z"} | document
    (item,) = native.parse(json.dumps(given).encode())
    assert item.span is not None, item.problem
    return normalise([item.span])


def test_anchors_of_the_projects_own_form_are_citations_also_where_no_chunk_has_them() -> None:
    answer = "It doubles [kb/4711]. See https://help.example/pay#refunds, (kb/12) and kb/7."
    assert cited(answer) == []
    assert cited(answer, pattern=r"kb/\d+|https://\S+#\w+") == [
        "kb/4711",
        "https://help.example/pay#refunds",
        "kb/12",
        "kb/7",
    ]


def test_a_bare_number_is_a_citation_in_brackets_of_its_own() -> None:
    answer = "There are 880014 seats in all [880007] and [880021, 3]."
    assert cited(answer, "880007", "880014") == ["880007"]
    assert cited(answer, pattern=r"\d{6}") == ["880007"]


def test_a_broken_or_greedy_pattern_makes_no_word_a_citation() -> None:
    assert cited("One [2] word.", pattern="(") == []
    assert cited("One [2] word and [another].", pattern=".+") == ["another"]


def test_the_projects_form_reaches_the_answer_of_a_trace() -> None:
    spans = [span(1, "ask", input__value="?", output__value="It doubles [kb/9917].")]
    assert normalise(spans).citations == ()
    assert [one.anchor for one in normalise(spans, Cuts(anchor_pattern=r"kb/\d+")).citations] == ["kb/9917"]


def test_a_reason_that_can_only_be_the_contexts_names_its_stage() -> None:
    candidates = [
        {"chunk_id": "a", "lanes": {"v": 1}, "survived": False, "dropped_why": "budget"},
        {"chunk_id": "b", "lanes": {"v": 2}, "survived": False, "dropped_why": "cut"},
        {"chunk_id": "c", "lanes": {"v": 3}, "survived": True},
    ]
    made = native_trace(candidates=candidates).candidates
    assert [(one.dropped_at, one.dropped_why) for one in made] == [
        ("context", "budget"),
        ("retrieve", "cut"),
        (None, None),
    ]


def test_an_empty_list_of_candidates_says_that_nothing_was_found() -> None:
    assert native_trace(candidates=[], stages=[{"stage": "retrieve"}]).observed.lanes == "declared"
    assert native_trace(candidates=[]).observed.lanes == "no"
    assert native_trace().observed.lanes == "no"
    searched = span(2, "look up", "CHAIN", 1, rag__stage="retrieve", rag__candidates="[]")
    assert normalise([span(1, "ask"), searched]).observed.lanes == "declared"
    reranked = span(2, "reorder", "CHAIN", 1, rag__stage="rerank", rag__candidates="[]")
    assert normalise([span(1, "ask"), reranked]).observed.lanes == "no"


def test_a_resolver_that_names_nothing_is_told_from_one_that_says_nothing() -> None:
    def flags(output: str) -> tuple[str, ...]:
        return normalise([span(1, "ask"), span(2, "rewrite_question", parent=1, output__value=output)]).flags

    assert flags('{"entities": [], "rewritten": "x"}') == ("no_entities",)
    assert flags('{"entities": ["retry_backoff"]}') == ()
    assert flags('{"rewritten": "x"}') == ()
    assert native_trace(entities=[]).flags == ("no_entities",)


def test_a_short_id_with_a_figure_is_looked_for_in_the_prompt_where_no_text_was_sent() -> None:
    listed = {"retrieval.documents.0.document.id": "kb/4711", "retrieval.documents.1.document.id": "kb/4712"}
    asked = {
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": "<kb/4711> Waits double.\n\nQuestion: ?",
    }
    made = normalise(
        [span(1, "ask"), span(2, "find", "RETRIEVER", 1, **listed), span(3, "say", "LLM", 1, (5, 9), **asked)]
    )
    assert {one.chunk_id: one.survived for one in made.candidates} == {"kb/4711": True, "kb/4712": False}
