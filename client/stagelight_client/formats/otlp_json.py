"""OTLP as JSON: one request, or a request a line as the Collector's file exporter writes; traces and log records."""

import base64
import binascii
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from stagelight_client.errors import BadRecordError, BrokenFileError
from stagelight_client.records import Layout, Made, Part, Problem, Record, Skipped, compact, lines
from stagelight_client.sources import LARGEST, Source
from stagelight_client.streaming import JsonStream

GROUP_BYTES, GROUP_RECORDS = 1 << 19, 500
_HEX = re.compile(r"[0-9a-fA-F]+")


@dataclass(frozen=True, slots=True)
class _Signal:
    way: str
    scopes: str
    records: str
    word: str
    needs_ids: bool


_SIGNALS = {
    "resourceSpans": _Signal("otlp", "scopeSpans", "spans", "span", True),
    "resourceLogs": _Signal("logs", "scopeLogs", "logRecords", "log record", False),
}


@dataclass(slots=True)
class _Group:
    """Some spans of one scope of one resource, as they are written, and what is wrong with others beside them."""

    signal: _Signal
    resource: bytes
    scope: bytes
    first: int = 1
    spans: list[bytes] = field(default_factory=list)
    size: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def full(self) -> bool:
        return self.size > GROUP_BYTES or len(self.spans) + len(self.problems) >= GROUP_RECORDS

    def made(self) -> Iterator[Made]:
        yield from map(Problem, self.problems)
        if self.spans:
            scope = b'"scope":' + self.scope + b"," if self.scope else b""
            resource = b'"resource":' + self.resource + b"," if self.resource else b""
            inner = b'{%s"%s":[%s]}' % (scope, self.signal.records.encode(), b",".join(self.spans))
            body = b'{%s"%s":[%s]}' % (resource, self.signal.scopes.encode(), inner)
            yield Part(self.signal.way, body, len(self.spans))


class OtlpJson:
    """See the module."""

    name = "otlp-json"
    words = "OTLP requests in JSON: one document, or one a line"
    layouts: tuple[Layout, ...] = ("lines", "document")

    def records(self, source: Source, layout: Layout) -> Iterator[Record]:
        """Lines; of a document, groups of spans, so that one request of any length can be read."""
        if layout == "lines":
            yield from lines(source)
            return
        stream, number, seen = JsonStream(source.read), 0, 0
        while stream.more():
            for found in _groups(stream):
                number += 1
                place = "the document"
                if isinstance(found, _Group):
                    count = len(found.spans) + len(found.problems)
                    place = f"{found.signal.word}s {seen + 1} to {seen + count}"
                    seen += count
                yield Record(number, place, found)

    def made(self, record: Record) -> Iterator[Made]:
        """Groups of spans."""
        if isinstance(record.data, Skipped):
            yield record.data
        elif isinstance(record.data, _Group):
            yield from record.data.made()
        else:
            yield from _of_line(record.data)


def _of_line(line: bytes | None) -> Iterator[Made]:
    if line is None:
        raise BadRecordError(f"longer than {LARGEST} bytes")
    stream, found = JsonStream(io.BytesIO(line).read), False
    try:
        for group in _groups(stream):
            found = True
            yield from [group] if isinstance(group, Skipped) else group.made()
        if stream.more():
            raise BadRecordError("something follows the request")
    except (BrokenFileError, ValueError) as error:
        raise BadRecordError(str(error)) from error
    if not found and not _is_empty(line):
        raise BadRecordError("no resourceSpans and no resourceLogs")


def _is_empty(line: bytes) -> bool:
    said = json.loads(line)
    return not said or any(name in said for name in _SIGNALS)


def _groups(stream: JsonStream) -> Iterator[_Group | Skipped]:
    for key in stream.names():
        if key == "resourceMetrics":
            stream.skip()
            yield Skipped("metrics")
        elif key in _SIGNALS and stream.begins(b"["):
            for _ in stream.elements():
                yield from _of_resource(stream, _SIGNALS[key])
        else:
            stream.skip()


def _of_resource(stream: JsonStream, signal: _Signal) -> Iterator[_Group]:
    resource, early = b"", []
    for key in stream.names():
        if key == "resource":
            resource = stream.value()
        elif key != signal.scopes or not stream.begins(b"["):
            stream.skip()
        elif resource:
            yield from _of_scopes(stream, signal, resource)
        else:
            early.append(stream.value())  # the resource may stand behind them
    for scopes in early:
        yield from _of_scopes(JsonStream(io.BytesIO(scopes).read), signal, resource)


def _of_scopes(stream: JsonStream, signal: _Signal, resource: bytes) -> Iterator[_Group]:
    for _ in stream.elements():
        scope, early = b"", []
        for key in stream.names():
            if key == "scope":
                scope = stream.value()
            elif key != signal.records or not stream.begins(b"["):
                stream.skip()
            elif scope:
                yield from _cut(stream, _Group(signal, resource, scope))
            else:
                early.append(stream.value())
        for spans in early:
            yield from _cut(JsonStream(io.BytesIO(spans).read), _Group(signal, resource, scope))


def _cut(stream: JsonStream, group: _Group) -> Iterator[_Group]:
    for number in stream.elements():
        try:
            span = _checked(stream.value(), group.signal)
            group.spans.append(span)
            group.size += len(span)
        except BadRecordError as error:
            group.problems.append(f"{group.signal.word} {number}: {error}")
        if group.full:
            yield group
            group = _Group(group.signal, group.resource, group.scope)
    if group.spans or group.problems:
        yield group


def _checked(raw: bytes, signal: _Signal) -> bytes:
    """The span as it is written, its ids in hex; raises BadRecordError."""
    try:
        span = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadRecordError(f"no JSON: {error}") from error
    if not isinstance(span, dict):
        raise BadRecordError("no JSON object")
    changed = [_with_hex(span, key, size, signal.needs_ids) for key, size in (("traceId", 16), ("spanId", 8))]
    changed.append(_with_hex(span, "parentSpanId", 8, False))
    links = span.get("links")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict):
            changed += [_with_hex(link, key, size, False) for key, size in (("traceId", 16), ("spanId", 8))]
    return compact(span) if any(changed) else raw


def _with_hex(said: dict[str, Any], key: str, size: int, needed: bool) -> bool:
    """True where the id was base64, as protobuf's own JSON writes it, and was changed to hex."""
    given = said.get(key)
    if not given and not needed:
        return False
    if isinstance(given, str) and len(given) == 2 * size and _HEX.fullmatch(given) and given.strip("0"):
        return False
    try:
        data = base64.b64decode(given, validate=True) if isinstance(given, str) else b""
    except (binascii.Error, ValueError):
        data = b""
    if len(data) != size or not any(data):
        if not needed:
            return False
        raise BadRecordError(f"a {key} that is not {2 * size} hex digits, or all zero")
    said[key] = data.hex()
    return True
