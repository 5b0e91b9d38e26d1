"""What a judge's findings, or words alone, point at where nobody said what was expected. A rule's docstring is what
the page says."""

from __future__ import annotations

from tracing.attribution.mentions import code_words, holds, words_of
from tracing.attribution.names import lost_in_rewriting, unresolved
from tracing.attribution.refusals import is_greeting
from tracing.attribution.rules_gold import MOST_OF_IT, SCARCELY, loss_finding
from tracing.attribution.telling import path_of, shown
from tracing.attribution.view import PROMPT, Finding, Followed, View, line_of
from tracing.attribution.words import terms
from tracing.records import Claim
from tracing.stages import Fault, Stage

_MOST_PLACES = 20
_MOST_CLAIMS = 3
_QUESTION_TERMS = 3  # content words that small talk does not have


def _finding(view: View, stage: Stage, fault: Fault, *evidence: str, hint: str | None = None) -> Finding:
    said = view.assessment
    if said is None or said.by == "lexical":
        return Finding(stage, fault, "heuristic", "suspected", evidence, hint=hint)
    return Finding(stage, fault, "judge", "likely", evidence, hint=hint)


def _is_judged(view: View) -> bool:
    """True where somebody read the answer: then words alone have no say."""
    return view.assessment is not None and view.assessment.by != "lexical"


def _names_may_tell(view: View) -> bool:
    """Names in the question tell something where nobody read the answer, or a judge missed something in the context."""
    return not _is_judged(view) or (view.assessment is not None and view.assessment.context_sufficient is False)


def lost_name(view: View) -> Finding | None:
    """The question names what the manifest knows, and no place that defines it is in the prompt."""
    if view.evidence_seen or not _names_may_tell(view) or (_is_judged(view) and view.by(dropped_better) is not None):
        return None
    best = _named_place(view)
    if best is None or best.reached >= PROMPT:
        return None
    if best.reached > 0:
        if best.loss is None:
            return None
        return loss_finding(view, best.loss, "heuristic", *line_of(view, best), at_best="suspected")
    if not view.journey.was_searched:
        return None
    stage, fault, why = _before_search(view)
    if best.reached == -1:
        stage, fault, why = Stage.INDEX, Fault.NOT_INDEXED, ("the index inventory lacks it",)
    return Finding(stage, fault, "heuristic", "suspected", (*why, *line_of(view, best)))


def _named_place(view: View) -> Followed | None:
    """Of the places that define what the question names, the one that came furthest."""
    facts = view.manifest
    if facts is None or not facts.defined_at or not view.trace.query:
        return None
    named = [name for name in code_words(view.trace.query) if name in facts.defined_at]
    places = sorted({view.anchors.place(place) for name in named for place in facts.defined_at[name]})[:_MOST_PLACES]
    followed = [view.follow(place) for place in places]
    return max(followed, key=lambda one: one.reached, default=None)


def _before_search(view: View) -> tuple[Stage, Fault, tuple[str, ...]]:
    facts, trace = view.manifest, view.trace
    asked = words_of(trace.query or "")
    missed = unresolved(view)
    if missed and (strange := [one.text for one in trace.entities if not holds(asked, one.text)]):
        return Stage.RESOLVE, Fault.ENTITY_WRONG, (f"resolved, and not in the question: {strange[0][:100]}",)
    if missed:
        return Stage.RESOLVE, Fault.ENTITY_MISSED, (f"not among the resolved names: {', '.join(missed[:5])}",)
    if gone := lost_in_rewriting(view):
        return Stage.RESOLVE, Fault.BAD_REWRITE, (f"not in the rewritten question: {', '.join(gone[:5])}",)
    owners = [facts.entities.get(name, frozenset()) for name in code_words(trace.query or "")] if facts else []
    if trace.product and any(each and trace.product not in each for each in owners):
        return Stage.ROUTE, Fault.WRONG_PRODUCT, (f"routed to {trace.product}, which does not define the name",)
    return Stage.RETRIEVE, Fault.MISS, ()


def other_product(view: View) -> Finding | None:
    """The question names one product, and it was routed to another."""
    facts, routed = view.manifest, view.trace.product
    if facts is None or not routed or not view.trace.query or not _names_may_tell(view) or view.evidence_kept:
        return None
    asked = words_of(view.trace.query)
    named = {product for product in facts.products if holds(asked, product)}
    if len(named) != 1 or routed in named | view.rules.shared_products:
        return None
    said = f"the question names {named.pop()}, routed to {routed}"
    return Finding(Stage.ROUTE, Fault.WRONG_PRODUCT, "heuristic", "suspected", (said,))


def dropped_better(view: View) -> Finding | None:
    """What was kept does not suffice, and a candidate that was dropped supports the answer."""
    said = view.assessment
    if said is None or said.context_sufficient is not False or view.evidence_seen:
        return None
    known = {candidate.chunk_id: candidate for candidate in view.trace.candidates}
    for better in said.better:
        candidate = known.get(better.chunk_id)
        loss = view.journey.loss(candidate) if candidate is not None else None
        if candidate is not None and loss is not None:
            why = (better.why[:300],) if better.why else ()
            line = path_of(candidate.anchor or candidate.chunk_id, candidate, view.journey.kept)
            if said.by == "lexical":
                return loss_finding(view, loss, "heuristic", line, *why, at_best="suspected")
            return loss_finding(view, loss, "judge", line, *why, at_best="likely")
    return None


