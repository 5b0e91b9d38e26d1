"""Steps before the search that a trace does not show: what was lost there looks as if the search had missed it."""

from __future__ import annotations

from collections.abc import Iterator

from tracing.attribution.rules_mechanical import floor_of, reaches
from tracing.attribution.rules_upstream import not_found
from tracing.attribution.usual import shape_of
from tracing.attribution.view import Finding, View
from tracing.stages import Fault, Stage

_UPSTREAM = (Stage.ROUTE, Stage.RESOLVE, Stage.EMBED)
_TOLD = {
    "product": (Stage.ROUTE, "the routed product"),
    "entities": (Stage.RESOLVE, "the names that were found in the question"),
    "rewritten": (Stage.RESOLVE, "the rewritten question"),
}
_FEWEST = 2  # chunks that tell of a filter


def may_lie_in(view: View, cause: Finding) -> tuple[str, ...]:
    """What was not seen and may be the cause: of the steps before the one to be blamed, where no lane found what
    was wanted; of the lanes' floors, where it should have refused."""
    if cause.fault is Fault.MISSED_REFUSAL and (floors := _floors(view)):
        return floors
    if not (_was_missed(view, cause) or _seems_missed(view, cause)):
        return ()
    return tuple(what for stage, what in _unseen(view) if stage.order < cause.stage.order)


def _was_missed(view: View, cause: Finding) -> bool:
    missed = not_found(view)
    return missed is not None and missed.reached >= 0 and cause.fault not in (Fault.ERROR, Fault.TIMEOUT)


def _seems_missed(view: View, cause: Finding) -> bool:
    """True where nobody said what was expected, and a reader's finding rests on what was not retrieved."""
    if view.expectation is not None or cause.kind not in ("judge", "heuristic"):
        return False
    return cause.stage.order <= Stage.RETRIEVE.order or cause.fault is Fault.MISSED_REFUSAL


def _unseen(view: View) -> Iterator[tuple[Stage, str]]:
    shape, usual = shape_of(view.trace), view.journey.usual
    for stage in _UPSTREAM:
        if stage.label in usual.stages - shape.stages:
            yield stage, f"the span of {stage.label}, which other traces of this pipeline have"
    for name, (stage, what) in _TOLD.items():
        if name in usual.told - shape.told and stage.label in shape.stages:
            yield stage, f"{what}, which other traces of this pipeline tell"
    if (confined := _confined(view)) is not None:
        yield Stage.ROUTE, f"the routed product: all that was retrieved is of {confined}"
    if _lacks_question(view, was_resolved=Stage.RESOLVE.label in shape.stages):
        yield Stage.RESOLVE, "the question as it was asked"


def _lacks_question(view: View, *, was_resolved: bool) -> bool:
    """True where the question was worked on, and is known at most as what it was rewritten to."""
    trace = view.trace
    if not trace.query:
        return was_resolved or bool(trace.rewritten)
    return not trace.rooted and trace.query in trace.rewritten


def _floors(view: View) -> tuple[str, ...]:
    """The lanes that may have been under their floor, where no lane is known to have reached it."""
    known = {lane.name: (lane, floor) for lane in view.trace.lanes if (floor := floor_of(view, lane)) is not None}
    scored = set()
    for hit in (hit for one in view.trace.candidates for hit in one.hits if hit.lane in known):
        if hit.score is None or reaches(known[hit.lane][0], hit.score, known[hit.lane][1]):
            return ()
        scored.add(hit.lane)
    seen = {lane.name for lane in view.trace.lanes if lane.name in scored or not lane.returned}
    unseen = sorted(view.journey.usual.floors - (seen & known.keys()))
    return tuple(f"the floor and the scores of the lane {name}" for name in unseen)


def _confined(view: View) -> str | None:
    """The product that the search seems to have been confined to: the only one of all chunks, and not expected."""
    if view.trace.product or not view.expected_products or len(view.trace.candidates) < _FEWEST:
        return None
    found = set()
    for one, place in zip(view.trace.candidates, view.places, strict=True):
        entry = view.anchors.entry(place) if place else None
        found.add((entry.product if entry else None) or one.product)
    only = found.pop() if len(found) == 1 else None
    return only if only and only.casefold() not in {each.casefold() for each in view.expected_products} else None
