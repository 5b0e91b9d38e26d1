"""Pipelines that leave things out, or work otherwise than the demo's: what may be said of them, and what not."""

from dataclasses import replace

import pytest

from tests.tracing.made_cases import (
    EXPECTED,
    FOREIGN,
    OTHERS,
    RIGHT,
    SEEN,
    blamed,
    chunk,
    cite,
    entry,
    facts,
    judged,
    said,
    thumb,
    trace,
    without_right,
)
from tracing.records import (
    Better,
    Candidate,
    Check,
    Expectation,
    Lane,
    LaneHit,
    ManifestFacts,
    Observed,
    Signal,
    StageRecord,
    Verdict,
)

NOTHING_SEEN = Observed()
LANES_ALONE = Observed(lanes="inferred")
NO_RERANKER = tuple(StageRecord(stage) for stage in ("retrieve", "context", "generate"))


def test_a_place_that_is_cited_was_not_lost_though_no_list_has_it() -> None:
    direct = without_right(candidates=(), lanes=(), observed=NOTHING_SEEN, outcome="direct")
    assert blamed(replace(direct, citations=cite(RIGHT))) is None


def test_an_answer_from_a_cache_was_not_sent_away_by_the_router() -> None:
    cached = (StageRecord("route"), StageRecord("retrieve", cache="hit"))
    empty = replace(without_right(citations=()), candidates=(), lanes=(), observed=NOTHING_SEEN, outcome="direct")
    assert blamed(empty) == "route.wrong_intent (likely)"
    assert blamed(replace(empty, stages=cached)) is None
    assert blamed(replace(empty, stages=cached), expectation=None, signals=(thumb(),)) == "None.unknown (unknown)"


def test_of_several_places_one_whose_end_was_not_seen_may_have_come_through() -> None:
    half = replace(
        trace(citations=()),
        observed=replace(SEEN, context="no"),
        candidates=(
            chunk(RIGHT, 1, survived=None, survived_source="unknown"),
            chunk(OTHERS[0], 2, fused_rank=None, rerank_in=False, rerank_rank=None, survived=None),
        ),
    )
    assert blamed(half, expectation=replace(EXPECTED, anchors=(RIGHT, OTHERS[0]))) is None
    both = replace(EXPECTED, anchors=(RIGHT, OTHERS[0]), all_required=True)
    assert blamed(half, expectation=both) == "retrieve.fusion_drop (likely)"


def test_without_a_manifest_chunks_of_another_form_than_the_expected_places_may_be_any_of_them() -> None:
    kept = tuple(Candidate(f"{number:032x}", hits=(LaneHit("v", number, 0.5),), survived=True) for number in (1, 2))
    made = replace(trace(citations=()), candidates=kept, lanes=(Lane("v", returned=2),))
    assert blamed(made, manifest=None) is None
    named = tuple(one._replace(chunk_id=f"kb/{number}") for number, one in enumerate(kept))
    looked_up = replace(EXPECTED, anchors=("kb/4711",))
    assert blamed(replace(made, candidates=named), manifest=None, expectation=looked_up) == "retrieve.miss (likely)"


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": "refuse", "refused": True, "answer": "I do not know.", "citations": ()},
        {"citations": cite(OTHERS[1])},
    ],
)
def test_what_the_answer_did_with_a_chunk_is_not_told_where_the_prompt_was_not_seen(changes: dict[str, object]) -> None:
    inferred = trace({"cited": False, "survived_source": "inferred"}, observed=LANES_ALONE, stages=NO_RERANKER)
    made = replace(inferred, **changes)
    verdict = judged(made).verdict
    assert verdict is None or verdict.stage is None


def test_a_chunk_found_in_the_prompt_by_its_name_alone_makes_nothing_certain() -> None:
    refused = {"outcome": "refuse", "refused": True, "answer": "I do not know.", "citations": ()}
    assert blamed(trace({"cited": False, "survived_source": "prompt"}, **refused)) == "generate.over_refusal (likely)"
    told = {"cited": False, "survived_source": "prompt", "text": "The wait doubles."}
    assert blamed(trace(told, **refused)) == "generate.over_refusal (certain)"


