"""Names that a sender surely meant to be others; any other name is the sender's own."""

import difflib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

SLIP = 0.83  # `answar` for `answer`, and neither `product_id` for `product` nor `started` for `started_at`
_LONGEST = 100


@lru_cache(maxsize=4096)
def near(name: str, known: tuple[str, ...], likeness: float = SLIP) -> str | None:
    """The name that this is a slip of the pen for: of the same letters, or as like it as that; None where none is."""
    letters = _letters(name[:_LONGEST])
    same = next((one for one in known if _letters(one) == letters), None)
    return same or next(iter(difflib.get_close_matches(name[:_LONGEST], known, 1, likeness)), None)


def _letters(name: str) -> list[str]:
    return sorted(name.lower().replace("_", "").replace("-", ""))


def misspelt(given: Mapping[str, Any], known: tuple[str, ...]) -> tuple[str, str] | None:
    """The first name of a document that is a slip of the pen, and the known one, not there itself, that was meant."""
    for name in given:
        if name not in known and (meant := near(name, known)) and meant not in given:
            return name[:_LONGEST], meant
    return None
