"""A trace's chunk texts, kept once: where one occurs in an attribute, a prompt or the context, its hash stands instead.

A string that holds some is written as `{"$text": [literal, hash, literal, hash, ..., literal]}`.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tracing.records import Trace

MARK = "$text"
SHORTEST_TEXT = 64  # characters: below, a reference is no shorter than the text
SHORTEST_SEARCHED = 400  # characters of a string in which whole chunks are looked for
CUT = "\0"
MISSING = "[a chunk's text that was not kept]"


def text_hash(text: str) -> bytes:
    """The 16 bytes under which a chunk's text is kept."""
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Shelf:
    """The texts of one trace's candidates, by hash; those in the prompt are `kept`: looked for in longer strings."""

    hashes: Mapping[str, bytes]
    kept: tuple[tuple[str, str], ...]  # (text, what stands for it between literals), the longest first

    @classmethod
    def of(cls, trace: Trace) -> "Shelf":
        """The shelf of a normalised trace."""
        hashes = {c.text: text_hash(c.text) for c in trace.candidates if c.text}
        kept = {c.text for c in trace.candidates if c.text and c.survived and len(c.text) >= SHORTEST_TEXT}
        longest_first = sorted(kept, key=len, reverse=True)
        return cls(hashes, tuple((text, f"{CUT}{hashes[text].hex()}{CUT}") for text in longest_first))

    def pack(self, value: Any) -> Any:
        """The value with its chunks replaced, where it is a string that holds some."""
        if type(value) is not str or len(value) < SHORTEST_TEXT:
            return value
        known = self.hashes.get(value)
        if known is not None:
            return {MARK: ["", known.hex(), ""]}
        return self._within(value) if len(value) >= SHORTEST_SEARCHED and CUT not in value else value

    def _within(self, value: str) -> Any:
        packed = value
        for text, mark in self.kept:
            packed = packed.replace(text, mark)
        return {MARK: packed.split(CUT)} if CUT in packed else value


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
