"""One chunk's row of the journey: its places in the lists, its fate in words, its citations, and why it is lit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tracing.attribution.telling import FATES
from tracing.records import Candidate, Citation, LaneHit, Trace

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

    `place` is its place among the candidates; `named` where the verdict's evidence speaks of it. `spared` says, of a
    chunk that was dropped although it was expected, why nothing was lost with it. `end` tells it from other chunks of
    its anchor.
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
    spared: str = ""
    end: str = ""

    @property
    def by_lane(self) -> tuple[tuple[str, LaneHit | None], ...]:
        """Each lane's name with the chunk's place in it."""
        return tuple(zip(self.lanes, self.hits, strict=True))

    @property
    def marked(self) -> str:
        """Why the row is lit, in words; empty where it is not."""
        if self.spared:
            return ""
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


def row_of(
    trace: Trace,
    place: int,
    lanes: tuple[str, ...],
    top: int | None,
    *,
    expected: bool,
    named: bool,
    lost: Mapping[str, str],
    spared: str = "",
    end: str = "",
) -> JourneyRow:
    """The row of the candidate at this place; `top` is how many the reranker passed on, `lost` the stages by anchor."""
    candidate = trace.candidates[place]
    best: dict[str, LaneHit] = {}
    for hit in sorted(candidate.hits, key=lambda hit: hit.rank):
        best.setdefault(hit.lane, hit)
    before = place_before_rerank(candidate)
    moved = None if before is None or candidate.rerank_rank is None else before - candidate.rerank_rank
    lost_at = candidate.dropped_at or lost.get(page_of(candidate))
    source = SURVIVAL_NOTES.get(candidate.survived_source, "") if candidate.survived is not None else ""
    return JourneyRow(
        place=place,
        candidate=candidate,
        lanes=lanes,
        hits=tuple(best.get(lane) for lane in lanes),
        move=moved,
        fate=fate(candidate, top),
        note="; ".join(filter(None, (spared, source))),
        citations=tuple(_citations(trace.citations, candidate)),
        expected=expected,
        named=named,
        lost_at=lost_at if (expected or named) and not candidate.survived and not spared else None,
        spared=spared,
        end=end,
    )


def chunk_ends(candidates: Sequence[Candidate]) -> dict[int, str]:
    """By place, where in its id a chunk differs from the others of its anchor; none where there are no others."""
    places: dict[str, list[int]] = {}
    for place, candidate in enumerate(candidates):
        if candidate.anchor:
            places.setdefault(candidate.anchor, []).append(place)
    ends: dict[int, str] = {}
    for same in places.values():
        ids = [candidates[place].chunk_id for place in same]
        if len(set(ids)) > 1:
            begin = _parting(min(ids), max(ids))
            ends |= {place: one[begin:] or one for place, one in zip(same, ids, strict=True)}
    return ends


def _parting(one: str, other: str) -> int:
    """Where the word begins in which they differ."""
    pairs = enumerate(zip(one, other, strict=False))
    at = next((place for place, (left, right) in pairs if left != right), min(len(one), len(other)))
    while at and one[at - 1].isalnum():
        at -= 1
    return at


def page_of(candidate: Candidate) -> str:
    """What stands for the chunk's page where anchors are compared: its anchor, else its id."""
    return candidate.anchor or candidate.chunk_id


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


def _citations(citations: tuple[Citation, ...], candidate: Candidate) -> Iterable[Cited]:
    for number, citation in enumerate(citations, start=1):
        by_chunk = citation.chunk_id is not None and citation.chunk_id == candidate.chunk_id
        by_anchor = citation.chunk_id is None and citation.anchor is not None and citation.anchor == candidate.anchor
        if by_chunk or by_anchor:
            yield Cited(number, citation.status)
