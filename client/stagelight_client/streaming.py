"""JSON of any length, value by value: what is asked for comes as its bytes, the rest is passed over."""

import json
import re
from collections.abc import Callable, Iterator

from stagelight_client.errors import BrokenFileError
from stagelight_client.sources import LARGEST, PIECE

_SPACE = re.compile(rb"[ \t\r\n]*")
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["{}\[\]]', re.DOTALL)
_SCALAR_END = re.compile(rb"[ \t\r\n,\]}]")
_OPEN, _CLOSE, _QUOTE = frozenset(b"{["), frozenset(b"}]"), ord('"')


class JsonStream:
    """A cursor over a document. After `names()` or `elements()` yields, one value is taken or skipped."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._held = bytearray()
        self._at = 0
        self._passed = 0
        self._piece = PIECE

    def more(self) -> bool:
        """True where another value follows."""
        return self._next() is not None

    def names(self) -> Iterator[str]:
        """Each key of the object that begins here."""
        for _ in self._members(b"{", b"}"):
            if self._next() != _QUOTE:
                raise self._broken("a key was expected")
            key = json.loads(self.value())
            self._take(b":")
            yield key

    def elements(self) -> Iterator[int]:
        """Each place of the list that begins here, counted from 1."""
        yield from self._members(b"[", b"]")

    def begins(self, character: bytes) -> bool:
        """True where the next value begins so."""
        return self._next() == character[0]

    def value(self) -> bytes:
        """The bytes of the value here; raises BrokenFileError for one that is longer than can be sent."""
        self._next()
        del self._held[: self._at]
        self._passed += self._at
        self._at = 0
        self._scan(keep=True)
        return bytes(self._held[: self._at])

    def skip(self) -> None:
        """Pass over the value here, whatever its length."""
        self._next()
        self._scan(keep=False)

    def _members(self, opening: bytes, closing: bytes) -> Iterator[int]:
        self._take(opening)
        number = 0
        while self._next() != closing[0]:
            if number:
                self._take(b",")
            number += 1
            yield number
        self._take(closing)

    def _next(self) -> int | None:
        """The next character that is no space; None at the end."""
        while True:
            match = _SPACE.match(self._held, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._held):
                return self._held[self._at]
            if not self._refill():
                return None

    def _take(self, character: bytes) -> None:
        if self._next() != character[0]:
            raise self._broken(f"{character.decode()!r} was expected")
        self._at += 1

    def _refill(self) -> bool:
        piece = self._read(self._piece)
        if self._at > PIECE:
            del self._held[: self._at]
            self._passed += self._at
            self._at = 0
        self._held += piece
        return bool(piece)

    def _scan(self, *, keep: bool) -> None:
        """Move behind the value here. What is kept stays in `_held` from its beginning on."""
        if self._next() is None:
            raise self._broken("the document breaks off")
        if self._held[self._at] not in b'"{[':
            self._scan_scalar()
            return
        depth, begin, at = 0, self._at, self._at
        while True:
            match = _TOKEN.search(self._held, at)
            if match is None or (match.end() - match.start() == 1 and self._held[match.start()] == _QUOTE):
                at = match.start() if match else len(self._held)
                at, begin = self._further(at, begin, keep=keep)
                continue
            first, at = self._held[match.start()], match.end()
            depth += (first in _OPEN) - (first in _CLOSE)
            if depth <= 0:
                self._at = at
                return

    def _further(self, at: int, begin: int, *, keep: bool) -> tuple[int, int]:
        """Read on at a place within a value; a long text is read in ever longer pieces, so that it costs its length."""
        self._at = begin if keep else at
        if len(self._held) - self._at > LARGEST:
            raise self._broken(f"a value is longer than {LARGEST} bytes")
        self._piece = max(PIECE, len(self._held) - at)
        within = at - self._at
        if not self._refill():
            raise self._broken("the document breaks off")
        self._piece = PIECE
        return self._at + within, self._at

    def _scan_scalar(self) -> None:
        begin = self._at
        while True:
            match = _SCALAR_END.search(self._held, self._at)
            if match:
                end = match.start()
                break
            if len(self._held) - begin > PIECE:
                raise self._broken("no value was found")
            shift = self._passed
            if not self._refill():
                end = len(self._held)
                break
            begin -= self._passed - shift
        if end == begin:
            raise self._broken("a value was expected")
        self._at = end

    def _broken(self, why: str) -> BrokenFileError:
        return BrokenFileError(f"no JSON at byte {self._passed + self._at}: {why}")
