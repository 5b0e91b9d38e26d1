"""A record a stage and round: times, models, tokens, attempts, and which span is to blame."""

import pytest

from tests.tracing.made_spans import START_NS, TRACE, retrieved, span
from tracing import native
from tracing.normalise import normalise
from tracing.records import Event, Span, StageRecord

TOKENS = {
    "llm.token_count.prompt": 100,
    "llm.token_count.completion": 20,
    "llm.token_count.prompt_details.cache_read": 64,
}


def stages(*spans: Span) -> dict[str, StageRecord]:
    """The stage records by name."""
    return {record.stage: record for record in normalise(spans).stages}


def test_tokens_count_on_the_innermost_model_span_alone() -> None:
    found = stages(
        span(1, "ask"),
        span(2, "predict", "LLM", 1, (0, 9), **TOKENS),
        span(3, "chat", "LLM", 2, (1, 8), llm__model_name="m", llm__cost__total=0.25, **TOKENS),
    )["generate"]
    assert (found.input_tokens, found.output_tokens, found.cache_read_tokens, found.model) == (100, 20, 64, "m")
    assert (found.cost_usd, found.cost_source) == (0.25, "sent")


def test_what_the_innermost_call_leaves_out_the_call_around_it_tells() -> None:
    found = stages(span(1, "ask"), span(2, "predict", "LLM", 1, (0, 9), **TOKENS), span(3, "chat", "LLM", 2, (1, 8)))
    assert found["generate"].input_tokens == 100


def test_several_calls_in_one_stage_add_up() -> None:
    found = stages(
        span(1, "ask"), span(2, "refine", "LLM", 1, (0, 4), **TOKENS), span(3, "refine", "LLM", 1, (5, 9), **TOKENS)
    )
    assert found["generate"].input_tokens == 200
    assert found["generate"].duration_ms == 8.0


def test_a_model_that_routes_counts_for_the_route() -> None:
    found = stages(
        span(1, "ask", at=(0, 50)),
        span(2, "classify_intent", "CHAIN", 1, (0, 9)),
        span(3, "chat", "LLM", 2, (1, 8), **TOKENS),
        span(4, "chat", "LLM", 1, (10, 40)),
    )
    assert (found["route"].input_tokens, found["generate"].input_tokens) == (100, None)


def test_a_stage_does_not_count_the_time_of_another_within_it() -> None:
    found = stages(
        span(1, "ask", at=(0, 50)),
        span(2, "vector", "RETRIEVER", 1, (0, 30), **retrieved(("a", 1.0))),
        span(3, "embed", "EMBEDDING", 2, (5, 25), embedding__model_name="e"),
    )
    assert (found["retrieve"].duration_ms, found["embed"].duration_ms) == (10.0, 20.0)
    assert found["embed"].model == "e"


def test_lanes_at_the_same_time_count_once() -> None:
    found = stages(span(1, "ask"), span(2, "a", "RETRIEVER", 1, (0, 6)), span(3, "b", "RETRIEVER", 1, (2, 8)))
    assert found["retrieve"].duration_ms == 8.0


def test_the_deepest_failing_span_is_to_blame() -> None:
    boom = "APIError: upstream exploded"
    found = stages(
        span(1, "ask", error=boom),
        span(2, "synthesize", "CHAIN", 1, (1, 9), error=boom),
        span(3, "chat", "LLM", 2, (2, 8), error=boom),
        span(4, "vector", "RETRIEVER", 1, (0, 1)),
    )
    assert (found["generate"].status, found["generate"].error, found["generate"].span_id) == (
        "error",
        boom,
        f"{3:016x}",
    )
    assert found["retrieve"].status == "ok"


def test_an_exceptions_type_and_message_tell_what_the_status_does_not() -> None:
    event = Event("exception", START_NS, {"exception.type": "openai.RateLimitError", "exception.message": "slow down"})
    found = stages(span(1, "ask"), span(2, "chat", "LLM", 1, error="", events=(event,)))
    assert found["generate"].error == "openai.RateLimitError: slow down"


@pytest.mark.parametrize(
    ("message", "attributes"),
    [
        ("ReadTimeout: no answer", {}),
        ("timed out after 10 s", {}),
        ("DEADLINE_EXCEEDED", {}),
        ("cancelled by deadline", {}),
        ("failed", {"error.type": "TimeoutError"}),
        ("failed", {"http.response.status_code": 504}),
        ("failed", {"http.status_code": 408}),
    ],
)
def test_a_deadline_that_passed_is_a_timeout(message: str, attributes: dict[str, object]) -> None:
    found = stages(span(1, "ask"), span(2, "chat", "LLM", 1, error=message, **attributes))
    assert found["generate"].status == "timeout"


