"""The ties of the rules of attribution, each by itself."""

from dataclasses import replace
from typing import Any

import pytest

from tests.tracing.made_cases import (
    EXPECTED,
    FOREIGN,
    OTHERS,
    RIGHT,
    blamed,
    chunk,
    cite,
    entry,
    facts,
    judged,
    lost_right,
    said,
    thumb,
    trace,
    without_right,
)
from tracing.attribution.case import ProjectRules
from tracing.records import Candidate, Claim, Entity, Expectation, Lane, Observed, StageRecord, Verdict

PERSON = Verdict("rerank", "dropped", "human", "certain", "human", 0)


def test_a_sound_trace_has_no_verdict_with_or_without_an_expectation() -> None:
    assert blamed(trace()) is None
    assert blamed(trace(), expectation=None) is None
    assert blamed(trace(), expectation=None, manifest=None) is None


def test_an_upstream_fault_is_the_cause_where_no_lane_found_the_page() -> None:
    assert blamed(without_right(product="borealis", citations=())) == "route.wrong_product (certain)"
    assert blamed(without_right(intent="smalltalk", citations=())) == "route.wrong_intent (likely)"


def test_an_upstream_mismatch_is_a_flag_where_the_page_was_found_and_lost_later() -> None:
    judgement = judged(lost_right("rerank", product="borealis", citations=()))
    assert judgement.verdict is not None
    assert judgement.verdict.stage == "rerank"
    assert "wrong_product" in judgement.flags


def test_a_right_answer_under_a_wrong_label_is_a_flag() -> None:
    judgement = judged(trace(product="borealis", intent="smalltalk"))
    assert judgement.verdict is None
    assert {"wrong_product", "wrong_intent"} <= set(judgement.flags)
    assert judgement.statuses == ("ok",)


def test_where_nothing_was_routed_there_is_no_wrong_product_and_no_false_anchor() -> None:
    assert blamed(without_right(product=None, citations=())) == "retrieve.miss (likely)"
    assert blamed(trace(product=None, citations=cite(RIGHT, FOREIGN))) is None


def test_a_product_that_is_shared_is_no_fault() -> None:
    shared = ProjectRules(shared_products=frozenset(("borealis",)))
    assert blamed(trace(citations=cite(RIGHT, FOREIGN)), rules=shared) is None
    assert blamed(without_right(product="borealis", citations=()), rules=shared) == "retrieve.miss (certain)"


@pytest.mark.parametrize(
    ("anchor", "found"),
    [
        (FOREIGN, "validate.false_anchor (certain)"),
        ("doc_guide#made-up", "validate.unknown_anchor (certain)"),
        ("doc_guide#gone", "index.stale_chunk (certain)"),
    ],
)
def test_a_bad_citation_is_the_verdict_though_the_expected_page_was_kept(anchor: str, found: str) -> None:
    former = {"doc_guide#gone": entry("doc_guide#gone")}
    assert blamed(trace(citations=cite(RIGHT, anchor)), manifest=facts(former=former)) == found


def test_a_bad_citation_is_a_symptom_where_the_expected_page_was_lost_before_the_context() -> None:
    verdict = judged(lost_right("rerank", citations=cite(FOREIGN))).verdict
    assert verdict is not None
    assert (verdict.stage, verdict.fault, verdict.symptoms) == ("rerank", "dropped", ("validate.false_anchor",))


def test_a_page_of_another_product_that_was_not_in_the_context_either_is_false() -> None:
    assert judged(trace(citations=cite(FOREIGN)), expectation=None).statuses == ("false",)


def test_a_real_page_that_was_not_in_the_context_is_a_flag() -> None:
    manifest = facts(entries={**facts().entries, "doc_guide#elsewhere": entry("doc_guide#elsewhere")})
    judgement = judged(trace(citations=cite(RIGHT, "doc_guide#elsewhere")), manifest=manifest)
    assert judgement.statuses == ("ok", "not_in_context")
    assert judgement.verdict is None
    assert "not_in_context" in judgement.flags


def test_an_unknown_page_makes_the_false_one_beside_it_a_lesser_matter() -> None:
    judgement = judged(trace(citations=cite(FOREIGN, "doc_guide#made-up")), expectation=None)
    assert judgement.verdict is not None
    assert judgement.verdict.fault == "unknown_anchor"
    assert judgement.false_anchor is False


def test_redirects_are_honoured_in_citations_and_expectations() -> None:
    old = entry("doc_guide#old", redirect_to=RIGHT)
    manifest = facts(entries={**facts().entries, "doc_guide#old": old})
    judgement = judged(trace(citations=cite("doc_guide#old")), manifest=manifest)
    assert (judgement.statuses, judgement.verdict) == (("redirected",), None)
    assert blamed(trace(), manifest=manifest, expectation=replace(EXPECTED, anchors=("doc_guide#old",))) is None


