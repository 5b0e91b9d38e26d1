"""What follows where the expected place was found, and where it is known how to behave. A rule's docstring is what
the page says."""

from __future__ import annotations

from tracing.attribution.journey import Loss
from tracing.attribution.rules_mechanical import floor_of, thin
from tracing.attribution.telling import shown
from tracing.attribution.view import PROMPT, Certainty, Finding, Followed, Kind, View, gold, line_of
from tracing.records import Claim
from tracing.stages import Fault, Stage

MOST_OF_IT = 0.5  # of a chunk's tokens: with more of them kept, the answer was probably there
SCARCELY = 0.35  # lexical support under which an answer of which somebody complained does not rest on the context
BARELY = 0.3  # the same where nobody did: of answers that people found good, one in a hundred has less


def fusion_drop(view: View) -> Finding | None:
    """A lane found the expected place, and it did not get into what the next stage was given."""
    return _dropped(view, Stage.RETRIEVE)


def dropped(view: View) -> Finding | None:
    """The expected place went into the reranker, and did not survive it."""
    return _dropped(view, Stage.RERANK)


def cut_out(view: View) -> Finding | None:
    """The expected place survived the reranker, and did not get into the prompt."""
    return _dropped(view, Stage.CONTEXT)


def _dropped(view: View, stage: Stage) -> Finding | None:
    decisive = view.decisive
    if not view.lost or decisive is None or decisive.loss is None or decisive.loss.stage is not stage:
        return None
    return loss_finding(view, decisive.loss, "gold", *line_of(view, decisive))


def loss_finding(view: View, loss: Loss, kind: Kind, *evidence: str, at_best: Certainty = "certain") -> Finding:
    """A loss between two lists as a finding, with what was not seen said."""
    sure = at_best if loss.sure and not view.journey.is_cut_short else "likely"
    if at_best == "suspected":
        sure = "suspected"
    if loss.through is not None:
        evidence = (*evidence, f"what lies between was not seen: {loss.stage.label} or {loss.through.label}")
    return Finding(loss.stage, loss.fault, kind, sure, evidence, loss.through)


def over_refusal(view: View) -> Finding | None:
    """It refused, and what the answer should have rested on was in the prompt."""
    expected = view.expectation
    if expected is None or expected.behaviour not in (None, "answer") or not view.evidence_seen or not view.refused:
        return None
    if view.decisive is None or view.decisive.candidate is None:
        return None
    return gold(Stage.GENERATE, Fault.OVER_REFUSAL, _seen(view, view.decisive), *line_of(view, view.decisive))


def _seen(view: View, followed: Followed) -> Certainty:
    kept = followed.candidate
    if kept is None:
        return "likely"
    # Without its text a chunk was found in the prompt by its name alone.
    whole = kept.survived_source == "declared" or (kept.survived_source == "prompt" and bool(kept.text))
    return "certain" if whole else "likely"


def cut_off(view: View) -> Finding | None:
    """Only a part of the expected place got into the prompt, and the answer does without it."""
    decisive = view.decisive
    if not (_uses_nothing(view) or _is_disliked(view)) or decisive is None or decisive.candidate is None:
        return None
    kept, whole = decisive.candidate.kept_tokens, decisive.candidate.tokens
    if kept is None or not whole:
        if decisive.candidate.dropped_why != "truncated":
            return None
        said = "only its beginning was kept"
    elif kept < MOST_OF_IT * whole:
        said = f"{kept} of {whole} tokens kept"
    else:
        return None
    return gold(Stage.CONTEXT, Fault.TRUNCATED, "likely", *line_of(view, decisive), said)


def fell_short(view: View) -> Finding | None:
    """The prompt held the expected place and the answer rests on it, and a person says that it is wrong."""
    if not _is_disliked(view) or view.has_bad_citation or view.decisive is None:
        return None
    said = [claim.text[:200] for claim in _words_against(view) if claim.support == "unsupported"]
    fault = Fault.UNGROUNDED if said else Fault.INCOMPLETE
    evidence = (*line_of(view, view.decisive), *(f"not in the context: {text}" for text in said[:3]))
    return Finding(Stage.GENERATE, fault, "heuristic", "suspected", evidence)


def _is_disliked(view: View) -> bool:
    """True where the expected place is in the prompt, and a person was not content with the answer."""
    return view.complaint is not None and view.wants_answer and view.evidence_seen and view.answered


def _uses_nothing(view: View) -> bool:
    """True where the expected place is in the prompt, and the answer refuses or cites other places alone."""
    expected = view.expectation
    if expected is None or expected.behaviour not in (None, "answer") or view.decisive is None:
        return False
    if not view.evidence_seen or view.decisive.reached > PROMPT:
        return False
    return view.refused or (view.answered and bool(view.trace.citations))


def contradicts(view: View) -> Finding | None:
    """The prompt held the expected place, and the answer says the opposite of its source."""
    claims = [claim for claim in _words_against(view) if claim.support == "contradicted"]
    if not claims:
        return None
    said = [f"opposed by its source: {claim.text[:200]}" for claim in claims[:3]]
    return Finding(Stage.GENERATE, Fault.CONTRADICTS, "heuristic", "likely", tuple(said))


def ungrounded(view: View) -> Finding | None:
    """The prompt held the expected place, and the answer's words are not in the prompt."""
    said = view.lexical
    if said is None or said.groundedness is None or said.groundedness >= BARELY or not _words_against(view):
        return None
    worst = [f"not in the context: {claim.text[:200]}" for claim in said.claims if claim.support == "unsupported"]
    evidence = (f"lexical support {said.groundedness:.2f}", *worst[:3])
    return Finding(Stage.GENERATE, Fault.UNGROUNDED, "heuristic", "likely", evidence)


def _words_against(view: View) -> tuple[Claim, ...]:
    said = view.lexical
    judged = any(one.by in ("judge", "human") for one in view.case.assessments)
    if said is None or judged or not view.answered or not view.evidence_seen:
        return ()
    return said.claims


def incomplete(view: View) -> Finding | None:
    """The prompt held the expected place, and the answer rests on other places alone."""
    decisive = view.decisive
    if not _uses_nothing(view) or view.refused or decisive is None:
        return None
    if view.assessment is not None and view.assessment.complete:
        return None
    cited = [shown(one.anchor or one.chunk_id or "") for one in view.trace.citations][:3]
    return gold(Stage.GENERATE, Fault.INCOMPLETE, "likely", *line_of(view, decisive), f"cited: {', '.join(cited)}")


def missed_refusal(view: View) -> Finding | None:
    """It should have refused, and it answered."""
    if not view.should_have_refused or thin(view) is not None:
        return None
    told = view.trace.outcome is not None or view.trace.refused is not None
    known = told and bool(view.trace.lanes) and not view.journey.unseen_before
    known = known and all(floor_of(view, lane) is not None for lane in view.trace.lanes)
    said = f"expected a refusal, the outcome is {view.trace.outcome or 'an answer'}"
    return gold(Stage.VALIDATE, Fault.MISSED_REFUSAL, "certain" if known else "likely", said)
