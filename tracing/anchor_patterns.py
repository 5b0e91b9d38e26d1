r"""The form of a project's own anchors: a pattern that it wrote, matched in time that grows with the text alone.

Python's `re` can take hours for one short text. RE2 cannot, and pyarrow, which the exports need anyway, has it in it.
A pattern is written as for `re`; what RE2 has not, or spells otherwise, is said here.
"""

import re
from array import array
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate

MOST_PARTS = 500
_MOST_CHARACTERS = 64_000
_MOST_STEPS = 1_000_000  # parts times characters: less than 0.1 s for the worst of patterns and texts
_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{,(?=\d+\})|.", re.DOTALL)
_PART = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{\d*,?\d*\}|.", re.DOTALL)
# Letters of every script, no quotes or dashes, in few ranges: RE2's own classes take milliseconds to compile.
_LETTERS = r"\w\x{AA}\x{B5}\x{BA}\x{C0}-\x{1FFF}\x{2C00}-\x{2DFF}\x{3040}-\x{FDFF}\x{10000}-\x{10FFFF}"
_OTHERS = (  # all but those, for within brackets
    r"\x00-/:-@\[-\^`\{-\x{A9}\x{AB}-\x{B4}\x{B6}-\x{B9}\x{BB}-\x{BF}\x{2000}-\x{2BFF}\x{2E00}-\x{303F}\x{FE00}-\x{FFFF}"
)
_IN_BRACKETS = {r"\w": _LETTERS, r"\W": _OTHERS, r"\_": "_"}
_SPELLED = {r"\w": f"[{_LETTERS}]", r"\W": f"[^{_LETTERS}]", r"\Z": r"\z", r"\_": "_", "{,": "{0,"}


@lru_cache(maxsize=1024)
def refusal(pattern: str) -> str | None:
    """Why the pattern is not taken, as a sentence without its end; None where it is."""
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"This is no regular expression: {error}"
    if parts(pattern) > MOST_PARTS:
        return f"The counts in braces make more than {MOST_PARTS} parts of it: write + or * for the large ones"
    try:
        _whole_matches(pattern, ["x"])
    except ValueError as error:
        return (
            "It is matched by RE2, whose time grows with the text alone, and RE2 does not take it: look-arounds,"
            f" back-references and repeats that give nothing back must be left out ({error})"
        )
    return None


def parts(pattern: str) -> int:
    """The pattern's parts, each as often as counts repeat it: RE2 may look at all of them for each character."""
    groups, last = [0], 0
    for part in _PART.findall(pattern):
        if part == "(":
            groups.append(0)
        elif part == ")" and len(groups) > 1:
            last = groups.pop()
            groups[-1] += last
        elif part[0] == "{" and (times := max(map(int, re.findall(r"\d+", part)), default=1)) > 1:
            groups[-1] += last * (times - 1)
            last *= times
        else:
            groups[-1] += 1
            last = 1
    return sum(groups)


def most_characters(pattern: str) -> int:
    """How much of one answer is matched, so that no trace keeps the others waiting."""
    return min(_MOST_CHARACTERS, _MOST_STEPS // max(1, parts(pattern)))


def usable(pattern: str) -> str:
    """The pattern, or none where it is one that is not taken: it was stored before this was asked."""
    return pattern if pattern and not refusal(pattern) else ""


def matches(pattern: str, words: Sequence[str]) -> list[bool]:
    """Of each word, does it have the pattern's form from its beginning to its end; none has that of a refused one."""
    if not words or refusal(pattern):
        return [False] * len(words)
    return _whole_matches(pattern, words)


@lru_cache(maxsize=20_000)
def is_anchor(pattern: str, word: str) -> bool:
    """`matches`, of one word that is asked for again and again."""
    return matches(pattern, [word])[0]


def _whole_matches(pattern: str, words: Sequence[str]) -> list[bool]:
    """Raises ValueError where RE2 does not take the pattern."""
    import pyarrow  # it costs 40 MB, so only projects with a pattern of their own load it
    from pyarrow import compute

    parts = [word.encode("utf-8", "replace") for word in words]
    places = array("i", accumulate(map(len, parts), initial=0))
    # Of a list, pyarrow.array would make the same, but it loads pandas first.
    column = pyarrow.StringArray.from_buffers(len(parts), pyarrow.py_buffer(places), pyarrow.py_buffer(b"".join(parts)))
    asked = compute.MatchSubstringOptions(rf"\A(?:{_for_re2(pattern)})\z")
    found: list[bool] = compute.call_function("match_substring_regex", [column], asked).to_pylist()
    return found


def _for_re2(pattern: str) -> str:
    return "".join(map(_spelled, _TOKEN.findall(pattern)))


def _spelled(token: str) -> str:
    if token[0] != "[":
        return _SPELLED.get(token, token)
    return re.sub(r"\\.", lambda found: _IN_BRACKETS.get(found[0], found[0]), token, flags=re.DOTALL)
