"""The picture above the journey: a column a list, and through them the way of each chunk."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tracing.pages.journey_rows import JourneyRow
from tracing.pages.journey_view import Journey
from tracing.records import Trace

MOST_CHUNKS = 80
WIDTH = 1000
GAP = 14  # on either side of a column that a line only passes: the chunk is at no rank of it there
ORDER = {"": 0, "kept": 1, "kept cited": 2, "lost": 3}


@dataclass(frozen=True, slots=True)
class Stroke:
    """The ways of all chunks of one tone, lost by one stage: `d` is ready for an SVG path.

    A piece of no length is a dot: a chunk's rank in a lane.
    """

    d: str
    tone: str
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """All lines and dots, what matters most drawn last."""

    labels: tuple[str, ...]
    lines: tuple[Stroke, ...]
    dots: tuple[Stroke, ...]
    deepest: int


def way(trace: Trace, journey: Journey) -> Way | None:
    """The ways of at most 80 chunks; None where fewer than three of them are in lists that follow each other."""
    columns = [*journey.lanes, *(["fused"] if journey.fused else []), *(["reranked"] if journey.reranked else [])]
    if len(columns) < 2:
        return None
    ways = [_Ranks(row, journey) for row in journey.rows[:MOST_CHUNKS]]
    if sum(1 for one in ways if one.leads()) < 3:
        return None
    scale = _Scale(len(columns), max((rank for one in ways for rank in one.places if rank), default=1))
    ways.sort(key=lambda one: ORDER[one.tone])
    return Way(
        labels=tuple(columns),
        lines=_strokes(ways, lambda one: one.lines(scale)),
        dots=_strokes(ways, lambda one: one.dots(scale)),
        deepest=scale.deepest,
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    columns: int
    deepest: int

    def x(self, column: int) -> int:
        return column * (WIDTH // (self.columns - 1))

    def y(self, rank: int) -> int:
        return 6 + (rank - 1) * 138 // max(1, self.deepest - 1)


class _Ranks:
    """One chunk's rank in each column; lanes stand side by side, and each leads to the first list after them all."""

    def __init__(self, row: JourneyRow, journey: Journey) -> None:
        self.row, self.lanes = row, len(journey.lanes)
        self.places = [hit.rank if hit else None for hit in row.hits]
        if journey.fused:
            self.places.append(row.candidate.fused_rank)
        if journey.reranked:
            self.places.append(row.candidate.rerank_rank)

    @property
    def tone(self) -> str:
        if self.row.lost_at:
            return "lost"
        return ("kept cited" if self.row.citations else "kept") if self.row.kept else ""

    def leads(self) -> list[tuple[int, int]]:
        """The columns that are joined: a lane's with the first list after the lanes, and those lists in turn."""
        seen = [column for column, rank in enumerate(self.places) if rank]
        later = [column for column in seen if column >= self.lanes]
        return [(lane, later[0]) for lane in seen if later and lane < self.lanes] + list(pairwise(later))

    def dots(self, scale: _Scale) -> Iterable[str]:
        for column, rank in enumerate(self.places[: self.lanes]):
            if rank:
                yield _piece([(scale.x(column), scale.y(rank))] * 2)

    def lines(self, scale: _Scale) -> Iterable[str]:
        for begin, end in self.leads():
            yield from _broken(
                (scale.x(begin), scale.y(self.places[begin] or 1)),
                (scale.x(end), scale.y(self.places[end] or 1)),
                [scale.x(column) for column in range(begin + 1, end)],
            )


def _broken(start: tuple[int, int], end: tuple[int, int], passed: Iterable[int]) -> Iterable[str]:
    """A straight line with a gap at each column that it only passes."""
    edges = [start[0], *(edge for x in passed for edge in (x - GAP, x + GAP)), end[0]]
    for left, right in zip(edges[::2], edges[1::2], strict=True):
        yield _piece([(x, _between(start, end, x)) for x in (left, right)])


def _piece(points: Sequence[tuple[int, int]]) -> str:
    return "M" + "L".join(f"{x},{y}" for x, y in points)


def _strokes(ways: Iterable[_Ranks], pieces: Callable[[_Ranks], Iterable[str]]) -> tuple[Stroke, ...]:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in ways:
        found[one.tone, one.row.lost_at or ""] += pieces(one)
    return tuple(Stroke("".join(drawn), *drawn_as) for drawn_as, drawn in found.items() if drawn)


def _between(start: tuple[int, int], end: tuple[int, int], x: int) -> int:
    return start[1] + round((end[1] - start[1]) * (x - start[0]) / (end[0] - start[0]))
