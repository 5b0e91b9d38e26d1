"""OTLP as protobuf: one request, or many with their lengths before them, as a number or as the Collector writes it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from stagelight_client.errors import BadRecordError, BrokenFileError
from stagelight_client.formats.otlp_json import GROUP_BYTES, GROUP_RECORDS
from stagelight_client.records import Layout, Made, Part, Problem, Record, Skipped
from stagelight_client.sources import LARGEST, Source
from stagelight_client.wire import FIXED64, LENGTH, Field, WireError, fields, message, varint, written

Framing = Literal["one", "lengths", "four bytes"]
_INNER = (0x0A, 0x12, 0x1A)  # resource, scope and schema URL: what begins a resource's spans


class OtlpProtobuf:
    """See the module."""

    name = "otlp-protobuf"
    words = "OTLP requests in protobuf: one, or many with their lengths before them"
    layouts: tuple[Layout, ...] = ("messages",)

    def records(self, source: Source, layout: Layout) -> Iterator[Record]:
        """A record a message; of a file that is one request, a record a resource."""
        how = framing(source.head)
        if how is None:
            raise BrokenFileError("no OTLP in protobuf")
        number = 0
        while (size := _size(source, how)) is not None:
            if size > LARGEST:
                raise BrokenFileError(f"message {number + 1} has {size} bytes; {LARGEST} can be sent")
            number += 1
            data = source.exactly(size)
            if how == "one":
                yield Record(number, f"resource {number}", b"\x0a" + written(size) + data)
            else:
                yield Record(number, f"message {number}", data)

    def made(self, record: Record) -> Iterator[Made]:
        """Groups of spans."""
        try:
            for resource in fields(record.data):
                if resource.number == 1 and resource.type == LENGTH:
                    yield from _of_resource(resource.data)
        except WireError as error:
            raise BadRecordError(f"no OTLP in protobuf: {error}") from error


def framing(head: bytes) -> Framing | None:
    """How messages follow one another in a file that begins so; None where it is no OTLP in protobuf."""
    if _begins_request(head):
        return "one"
    if len(head) > 4 and _begins_request(head[4:], int.from_bytes(head[:4], "big")):
        return "four bytes"
    try:
        size, at = varint(head, 0)
    except WireError:
        return None
    return "lengths" if _begins_request(head[at:], size) else None


def _begins_request(head: bytes, size: int | None = None) -> bool:
    """True where a request of that size may begin so: one field that holds a resource's spans."""
    try:
        inner, at = varint(head, 1)
    except WireError:
        return False
    fits = size is None or at + inner <= size
    return head[0] == 0x0A and fits and inner > 0 and at < len(head) and head[at] in _INNER


def _size(source: Source, how: Framing) -> int | None:
    """The length of what follows; None at the end."""
    if how == "four bytes":
        head = source.read(4)
        return int.from_bytes(head + source.exactly(4 - len(head)), "big") if head else None
    if how == "one":
        tag = source.read(1)
        if not tag:
            return None
        if tag != b"\x0a":
            raise BrokenFileError("what follows is no OTLP in protobuf")
    digits = b""
    while not digits or digits[-1] >= 0x80:
        digit = source.read(1)
        if not digit and not digits and how == "lengths":
            return None
        if not digit or len(digits) > 9:
            raise BrokenFileError("the file ends in the middle of a length")
        digits += digit
    return varint(digits, 0)[0]


@dataclass(slots=True)
class _Group:
    resource: bytes
    scope: bytes
    way: str
    spans: list[bytes] = field(default_factory=list)
    size: int = 0

    def made(self) -> Iterator[Part]:
        if self.spans:
            yield Part(self.way, message(1, self.resource, message(2, self.scope, *self.spans)), len(self.spans))
            self.spans, self.size = [], 0


def _of_resource(data: memoryview) -> Iterator[Made]:
    parts = list(fields(data))
    resource = b"".join(bytes(part.whole) for part in parts if part.number == 1)
    for scoped in parts:
        if scoped.number == 2 and scoped.type == LENGTH:
            yield from _of_scope(scoped.data, resource)


def _of_scope(data: memoryview, resource: bytes) -> Iterator[Made]:
    parts = list(fields(data))
    spans = [part for part in parts if part.number == 2 and part.type == LENGTH]
    if not spans:
        return
    way = _way(spans[0].data)
    if way is None:
        yield Skipped("metrics")
        return
    group = _Group(resource, b"".join(bytes(part.whole) for part in parts if part.number == 1), way)
    for number, span in enumerate(spans, start=1):
        why = _fault(span) if way == "otlp-protobuf" else ""
        if why:
            yield Problem(f"span {number}: {why}")
            continue
        group.spans.append(bytes(span.whole))
        group.size += len(span.whole)
        if group.size > GROUP_BYTES or len(group.spans) >= GROUP_RECORDS:
            yield from group.made()
    yield from group.made()


def _way(first: memoryview) -> str | None:
    """Requests of spans, log records and metrics look alike but for what they hold; None for metrics."""
    found = {(part.number, part.type): len(part.data) for part in fields(first)}
    if (1, FIXED64) in found or (11, FIXED64) in found:
        return "logs-protobuf"
    spans = (7, FIXED64) in found or (found.get((1, LENGTH)), found.get((2, LENGTH))) == (16, 8)
    return "otlp-protobuf" if spans else None


def _fault(span: Field) -> str:
    sizes = {part.number: bytes(part.data) for part in fields(span.data) if part.number in (1, 2)}
    for number, size, word in ((1, 16, "trace id"), (2, 8, "span id")):
        given = sizes.get(number, b"")
        if len(given) != size or not any(given):
            return f"a {word} that is not {size} bytes, or all zero"
    return ""