def test_an_expected_anchor_that_is_gone_blames_nobody() -> None:
    manifest = facts(former={"doc_guide#gone": entry("doc_guide#gone")})
    judgement = judged(trace(), manifest=manifest, expectation=replace(EXPECTED, anchors=("doc_guide#gone",)))
    assert judgement.verdict is None
    assert "expectation_outdated" in judgement.flags


def test_a_place_that_only_a_later_manifest_has_is_not_unknown() -> None:
    manifest = facts(later=frozenset(("doc_guide#new",)))
    assert judged(trace(citations=cite("doc_guide#new")), manifest=manifest, expectation=None).statuses == (
        "unchecked",
    )


def test_any_of_several_expected_anchors_is_enough() -> None:
    assert blamed(trace(), expectation=replace(EXPECTED, anchors=("doc_guide#absent", RIGHT))) is None


def test_of_several_expected_anchors_the_one_that_got_furthest_decides() -> None:
    two = replace(EXPECTED, anchors=("doc_guide#absent", RIGHT))
    assert blamed(lost_right("context", "budget"), expectation=two) == "context.budget_drop (certain)"


def test_where_all_are_required_the_one_that_was_lost_first_decides() -> None:
    both = replace(EXPECTED, anchors=(RIGHT, "doc_guide#absent"), all_required=True)
    manifest = facts(entries={**facts().entries, "doc_guide#absent": entry("doc_guide#absent")}, indexed=None)
    assert blamed(trace(), expectation=both, manifest=manifest) == "retrieve.miss (likely)"


def test_a_documents_anchor_is_its_id_only_where_it_is_known_or_has_an_anchors_form() -> None:
    bare = Candidate("7f3a", anchor="7f3a", survived=True, cited=True, survived_source="declared")
    cited = replace(trace(candidates=(bare,)), citations=(replace(cite("7f3a")[0], chunk_id="7f3a"),))
    assert judged(cited, expectation=None).statuses == ("unchecked",)
    assert judged(cited, expectation=None, rules=ProjectRules(anchor_pattern="[0-9a-f]{4}")).statuses == ("unknown",)
    assert judged(cited, expectation=None, manifest=facts(chunk_anchors={"7f3a": RIGHT})).statuses == ("ok",)


def test_without_a_manifest_anchor_rules_are_silent() -> None:
    judgement = judged(trace(citations=cite(FOREIGN, "doc_guide#made-up")), manifest=None, expectation=None)
    assert judgement.statuses == ("unchecked", "unchecked")
    assert judgement.verdict is None
    assert judgement.false_anchor is None


def test_a_failed_stage_is_to_blame_with_its_own_fault() -> None:
    for status, fault in (("error", "error"), ("timeout", "timeout")):
        broken = trace(
            stages=(StageRecord("embed", status=status, error="no reply"),), answer=None, outcome=None, refused=None
        )
        assert blamed(broken) == f"embed.{fault} (certain)"
        assert blamed(broken, expectation=None, manifest=None, settled=False) == f"embed.{fault} (certain)"


def test_a_failed_stage_that_ended_in_an_honest_answer_is_a_flag() -> None:
    stages = (*trace().stages[:4], StageRecord("rerank", status="error", error="down"), *trace().stages[5:])
    judgement = judged(trace(stages=stages))
    assert judgement.verdict is None
    assert "error:rerank" in judgement.flags


def test_an_apology_is_no_answer() -> None:
    stages = (StageRecord("generate", status="error", error="overloaded"),)
    sorry = trace(stages=stages, outcome=None, refused=None, answer="Sorry, something went wrong.", citations=())
    assert blamed(sorry, expectation=None) == "generate.error (certain)"


def test_a_failed_stage_is_to_blame_for_the_loss_that_follows_from_it() -> None:
    stages = (
        StageRecord("embed", status="timeout", error="deadline"),
        StageRecord("retrieve"),
        StageRecord("generate"),
    )
    assert blamed(without_right(stages=stages)) == "embed.timeout (likely)"


def test_of_two_failed_stages_the_earlier_is_to_blame() -> None:
    stages = (StageRecord("generate", status="error"), StageRecord("embed", status="error"))
    assert blamed(trace(stages=stages, answer=None, outcome=None, refused=None)) == "embed.error (likely)"


def test_before_it_settled_only_a_failed_stage_is_blamed() -> None:
    assert blamed(lost_right("rerank"), settled=False) is None


