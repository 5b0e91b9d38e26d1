"""What the user got, as far as the sender said: nothing guesses it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cuts:
    """A project's own confidence cuts, and the form of its anchors where it has one of its own."""

    answer: float = 0.8
    suggest: float = 0.5
    anchor_pattern: str = ""


DEFAULT_CUTS = Cuts()


def outcome_of(
    confidence: float | None, refused: bool | None, retrieved: bool, cuts: Cuts = DEFAULT_CUTS
) -> str | None:
    """`answer`, `suggest`, `refuse` or `direct`; None where neither confidence nor refusal was sent."""
    if refused:
        return "refuse"
    if confidence is None:
        return None if refused is None else "answer" if retrieved else "direct"
    if confidence < cuts.suggest:
        return "refuse"
    if not retrieved:
        return "direct"
    return "answer" if confidence >= cuts.answer else "suggest"