def test_most_of_the_chunk_cut_off_is_the_contexts_fault_and_a_little_is_not() -> None:
    refused = {"outcome": "refuse", "refused": True, "answer": "I do not know.", "citations": ()}
    assert blamed(trace({"cited": False, "kept_tokens": 10}, **refused)) == "context.truncated (likely)"
    assert blamed(trace({"cited": False, "kept_tokens": 90}, **refused)) == "generate.over_refusal (certain)"
    alone = trace({"cited": False, "kept_tokens": 10}, **refused)
    assert blamed(alone, expectation=None, signals=(thumb(),)) == "context.truncated (suspected)"


def test_a_miss_says_which_lists_were_not_seen() -> None:
    only_reranked = replace(without_right(citations=()), observed=Observed(reranked="declared", context="declared"))
    verdict = judged(only_reranked).verdict
    assert verdict is not None
    assert (verdict.stage, verdict.fault, verdict.certainty) == ("retrieve", "miss", "likely")
    assert "what the lanes returned was not seen: retrieve or rerank" in verdict.evidence


def test_a_miss_is_not_certain_where_a_lane_was_not_seen() -> None:
    orphan = chunk("doc_guide#elsewhere", 3, hits=())
    made = without_right(citations=())
    known = facts(entries={**facts().entries, "doc_guide#elsewhere": entry("doc_guide#elsewhere")})
    assert blamed(made, manifest=known) == "retrieve.miss (certain)"
    assert blamed(replace(made, candidates=(*made.candidates, orphan)), manifest=known) == "retrieve.miss (likely)"


def test_without_a_reranker_fusion_is_to_blame_for_what_it_put_behind_all_that_was_kept() -> None:
    def fused(at: int, lane: int) -> str | None:
        lanes = (LaneHit("a", lane, 0.9), LaneHit("b", lane + 1, 0.9))
        gone = chunk(RIGHT, at, hits=lanes, rerank_in=False, rerank_rank=None, survived=False, tokens=None)
        rest = tuple(
            chunk(anchor, rank, hits=(LaneHit("a", rank, 0.5),), rerank_in=False, rerank_rank=None)
            for rank, anchor in enumerate(OTHERS[:3], 1)
        )
        seen = Observed(lanes="declared", fused="declared", context="inferred")
        lanes_asked = (Lane("a", returned=4), Lane("b", returned=1))
        return blamed(
            replace(trace(), candidates=(*rest, gone), stages=NO_RERANKER, observed=seen, lanes=lanes_asked,
                    citations=())
        )  # fmt: skip

    assert fused(9, 1) == "retrieve.fusion_drop (likely)"
    assert fused(4, 4) == "context.truncated (likely)"


def test_what_the_context_was_given_and_left_out_is_its_own_doing() -> None:
    placed = trace(
        {"cited": False, "survived": False, "kept_tokens": 0, "rerank_in": False, "rerank_rank": None, "tokens": 900},
        stages=NO_RERANKER,
        observed=Observed("declared", "declared", "no", "no", "declared"),
        citations=(),
    )
    assert blamed(placed) == "context.budget_drop (certain)"


def test_gold_in_the_prompt_gainsays_a_judge_who_blames_what_came_before() -> None:
    dropped = chunk("doc_guide#elsewhere", 9, survived=False)
    made = replace(trace(), candidates=(*trace().candidates, dropped))
    words = said(context_sufficient=False, better=(Better(dropped.chunk_id, "it says more"),))
    assert blamed(made, assessments=(words,), expectation=None) == "rerank.dropped (likely)"
    verdict = judged(made, assessments=(words,)).verdict
    assert verdict is not None
    assert verdict.stage is None


def test_where_an_answer_was_expected_no_judge_makes_it_a_missed_refusal() -> None:
    words = said(context_sufficient=False)
    assert blamed(trace(), assessments=(words,), expectation=None) == "validate.missed_refusal (likely)"
    assert blamed(trace(), assessments=(words,), expectation=Expectation("answer")) == "None.unknown (unknown)"