def test_identifiers_are_whole_tokens_whatever_their_case() -> None:
    resolver = {"stages": tuple(StageRecord(stage) for stage in ("resolve", "retrieve", "generate"))}
    none = {"entities": (), "flags": ("no_entities",)} | resolver
    assert blamed(without_right(**none)) == "resolve.entity_missed (likely)"
    assert blamed(without_right(**resolver, entities=(Entity("Retry_Backoff"),))) == "retrieve.miss (certain)"
    longer = "retry_backoff_max?"
    part = replace(without_right(**none), query=longer, rewritten=(longer,))
    assert blamed(part) == "retrieve.miss (certain)"


def test_a_step_that_only_rewrites_the_question_has_missed_no_name() -> None:
    rewriter = tuple(StageRecord(stage) for stage in ("resolve", "retrieve", "generate"))
    assert blamed(without_right(stages=rewriter, entities=())) == "retrieve.miss (likely)"
    assert blamed(without_right(stages=rewriter, entities=(), rewritten=())) == "resolve.entity_missed (likely)"


def test_a_name_that_was_taken_for_another_products() -> None:
    wrong = without_right(entities=(Entity("other_thing", product="borealis"),))
    assert blamed(wrong) == "resolve.entity_wrong (likely)"


def test_a_rewriting_that_lost_a_name() -> None:
    found = (Entity("retry_backoff", product="atlas"),)
    assert blamed(without_right(entities=found, rewritten=("how does it work",))) == "resolve.bad_rewrite (certain)"


def test_the_index_comes_before_all_that_could_have_searched_it() -> None:
    without = frozenset(facts().entries) - {RIGHT}
    assert blamed(without_right(product="borealis", citations=()), manifest=facts(indexed=without)) == (
        "index.not_indexed (certain)"
    )
    assert blamed(without_right(), expectation=replace(EXPECTED, anchors=("doc_guide#never",))) == (
        "index.not_indexed (certain)"
    )


def test_without_an_inventory_never_indexed_cannot_be_told_from_not_found() -> None:
    assert blamed(without_right(), manifest=facts(indexed=None)) == "retrieve.miss (likely)"


def test_words_alone_are_at_most_suspected_and_a_judge_replaces_them() -> None:
    words = said(
        by="lexical", groundedness=0.1, context_sufficient=True, claims=(Claim("It is purple.", "unsupported"),)
    )
    assert blamed(trace(), expectation=None, assessments=(words,)) is None
    assert blamed(trace(), expectation=None, assessments=(words,), signals=(thumb(),)) == (
        "generate.ungrounded (suspected)"
    )
    judge_says = said(groundedness=0.95, context_sufficient=True, complete=False)
    assert blamed(trace(), expectation=None, assessments=(words, judge_says), signals=(thumb(),)) == (
        "generate.incomplete (likely)"
    )


def test_a_failure_that_nothing_explains_is_unknown_and_says_what_would_decide_it() -> None:
    verdict = judged(trace(), expectation=None, signals=(thumb(),)).verdict
    assert verdict is not None
    assert (verdict.stage, verdict.fault, verdict.certainty) == (None, "unknown", "unknown")
    assert "Name the anchors" in (verdict.would_decide or "")


def test_the_newest_thumb_of_a_person_counts() -> None:
    back = (thumb(at_ns=1, user="a"), thumb("up", at_ns=2, user="a"))
    assert blamed(trace(), expectation=None, signals=back) is None
    assert blamed(trace(), expectation=None, signals=(*back, thumb(at_ns=1, user="b"))) == "None.unknown (unknown)"


def test_a_persons_verdict_stands_and_can_clear_the_trace() -> None:
    judgement = judged(without_right(), human=PERSON)
    assert judgement.verdict == PERSON
    assert judgement.found is not None
    assert judgement.found.stage == "retrieve"
    assert judged(without_right(), human=replace(PERSON, fault="none", stage=None)).verdict is None


def test_a_stale_chunk_that_was_kept_and_not_cited_is_a_flag() -> None:
    gone = chunk("doc_guide#gone", 7)
    judgement = judged(
        replace(trace(), candidates=(*trace().candidates, gone)), manifest=facts(former={"doc_guide#gone": entry("x")})
    )
    assert judgement.verdict is None
    assert "stale_chunk" in judgement.flags
    assert judgement.stale[-1] is True


def test_drift_is_claimed_only_where_both_hashes_are_known() -> None:
    assert blamed(trace({"source_hash": "older"})) == "index.content_drift (certain)"
    nameless = facts(entries={**facts().entries, RIGHT: replace(entry(RIGHT), source_hash=None)})
    assert blamed(trace({"source_hash": "older"}), manifest=nameless) is None
    assert blamed(trace({"source_hash": f"hash-{RIGHT}"})) is None


