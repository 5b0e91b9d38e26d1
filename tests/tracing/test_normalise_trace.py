"""Who asked what, and what came back: question, answer, session, build, kind, and what our own attributes say."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.tracing.made_spans import START_NS, TRACE, messages, retrieved, span
from tracing.normalise import normalise
from tracing.normalising.outcome import Cuts, outcome_of
from tracing.normalising.tree import Tree
from tracing.records import Citation, Entity, Event, Lane, Link, Versions


def model(number: int = 9, reply: str | None = None, **attributes: object) -> object:
    """A leaf model span."""
    held = dict(attributes)
    if reply is not None:
        held["llm.output_messages.0.message.role"] = "assistant"
        held["llm.output_messages.0.message.content"] = reply
    return span(number, "llm", "LLM", 1, (5, 9), **held)


@pytest.mark.parametrize(
    "given",
    [
        "How do I retry?",
        '{"query_bundle": {"query_str": "How do I retry?", "embedding": null}}',
        '{"input": "How do I retry?"}',
        '{"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "How do I retry?"}]}',
    ],
)
def test_the_question_is_the_roots_input_or_the_part_of_it_that_is_called_so(given: str) -> None:
    assert normalise([span(1, "ask", input__value=given)]).query == "How do I retry?"


def test_without_a_root_the_question_is_the_retrievers() -> None:
    assert normalise([span(2, "r", "RETRIEVER", 1, input__value="How?")]).query == "How?"


@pytest.mark.parametrize(
    "result",
    [
        "Use autoretry.",
        '{"answer": "Use autoretry.", "docs": []}',
        '{"messages": [{"type": "human", "content": "?"}, {"type": "ai", "content": "Use autoretry."}]}',
    ],
)
def test_the_answer_is_the_roots_output_or_the_part_of_it_that_is_called_so(result: str) -> None:
    assert normalise([span(1, "ask", output__value=result), model(reply="{}")]).answer == "Use autoretry."


@pytest.mark.parametrize(
    "result",
    [
        '{"response_gen": "<generator object>", "source_nodes": ["x"]}',
        "<generator object stream at 0x7f00>",
        "<async_generator object>",
        '{"documents": [{"id": "a"}]}',
        '{"answer": "Use autore',
    ],
)
def test_a_stream_or_a_representation_is_no_answer_and_the_models_message_is(result: str) -> None:
    assert normalise([span(1, "ask", output__value=result), model(reply="Use autoretry.")]).answer == "Use autoretry."


def test_session_user_build_and_place_are_read() -> None:
    resource = {"service.name": "docs", "service.version": "1.4.2", "deployment.environment.name": "staging"}
    metadata = (
        '{"question_id": "q1", "index_version": "ix-7", "deep": {"a": [1, true]}, "n": 3, "ok": true, "none": null}'
    )
    trace = normalise([span(1, "ask", resource=resource, session__id="s", user__id="u", metadata=metadata)])
    assert (trace.session_id, trace.user_id, trace.service, trace.environment) == ("s", "u", "docs", "staging")
    assert trace.versions == Versions(release="1.4.2", index="ix-7")
    assert trace.metadata == {
        "question_id": "q1",
        "index_version": "ix-7",
        "deep": '{"a":[1,true]}',
        "n": "3",
        "ok": "true",
    }


def test_the_older_name_of_the_environment_counts_too() -> None:
    assert normalise([span(1, "ask", resource={"deployment.environment": "prod"})]).environment == "prod"


def test_a_trace_begins_with_its_first_span_and_ends_with_its_last_event() -> None:
    late = Event("First Token Stream Event", START_NS + 80 * 10**6, {})
    trace = normalise([span(1, "ask", at=(0, 50)), span(2, "llm", "LLM", 1, (20, 21), events=(late,))])
    assert trace.duration_ms == 80.0
    assert trace.first_token_ms == 80.0
    assert [stage.duration_ms for stage in trace.stages] == [60.0]


def test_a_trace_without_its_root_is_a_trace() -> None:
    trace = normalise([span(3, "inner", parent=2), span(2, "outer", parent=1, at=(0, 20))])
    assert (trace.rooted, trace.root_name, trace.span_count) == (False, "outer", 2)


def test_parents_in_a_ring_are_a_trace() -> None:
    spans = [span(1, "a", parent=2), span(2, "b", parent=1), span(3, "c", parent=3)]
    assert normalise(spans) == normalise(spans[::-1])
    assert normalise(spans).span_count == 3


def test_spans_of_no_convention_have_names_times_and_errors() -> None:
    trace = normalise([span(1, "GET /ask", None), span(2, "SELECT", None, 1, error="connection lost")])
    assert (trace.root_name, trace.duration_ms, trace.stages) == ("GET /ask", 10.0, ())
    assert trace.flags == ("unstaged_error",)
    assert trace.warnings == ("The span SELECT belongs to no known stage and ended in an error: connection lost",)


def test_intent_product_and_entities_come_from_the_steps_that_find_them() -> None:
    route = span(2, "classify", "CHAIN", 1, output__value='{"intent": "howto", "product": "celery", "confidence": 1.0}')
    resolve = span(
        3, "resolve_entities", "CHAIN", 1, (1, 2), output__value='{"entities": ["acks_late"], "rewritten": "acks late"}'
    )
    trace = normalise([span(1, "ask"), route, resolve])
    assert (trace.intent, trace.product, trace.entities) == ("howto", "celery", (Entity("acks_late"),))
    assert trace.rewritten == ("acks late",)
    assert trace.confidence is None
    assert [(stage.stage, stage.source) for stage in trace.stages] == [("route", "inferred"), ("resolve", "inferred")]


def test_a_graphs_rewriting_is_in_its_state_or_what_the_node_gave_back() -> None:
    root = span(1, "LangGraph", output__value='{"query": "acks?", "rewritten": "acks late", "answer": "Late."}')
    node = span(2, "rewrite_query", "CHAIN", 1, input__value="acks?", output__value="acks late")
    same = span(2, "rewrite_query", "CHAIN", 1, input__value="acks?", output__value="acks?")
    assert normalise([root, same]).rewritten == ("acks late",)
    assert normalise([span(1, "LangGraph", input__value="acks?"), node]).rewritten == ("acks late",)
    assert normalise([span(1, "LangGraph", input__value="acks?"), same]).rewritten == ()


def test_every_attribute_of_ours_is_read() -> None:
    attributes = {
        "rag.intent": "howto",
        "rag.product": "celery",
        "rag.entities": '[{"text": "acks_late", "type": "setting", "product": "celery"}]',
        "rag.rewritten": '["acks late"]',
        "rag.citations": '[{"claim": "c", "anchor": "doc_a#b", "chunk_id": "x"}]',
        "rag.confidence": 0.65,
        "rag.refused": False,
        "rag.missing": '["the default"]',
        "rag.versions": '{"prompt": "p7", "corpus": "c1", "release": "r1"}',
        "rag.surface": "search",
        "rag.variant": "b",
        "rag.run_id": "run-1",
        "rag.item_id": "item-1",
        "rag.repeat": 2,
        "rag.lanes": '[{"name": "lexical", "top_k": 40, "floor": 4.0, "score_kind": "similarity"}]',
    }
    trace = normalise([span(1, "ask", resource={"service.version": "9"}, **attributes)])
    assert (trace.intent, trace.product, trace.rewritten) == ("howto", "celery", ("acks late",))
    assert trace.entities == (Entity("acks_late", "setting", "celery"),)
    assert trace.citations == (Citation("c", "doc_a#b", None, None, "x"),)
    assert (trace.confidence, trace.refused, trace.missing) == (0.65, False, ("the default",))
    assert trace.versions == Versions(release="r1", prompt="p7", corpus="c1")
    assert (trace.surface, trace.variant, trace.run_id, trace.item_id, trace.repeat) == (
        "search",
        "b",
        "run-1",
        "item-1",
        2,
    )
    assert trace.lanes == (Lane("lexical", top_k=40, floor=4.0, score_kind="similarity"),)


def test_ours_on_any_span_tell_of_its_stage() -> None:
    step = span(
        2,
        "my step",
        None,
        1,
        rag__stage="rerank",
        rag__attempts=3,
        rag__cache="hit",
        rag__checks='[{"name": "margin", "value": 0.04, "threshold": 0.1, "passed": false}]',
    )
    [record] = normalise([span(1, "ask"), step]).stages
    assert (record.stage, record.attempts, record.cache, record.source) == ("rerank", 3, "hit", "declared")
    assert record.checks[0].passed is False


def test_a_stage_that_nobody_knows_is_none() -> None:
    assert normalise([span(1, "ask"), span(2, "x", None, 1, rag__stage="ponder")]).stages == ()


def test_a_declared_lane_names_its_list() -> None:
    lane = span(2, "step 4", "RETRIEVER", 1, rag__lane="lexical", rag__round=2, **retrieved(("a", 1.0)))
    [found] = normalise([span(1, "ask"), lane]).lanes
    assert (found.name, found.round) == ("lexical", 2)


@pytest.mark.parametrize(
    ("confidence", "refused", "retrieved_", "outcome"),
    [
        (None, None, True, None),
        (0.8, None, True, "answer"),
        (0.79, False, True, "suggest"),
        (0.49, None, True, "refuse"),
        (0.95, True, True, "refuse"),
        (0.9, None, False, "direct"),
        (None, False, True, "answer"),
    ],
)
def test_the_outcome_follows_what_was_sent_and_nothing_guesses_it(
    confidence: float | None, refused: bool | None, retrieved_: bool, outcome: str | None
) -> None:
    assert outcome_of(confidence, refused, retrieved_) == outcome


def test_the_cuts_are_a_projects_own() -> None:
    spans = [span(1, "ask", rag__confidence=0.65), span(2, "r", "RETRIEVER", 1, **retrieved(("a", 1.0)))]
    assert normalise(spans).outcome == "suggest"
    assert normalise(spans, Cuts(answer=0.6, suggest=0.3)).outcome == "answer"
    assert normalise([span(1, "ask", rag__confidence=0.1, rag__outcome="direct")]).outcome == "direct"


def test_a_carrier_of_feedback_is_no_query() -> None:
    link = Link("ab" * 16, "cd" * 8, {})
    attributes = {"trace.annotations.0.annotation.name": "user_feedback", "trace.annotations.0.annotation.score": 1}
    assert normalise([span(1, "user feedback", "EVALUATOR", links=(link,), **attributes)]).kind == "feedback"
    assert normalise([span(1, "judge", "EVALUATOR", **attributes)]).kind == "query"


def test_embeddings_without_a_question_are_indexing() -> None:
    assert normalise([span(1, "embed_batch", "EMBEDDING"), span(2, "inner", "EMBEDDING", 1)]).kind == "indexing"
    asked = [span(1, "ask", input__value="How?"), span(2, "embed", "EMBEDDING", 1)]
    assert normalise(asked).kind == "query"


def test_long_questions_and_answers_are_cut_with_a_warning() -> None:
    trace = normalise([span(1, "ask", input__value="q" * 40_000, output__value="a" * 300_000)])
    assert (len(trace.query or ""), len(trace.answer or "")) == (32 * 1024, 256 * 1024)
    assert len(trace.warnings) == 2


def test_json_that_ends_in_the_middle_is_a_warning() -> None:
    cut = span(2, "r", "RETRIEVER", 1, output__value='["<NodeWithSc', output__mime_type="application/json")
    assert "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT" in normalise([span(1, "ask"), cut]).warnings[0]


def test_a_trace_has_spans() -> None:
    with pytest.raises(ValueError, match="at least one span"):
        normalise([])


def test_the_later_and_fuller_of_two_spans_of_one_id_counts() -> None:
    early, late = span(1, "ask", at=(0, 5)), span(1, "ask", at=(0, 9), output__value="done")
    assert normalise([early, late]) == normalise([late, early])
    assert normalise([early, late]).answer == "done"
    assert normalise([early, late]).trace_id == TRACE


def test_what_json_says_in_an_attribute_may_be_sent_as_lists() -> None:
    trace = normalise(
        [span(1, "ask", rag__missing=["a", "b"], rag__entities=["x"], input__value=json.dumps("how"), **messages())]
    )
    assert (trace.missing, trace.entities) == (("a", "b"), (Entity("x"),))


def test_what_a_graph_routed_to_is_read_in_its_state() -> None:
    """LangGraph sends the only value that a node gave back without its name."""
    state = '{"question": "why?", "intent": "howto", "product": "celery", "answer": "Because."}'
    root = span(1, "LangGraph", input__value='{"question": "why?"}', output__value=state)
    trace = normalise([root, span(2, "route", parent=1, output__value="howto")])
    assert (trace.intent, trace.product, trace.answer) == ("howto", "celery", "Because.")
    assert normalise([span(1, "ask", output__value='{"answer": "x", "product": "y"}')]).product is None


@pytest.mark.parametrize(
    "other",
    [{"resource": {"service.name": "b"}}, {"kind": 3}, {"scope_version": "2"}, {"events": (Event("e", 5, {}),)},
     {"links": (Link("1" * 32, "2" * 16, {}),)}, {"dropped_attributes": 4}],
    ids=lambda other: next(iter(other)),
)  # fmt: skip
def test_of_two_spans_of_one_id_the_same_counts_whichever_came_first(other: dict[str, Any]) -> None:
    first = span(1, "ask")
    second = replace(first, **other)
    assert Tree([first, second]).spans == Tree([second, first]).spans


def test_a_request_that_ended_at_its_embedding_is_a_question() -> None:
    embedded = {"gen_ai.operation.name": "embeddings", "error.type": "504"}
    asked = span(1, "POST /ask", None, error="", session__id="s1")
    assert normalise([asked, span(2, "embeddings", None, 1, error="", **embedded)]).kind == "query"
    served = replace(span(1, "POST /ask", None), kind=2)
    assert normalise([served, span(2, "embeddings", None, 1, error="", **embedded)]).kind == "query"
    assert normalise([served, span(2, "embeddings", None, 1, **embedded)]).kind == "indexing"
    assert normalise([span(1, "job", None), span(2, "embeddings", None, 1, error="", **embedded)]).kind == "indexing"


def test_question_and_answer_stand_under_general_names_on_spans_of_no_convention() -> None:
    root = span(1, "ask", None, input__value="Why?", output__value="So [1].", metadata='{"environment": "prod"}')
    lane = {"rag.stage": "retrieve", "rag.lane": "v", "rag.candidates": '[{"chunk_id": "a", "text": "It is so."}]'}
    trace = normalise([root, span(2, "search", None, 1, input__value="why", **lane)])
    assert (trace.query, trace.answer, trace.environment) == ("Why?", "So [1].", "prod")
    assert normalise([replace(root, resource={"deployment.environment": "test"})]).environment == "test"
