"""The chunk journey as a page shows it: one row a chunk, what was lost first, each with its way and fate in words."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from tracing.pages.journey_rows import JourneyRow, chunk_ends, row_of
from tracing.pages.spared import Spared
from tracing.records import Expectation, Trace

DROPPED_SHOWN = 3
CITED = "cited "


@dataclass(frozen=True, slots=True)
class Absent:
    """An expected anchor that is no candidate at all, and where it was lost."""

    anchor: str
    stage: str

    @property
    def words(self) -> str:
        """What became of it."""
        return "not in the index" if self.stage == "index" else "in no list"


@dataclass(frozen=True, slots=True)
class Journey:
    """All rows of a trace's journey, and the lanes that are its first columns.

    `lost` are those that the answer should have rested on, or that the verdict names, and that were dropped.
    """

    lanes: tuple[str, ...]
    absent: tuple[Absent, ...]
    lost: tuple[JourneyRow, ...]
    kept: tuple[JourneyRow, ...]
    unsure: tuple[JourneyRow, ...]
    dropped: tuple[JourneyRow, ...]
    folded: int
    cited: int
    total: int
    fused: bool
    reranked: bool

    @property
    def columns(self) -> int:
        """How many columns the table has."""
        return 1 + self.after_chunk

    @property
    def after_chunk(self) -> int:
        """How many columns follow the chunk's name."""
        return len(self.lanes) + self.fused + self.reranked + 2

    @property
    def other_dropped(self) -> int:
        """Dropped chunks that nobody expected, folded ones included."""
        return len(self.dropped) + self.folded

    @property
    def dropped_total(self) -> int:
        """Dropped chunks, lost and folded ones included."""
        return len(self.lost) + len(self.dropped) + self.folded

    @property
    def rows(self) -> tuple[JourneyRow, ...]:
        """All rows that are shown, in reading order."""
        return (*self.lost, *self.kept, *self.unsure, *self.dropped)


def journey(
    trace: Trace,
    *,
    expected: Collection[int] = (),
    lost: Mapping[str, str] | None = None,
    named: Collection[int] = (),
    expectation: Expectation | None = None,
    show_all: bool = False,
) -> Journey:
    """The rows in reading order; dropped ones beyond the first few are folded unless `show_all`.

    `expected` and `named` are places among the candidates; `lost` names the stage that lost an expected anchor.
    Nothing counts as lost with a chunk of which the expectation is met by another.
    """
    lanes, where, top, spared = lane_names(trace), lost or {}, reranked_top(trace), Spared(trace, expected, expectation)
    ends = chunk_ends(trace.candidates)
    rows = [
        row_of(
            trace,
            place,
            lanes,
            top,
            expected=place in expected,
            named=place in named,
            lost=where,
            spared=spared.words(place),
            end=ends.get(place, ""),
        )
        for place in range(len(trace.candidates))
    ]
    gone = sorted((row for row in rows if row.candidate.survived is False), key=_kept_order)
    dropped = [row for row in gone if not row.marked]
    shown = dropped if show_all else dropped[:DROPPED_SHOWN]
    places = {name for row in rows for name in (row.candidate.anchor, row.candidate.chunk_id)}
    missing = () if spared.one_is_enough else sorted(anchor for anchor in where if anchor not in places)
    return Journey(
        lanes=lanes,
        absent=tuple(Absent(anchor, where[anchor]) for anchor in missing),
        lost=tuple(row for row in gone if row.marked),
        kept=tuple(sorted((row for row in rows if row.kept), key=_kept_order)),
        unsure=tuple(sorted((row for row in rows if row.candidate.survived is None), key=_kept_order)),
        dropped=tuple(shown),
        folded=len(dropped) - len(shown),
        cited=sum(1 for row in rows if row.candidate.cited or row.citations),
        total=len(rows),
        fused=any(candidate.fused_rank is not None for candidate in trace.candidates),
        reranked=any(candidate.rerank_rank is not None or candidate.rerank_in for candidate in trace.candidates),
    )


def named_by(trace: Trace, evidence: Iterable[str]) -> frozenset[int]:
    """The places of the candidates that the lines of a verdict's evidence begin with."""
    lines = tuple(evidence)
    return frozenset(
        place
        for place, candidate in enumerate(trace.candidates)
        if any(names(line, name) for name in (candidate.anchor, candidate.chunk_id) if name for line in lines)
    )


def names(line: str, name: str) -> bool:
    """True where a line of evidence is about this anchor or chunk: the engine writes its name first, bounded."""
    written = name if len(name) <= 200 else f"{name[:199]}…"
    return line.removeprefix(CITED).startswith((f"{written}: ", f"{written} is "))


def reranked_top(trace: Trace) -> int | None:
    """How many the reranker passed on, where those are its first ones; else None."""
    ranked = [item for item in trace.candidates if item.rerank_rank is not None]
    passed = [item.rerank_rank for item in ranked if item.dropped_at != "rerank"]
    return len(passed) if passed and max(filter(None, passed)) == len(passed) < len(ranked) else None


def lane_names(trace: Trace) -> tuple[str, ...]:
    """Lanes as declared, then those that only candidates name, each once."""
    declared = [lane.name for lane in trace.lanes]
    hit = [hit.lane for candidate in trace.candidates for hit in candidate.hits]
    return tuple(dict.fromkeys(declared + hit))


_LAST = 1_000_000


def _kept_order(row: JourneyRow) -> tuple[int, int, int]:
    candidate = row.candidate
    first = min((hit.rank for hit in candidate.hits), default=_LAST)
    return candidate.rerank_rank or _LAST, candidate.fused_rank or _LAST, first