def test_a_stage_that_failed_and_was_done_without_is_suspected_where_a_person_complains() -> None:
    stages = (StageRecord("retrieve", status="timeout", error="deadline"), StageRecord("generate"))
    assert blamed(trace(stages=stages), expectation=None) is None
    assert blamed(trace(stages=stages), expectation=None, signals=(thumb(),)) == "retrieve.timeout (suspected)"
    content = said(context_sufficient=True, complete=False, groundedness=0.9)
    assert blamed(trace(stages=stages), expectation=None, signals=(thumb(),), assessments=(content,)) == (
        "generate.incomplete (likely)"
    )


def test_of_two_stages_that_were_done_without_the_earlier_is_to_blame_in_any_order() -> None:
    stages = (StageRecord("rerank", status="error"), StageRecord("embed", status="error"), StageRecord("generate"))
    for order in (stages, stages[::-1]):
        assert blamed(without_right(stages=order)) == "embed.error (likely)"


def test_where_no_words_are_sent_a_failure_that_the_model_came_after_is_no_failed_answer() -> None:
    silent = {"answer": None, "outcome": None, "refused": None, "citations": ()}
    stages = (
        StageRecord("retrieve", status="error", start_ns=1),
        StageRecord("generate", start_ns=2, model="m", status="ok"),
    )
    assert blamed(trace(stages=stages, **silent), expectation=None) is None
    assert blamed(trace(stages=(stages[0],), **silent), expectation=None) == "retrieve.error (certain)"


def test_nothing_found_by_a_lane_with_a_floor_is_thin_where_it_answered() -> None:
    empty = trace(lanes=(Lane("vector", floor=0.2, returned=0),), candidates=(), citations=())
    assert blamed(empty, expectation=None) == "retrieve.thin (likely)"
    assert blamed(replace(empty, outcome="refuse"), expectation=None) is None
    unlisted = replace(empty, lanes=(Lane("vector", floor=0.2, returned=8),))
    assert blamed(unlisted, expectation=None) is None


def test_a_greeting_that_was_searched_for_is_suspected_and_a_question_is_not() -> None:
    made = replace(trace(citations=()), query="Thank you so much!")
    assert blamed(made, expectation=None, signals=(thumb(),)) == "route.wrong_intent (suspected)"
    asked = replace(made, query="Hello, how do I cancel?")
    assert blamed(asked, expectation=None, signals=(thumb(),)) == "None.unknown (unknown)"


def test_a_greeting_is_misread_though_the_search_found_nothing() -> None:
    empty = replace(trace(citations=()), candidates=(), lanes=(), observed=NOTHING_SEEN, outcome="refuse", refused=True)
    assert blamed(empty, expectation=Expectation("direct")) == "route.wrong_intent (certain)"
    answered = replace(empty, outcome=None, refused=None, stages=(StageRecord("generate"),))
    assert blamed(answered, expectation=Expectation("direct")) is None


def test_a_lost_page_comes_before_an_output_that_never_passed_the_schema() -> None:
    stages = (StageRecord("validate", checks=(Check("answerSchema", None, None, False),)),)
    silent = {"outcome": None, "refused": None, "answer": None, "citations": ()}
    assert blamed(replace(without_right(stages=stages), **silent)) == "retrieve.miss (certain)"
    verdict = judged(replace(without_right(stages=stages), **silent)).verdict
    assert verdict is not None
    assert verdict.symptoms == ("generate.bad_format",)


@pytest.mark.parametrize(("name", "found"), [("json_schema", True), ("answerFormat", True), ("information", False)])
def test_a_check_is_of_the_format_by_a_word_of_its_name(name: str, found: bool) -> None:
    stages = (StageRecord("validate", checks=(Check(name, None, None, False),)),)
    broken = trace(outcome=None, refused=None, answer=None, citations=(), stages=stages)
    assert (blamed(broken, expectation=None) == "generate.bad_format (certain)") == found


def test_a_persons_verdict_is_a_reason_why_it_failed() -> None:
    person = Verdict("rerank", "dropped", "human", "certain", "human", 0)
    assert judged(trace(), human=person).failed == ("a person says so",)
    assert judged(trace(), human=replace(person, stage=None, fault="none")).failed == ()


