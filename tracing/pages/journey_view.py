"""The chunk journey as a page shows it: one row a chunk, kept ones first, each with its way and its fate in words."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from tracing.records import Candidate, Citation, LaneHit, Trace

DROPPED_SHOWN = 3
FATES = {
    "cut": "below the cut",
    "top_k": "not in the top",
    "threshold": "under the score threshold",
    "budget": "over the token budget",
    "duplicate": "a duplicate of another chunk",
    "truncated": "cut short",
}
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
        return self.status in {"unknown", "false", "stale", "not_in_context"}


@dataclass(frozen=True, slots=True)
class JourneyRow:
    """One chunk across all stages; `hits` has one entry a lane column, None where the lane did not return it."""

    candidate: Candidate
    hits: tuple[LaneHit | None, ...]
    move: int | None
    fate: str
    note: str
    citations: tuple[Cited, ...]
    expected: bool
    lost_at: str | None

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
class Journey:
    """All rows of a trace's journey, and the lanes that are its first columns."""

    lanes: tuple[str, ...]
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
        return 1 + len(self.lanes) + self.fused + self.reranked + 2

    @property
    def dropped_total(self) -> int:
        """Dropped chunks, folded ones included."""
        return len(self.dropped) + self.folded


def journey(
    trace: Trace, *, expected: Collection[int] = (), lost: Mapping[str, str] | None = None, show_all: bool = False
) -> Journey:
    """The rows in reading order; dropped ones beyond the first few are folded unless `show_all`.

    `expected` are places among the candidates; `lost` names the stage that lost an expected anchor.
    """
    lanes = lane_names(trace)
    rows = [
        _row(trace, candidate, lanes, place in expected, lost or {}) for place, candidate in enumerate(trace.candidates)
    ]
    dropped = sorted((row for row in rows if row.candidate.survived is False), key=_dropped_order)
    shown = dropped if show_all else [row for at, row in enumerate(dropped) if at < DROPPED_SHOWN or row.expected]
    return Journey(
        lanes=lanes,
        kept=tuple(sorted((row for row in rows if row.kept), key=_kept_order)),
        unsure=tuple(sorted((row for row in rows if row.candidate.survived is None), key=_kept_order)),
        dropped=tuple(shown),
        folded=len(dropped) - len(shown),
        cited=sum(1 for row in rows if row.candidate.cited or row.citations),
        total=len(rows),
        fused=any(candidate.fused_rank is not None for candidate in trace.candidates),
        reranked=any(candidate.rerank_rank is not None or candidate.rerank_in for candidate in trace.candidates),
    )


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


def fate(candidate: Candidate) -> str:
    """What became of it, in words."""
    if candidate.survived is None:
        return "not known whether it reached the prompt"
    if candidate.survived:
        return "kept, cut short" if candidate.dropped_why == "truncated" else "kept"
    where = f"dropped at {candidate.dropped_at}" if candidate.dropped_at else "dropped"
    why = FATES.get(candidate.dropped_why or "")
    return f"{where}: {why}" if why else f"{where}, the trace does not say why"


def _row(
    trace: Trace, candidate: Candidate, lanes: tuple[str, ...], expected: bool, lost: Mapping[str, str]
) -> JourneyRow:
    best: dict[str, LaneHit] = {}
    for hit in sorted(candidate.hits, key=lambda hit: hit.rank):
        best.setdefault(hit.lane, hit)
    before = place_before_rerank(candidate)
    moved = None if before is None or candidate.rerank_rank is None else before - candidate.rerank_rank
    lost_at = lost.get(candidate.anchor or candidate.chunk_id)
    return JourneyRow(
        candidate=candidate,
        hits=tuple(best.get(lane) for lane in lanes),
        move=moved,
        fate=fate(candidate),
        note=SURVIVAL_NOTES.get(candidate.survived_source, "") if candidate.survived is not None else "",
        citations=tuple(_citations(trace.citations, candidate)),
        expected=expected,
        lost_at=(lost_at or candidate.dropped_at) if expected and not candidate.survived else None,
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


def _dropped_order(row: JourneyRow) -> tuple[bool, int, int, int]:
    return (not row.expected, *_kept_order(row))
