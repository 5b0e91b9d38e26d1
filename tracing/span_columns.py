"""Spans to columns of the store, and back: chunk texts are kept once in `chunks`, attributes refer to them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tracing.records import Event, Link, Span
from tracing.shelf import MARK, Shelf, references, unpack


@dataclass(frozen=True, slots=True)
class SpanRow:
    """A span with what the store knows beside it; times in ns."""

    project: str
    key_ns: int
    version: int
    batch: str
    span: Span
    attributes: bytes


def packed(span: Span, shelf: Shelf) -> bytes:
    """JSON of [attributes, lists of documents' fields], with the chunks' texts replaced."""
    lists = {name: shelf.pack_all(values) for name, values in span.lists.items()}
    return orjson.dumps([shelf.pack_texts(span.attributes), lists])


def _events(span: Span) -> bytes:
    return orjson.dumps([(e.name, e.at_ns, e.attributes) for e in span.events]) if span.events else b""


def _links(span: Span) -> bytes:
    return orjson.dumps([(e.trace_id, e.span_id, e.attributes) for e in span.links]) if span.links else b""


def span_columns(rows: Sequence[SpanRow]) -> dict[str, list[Any]]:
    """Columns of `spans`."""
    spans = [row.span for row in rows]
    attributes = [row.attributes for row in rows]
    return {
        "project": [row.project for row in rows],
        "key_ts": [row.key_ns for row in rows],
        "trace_id": [span.trace_id for span in spans],
        "span_id": [span.span_id for span in spans],
        "version": [row.version for row in rows],
        "batch": [row.batch for row in rows],
        "parent_id": [span.parent_id for span in spans],
        "name": [span.name for span in spans],
        "started_at": [span.start_ns for span in spans],
        "ended_at": [span.end_ns for span in spans],
        "kind": [span.kind for span in spans],
        "status": [span.status for span in spans],
        "status_message": [span.status_message for span in spans],
        "scope": [span.scope for span in spans],
        "scope_version": [span.scope_version for span in spans],
        "resource": _resources(spans),
        "attributes": attributes,
        "events": [_events(span) for span in spans],
        "links": [_links(span) for span in spans],
        "dropped_attributes": [span.dropped_attributes for span in spans],
        "size": [len(text) for text in attributes],
    }


def _resources(spans: Sequence[Span]) -> list[bytes]:
    """One encoding a resource: all spans of a request share it."""
    known: dict[int, bytes] = {}
    for span in spans:
        if id(span.resource) not in known:
            known[id(span.resource)] = orjson.dumps(span.resource)
    return [known[id(span.resource)] for span in spans]


READ = (
    "trace_id",
    "span_id",
    "parent_id",
    "name",
    "started_at",
    "ended_at",
    "kind",
    "status",
    "status_message",
    "scope",
    "scope_version",
    "resource",
    "attributes",
    "events",
    "links",
    "dropped_attributes",
)


def referred(attributes_json: Iterable[str]) -> set[bytes]:
    """The hashes of all texts that these stored attributes refer to."""
    return {found for text in attributes_json if MARK in text for found in references(orjson.loads(text))}


def read_span(values: Sequence[Any], texts: Mapping[bytes, str]) -> Span:
    """The span of the columns READ, its texts put back."""
    row = dict(zip(READ, values, strict=True))
    plain, lists = orjson.loads(row["attributes"])
    return Span(
        trace_id=row["trace_id"],
        span_id=row["span_id"],
        parent_id=row["parent_id"],
        name=row["name"],
        start_ns=row["started_at"],
        end_ns=row["ended_at"],
        attributes={key: unpack(value, texts) for key, value in plain.items()},
        resource=orjson.loads(row["resource"]),
        events=tuple(Event(*fields) for fields in orjson.loads(row["events"] or "[]")),
        links=tuple(Link(*fields) for fields in orjson.loads(row["links"] or "[]")),
        kind=row["kind"],
        status=row["status"],
        status_message=row["status_message"],
        scope=row["scope"],
        scope_version=row["scope_version"],
        dropped_attributes=row["dropped_attributes"],
        lists={name: [unpack(value, texts) for value in values] for name, values in lists.items()},
    )