def cut_short(view: View) -> Finding | None:
    """Only the beginning of a chunk got into the prompt, and the answer does without it."""
    said = view.assessment
    insufficient = said is not None and said.context_sufficient is False
    if view.expectation is not None or not (insufficient or view.refused):
        return None
    for one in view.journey.kept:
        if one.cited or one.kept_tokens is None or not one.tokens or one.kept_tokens >= MOST_OF_IT * one.tokens:
            continue
        evidence = f"{shown(one.anchor or one.chunk_id)}: {one.kept_tokens} of {one.tokens} tokens kept"
        return Finding(Stage.CONTEXT, Fault.TRUNCATED, "heuristic", "suspected", (evidence,))
    return None


def answered_without(view: View) -> Finding | None:
    """What was kept does not suffice, nothing that was dropped does, and it answered."""
    said = view.assessment
    if said is None or not view.answered or (view.expectation is not None and not view.should_have_refused):
        return None
    nothing_better = said.context_sufficient is False and not said.better
    if not nothing_better and said.should_refuse is not True:
        return None
    evidence = "the kept context does not suffice" if nothing_better else "the judge says that it should have refused"
    hint = "Is the answer in the corpus at all? Name an anchor: then retrieve.miss can be told from this."
    return _finding(view, Stage.VALIDATE, Fault.MISSED_REFUSAL, evidence, hint=hint)


def refused_without_need(view: View) -> Finding | None:
    """It refused, and the context was sufficient."""
    said = view.assessment
    if said is None or said.context_sufficient is not True or not view.refused or not _may_answer(view):
        return None
    if said.by == "lexical" and not view.journey.prompt_seen:
        return None
    return _finding(view, Stage.GENERATE, Fault.OVER_REFUSAL, "the kept context suffices, and it refused")


def _may_answer(view: View) -> bool:
    return view.expectation is None or view.wants_answer


def opposed(view: View) -> Finding | None:
    """A claim is opposed by the context."""
    claims = _claims(view, "contradicted")
    if not claims or (_is_judged(view) and view.assessment is not None and view.assessment.context_sufficient is False):
        return None
    return _finding(view, Stage.GENERATE, Fault.CONTRADICTS, *(f"opposed: {claim.text[:200]}" for claim in claims))


def unsupported(view: View) -> Finding | None:
    """What the answer claims is not supported by the context."""
    said = view.assessment
    if said is None or not view.answered or (said.context_sufficient is False and said.by != "lexical"):
        return None
    claims = _claims(view, "unsupported")
    if said.by == "lexical" and (said.groundedness is None or said.groundedness >= SCARCELY):
        return None
    low = said.groundedness is not None and said.groundedness < view.rules.groundedness_cut
    if not claims and not low:
        return None
    name = "lexical support" if said.by == "lexical" else "groundedness"
    number = (f"{name} {said.groundedness:.2f}",) if said.groundedness is not None else ()
    return _finding(
        view, Stage.GENERATE, Fault.UNGROUNDED, *number, *(f"not in the context: {one.text[:200]}" for one in claims)
    )


def _claims(view: View, support: str) -> list[Claim]:
    said = view.assessment
    if said is None or not view.answered:
        return []
    return [claim for claim in said.claims if claim.support == support][:_MOST_CLAIMS]


def passed_over(view: View) -> Finding | None:
    """The prompt held a place that defines what the question names, and the answer cites other places alone."""
    if view.expectation is not None or _is_judged(view) or not view.answered or not view.trace.citations:
        return None
    best = _named_place(view)
    if best is None or best.reached != PROMPT or not view.journey.prompt_seen:
        return None
    cited = ", ".join(shown(one.anchor or one.chunk_id or "") for one in view.trace.citations[:_MOST_CLAIMS])
    evidence = (*line_of(view, best), f"cited: {cited}")
    return Finding(Stage.GENERATE, Fault.INCOMPLETE, "heuristic", "suspected", evidence)


def left_out(view: View) -> Finding | None:
    """The context held the answer, and the answer leaves it out."""
    said = view.assessment
    if said is None or said.complete is not False or said.context_sufficient is False or not view.answered:
        return None
    if said.by == "lexical":  # in two cases of three, what the words miss was lost before the prompt
        return None
    return _finding(view, Stage.GENERATE, Fault.INCOMPLETE, "the judge says that the answer is not complete")


def searched_for_nothing(view: View) -> Finding | None:
    """A greeting or a word of thanks was sent through the whole pipeline."""
    query = view.trace.query or ""
    if view.expectation is not None or not view.retrieved or view.trace.outcome == "direct" or not is_greeting(query):
        return None
    said = f"{len(view.trace.candidates)} chunks were retrieved for a greeting"
    return Finding(Stage.ROUTE, Fault.WRONG_INTENT, "heuristic", "suspected", (said,))


def sent_away(view: View) -> Finding | None:
    """A question about the corpus was answered directly, without looking into it."""
    trace = view.trace
    if trace.outcome != "direct" or view.retrieved or view.failures or not trace.query or view.from_cache:
        return None
    if view.expectation is not None and view.expectation.behaviour is not None:
        return None
    named = [name for name in (view.manifest.entities if view.manifest else ()) if holds(words_of(trace.query), name)]
    if not named and len(terms(trace.query)) < _QUESTION_TERMS:
        return None
    said = (
        f"it names {', '.join(sorted(named)[:5])}" if named else f"the question has {len(words_of(trace.query))} words"
    )
    return Finding(Stage.ROUTE, Fault.WRONG_INTENT, "heuristic", "suspected", (said, "nothing was retrieved"))
