"""Whether a trace counts as failed, and why: without a reason there is no verdict, whatever else was noticed."""

from __future__ import annotations

from tracing.attribution.rules_gold import contradicts, cut_off, incomplete, over_refusal, ungrounded
from tracing.attribution.rules_mechanical import bad_format, cited_drift, thin
from tracing.attribution.rules_upstream import small_talk, unsearched
from tracing.attribution.view import PROMPT, View

_LONGEST_NAME = 100


def reasons(view: View) -> tuple[str, ...]:
    """Why it failed, in words; empty where it has not."""
    found = []
    if view.failed_unanswered:
        found.append("a stage had an error, and there was no answer")
    found += _unmet(view)
    if view.complaint is not None:
        found.append(f"{_named(view.complaint.user)} gave a thumb down")
    elif view.case.human is not None and view.case.human.fault != "none":
        found.append("a person says so")
    if view.judged_ungrounded and view.assessment is not None:
        found.append(f"groundedness {view.assessment.groundedness:.2f} is under {view.rules.groundedness_cut:g}")
    if view.has_bad_citation:
        found.append("a cited anchor is unknown, false or gone")
    if view.by(bad_format) is not None:
        found.append("the output never passed the schema")
    if view.by(thin) is not None:
        found.append("it answered from nothing that reaches a floor")
    return tuple(found)


def _named(user: str | None) -> str:
    """Whoever it was, bounded: a user's name is anybody's text."""
    return " ".join((user or "")[:_LONGEST_NAME].split()) or "a person"


def _unmet(view: View) -> list[str]:
    """What of the expectation is not met."""
    expected = view.expectation
    if expected is None:
        return []
    if view.should_have_refused:
        return ["it should have refused"]
    if view.by(small_talk) is not None:
        return ["it should have been answered directly"]
    if not view.wants_answer:
        return []
    if view.lost:
        return ["the expected evidence is not in the prompt"]
    if _is_outdated(view):
        return ["the expected evidence is in the prompt as it was before, not as it is"]
    if view.by(unsearched) is not None:
        return ["it should have looked into the corpus"]
    if expected.behaviour == "answer" and view.refused:
        return ["it should have answered"]
    broken = any(view.by(rule) is not None for rule in (cut_off, over_refusal, contradicts, ungrounded, incomplete))
    return ["the answer does not rest on the expected evidence"] if broken else []


def _is_outdated(view: View) -> bool:
    """True where the answer rests on the expected places, and on none of them as it is now."""
    old = {entry.anchor for _, entry in cited_drift(view)}.intersection(view.expected_places)
    if view.expectation is not None and view.expectation.all_required:
        return bool(old)
    return bool(old) and old.issuperset(one.anchor for one in view.followed if one.reached > PROMPT)
