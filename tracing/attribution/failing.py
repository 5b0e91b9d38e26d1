"""Whether a trace counts as failed, and why: without a reason there is no verdict, whatever else was noticed."""

from __future__ import annotations

from tracing.attribution.rules_gold import contradicts, cut_off, incomplete, over_refusal, ungrounded
from tracing.attribution.rules_mechanical import bad_format, content_drift, thin
from tracing.attribution.rules_upstream import small_talk, unsearched
from tracing.attribution.view import View


def reasons(view: View) -> tuple[str, ...]:
    """Why it failed, in words; empty where it has not."""
    found = []
    if view.failed_unanswered:
        found.append("a stage failed, and there was no answer")
    found += _unmet(view)
    if view.thumb_down or (view.case.human is not None and view.case.human.fault != "none"):
        found.append("a person says so")
    if view.judged_ungrounded and view.assessment is not None:
        found.append(f"groundedness {view.assessment.groundedness:.2f} is under {view.rules.groundedness_cut:g}")
    if view.has_bad_citation:
        found.append("a cited anchor is unknown, false or gone")
    if view.by(content_drift) is not None:
        found.append("a cited chunk is older than its page")
    if view.by(bad_format) is not None:
        found.append("the output never passed the schema")
    if view.by(thin) is not None:
        found.append("it answered from nothing that reaches a floor")
    return tuple(found)


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
    if view.by(unsearched) is not None:
        return ["it should have looked into the corpus"]
    if expected.behaviour == "answer" and view.refused:
        return ["it should have answered"]
    broken = any(view.by(rule) is not None for rule in (cut_off, over_refusal, contradicts, ungrounded, incomplete))
    return ["the answer does not rest on the expected evidence"] if broken else []
