"""What else a trace page shows, as pure functions: the citations, the budget, the way of each chunk."""

from collections import Counter
from dataclasses import dataclass

from tracing.pages.journey_rows import JourneyRow
from tracing.pages.journey_view import Journey
from tracing.records import Citation, Trace

CITATION_WORDS = {
    "ok": "ok",
    "redirected": "moved; the new place is known",
    "unknown": "no such page",
    "false": "a page of another product",
    "stale": "the page is gone",
    "not_in_context": "not in the context",
    "unchecked": "not checked",
}


@dataclass(frozen=True, slots=True)
class CitationLine:
    """A citation as listed under the answer; `retrieved` is False where none of the trace's chunks is what it cites."""

    number: int
    citation: Citation
    words: str
    tone: str
    retrieved: bool


@dataclass(frozen=True, slots=True)
class BudgetSlot:
    """A slot's share of the token budget; `left` and `width` in thousandths of it."""

    name: str
    used: int
    cap: int | None
    left: int
    width: int


@dataclass(frozen=True, slots=True)
class WayLine:
    """One chunk's line through the columns of ranks: `points` is ready for an SVG polyline, `stage` is what lost it."""

    points: str
    tone: str
    title: str
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """The picture above the journey: a column a list, a line a chunk."""

    labels: tuple[str, ...]
    lines: tuple[WayLine, ...]
    deepest: int


def citation_lines(trace: Trace) -> tuple[CitationLine, ...]:
    """Citations in order, each with its status in words and how bad it is."""
    tones = {"ok": "good", "redirected": "muted", "unchecked": "muted", "not_in_context": "warn"}
    places = {name for item in trace.candidates for name in (item.chunk_id, item.anchor) if name}
    return tuple(
        CitationLine(
            number,
            citation,
            citation_words(trace, citation),
            tones.get(citation.status, "bad"),
            not places or bool(places & {citation.chunk_id, citation.anchor}),
        )
        for number, citation in enumerate(trace.citations, start=1)
    )


def citation_words(trace: Trace, citation: Citation) -> str:
    """A citation's status; of a false one, whose page it is."""
    if citation.status == "false" and citation.product and trace.product:
        return f"a page of {citation.product[:60]}, routed to {trace.product[:60]}"
    return CITATION_WORDS.get(citation.status, citation.status)


def budget(trace: Trace) -> tuple[BudgetSlot, ...]:
    """The slots side by side on a bar as long as the whole budget (or as what was used, where no cap is known)."""
    slots = [slot for slot in trace.context.slots if slot.used_tokens]
    whole = max(
        trace.context.cap_tokens or 0, trace.context.used_tokens or 0, sum(slot.used_tokens or 0 for slot in slots)
    )
    if not slots and trace.context.used_tokens:
        return (
            BudgetSlot(
                "used",
                trace.context.used_tokens,
                trace.context.cap_tokens,
                0,
                trace.context.used_tokens * 1000 // whole,
            ),
        )
    placed, left = [], 0
    for slot in slots:
        used = slot.used_tokens or 0
        width = max(4, used * 1000 // whole)
        placed.append(BudgetSlot(slot.name, used, slot.cap_tokens, left, width))
        left += width
    return tuple(placed)


def way(trace: Trace, journey: Journey) -> Way | None:
    """The lines of at most 80 chunks; None where fewer than three of them are in more than one list."""
    rows = journey.rows
    columns = [*journey.lanes, *(["fused"] if journey.fused else []), *(["reranked"] if journey.reranked else [])]
    if len(columns) < 2:
        return None
    ranks = [(row, _ranks(row, journey)) for row in rows[:80]]
    deepest = max((rank for _, places in ranks for rank in places if rank), default=1)
    lines = [_line(row, places, deepest) for row, places in ranks]
    if sum(1 for line in lines if line and " " in line.points) < 3:
        return None
    order = {"": 0, "kept": 1, "kept cited": 2, "lost": 3}
    return Way(
        labels=tuple(columns),
        lines=tuple(sorted((line for line in lines if line), key=lambda line: order[line.tone])),
        deepest=deepest,
    )


def _ranks(row: JourneyRow, journey: Journey) -> list[int | None]:
    ranks: list[int | None] = [hit.rank if hit else None for hit in row.hits]
    if journey.fused:
        ranks.append(row.candidate.fused_rank)
    if journey.reranked:
        ranks.append(row.candidate.rerank_rank)
    return ranks


def _line(row: JourneyRow, places: list[int | None], deepest: int) -> WayLine | None:
    step = 1000 // (len(places) - 1)
    seen = [(at * step, _height(rank, deepest)) for at, rank in enumerate(places) if rank]
    if not seen:
        return None
    tone = "lost" if row.lost_at else ("kept cited" if row.citations else "kept") if row.kept else ""
    points = " ".join(f"{x},{y}" for x, y in seen)
    return WayLine(points, tone, row.title[:120], row.lost_at or "")


def _height(rank: int, deepest: int) -> int:
    return 6 + (rank - 1) * 138 // max(1, deepest - 1)


def cuts(trace: Trace) -> tuple[tuple[str, int], ...]:
    """What the context stage took out, in words, with how many chunks."""
    words = {"budget": "cut by the budget", "duplicate": "removed as duplicates", "truncated": "cut short"}
    counted = Counter(
        words.get(item.dropped_why or "")
        for item in trace.candidates
        if item.dropped_at == "context" or item.dropped_why == "truncated"
    )
    return tuple((word, count) for word, count in counted.items() if word)


def _shape(trace: Trace) -> str | None:
    return f"{trace.query_shape} (inferred)" if trace.query_shape_source == "inferred" else trace.query_shape


def about(trace: Trace) -> tuple[tuple[str, str], ...]:
    """The rest that the sender said of the trace: names and values, in a fixed order, only what is known."""
    versions = trace.versions
    known: list[tuple[str, object]] = [
        ("intent", trace.intent),
        ("question's shape", _shape(trace)),
        ("rewritten as", " · ".join(trace.rewritten[:5])),
        ("names found", ", ".join(entity.text for entity in trace.entities[:20])),
        ("service", trace.service),
        ("surface", trace.surface),
        ("variant", trace.variant),
        ("release", versions.release),
        ("prompt", versions.prompt),
        ("index", versions.index),
        ("embedding", versions.embedding),
        ("reranker", versions.reranker),
        ("corpus", versions.corpus),
        ("model", ", ".join(dict.fromkeys(record.model for record in trace.stages if record.model))),
        ("run", trace.run_id),
        ("eval item", trace.item_id),
        ("own id", trace.external_id),
        *sorted(trace.metadata.items())[:30],
    ]
    return tuple((name, str(value)) for name, value in known if value)