def test_a_traceback_in_the_status_is_left_out_with_the_deadlines_that_its_source_names() -> None:
    raised = "ApiError('the model is down')Traceback (most recent call last):\n  create(timeout=60)\nApiError: down\n"
    [found] = normalise([span(1, "ask"), span(2, "llm", "LLM", 1, error=raised)]).stages
    assert (found.status, found.error) == ("error", "ApiError('the model is down')")
    bare = "Traceback (most recent call last):\n  create(timeout=60)\nApiError: down\n"
    [found] = normalise([span(1, "ask"), span(2, "llm", "LLM", 1, error=bare)]).stages
    assert (found.status, found.error) == ("error", "ApiError: down")


def test_a_retry_that_succeeded_is_no_error() -> None:
    trace = normalise(
        [
            span(1, "ask", at=(0, 50)),
            span(2, "chat", "LLM", 1, (0, 9), error="500"),
            span(3, "chat", "LLM", 1, (10, 19), error="500"),
            span(4, "chat", "LLM", 1, (20, 29)),
        ]
    )
    [record] = trace.stages
    assert (record.status, record.attempts) == ("ok", 3)
    assert trace.flags == ("retried:generate",)


def test_a_retry_makes_good_for_what_failed_within_the_first_try() -> None:
    found = stages(
        span(1, "ask", at=(0, 50)),
        span(2, "chat", "LLM", 1, (0, 9), error="500"),
        span(3, "POST", None, 2, (1, 8), error="500"),
        span(4, "chat", "LLM", 1, (20, 29)),
    )
    assert (found["generate"].status, found["generate"].attempts) == ("ok", 2)


def test_an_error_within_a_stage_that_ended_well_is_none_of_its_own() -> None:
    found = stages(span(1, "ask"), span(2, "vector", "RETRIEVER", 1, (0, 9)), span(3, "HTTP GET", None, 2, error="404"))
    assert found["retrieve"].status == "ok"


def test_an_evaluators_scores_are_checks_of_the_validation() -> None:
    scores = {"evaluations.0.evaluation.name": "groundedness", "evaluations.0.evaluation.score": 1.0}
    [check] = stages(span(1, "ask"), span(2, "judge", "EVALUATOR", 1, **scores))["validate"].checks
    assert (check.name, check.value) == ("groundedness", 1.0)


def test_a_name_alone_makes_no_stage_of_a_span_that_wraps_others() -> None:
    found = stages(
        span(1, "ask"),
        span(2, "RunnableAssign<context>", "CHAIN", 1, (0, 9)),
        span(3, "vector", "RETRIEVER", 2, (1, 8), **retrieved(("a", 1.0))),
    )
    assert list(found) == ["retrieve"]


def test_a_lane_under_its_floor_is_a_flag() -> None:
    lanes = '[{"name": "vector", "floor": 0.9}]'
    trace = normalise([span(1, "ask", rag__lanes=lanes), span(2, "vector", "RETRIEVER", 1, **retrieved(("a", 0.5)))])
    assert trace.flags == ("under_floor:vector",)


@pytest.mark.parametrize("name", ["LLMSingleSelector._select", "PydanticMultiSelector._select"])
def test_a_model_that_selects_an_engine_routes(name: str) -> None:
    trace = normalise([span(1, "ask"), span(2, name, "CHAIN", 1, (1, 5)), span(3, "chat", "LLM", 2, (2, 4))])
    assert [record.stage for record in trace.stages] == ["route"]


def test_a_model_that_judges_the_answer_is_not_the_one_that_gave_it() -> None:
    said = {"llm.output_messages.0.message.content": "Because."}
    verdict = {"llm.output_messages.0.message.content": "YES"}
    trace = normalise(
        [
            span(1, "ask", at=(0, 50)),
            span(2, "chat", "LLM", 1, (1, 5), **said),
            span(3, "evaluate_answer", "CHAIN", 1, (6, 20)),
            span(4, "chat", "LLM", 3, (7, 19), **verdict),
        ]
    )
    assert ([record.stage for record in trace.stages], trace.answer) == (["generate", "validate"], "Because.")


def test_every_span_that_is_an_operation_of_a_stage_is_known_by_it() -> None:
    trace = normalise(
        [
            span(1, "ask"),
            span(2, "bm25", "RETRIEVER", 1, (1, 2), **retrieved(("a", 1.0))),
            span(3, "vector", "RETRIEVER", 1, (1, 3), **retrieved(("b", 1.0))),
            span(4, "merge", "CHAIN", 1, (3, 4), **{"rag.stage": "retrieve"}),
            span(5, "chat", "LLM", 1, (5, 6), llm__model_name="m"),
        ]
    )
    named = {record.span_id: record.stage for record in trace.stages}
    assert {int(span_id, 16): stage for span_id, stage in (trace.span_stages | named).items()} == {
        2: "retrieve", 3: "retrieve", 4: "retrieve", 5: "generate",
    }  # fmt: skip
    assert not named.keys() & trace.span_stages.keys()


