"""Where each of many texts stands in one: in one pass by the C of `speedups/`, else text by text."""

from collections.abc import Callable, Sequence

try:
    from stagelight_speedups import occurrences as _in_one_pass
except ImportError:
    _in_one_pass = None


def _text_by_text(text: str, parts: Sequence[str]) -> list[tuple[int, int]]:
    """(place, which part), sorted; those of one part do not overlap, and an empty one has none."""
    found: list[tuple[int, int]] = []
    for which, part in enumerate(parts):
        at = text.find(part) if part else -1
        while at >= 0:
            found.append((at, which))
            at = text.find(part, at + len(part))
    return sorted(found)


occurrences: Callable[[str, Sequence[str]], list[tuple[int, int]]] = _in_one_pass or _text_by_text
