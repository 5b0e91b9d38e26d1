"""Which anchors and names a trace mentions: what has to be looked up in the manifest before it can be judged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tracing.records import Expectation, Trace

_WORD = re.compile(r"\w(?:[\w.:/-]*\w)?")
_CODE_SHAPED = re.compile(r"\w[._]\w|::|\(\)|[a-z][A-Z]|[A-Z]{2,}[a-z]")
_RAW_WORD = re.compile(r"[^\s,;?!\"'`]+")
_LONGEST_NAME = 4  # words
_MOST_WORDS = 400


@dataclass(frozen=True, slots=True)
class Mentions:
    """`anchors` as they stand, `names` case-folded, of one to four words: what of them is known, the manifest says."""

    anchors: frozenset[str]
    names: frozenset[str]


def mentions(trace: Trace, expectation: Expectation | None = None) -> Mentions:
    """All that a manifest is asked for one trace."""
    anchors = {candidate.chunk_id for candidate in trace.candidates}
    anchors.update(candidate.anchor for candidate in trace.candidates if candidate.anchor)
    anchors.update(name for one in trace.citations for name in (one.anchor, one.chunk_id) if name)
    anchors.update(expectation.anchors if expectation else ())
    said = (trace.query or "", *trace.rewritten, *(entity.text for entity in trace.entities))
    return Mentions(frozenset(anchors), frozenset(name for text in said for name in names_in(text)))


@lru_cache(maxsize=4096)
def words_of(text: str) -> tuple[str, ...]:
    """The text's tokens, case-folded: `app.Task()` is one."""
    return tuple(match.group().casefold() for match in _WORD.finditer(text[: 40 * _MOST_WORDS]))[:_MOST_WORDS]


def normal(name: str) -> str:
    """A name in the form in which a manifest is asked for it."""
    return " ".join(words_of(name))


def names_in(text: str) -> set[str]:
    """Every run of one to four tokens."""
    words = words_of(text)
    return {" ".join(words[at : at + size]) for size in range(1, _LONGEST_NAME + 1) for at in range(len(words))}


def holds(words: Sequence[str], name: str) -> bool:
    """True where the name stands among the words as whole tokens."""
    parts = words_of(name)
    size = len(parts)
    return bool(size) and any(tuple(words[at : at + size]) == parts for at in range(len(words) - size + 1))


def code_words(text: str) -> tuple[str, ...]:
    """The words that look like code, case-folded and once each."""
    found = (match.group() for match in _RAW_WORD.finditer(text[: 40 * _MOST_WORDS]) if _is_code(match.group()))
    return tuple(dict.fromkeys(word for each in found for word in words_of(each)))


def _is_code(word: str) -> bool:
    return bool(_CODE_SHAPED.search(word))


def known_names(texts: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Those of the case-folded names that stand in any of the texts, the longest first."""
    found: set[str] = set()
    for text in texts:
        found |= names_in(text)
    return tuple(sorted(found.intersection(known), key=lambda name: (-len(name), name)))