def test_each_round_of_a_stage_takes_its_own_time_also_where_spans_of_others_are_around_it() -> None:
    search = {"openinference.span.kind": "TOOL", "tool.name": "search_docs"}
    trace = normalise(
        [
            span(1, "ask", "AGENT", at=(0, 100)),
            span(2, "search_docs", "TOOL", 1, (10, 34), **search),
            span(3, "DocsRetriever", "RETRIEVER", 2, (12, 33), **retrieved(("a", 0.9))),
            span(4, "search_docs", "TOOL", 1, (40, 62), **search),
            span(5, "DocsRetriever", "RETRIEVER", 4, (41, 61), **retrieved(("b", 0.8))),
            span(6, "chat", "LLM", 1, (70, 90), llm__model_name="m"),
        ]
    )
    times = [(record.round, record.duration_ms) for record in trace.stages if record.stage == "retrieve"]
    assert times == [(1, 24.0), (2, 22.0)]


def test_the_queries_of_a_fusion_are_rounds_with_times_of_their_own() -> None:
    lanes = [
        span(3 + n, "Vector.retrieve", "RETRIEVER", 2, (10 + 30 * n, 40 + 30 * n), **retrieved((f"c{n}", 0.9)))
        for n in range(3)
    ]
    fused = retrieved(("c0", 0.5), ("c1", 0.4), ("c2", 0.3))
    trace = normalise([span(1, "ask"), span(2, "QueryFusionRetriever", "RETRIEVER", 1, (5, 110), **fused), *lanes])
    times = [(record.round, record.duration_ms) for record in trace.stages if record.stage == "retrieve"]
    assert times == [(1, 30.0), (2, 30.0), (3, 45.0)]  # the fusion's own 15 are the last one's


def test_what_a_document_says_of_a_stage_is_completed_by_its_spans_and_a_failure_stays() -> None:
    [item] = native.parse(
        b'{"trace_id": "%s", "query": "?", "started_at": "2026-11-20T10:00:00Z",'
        b' "stages": [{"stage": "generate", "duration_ms": 5, "input_tokens": 10}]}' % TRACE.encode()
    )
    assert item.span is not None
    failed = span(9, "chat", "LLM", error="kaboom", llm__model_name="m", llm__cost__total=0.01, **TOKENS)
    for spans in ([item.span, failed], [failed, item.span]):
        [record] = normalise(spans).stages
        assert (record.status, record.error, record.model, record.cost_usd) == ("error", "kaboom", "m", 0.01)
        assert (record.duration_ms, record.input_tokens, record.output_tokens) == (5, 10, 20)


def test_a_model_that_did_not_answer_is_the_one_that_was_asked_for() -> None:
    asked = span(2, "chat", "LLM", 1, error="500", llm__invocation_parameters='{"model": "gpt-4o", "temperature": 0}')
    assert stages(span(1, "ask"), asked)["generate"].model == "gpt-4o"


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ('{"score": 0.4, "label": "ungrounded"}', {"groundedness": 0.4}),
        ('{"groundedness": 0.4, "relevance": 0.9, "why": "a claim"}', {"groundedness": 0.4, "relevance": 0.9}),
        ("0.4", {"groundedness": 0.4}),
        ("It is well grounded.", {}),
    ],
)
def test_an_evaluator_s_output_is_its_checks(output: str, told: dict[str, float]) -> None:
    found = stages(span(1, "ask"), span(2, "groundedness", "EVALUATOR", 1, output__value=output))["validate"]
    assert {check.name: check.value for check in found.checks} == told


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("cohere-rerank", "rerank"),
        ("re_rank", "rerank"),
        ("CohereReRank", "rerank"),
        ("compare_ranks", None),
        ("store_rankings", None),
    ],
)
def test_a_tool_is_a_reranker_by_the_word_alone(name: str, stage: str | None) -> None:
    given = '{"documents": [{"id": "a", "text": "A."}, {"id": "b", "text": "B."}]}'
    tool = span(2, name, "TOOL", 1, tool__name=name, input__value=given, output__value='[{"index": 1, "score": 0.9}]')
    assert [record.stage for record in normalise([span(1, "ask"), tool]).stages] == ([stage] if stage else [])


def test_words_of_a_guardrail_are_no_checks_unless_they_are_its_verdict() -> None:
    said = '{"text": "what the user wrote", "verdict": "blocked"}'
    found = stages(span(1, "ask"), span(2, "toxicity", "GUARDRAIL", 1, output__value=said))["validate"]
    assert [(check.name, check.value) for check in found.checks] == [("verdict", "blocked")]
