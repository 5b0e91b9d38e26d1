"""What else a trace page shows, as pure functions: the citations, the budget, what is told of it."""

from collections import Counter
from dataclasses import dataclass

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


def reworded(trace: Trace) -> tuple[str, ...]:
    """The texts that were searched for in place of the question, and that differ from it by more than space."""
    asked = (trace.query or "").split()
    return tuple(text for text in trace.rewritten if text.split() != asked)


def about(trace: Trace) -> tuple[tuple[str, str], ...]:
    """The rest that the sender said of the trace: names and values, in a fixed order, only what is known."""
    versions = trace.versions
    known: list[tuple[str, object]] = [
        ("intent", trace.intent),
        ("question's shape", _shape(trace)),
        ("rewritten as", " · ".join(reworded(trace)[:5])),
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