@pytest.mark.parametrize(
    ("users", "reason"),
    [
        (("user-03", "user-04"), "user-04 gave a thumb down"),
        ((None,), "a person gave a thumb down"),
        (("\n ",), "a person gave a thumb down"),
        (("<b>\n" + "x" * 500,), "<b> " + "x" * 96 + " gave a thumb down"),
    ],
)
def test_a_complaint_says_whose_it_is(users: tuple[str | None, ...], reason: str) -> None:
    signals = tuple(thumb(user=user, at_ns=at) for at, user in enumerate(users, 1))
    judgement = judged(trace(), expectation=None, signals=signals)
    assert judgement.failed == (reason,)
    assert judgement.verdict is not None
    assert judgement.verdict.evidence == (f"counts as failed: {reason}",)


def test_a_score_or_a_comment_is_no_complaint() -> None:
    for kind, value in (("score", 0.0), ("comment", "bad"), ("resolved", False), ("citation_broken", FOREIGN)):
        signal = Signal(trace().trace_id, kind, value, 1)
        assert blamed(trace(), expectation=None, signals=(signal,)) is None


def test_a_miss_is_not_certain_where_the_question_or_what_became_of_its_names_was_not_seen() -> None:
    assert blamed(without_right(citations=())) == "retrieve.miss (certain)"
    assert blamed(without_right(citations=(), rooted=False)) == "None.unknown (unknown)"  # only rewritten
    shorter = without_right(citations=(), rooted=False, rewritten=("retry_backoff",))
    assert blamed(shorter) == "retrieve.miss (likely)"
    assert blamed(without_right(citations=(), entities=())) == "retrieve.miss (likely)"
    assert blamed(without_right(citations=(), entities=(), query="How long?")) == "retrieve.miss (certain)"


def test_a_refusal_that_was_missed_is_certain_only_where_every_lane_says_what_is_too_little() -> None:
    refuse = Expectation("refuse")
    assert blamed(trace(citations=()), expectation=refuse) == "validate.missed_refusal (certain)"
    two = (*trace().lanes, Lane("lexical", returned=0))
    assert blamed(trace(citations=(), lanes=two), expectation=refuse) == "validate.missed_refusal (likely)"


def test_words_alone_blame_no_refusal_where_the_prompt_was_not_seen() -> None:
    refused = {"outcome": "refuse", "refused": True, "answer": "I do not know.", "citations": ()}
    words = said(by="lexical", context_sufficient=True, groundedness=None)
    given = {"expectation": None, "signals": (thumb(),), "assessments": (words,)}
    assert blamed(trace(**refused), **given) == "generate.over_refusal (suspected)"
    inferred = replace(
        trace(**refused),
        observed=LANES_ALONE,
        candidates=tuple(one._replace(survived_source="inferred") for one in trace().candidates),
    )
    assert blamed(inferred, **given) == "None.unknown (unknown)"


def test_a_stage_that_was_done_without_did_not_end_the_trace() -> None:
    silent = {"answer": None, "outcome": None, "refused": None, "citations": ()}
    stages = (
        StageRecord("rerank", status="error", error="down"),
        StageRecord("context"),
        StageRecord("generate", status="timeout", error="deadline"),
    )
    for order in (stages, stages[::-1]):
        assert blamed(trace(stages=order, **silent), expectation=None) == "generate.timeout (likely)"
    assert blamed(trace(stages=stages[:2], **silent), expectation=None) == "rerank.error (likely)"
    assert blamed(trace(stages=stages[:1], **silent), expectation=None) == "rerank.error (certain)"
    apologised = (*stages[:2], replace(stages[2], status="error"), StageRecord("validate"))
    assert blamed(trace(stages=apologised, **silent), expectation=None) == "generate.error (likely)"


def test_a_page_that_came_past_a_failed_stage_was_lost_by_the_later_one() -> None:
    stages = (*trace().stages[:4], StageRecord("rerank", status="error", error="down"), *trace().stages[5:])
    gone = {"rerank_in": False, "rerank_rank": None, "survived": False, "cited": False, "kept_tokens": 0}
    budget = trace(gone | {"dropped_at": "context", "dropped_why": "budget"}, stages=stages, citations=cite(OTHERS[0]))
    assert blamed(budget) == "context.budget_drop (certain)"
    with_fallback = trace(gone | {"rerank_in": True, "kept_tokens": None}, stages=stages, citations=cite(OTHERS[0]))
    assert blamed(replace(with_fallback, observed=replace(SEEN, reranked="no"))) == "rerank.error (likely)"


