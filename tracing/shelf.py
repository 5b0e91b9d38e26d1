"""A trace's chunk texts, kept once: where one occurs in an attribute, a prompt or the context, its hash stands instead.

A string that holds some is written as `{"$text": [literal, hash, literal, hash, ..., literal]}`.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tracing.first_places import first_places
from tracing.records import Trace

MARK = "$text"
LONGEST_REMEMBERED = 4_000  # characters
SHORTEST_TEXT = 64  # characters: below, a reference is no shorter than the text
SHORTEST_SEARCHED = 400  # characters of a string in which whole chunks are looked for
_NEVER_TEXT = {int, float, bool, type(None)}
FIRST = 64  # characters of a chunk that are looked for in one pass with those of the others
HEAD = 200  # characters: found in two thirds of the time that a whole chunk takes
MISSING = "[a chunk's text that was not kept]"


def text_hash(text: str) -> bytes:
    """The 16 bytes under which a chunk's text is kept."""
    return _remembered_hash(text) if len(text) <= LONGEST_REMEMBERED else _hash(text)


@lru_cache(maxsize=32_768)
def _remembered_hash(text: str) -> bytes:
    return _hash(text)


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Shelf:
    """The texts of one trace's candidates, by hash; those in the prompt are `kept`: looked for in longer strings."""

    hashes: Mapping[str, bytes]
    kept: tuple[str, ...]
    _whole: Mapping[str, Any]  # what stands for a string that is nothing but a chunk
    _firsts: Sequence[str]  # the first characters of those that are kept

    @classmethod
    def of(cls, trace: Trace) -> "Shelf":
        """The shelf of a normalised trace."""
        hashes = {c.text: text_hash(c.text) for c in trace.candidates if c.text}
        kept = {c.text for c in trace.candidates if c.text and c.survived and len(c.text) >= SHORTEST_TEXT}
        whole = {text: {MARK: ["", known.hex(), ""]} for text, known in hashes.items() if len(text) >= SHORTEST_TEXT}
        longest_first = tuple(sorted(kept, key=lambda text: (-len(text), text)))
        return cls(hashes, longest_first, whole, [text[:FIRST] for text in longest_first])

    def pack(self, value: Any) -> Any:
        """The value with its chunks replaced, where it is a string that holds some."""
        if type(value) is not str or len(value) < SHORTEST_TEXT:
            return value
        known = self._whole.get(value)
        if known is not None:
            return known
        return self._within(value) if len(value) >= SHORTEST_SEARCHED else value

    def pack_all(self, values: Sequence[Any]) -> Sequence[Any]:
        """The same of many, most of which are no longer than a name or whole chunks."""
        if set(map(type, values)) != {str}:
            return values if set(map(type, values)) <= _NEVER_TEXT else list(map(self.pack, values))
        if max(map(len, values)) < SHORTEST_TEXT:
            return values
        return [
            value if type(value) is not str or len(value) < SHORTEST_SEARCHED else self._within(value)
            for value in map(self._whole.get, values, values)
        ]

    def pack_texts(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The same of a mapping, most of whose values are short."""
        pack = self.pack
        return {
            key: value if type(value) is not str or len(value) < SHORTEST_TEXT else pack(value)
            for key, value in values.items()
        }

    def _within(self, value: str) -> Any:
        parts: list[str] = []
        reached = 0
        for start, text in sorted(self._places(value)):
            if start >= reached:
                parts += (value[reached:start], self.hashes[text].hex())
                reached = start + len(text)
        return {MARK: [*parts, value[reached:]]} if parts else value

    def _places(self, value: str) -> Iterator[tuple[int, str]]:
        """Where each chunk stands, the longest first: what lies within a longer one is found again by its own."""
        for text, (first, again) in zip(self.kept, first_places(value, self._firsts), strict=True):
            if first >= 0 and value.startswith(text, first):
                yield first, text
                first += len(text) - 1
            if first >= 0 and again:
                yield from _places_after(value, text, first)


def _places_after(value: str, text: str, at: int) -> Iterator[tuple[int, str]]:
    head = text[:HEAD]
    while (at := value.find(head, at + 1)) >= 0:
        if value.startswith(text, at):
            yield at, text
            at += len(text) - 1


def unpack(value: Any, texts: Mapping[bytes, str]) -> Any:
    """What `pack` was given."""
    parts = _parts(value)
    if parts is None:
        return value
    return "".join(p if i % 2 == 0 else texts.get(bytes.fromhex(p), MISSING) for i, p in enumerate(parts))


def _parts(value: Any) -> list[str] | None:
    """The parts of a packed string; None for everything else, also for a sender's look-alike."""
    if type(value) is not dict or len(value) != 1 or type(parts := value.get(MARK)) is not list:
        return None
    if len(parts) % 2 == 0 or not all(type(part) is str for part in parts):
        return None
    return parts if all(_is_hash(part) for part in parts[1::2]) else None


def _is_hash(part: str) -> bool:
    return len(part) == 32 and not part.strip("0123456789abcdef")


def references(value: Any) -> Iterator[bytes]:
    """The hashes of all texts that a JSON value refers to."""
    parts = _parts(value)
    if parts is not None:
        yield from (bytes.fromhex(part) for part in parts[1::2])
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from references(each)
