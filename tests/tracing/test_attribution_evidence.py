"""Evidence that was there and was not followed: names, cuts, floors, failures beside others, complaints."""

from dataclasses import replace
from typing import Any

from tests.tracing.made_cases import (
    RIGHT,
    STAGES,
    TRACE_ID,
    blamed,
    entry,
    facts,
    lost_right,
    thumb,
    trace,
    without_right,
)
from tracing.attribution.engine import sentence
from tracing.attribution.usual import Shape
from tracing.normalise import normalise
from tracing.records import Check, Entity, Expectation, Lane, LaneHit, Observed, Span, StageRecord


def test_a_name_of_code_is_the_manifests_whatever_marks_it_ends_in() -> None:
    known = facts(entities={"app.retry": frozenset(("atlas",))})
    known = replace(known, entries=dict(known.entries) | {RIGHT: entry(RIGHT, entities=("app.retry()",))})
    asked = "How does app.retry() of atlas work?"
    wrong = without_right(
        query=asked, rewritten=(asked,), entities=(Entity("app.retry()", product="borealis"),), citations=()
    )
    assert blamed(wrong, manifest=known) == "resolve.entity_wrong (likely)"
    missed = without_right(query=asked, rewritten=(asked,), entities=(Entity("atlas"),), citations=())
    assert blamed(missed, manifest=known) == "resolve.entity_missed (certain)"


def test_what_the_budget_cut_was_above_the_rerankers_cut() -> None:
    made = lost_right("rerank")
    ranks = {one.anchor: rank for rank, one in enumerate(made.candidates)}
    chunks = tuple(
        one._replace(rerank_rank=9)
        if one.anchor == RIGHT
        else one._replace(survived=False, dropped_at="context", dropped_why="budget", rerank_rank=2)
        if ranks[one.anchor] == 2
        else one._replace(rerank_rank=ranks[one.anchor])
        for one in made.candidates
    )
    assert blamed(replace(made, candidates=chunks)) == "rerank.dropped (certain)"


def test_a_distance_reaches_its_floor_from_below() -> None:
    lane = Lane("vector", top_k=20, returned=6, floor=0.85, score_kind="distance")
    far = tuple(one._replace(hits=(LaneHit("vector", at, 0.9),)) for at, one in enumerate(trace().candidates, 1))
    refuse = Expectation("refuse")
    assert blamed(trace(candidates=far, lanes=(lane,)), expectation=refuse) == "retrieve.thin (certain)"
    near = (far[0]._replace(hits=(LaneHit("vector", 1, 0.4),)), *far[1:])
    assert blamed(trace(candidates=near, lanes=(lane,)), expectation=refuse) == "validate.missed_refusal (certain)"


def test_of_several_failed_stages_the_rule_says_which_is_blamed() -> None:
    assert sentence("any.error").endswith("this is the first one that the pipeline could not go on without.")


def test_a_failed_step_is_to_blame_for_a_loss_that_spans_it() -> None:
    stages = tuple(StageRecord(one, status="error" if one == "rerank" else "ok") for one in STAGES)
    made = lost_right("retrieve", stages=stages)
    seen = Observed("declared", "no", "no", "no", "declared")
    hits = tuple(
        one._replace(
            fused_rank=None, rerank_rank=None, rerank_in=False, hits=(LaneHit("a", 1, 0.5), LaneHit("b", 2, 1))
        )
        for one in made.candidates
    )
    lanes = (Lane("a", returned=len(hits)), Lane("b", returned=len(hits)))
    assert blamed(replace(made, candidates=hits, lanes=lanes, observed=seen)) == "rerank.error (likely)"


def test_an_honest_word_after_the_model_failed_is_no_over_refusal() -> None:
    stages = tuple(StageRecord(one, status="timeout" if one == "generate" else "ok") for one in STAGES)
    sorry = "Sorry, the assistant is unavailable right now. Please try again later."
    made = trace(answer=sorry, outcome="refuse", refused=True, stages=stages, citations=())
    assert blamed(made) == "generate.timeout (likely)"
    assert blamed(made, expectation=None) is None


def test_a_schema_that_was_missed_at_the_last_attempt_is_a_bad_format_whatever_confidence_came_with_it() -> None:
    failed = (Check("json_schema", passed=False),)
    often = tuple(StageRecord(one, attempts=3 if one == "generate" else None) for one in STAGES[:-1])
    made = trace(answer='{"answer": "It dou', stages=(*often, StageRecord("validate", checks=failed)))
    assert blamed(made) == "generate.bad_format (certain)"
    once = trace(stages=(*(StageRecord(one) for one in STAGES[:-1]), StageRecord("validate", checks=failed)))
    assert blamed(once) is None


def test_a_question_that_went_past_all_usual_steps_of_a_search_was_misread() -> None:
    usual = Shape(frozenset(STAGES))
    made = trace(
        candidates=(), lanes=(), observed=Observed(), citations=(), outcome=None, refused=None, answer="Hello!",
        stages=(StageRecord("route"), StageRecord("generate")),
    )  # fmt: skip
    assert blamed(made, usual=usual) == "route.wrong_intent (likely)"
    assert blamed(made) is None
    searched = replace(made, stages=(*made.stages, StageRecord("embed")))
    assert blamed(searched, usual=usual) is None


def test_a_complaint_of_an_answer_that_had_its_evidence_is_the_models_or_a_cut() -> None:
    down = (thumb(),)
    assert blamed(trace(), signals=down) == "generate.incomplete (suspected)"
    cut = trace(right={"kept_tokens": 20})
    assert blamed(cut) is None
    assert blamed(cut, signals=down) == "context.truncated (likely)"
    assert blamed(trace(), expectation=None, signals=down) == "None.unknown (unknown)"


def test_a_lane_that_failed_is_not_made_good_by_another_one() -> None:
    def span(number: int, parent: int, name: str, **more: Any) -> Span:
        kind = {"openinference.span.kind": more.pop("kind", "RETRIEVER")}
        ids = f"{number:016x}", f"{parent:016x}" if parent else ""
        return Span(TRACE_ID, *ids, name, number, number + 1, kind | more.pop("attributes", {}), **more)

    found = {"retrieval.documents.0.document.id": "a", "retrieval.documents.0.document.content": "Text."}
    spans = [
        span(1, 0, "ask", kind="CHAIN"),
        span(2, 1, "hybrid", attributes=found),
        span(3, 2, "dense", attributes=found),
        span(4, 2, "sparse", status=2, status_message="ConnectionError"),
    ]
    assert [(one.stage, one.status) for one in normalise(spans).stages if one.stage == "retrieve"] == [
        ("retrieve", "error")
    ]
    alone = [*spans[:2], span(4, 2, "sparse", status=2, status_message="ConnectionError")]
    assert [one.status for one in normalise(alone).stages if one.stage == "retrieve"] == ["ok"]


def test_a_miss_may_follow_from_an_embedding_that_was_not_seen() -> None:
    usual = Shape(frozenset(STAGES), frozenset(("vector",)))
    made = without_right(stages=tuple(StageRecord(one) for one in STAGES if one != "embed"), citations=())
    assert blamed(made) == "retrieve.miss (certain)"
    assert blamed(made, usual=usual) == "None.unknown (unknown)"