def test_a_chunk_is_cited_by_its_anchor_where_only_the_inventory_knows_it() -> None:
    first, *others = trace({"cited": False, "source_hash": "older"}).candidates
    bare = replace(trace(), candidates=(first._replace(chunk_id="7f01", anchor=None), *others))
    known = facts(chunk_anchors={"7f01": RIGHT})
    by_anchor = tuple(replace(one, chunk_id=None) for one in cite(RIGHT))
    assert blamed(replace(bare, citations=by_anchor), manifest=known) == "index.content_drift (certain)"
    other = tuple(replace(one, chunk_id="another") for one in cite(RIGHT))
    assert "content_drift" in judged(replace(bare, citations=other), manifest=known).flags


def defining(**changes: object) -> ManifestFacts:
    """A manifest that says where the name in the question is defined."""
    return facts(defined_at={"retry_backoff": frozenset((RIGHT,))}, **changes)


def test_a_place_that_moved_is_looked_for_where_it_is_now() -> None:
    moved = entry("doc_atlas#moved", redirect_to=RIGHT)
    known = facts(entries={**facts().entries, moved.anchor: moved})
    known = replace(known, defined_at={"retry_backoff": frozenset((moved.anchor,))})
    given = {"expectation": None, "manifest": known, "assessments": (said(context_sufficient=False),)}
    verdict = judged(without_right(entities=(), flags=("no_entities",), citations=()), **given).verdict
    assert verdict is not None
    assert any(RIGHT in line for line in verdict.evidence)
    assert not any(moved.anchor in line for line in verdict.evidence)


def test_a_judge_who_misses_something_in_the_context_leaves_room_for_what_the_names_tell() -> None:
    given = {"expectation": None, "manifest": defining()}
    missing = said(context_sufficient=False)
    unnamed = without_right(entities=(), flags=("no_entities",), citations=())
    assert blamed(unnamed, assessments=(missing,), **given) == "resolve.entity_missed (suspected)"
    content = said(context_sufficient=True)
    assert blamed(unnamed, assessments=(content,), **given) == "generate.ungrounded (likely)"
    dropped = trace({"survived": False, "cited": False}, citations=())
    better = said(context_sufficient=False, better=(Better(f"{RIGHT}~0", "it says how"),))
    assert blamed(dropped, assessments=(better,), **given) == "context.truncated (likely)"


def test_an_answer_that_passes_over_the_page_that_defines_the_name_is_suspected_where_a_person_complains() -> None:
    given = {"expectation": None, "manifest": defining(), "signals": (thumb(),)}
    other = trace({"cited": False}, citations=cite(OTHERS[1]))
    assert blamed(other, **given) == "generate.incomplete (suspected)"
    assert blamed(other, expectation=None, manifest=defining()) is None
    assert blamed(trace(), **given) == "None.unknown (unknown)"
    unseen = replace(other, observed=LANES_ALONE, candidates=tuple(
        one._replace(survived_source="inferred") for one in other.candidates
    ))  # fmt: skip
    assert blamed(unseen, **given) == "None.unknown (unknown)"


def test_a_label_that_no_page_carries_routes_nowhere() -> None:
    general = judged(trace(product="general", citations=cite(RIGHT, FOREIGN)), expectation=None)
    assert (general.verdict, general.false_anchor) == (None, None)
    assert (
        blamed(trace(product="borealis", citations=cite(RIGHT)), expectation=None) == "validate.false_anchor (certain)"
    )


def test_a_chunk_that_goes_by_its_path_alone_is_not_made_up() -> None:
    path = tuple(replace(one, anchor="guides/retries.md", chunk_id="content:7f01") for one in cite(RIGHT))
    judgement = judged(trace(citations=path), expectation=None)
    assert (judgement.statuses, judgement.verdict) == (("unchecked",), None)
