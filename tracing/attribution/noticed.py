"""What was noticed and is no failure: flags, shown and counted."""

from __future__ import annotations

from tracing.attribution.rules_mechanical import drifted, under_floors
from tracing.attribution.rules_upstream import is_misread, is_misrouted, mistaken
from tracing.attribution.view import Finding, View
from tracing.stages import Fault

_STATUS_FLAGS = {"not_in_context": "not_in_context", "redirected": "redirected"}


def flags(view: View, found: Finding | None) -> tuple[str, ...]:
    """The trace's own flags and those that take a manifest, an expectation or a project's limits to see."""
    noticed = set(view.trace.flags)
    blamed = found.fault.label if found else ""
    noticed.update(_of_anchors(view))
    if blamed != Fault.CONTENT_DRIFT.label and drifted(view):
        noticed.add("content_drift")
    noticed.update(_of_stages(view, blamed))
    if under_floors(view):
        noticed.update(("thin_retrieval", "thin_refused") if view.refused else ("thin_retrieval",))
    noticed.update(flag for flag in _of_expectation(view) if flag != blamed)
    return tuple(sorted(noticed))


def _of_anchors(view: View) -> set[str]:
    noticed = {_STATUS_FLAGS[status] for status in view.statuses if status in _STATUS_FLAGS}
    pairs = zip(view.trace.candidates, view.stale, strict=True)
    if any(gone and one.survived and not view.is_cited(one) for one, gone in pairs):
        noticed.add("stale_chunk")
    return noticed


def _of_stages(view: View, blamed: str) -> set[str]:
    noticed = set()
    for record in view.trace.stages:
        limit = view.rules.slow_ms.get(record.stage)
        if record.slow or (limit is not None and (record.duration_ms or 0.0) > limit):
            noticed.add(f"slow:{record.stage}")
        if record.status in ("error", "timeout") and record.status != blamed:
            noticed.add(f"{record.status}:{record.stage}")
    return noticed


def _of_expectation(view: View) -> set[str]:
    noticed = set()
    if view.outdated:
        noticed.add("expectation_outdated")
    if is_misrouted(view):
        noticed.add("wrong_product")
    if is_misread(view):
        noticed.add("wrong_intent")
    if mistaken(view):
        noticed.add("entity_wrong")
    return noticed