def test_a_cited_chunk_that_has_drifted_is_a_failure_only_of_an_answer_that_failed() -> None:
    older = trace({"source_hash": "older"})
    sound = judged(older, expectation=None)
    assert sound.verdict is None
    assert sound.flags == ("content_drift",)
    disliked = judged(older, expectation=None, signals=(thumb(),))
    assert disliked.verdict is not None
    assert disliked.verdict.fault == "content_drift"
    assert disliked.flags == ()
    fresh = replace(EXPECTED, anchors=(RIGHT, OTHERS[0]))
    both = replace(older, citations=cite(RIGHT, OTHERS[0]))
    assert blamed(both, expectation=fresh) is None
    assert blamed(both, expectation=replace(fresh, all_required=True)) == "index.content_drift (certain)"


def test_evidence_says_in_words_why_a_chunk_was_dropped() -> None:
    def line(**changes: Any) -> str:
        gone = {"survived": False, "cited": False, **changes}
        verdict = judged(trace(gone, citations=cite(OTHERS[0]))).verdict
        assert verdict is not None
        return verdict.evidence[0].rpartition(", ")[2]

    assert line(rerank_rank=6, dropped_at="rerank", dropped_why="top_k") == "below the cut"
    assert line(dropped_at="context", dropped_why="budget") == "over the token budget"
    best = [one._replace(rerank_rank=place) for place, one in enumerate(trace().candidates[1:], 1)]
    last = chunk(RIGHT, 1, rerank_rank=6, survived=False, dropped_at="rerank", dropped_why="top_k")
    verdict = judged(replace(trace(citations=()), candidates=(last, *best))).verdict
    assert verdict is not None
    assert verdict.evidence[0].endswith("reranked 6th, 5 kept, not in the top 5")


def test_the_expected_page_under_a_name_that_is_gone_is_the_index_s_fault() -> None:
    former = "doc_guide#retries-old"
    old = replace(entry(former), path="doc_guide.md", title=RIGHT)
    stale = replace(trace(), candidates=(chunk(former, 1, cited=True), *trace().candidates[1:]), citations=cite(former))
    assert blamed(stale, manifest=facts(former={former: old})) == "index.stale_chunk (certain)"


def test_a_thin_retrieval_that_ended_in_a_refusal_is_a_success() -> None:
    under = (Lane("vector", top_k=20, returned=6, floor=2.0),)
    assert blamed(trace(lanes=under, citations=()), expectation=None) == "retrieve.thin (likely)"
    assert blamed(trace(lanes=under, outcome="refuse", answer="No.", citations=()), expectation=None) is None
    refuse = Expectation("refuse")
    assert blamed(trace(lanes=under, citations=()), expectation=refuse) == "retrieve.thin (certain)"
    assert blamed(trace(citations=()), expectation=refuse) == "validate.missed_refusal (certain)"


def test_a_lane_of_distances_has_no_floor_to_reach() -> None:
    distances = (Lane("vector", returned=6, floor=2.0, score_kind="distance"),)
    assert blamed(trace(lanes=distances), expectation=None) is None


def test_a_greeting_that_reached_the_large_model_is_a_wrong_intent() -> None:
    assert blamed(trace(citations=()), expectation=Expectation("direct", intent="greeting")) == (
        "route.wrong_intent (certain)"
    )


def test_a_question_that_was_sent_away_is_a_wrong_intent() -> None:
    away = replace(
        trace(), candidates=(), citations=(), lanes=(), observed=Observed(), outcome="direct", intent="greeting"
    )
    assert blamed(away) == "route.wrong_intent (certain)"


def test_refusals_with_and_without_the_page_in_the_prompt() -> None:
    refused = {"outcome": "refuse", "refused": True, "answer": "I do not know.", "citations": ()}
    assert blamed(trace({"cited": False}, **refused)) == "generate.over_refusal (certain)"
    assert blamed(replace(lost_right("rerank"), **refused)) == "rerank.dropped (certain)"


def test_the_page_in_the_prompt_and_only_others_cited() -> None:
    other = trace({"cited": False}, citations=cite(OTHERS[1]))
    assert blamed(other) == "generate.incomplete (likely)"
    whole = said(by="lexical", groundedness=0.9, complete=True)
    assert blamed(other, assessments=(whole,)) is None


def test_an_output_that_never_passed_the_schema() -> None:
    from tracing.records import Check

    failing = StageRecord("validate", checks=(Check("schema", 0.0, 1.0, False),))
    broken = trace(outcome=None, refused=None, confidence=None, answer="?", citations=(), stages=(failing,))
    assert blamed(broken, expectation=None) == "generate.bad_format (certain)"
