"""Where each of many texts first stands in one: in one pass by the C of `speedups/`, else text by text."""

from collections.abc import Sequence

try:
    from stagelight_speedups import places as _in_one_pass
except ImportError:
    _in_one_pass = None


def first_places(text: str, parts: Sequence[str]) -> list[tuple[int, bool]]:
    """Of each part where it first stands in the text, -1 where it does not, and whether it may stand again."""
    found: list[tuple[int, bool]] | None = _in_one_pass(text, parts) if _in_one_pass is not None else None
    return [(text.find(part), True) for part in parts] if found is None else found
