"""A file as a stream of bytes: plain or gzip, from a path or standard input, its beginning readable in advance."""

import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from stagelight_client.errors import BrokenFileError, StopError

HEAD = 1 << 16
PIECE = 1 << 18
_DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile)
Bytes = io.BufferedReader | gzip.GzipFile
MARK = b"\xef\xbb\xbf"  # some programs begin a text with it
LARGEST = 1 << 26  # bytes of one line, element or message: what a server takes in one request


class _Chained(io.RawIOBase):
    """Bytes that were read in advance, then the rest."""

    def __init__(self, head: bytes, rest: Bytes) -> None:
        super().__init__()
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._head[: len(buffer)] or self._rest.read1(len(buffer))
        self._head = self._head[len(data) :]
        buffer[: len(data)] = data
        return len(data)


@dataclass(slots=True)
class Source:
    """What is read of one file: `head` is its beginning, `size` its length on disk, where that is known."""

    name: str
    stream: io.BufferedReader
    head: bytes
    size: int | None
    position: Callable[[], int]

    def read(self, count: int) -> bytes:
        """Up to so many bytes; raises BrokenFileError where a compressed file is damaged."""
        with _undamaged():
            return self.stream.read(count)

    def exactly(self, count: int) -> bytes:
        """So many bytes; raises BrokenFileError where the file ends before."""
        data = self.read(count)
        if len(data) < count:
            raise BrokenFileError(f"the file ends in the middle: {count} bytes were announced, {len(data)} are there")
        return data

    def lines(self) -> Iterator[bytes | None]:
        """Each line with its end; None for one that is longer than can be sent."""
        while True:
            with _undamaged():
                line = self.stream.readline(LARGEST + 1)
                long = len(line) > LARGEST
                while long and line and not line.endswith(b"\n"):
                    line = self.stream.readline(PIECE)
            if not line and not long:
                return
            yield None if long else line


@contextmanager
def _undamaged() -> Iterator[None]:
    try:
        yield
    except _DAMAGED as error:
        raise BrokenFileError(f"the compressed file is damaged or cut off: {error}") from error


@contextmanager
def opened(name: str) -> Iterator[Source]:
    """The file of that name, `-` for standard input; raises StopError where it cannot be read."""
    try:
        raw = cast(io.BufferedReader, sys.stdin.buffer) if name == "-" else Path(name).open("rb")  # noqa: SIM115 (closed below)
    except OSError as error:
        raise StopError(f"{name}: {error.strerror}") from error
    try:
        regular = name != "-" and Path(name).is_file()
        size = Path(name).stat().st_size if regular else None
        yield _source(name, raw, size)
    finally:
        if name != "-":
            raw.close()


def _source(name: str, raw: io.BufferedReader, size: int | None) -> Source:
    stream = _buffered(raw, 2)
    if stream[0][:2] == b"\x1f\x8b":
        stream = _buffered(gzip.GzipFile(fileobj=stream[1]), HEAD)
    else:
        stream = _buffered(stream[1], HEAD)
    head, buffered = stream
    return Source(name, buffered, head, size, raw.tell if size is not None else lambda: 0)


def _buffered(stream: Bytes, count: int) -> tuple[bytes, io.BufferedReader]:
    head = b""
    with suppress(*_DAMAGED):  # said when it is read: what is whole before the damage can be sent
        while len(head) < count and (piece := stream.read1(count - len(head))):
            head += piece
    head = head.removeprefix(MARK)
    return head, io.BufferedReader(_Chained(head, stream), PIECE)
