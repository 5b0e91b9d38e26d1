"""How a file is cut into records, and what a record becomes: parts of requests, and words on what cannot be sent."""

import io
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from stagelight_client.errors import BadRecordError, BrokenFileError
from stagelight_client.sources import LARGEST, Source
from stagelight_client.streaming import JsonStream

WRAPPERS = frozenset({"data", "batch"})  # under which an API's page, or a request, has its list
Layout = Literal["lines", "document", "table", "messages"]


@dataclass(frozen=True, slots=True)
class Record:
    """A piece of a file: `number` counts from 1, `place` names it; `unfinished` where something may yet follow it."""

    number: int
    place: str
    data: Any
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a request: how it is sent, its bytes, how many spans, traces or events it holds, and its own id."""

    way: str
    body: bytes
    count: int = 1
    id: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something in a record is not sent."""

    why: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """What is passed over on purpose."""

    what: str


Made = Part | Problem | Skipped


class Format(Protocol):
    """One kind of file."""

    name: str
    words: str
    layouts: tuple[Layout, ...]

    def records(self, source: Source, layout: Layout) -> Iterator[Record]:
        """The file's records, in their order; raises BrokenFileError where nothing further can be read."""

    def made(self, record: Record) -> Iterator[Made]:
        """What a record becomes; raises BadRecordError where nothing of it can be sent."""


def lines(source: Source) -> Iterator[Record]:
    """A record a line that is not empty; its data is None where the line is too long."""
    for number, line in enumerate(source.lines(), start=1):
        if line is None or line.strip():
            yield Record(number, f"line {number}", line, line is not None and not line.endswith(b"\n"))


def values(source: Source) -> Iterator[Record]:
    """A record an element of the list that a document is, or that it holds as a page of an API does; else itself."""
    stream = JsonStream(source.read)
    wrapped = not WRAPPERS.isdisjoint(first_keys(source.head))
    number = 0
    while stream.more():
        if stream.begins(b"["):
            found: Iterator[Any] = stream.elements()
        elif wrapped and stream.begins(b"{"):
            found = _within(stream)
        else:
            number += 1
            yield Record(number, f"document {number}", stream.value())
            continue
        for _ in found:
            number += 1
            yield Record(number, f"element {number}", stream.value())


def _within(stream: JsonStream) -> Iterator[int]:
    for key in stream.names():
        if key in WRAPPERS and stream.begins(b"["):
            yield from stream.elements()
        else:
            stream.skip()


def first_keys(head: bytes) -> list[str]:
    """The keys of the first object in a document's beginning, and of the first in its list, as far as they are seen."""
    found: list[str] = []
    with suppress(BrokenFileError, ValueError):
        _add_keys(JsonStream(io.BytesIO(head).read), found)
    return found


def _add_keys(stream: JsonStream, found: list[str]) -> None:
    if stream.begins(b"["):
        for _ in stream.elements():
            _add_keys(stream, found)
            return
    for key in stream.names():
        found.append(key)
        if key in WRAPPERS and stream.begins(b"["):
            _add_keys(stream, found)
            return
        stream.skip()


def object_of(data: bytes | None) -> dict[str, Any]:
    """The JSON object in these bytes; raises BadRecordError."""
    if data is None:
        raise BadRecordError(f"longer than {LARGEST} bytes")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadRecordError(f"no JSON: {error}") from error
    if not isinstance(found, dict):
        raise BadRecordError("no JSON object")
    return found


def compact(value: Any) -> bytes:
    """JSON as it is sent. Lone surrogates stay as escapes, which the server reads."""
    return json.dumps(value, separators=(",", ":")).encode()
