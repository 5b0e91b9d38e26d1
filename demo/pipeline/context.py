"""What goes into the prompt: within a budget, each content once, the best first."""

from demo.corpus.chunks import short_hash
from demo.pipeline.turn import Candidate, Turn
from demo.search.words import count_tokens

SYSTEM = (
    "You answer questions about Python web and task libraries from the numbered documentation below, only from it. "
    'Answer with JSON: {"answer": text with [n] after each claim, "confidence": 0 to 1, "refused": true or false, '
    '"missing": [parts of the question that the documentation does not contain]}.'
)


def assemble(turn: Turn) -> None:
    ordered = [candidate for candidate in turn.reranked if candidate.survived]
    for candidate in ordered:
        candidate.slot, candidate.tokens = "docs", count_tokens(candidate.chunk.text)
        candidate.content_hash = short_hash(" ".join(candidate.chunk.text.split()))
    turn.kept = fill(deduplicate(ordered), turn.budget["docs"])
    turn.prompt = render(turn)


def deduplicate(ordered: list[Candidate]) -> list[Candidate]:
    seen: set[str | None] = set()
    unique = []
    for candidate in ordered:
        if candidate.content_hash in seen:
            candidate.drop("context", "duplicate")
            continue
        seen.add(candidate.content_hash)
        unique.append(candidate)
    return unique


def fill(ordered: list[Candidate], budget: int) -> list[Candidate]:
    """A chunk that does not fit is left out whole, and a smaller one after it may still fit."""
    kept, used = [], 0
    for candidate in ordered:
        if used + candidate.tokens > budget:
            candidate.drop("context", "budget")
            continue
        used += candidate.tokens
        candidate.survived, candidate.kept_tokens = True, candidate.tokens
        kept.append(candidate)
    return kept


def history_text(turn: Turn) -> str:
    text = "\n".join(f"Asked: {question}\nAnswered: {answer}" for question, answer in turn.history[-2:])
    return text[-4 * turn.budget["history"] :]


def render(turn: Turn) -> str:
    documents = "\n\n".join(
        f"[{number}] {candidate.chunk.title} ({candidate.chunk.anchor})\n{candidate.chunk.text}"
        for number, candidate in enumerate(turn.kept, start=1)
    )
    earlier = history_text(turn)
    parts = [f"Documentation:\n\n{documents}", f"Earlier:\n{earlier}" if earlier else "", f"Question: {turn.question}"]
    return "\n\n".join(part for part in parts if part)


def describe_context(turn: Turn) -> dict[str, object]:
    considered = [candidate for candidate in turn.reranked if candidate.slot]
    used = {
        "docs": sum(candidate.kept_tokens for candidate in turn.kept),
        "history": count_tokens(history_text(turn)) if turn.history else 0,
    }
    return {
        "cap_tokens": sum(turn.budget.values()),
        "used_tokens": sum(used.values()),
        "slots": [{"name": name, "cap_tokens": cap, "used_tokens": used[name]} for name, cap in turn.budget.items()],
        "chunks": [
            {
                "chunk_id": candidate.chunk.chunk_id,
                "tokens": candidate.tokens,
                "kept_tokens": candidate.kept_tokens,
                "slot": candidate.slot,
                "dropped_why": candidate.dropped_why,
            }
            for candidate in considered
        ],
    }
