"""The chunk journey as a page shows it: one row a chunk, what was lost first, each with its way and fate in words."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from tracing.records import Candidate, Citation, LaneHit, Trace

DROPPED_SHOWN = 3
CITED = "cited "
FATES = {
    "cut": "below the cut",
    "top_k": "not in the top",
    "threshold": "under the score threshold",
    "budget": "over the token budget",
    "duplicate": "a duplicate of another chunk",
    "truncated": "cut short",
}
DOUBTS = {"unknown": "no such page", "false": "wrong product", "stale": "page gone", "not_in_context": "not in context"}
SURVIVAL_NOTES = {
    "prompt": "found in the prompt's text",
    "inferred": "inferred from the last list seen",
}


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation's number in the answer, and whether its status is good."""

    number: int
    status: str

    @property
    def doubtful(self) -> bool:
        """True where the status is a failure or a flag."""
        return self.status in DOUBTS

    @property
    def words(self) -> str:
        """What is wrong with it, in two words."""
        return DOUBTS.get(self.status, self.status)


@dataclass(frozen=True, slots=True)
class JourneyRow:
    """One chunk across all stages; `hits` has one entry a lane column, None where the lane did not return it.

    `place` is its place among the candidates; `named` where the verdict's evidence speaks of it.
    """

    place: int
    candidate: Candidate
    lanes: tuple[str, ...]
    hits: tuple[LaneHit | None, ...]
    move: int | None
    fate: str
    note: str
    citations: tuple[Cited, ...]
    expected: bool
    named: bool
    lost_at: str | None

    @property
    def by_lane(self) -> tuple[tuple[str, LaneHit | None], ...]:
        """Each lane's name with the chunk's place in it."""
        return tuple(zip(self.lanes, self.hits, strict=True))

    @property
    def marked(self) -> str:
        """Why the row is lit, in words; empty where it is not."""
        if self.expected:
            return "expected; lost here" if self.lost_at else "expected"
        return ("lost here, says the verdict" if self.lost_at else "named by the verdict") if self.named else ""

    @property
    def whole_fate(self) -> bool:
        """True where nothing cites it, so that its fate may take the last two columns."""
        return not (self.kept or self.citations or self.candidate.cited or self.candidate.stale)

    @property
    def kept(self) -> bool:
        """True only where the chunk is known or inferred to be in the prompt."""
        return self.candidate.survived is True

    @property
    def title(self) -> str:
        """What to call it: its title, else its anchor, else its id."""
        return self.candidate.title or self.candidate.anchor or self.candidate.chunk_id or "untitled chunk"

    @property
    def climb(self) -> int:
        """How many places it moved, without the direction."""
        return abs(self.move or 0)


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
    show_all: bool = False,
) -> Journey:
    """The rows in reading order; dropped ones beyond the first few are folded unless `show_all`.

    `expected` and `named` are places among the candidates; `lost` names the stage that lost an expected anchor.
    """
    lanes, where, top = lane_names(trace), lost or {}, reranked_top(trace)
    rows = [
        _row(trace, place, lanes, top, expected=place in expected, named=place in named, lost=where)
        for place in range(len(trace.candidates))
    ]
    gone = sorted((row for row in rows if row.candidate.survived is False), key=_kept_order)
    dropped = [row for row in gone if not row.marked]
    shown = dropped if show_all else dropped[:DROPPED_SHOWN]
    places = {name for row in rows for name in (row.candidate.anchor, row.candidate.chunk_id)}
    return Journey(
        lanes=lanes,
        absent=tuple(Absent(anchor, stage) for anchor, stage in sorted(where.items()) if anchor not in places),
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


def place_before_rerank(candidate: Candidate) -> int | None:
    """The rank that the reranker was given: the fused one, or the only lane's."""
    if candidate.fused_rank is not None:
        return candidate.fused_rank
    return candidate.hits[0].rank if len(candidate.hits) == 1 else None


def fate(candidate: Candidate, top: int | None = None) -> str:
    """What became of it, in words; `top` is how many the reranker passed on."""
    if candidate.survived is None:
        return "not known whether it reached the prompt"
    if candidate.survived:
        return "kept, cut short" if candidate.dropped_why == "truncated" else "kept"
    where = f"dropped at {candidate.dropped_at}" if candidate.dropped_at else "dropped"
    why = FATES.get(candidate.dropped_why or "")
    if candidate.dropped_why == "top_k" and candidate.dropped_at == "rerank" and top:
        why = f"not in the top {top}"
    return f"{where}: {why}" if why else f"{where}, the trace does not say why"


def _row(
    trace: Trace,
    place: int,
    lanes: tuple[str, ...],
    top: int | None,
    *,
    expected: bool,
    named: bool,
    lost: Mapping[str, str],
) -> JourneyRow:
    candidate = trace.candidates[place]
    best: dict[str, LaneHit] = {}
    for hit in sorted(candidate.hits, key=lambda hit: hit.rank):
        best.setdefault(hit.lane, hit)
    before = place_before_rerank(candidate)
    moved = None if before is None or candidate.rerank_rank is None else before - candidate.rerank_rank
    lost_at = candidate.dropped_at or lost.get(candidate.anchor or candidate.chunk_id)
    return JourneyRow(
        place=place,
        candidate=candidate,
        lanes=lanes,
        hits=tuple(best.get(lane) for lane in lanes),
        move=moved,
        fate=fate(candidate, top),
        note=SURVIVAL_NOTES.get(candidate.survived_source, "") if candidate.survived is not None else "",
        citations=tuple(_citations(trace.citations, candidate)),
        expected=expected,
        named=named,
        lost_at=lost_at if (expected or named) and not candidate.survived else None,
    )


def _citations(citations: tuple[Citation, ...], candidate: Candidate) -> Iterable[Cited]:
    for number, citation in enumerate(citations, start=1):
        by_chunk = citation.chunk_id is not None and citation.chunk_id == candidate.chunk_id
        by_anchor = citation.chunk_id is None and citation.anchor is not None and citation.anchor == candidate.anchor
        if by_chunk or by_anchor:
            yield Cited(number, citation.status)


_LAST = 1_000_000


def _kept_order(row: JourneyRow) -> tuple[int, int, int]:
    candidate = row.candidate
    first = min((hit.rank for hit in candidate.hits), default=_LAST)
    return candidate.rerank_rank or _LAST, candidate.fused_rank or _LAST, first
