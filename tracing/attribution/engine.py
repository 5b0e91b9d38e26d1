"""The rules in their order, and what they come to: the first that finds something names the cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tracing.attribution import rules_gold as gold
from tracing.attribution import rules_judge as judged
from tracing.attribution import rules_mechanical as seen
from tracing.attribution import rules_upstream as upstream
from tracing.attribution.case import Case, Judgement
from tracing.attribution.failing import reasons
from tracing.attribution.noticed import flags
from tracing.attribution.unseen import may_lie_in
from tracing.attribution.view import Finding, Kind, Rule, View
from tracing.records import Verdict
from tracing.stages import Stage

RULES_VERSION = 4
ANCHORS_WANTED = "Name the anchors that the right answer rests on"

AT_ONCE: tuple[Rule, ...] = (seen.error, seen.timeout)
RULES: tuple[Rule, ...] = (
    *AT_ONCE,
    # The expected evidence was lost before the prompt: the first place where it was lost.
    upstream.not_indexed,
    upstream.failed_before,
    upstream.wrong_product,
    upstream.unsearched,
    upstream.small_talk,
    upstream.entity_wrong,
    upstream.entity_missed,
    upstream.bad_rewrite,
    upstream.wrong_intent,
    upstream.miss,
    gold.fusion_drop,
    gold.dropped,
    gold.cut_out,
    seen.bad_format,
    # Else a cited anchor that is gone, unknown or false.
    seen.stale_chunk,
    seen.unknown_anchor,
    seen.false_anchor,
    seen.content_drift,
    seen.thin,
    gold.missed_refusal,
    # The evidence was there, or a part of it.
    upstream.gave_up,
    gold.cut_off,
    gold.over_refusal,
    gold.contradicts,
    gold.ungrounded,
    gold.incomplete,
    seen.went_on,
    # Nobody said what was expected: a judge, then words alone.
    judged.sent_away,
    judged.searched_for_nothing,
    judged.other_product,
    judged.opposed,
    judged.unsupported,
    judged.lost_name,
    judged.cut_short,
    judged.refused_without_need,
    judged.dropped_better,
    judged.left_out,
    judged.passed_over,
    judged.answered_without,
    gold.fell_short,
)
SENTENCES: Mapping[str, str] = {rule.__name__: " ".join((rule.__doc__ or "").split()) for rule in RULES}


_CUT_OUT = ("budget_drop", "dedupe_drop", "truncated")


def sentence(rule: str) -> str:
    """What the rule of a verdict says, for its page; empty where it is none of ours."""
    name, _, variant = rule.partition("/")
    fault = name.rpartition(".")[2]
    return SENTENCES.get(variant or ("cut_out" if fault in _CUT_OUT else fault), "")


def judge(case: Case) -> Judgement:
    """What is to be said of the trace. Before it has settled, only a failed stage is blamed."""
    view = View(case)
    failed = reasons(view)
    cause, verdict = _found(view) if failed else (None, None)
    human = case.human
    return Judgement(
        verdict=verdict if human is None else None if human.fault == "none" else human,
        found=verdict,
        failed=failed,
        flags=flags(view, cause),
        statuses=view.statuses,
        expected=_expected(view),
        stale=view.stale,
        lost_at=_lost_at(view),
        false_anchor=_false_anchor(view),
    )


def _found(view: View) -> tuple[Finding | None, Verdict | None]:
    found = [
        (rule, finding) for rule in (RULES if view.case.settled else AT_ONCE) if (finding := view.by(rule)) is not None
    ]
    if not found:
        return None, _unknown(view, _would_decide(view)) if view.case.settled else None
    rule, cause = found[0]
    if unseen := may_lie_in(view, cause):
        return None, _unseen(view, [finding for _, finding in found], unseen)
    return cause, _verdict(rule, cause, [finding for _, finding in found[1:]])


def _verdict(rule: Rule, cause: Finding, others: Sequence[Finding]) -> Verdict:
    after = [one for one in others if one.stage.order >= cause.stage.order and one.name != cause.name]
    told = [one for one in after if one.kind != "heuristic" or cause.kind == "heuristic"]
    symptoms = dict.fromkeys(one.name for one in sorted(told, key=lambda one: one.stage.order))
    plain = rule.__name__ in (cause.fault.label, "cut_out")
    return Verdict(
        stage=cause.stage.label,
        fault=cause.fault.label,
        kind=cause.kind,
        certainty=cause.certainty,
        rule=cause.name if plain else f"{cause.name}/{rule.__name__}",
        rules_version=RULES_VERSION,
        evidence=cause.evidence,
        symptoms=tuple(symptoms),
        would_decide=cause.hint,
    )


def _unseen(view: View, found: Sequence[Finding], unseen: Sequence[str]) -> Verdict:
    """What was found, and what came after it, may only follow from what was not seen."""
    later = [one for one in found if one.kind != "heuristic" and one.stage.order >= found[0].stage.order]
    follows = tuple(dict.fromkeys(one.name for one in later))
    what = "; ".join(unseen)
    unknown = _unknown(view, f"{what[0].upper()}{what[1:]}.")
    return replace(unknown, evidence=(*found[0].evidence, *unknown.evidence), symptoms=follows)


def _unknown(view: View, would_decide: str) -> Verdict:
    kind: Kind = "mechanical" if view.failed_unanswered else "gold" if view.expectation else "heuristic"
    return Verdict(None, "unknown", kind, "unknown", "unknown", RULES_VERSION, _known(view), (), would_decide)


def _known(view: View) -> tuple[str, ...]:
    return tuple(f"{record.stage}: {(record.error or record.status)[:300]}" for record in view.failures) + tuple(
        f"counts as failed: {reason}" for reason in reasons(view)
    )


def _would_decide(view: View) -> str:
    if view.failed_unanswered:
        return "What failed lies outside any known stage: give its span the attribute rag.stage."
    if view.wants_answer and view.expected_places:
        return (
            "The lists that the expected place went through were not seen: send what the retriever returned, what the "
            "reranker was given and gave back, and the prompt."
        )
    if not view.retrieved:
        return "Nothing of the retrieval was seen: send what the retriever returned, and the prompt."
    if any(one.by in ("human", "judge") for one in view.case.assessments):
        return f"{ANCHORS_WANTED}."
    return f"{ANCHORS_WANTED}, or have a judge read the answer."


def _expected(view: View) -> tuple[bool, ...]:
    wanted = set(view.expected_places)
    return tuple(
        place in wanted or one.chunk_id in wanted for one, place in zip(view.trace.candidates, view.places, strict=True)
    )


def _lost_at(view: View) -> dict[str, str]:
    """The stage that lost each expected place, where that was seen."""
    found = {}
    for one in view.followed:
        if one.loss is not None:
            found[one.anchor] = one.loss.stage.label
        elif one.reached < 0:
            found[one.anchor] = Stage.INDEX.label
        elif one.reached == 0 and view.journey.was_searched:
            found[one.anchor] = Stage.RETRIEVE.label
    return found


def _false_anchor(view: View) -> bool | None:
    """Every cited anchor real, at least one of another product than the routed one; None where that can't be told."""
    if not view.statuses or not view.routed or "unchecked" in view.statuses:
        return None
    return "false" in view.statuses and not {"unknown", "stale"}.intersection(view.statuses)
