"""What the traces of one pipeline usually show: a step that one of them lacks was not seen, rather than not taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields

from tracing.records import Trace
from tracing.stages import Stage

FEWEST = 5  # traces that tell what is usual
MOST = 0.75  # of them
TOLD = ("product", "entities", "rewritten")
NO_ENTITIES = "no_entities"  # the flag of a trace whose resolver says that it found none
WHOLE = {Stage.RETRIEVE.label, Stage.GENERATE.label}  # a trace that lacks these may have ended before a step


@dataclass(frozen=True, slots=True)
class Shape:
    """What one trace shows: its stages, its lanes, those whose floor it tells, and which of `TOLD` it tells."""

    stages: frozenset[str]
    lanes: frozenset[str] = frozenset()
    floors: frozenset[str] = frozenset()
    told: frozenset[str] = frozenset()


def shape_of(trace: Trace) -> Shape:
    told = trace.product, trace.entities or NO_ENTITIES in trace.flags, trace.rewritten
    return shape((one.stage for one in trace.stages), ((one.name, one.floor) for one in trace.lanes), told)


def shape(stages: Iterable[str], lanes: Iterable[tuple[str, float | None]], told: Iterable[object]) -> Shape:
    """Of lanes with their floors, and what is told, in the order of `TOLD`."""
    floors = dict(lanes)
    return Shape(
        frozenset(stages),
        frozenset(floors),
        frozenset(name for name, floor in floors.items() if floor is not None),
        frozenset(name for name, value in zip(TOLD, told, strict=True) if value),
    )


def usual_of(shapes: Iterable[Shape]) -> Shape | None:
    """What most of those show that searched and answered; None where they are too few to tell."""
    whole = [shape for shape in shapes if shape.stages >= WHOLE]
    if len(whole) < FEWEST:
        return None
    return Shape(*(_most([getattr(shape, field.name) for shape in whole]) for field in fields(Shape)))


def _most(given: list[frozenset[str]]) -> frozenset[str]:
    counted = Counter(name for names in given for name in names)
    return frozenset(name for name, times in counted.items() if times >= MOST * len(given))
