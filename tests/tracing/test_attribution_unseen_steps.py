"""A step that other traces of its pipeline show, and one does not: what was lost there is not laid to the search."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracing.made_cases import (
    FOREIGN,
    OTHERS,
    RIGHT,
    SEEN,
    STAGES,
    blamed,
    chunk,
    facts,
    judged,
    lost_right,
    said,
    thumb,
    trace,
    without_right,
)
from tests.tracing.test_attribution_properties import MANY, expectations, manifests, traces, verdict_of
from tracing.attribution.usual import FEWEST, Shape, shape_of, usual_of
from tracing.records import Expectation, Lane, LaneHit, ManifestFacts, StageRecord, Trace
from tracing.stages import Stage

USUAL = shape_of(trace())
UNKNOWN = "None.unknown (unknown)"


def without(*stages: str) -> tuple[StageRecord, ...]:
    return tuple(StageRecord(stage) for stage in STAGES if stage not in stages)


def test_what_is_usual_takes_some_traces_that_searched_and_answered() -> None:
    whole, direct = Shape(frozenset(STAGES)), Shape(frozenset(("route", "generate")))
    assert usual_of([whole] * (FEWEST - 1) + [direct] * 20) is None
    assert usual_of([whole] * FEWEST + [direct] * 20) == whole


def test_what_a_fourth_of_them_lacks_is_not_usual() -> None:
    often, seldom = Shape(frozenset(STAGES)), Shape(frozenset(without_names("route")))
    found = usual_of([often] * 3 + [seldom] * 1 + [often] * 3 + [seldom] * 1)
    assert found is not None
    assert "route" in found.stages
    fewer = usual_of([often] * 2 + [seldom] * 3)
    assert fewer is not None
    assert "route" not in fewer.stages


def without_names(*stages: str) -> list[str]:
    return [stage for stage in STAGES if stage not in stages]


@pytest.mark.parametrize(
    ("changes", "lacks"),
    [
        ({"stages": without("route"), "product": None, "intent": None}, "the span of route"),
        ({"stages": without("resolve"), "entities": (), "rewritten": ()}, "the span of resolve"),
        ({"product": None}, "the routed product"),
        ({"entities": ()}, "the names that were found in the question"),
        ({"rewritten": ()}, "the rewritten question"),
    ],
)
def test_a_miss_may_lie_in_a_step_that_was_not_seen(changes: dict[str, Any], lacks: str) -> None:
    made = without_right(**changes)
    alone = judged(made).verdict
    assert alone is not None
    verdict = judged(made, usual=USUAL).verdict
    assert verdict is not None
    assert (verdict.stage, verdict.fault, verdict.certainty) == (None, "unknown", "unknown")
    assert lacks in (verdict.would_decide or "").lower()
    assert verdict.symptoms[0] == f"{alone.stage}.{alone.fault}"
    assert verdict.evidence[0] == alone.evidence[0]


def test_a_pipeline_that_never_shows_a_router_has_its_misses_named() -> None:
    bare = without_right(stages=without("route", "resolve"), product=None, entities=(), rewritten=())
    assert blamed(bare, usual=shape_of(bare)) == "retrieve.miss (likely)"
    assert blamed(bare) == "retrieve.miss (likely)"


def test_a_fault_that_was_seen_upstream_is_named_though_a_later_step_was_not_seen() -> None:
    made = without_right(stages=without("resolve"), product="borealis", entities=(), rewritten=(), citations=())
    assert blamed(made, usual=USUAL) == "route.wrong_product (certain)"
    assert blamed(without_right(stages=without("rerank")), usual=USUAL) == "retrieve.miss (certain)"
    gone = facts(entries={key: value for key, value in facts().entries.items() if key != RIGHT})
    assert blamed(without_right(stages=without("route"), product=None), manifest=gone, usual=USUAL) == (
        "index.not_indexed (certain)"
    )


def test_a_reranker_that_was_not_seen_may_have_dropped_what_came_before_it() -> None:
    unseen = replace(SEEN, rerank_input="no", reranked="no")
    gone = {"rerank_in": False, "rerank_rank": None, "kept_tokens": 0, "tokens": 5000}
    made = replace(lost_right("context", observed=unseen, stages=without("rerank")), candidates=())
    kept = [chunk(anchor, rank, rerank_in=False, rerank_rank=None) for rank, anchor in enumerate(OTHERS, 2)]
    made = replace(made, candidates=(chunk(RIGHT, 1, survived=False, **gone), *kept))
    assert blamed(made) == "context.budget_drop (certain)"
    assert blamed(made, usual=USUAL) == "rerank.dropped (likely)"


def test_an_answer_is_no_missed_refusal_where_a_lane_s_floor_was_not_seen() -> None:
    refuse = Expectation("refuse")
    low = Lane("vector", top_k=20, returned=6, floor=2.0)
    both = (low, Lane("lexical", top_k=20, returned=0, floor=5.0))
    usual = shape_of(trace(lanes=both))
    hits = (LaneHit("vector", 1, 0.9), LaneHit("lexical", 1, 4.0))
    seen = trace({"hits": hits}, lanes=both, citations=())
    assert blamed(seen, expectation=refuse, usual=usual) == "retrieve.thin (certain)"
    cut = replace(seen, lanes=(low, replace(both[1], floor=None)))
    assert blamed(cut, expectation=refuse) == "validate.missed_refusal (likely)"
    assert blamed(cut, expectation=refuse, usual=usual) == UNKNOWN
    high = replace(cut, lanes=(replace(low, floor=0.1), *cut.lanes[1:]))
    assert blamed(high, expectation=refuse, usual=usual) == "validate.missed_refusal (likely)"


def test_where_nobody_said_what_was_expected_a_reader_s_finding_may_lie_in_a_step_that_was_not_seen() -> None:
    answered = without_right(stages=without("route"), product=None, citations=())
    read = (said(context_sufficient=False),)
    assert blamed(answered, expectation=None, assessments=read) == "validate.missed_refusal (likely)"
    assert blamed(answered, expectation=None, assessments=read, usual=USUAL) == UNKNOWN
    known = facts(defined_at={"retry_backoff": frozenset((RIGHT,))})
    words = {"expectation": None, "manifest": known, "signals": (thumb(),)}
    assert blamed(answered, **words) == "retrieve.miss (suspected)"
    assert blamed(answered, **words, usual=USUAL) == UNKNOWN


def test_without_the_question_nobody_can_tell_whether_its_rewriting_lost_a_name() -> None:
    assert blamed(without_right(query=None)) == UNKNOWN
    assert blamed(without_right(rooted=False)) == UNKNOWN  # what is taken for the question is what it was rewritten to
    assert blamed(without_right(rooted=False, rewritten=("retry_backoff",))) == "retrieve.miss (likely)"
    unresolved = without_right(rooted=False, stages=without("resolve"), rewritten=(), entities=())
    assert blamed(unresolved) == "retrieve.miss (likely)"


def test_a_search_that_found_one_other_product_alone_may_have_been_confined_to_it() -> None:
    foreign = tuple(chunk(FOREIGN, rank, chunk_id=f"f{rank}", product="borealis") for rank in (1, 2, 3))
    made = replace(without_right(product=None, stages=without("route"), citations=()), candidates=foreign)
    verdict = judged(made).verdict
    assert verdict is not None
    assert verdict.fault == "unknown"
    assert "all that was retrieved is of borealis" in (verdict.would_decide or "")
    assert blamed(replace(made, candidates=(*foreign, chunk(OTHERS[0], 4)))) == "retrieve.miss (likely)"


shapes = st.builds(
    Shape,
    st.frozensets(st.sampled_from(STAGES)),
    st.frozensets(st.sampled_from(("vector", "lexical", "third"))),
    st.frozensets(st.sampled_from(("vector", "third"))),
    st.frozensets(st.sampled_from(("product", "entities", "rewritten"))),
)


@MANY
@given(traces(), expectations, manifests, shapes)
def test_what_is_usual_makes_a_verdict_say_less_or_name_an_earlier_stage(
    made: Trace, expected: Expectation | None, manifest: ManifestFacts | None, usual: Shape
) -> None:
    alone = verdict_of(made, expectation=expected, manifest=manifest)
    verdict = verdict_of(made, expectation=expected, manifest=manifest, usual=usual)
    if alone is None or verdict is None or verdict.stage is None:
        assert (alone is None) == (verdict is None)
        return
    if alone.stage is None:
        return
    before, after = Stage.named(alone.stage), Stage.named(verdict.stage)
    assert before is not None
    assert after is not None
    assert after.order <= before.order
    assert after is before or verdict.certainty != "certain"
