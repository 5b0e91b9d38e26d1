"""Names that a sender surely meant to be others; any other name is the sender's own."""

import difflib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

SLIP = 0.85  # `ancors` for `anchors`, and not `states` for `stages`
_LONGEST = 100
_MOST_NAMES = 200


def near(name: str, known: Iterable[str], likeness: float = SLIP) -> str | None:
    """The name that is this one in another case or with other joints, or else nearest to it and at least so like it."""
    name, some = name[:_LONGEST], [one[:_LONGEST] for one in islice(known, _MOST_NAMES)]
    same = (one for one in some if _letters(one) == _letters(name))
    return next(same, None) or next(iter(difflib.get_close_matches(name, some, 1, likeness)), None)


def misspelt(given: Mapping[str, Any], known: tuple[str, ...]) -> tuple[str, str] | None:
    """The first name of a document that is a slip of the pen, and the known one, not there itself, that was meant."""
    for name in islice(given, _MOST_NAMES):
        if name not in known and (meant := _meant(name[:_LONGEST], known)) and meant not in given:
            return name[:_LONGEST], meant
    return None


@lru_cache(maxsize=1024)
def _meant(name: str, known: tuple[str, ...]) -> str | None:
    return next((one for one in known if _is_slip(name, one)), None)


def _is_slip(name: str, meant: str) -> bool:
    """True of the same letters in another case or with other joints, and of words that are each but slightly off."""
    if _letters(name) == _letters(meant):
        return True
    pairs = list(zip(name.split("_"), meant.split("_"), strict=False))
    return name.count("_") == meant.count("_") and all(
        ours == theirs or _is_off(ours, theirs) for ours, theirs in pairs
    )


def _is_off(word: str, meant: str) -> bool:
    if word == f"{meant}s":  # several of what is one here are something else
        return False
    if sorted(word) == sorted(meant):
        return _swapped(word, meant)
    return difflib.SequenceMatcher(None, word, meant).ratio() >= SLIP


def _swapped(word: str, meant: str) -> bool:
    """True where two neighbours are the other way round."""
    off = [place for place, (ours, theirs) in enumerate(zip(word, meant, strict=True)) if ours != theirs]
    return len(off) == 2 and off[1] == off[0] + 1


def _letters(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
