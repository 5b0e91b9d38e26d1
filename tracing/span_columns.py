"""Spans to columns of the store, and back: chunk texts are kept once in `chunks`, attributes refer to them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tracing.records import Event, Link, Span
from tracing.shelf import MARK, SHORTEST_TEXT, Shelf, references, unpack

DOCUMENT = ".document."
MOST_SPLITS = 20_000


@dataclass(frozen=True, slots=True)
class SpanRow:
    """A span with what the store knows beside it; times in ns."""

    project: str
    key_ns: int
    version: int
    batch: str
    span: Span
    shelf: Shelf


def _attributes(row: SpanRow) -> bytes:
    """JSON of [attributes, OpenInference's flattened documents as a list a field]: half the bytes of flat keys."""
    pack = row.shelf.pack
    plain: dict[str, Any] = {}
    documents: dict[str, list[Any]] = {}
    for key, value in row.span.attributes.items():
        if type(value) is str and len(value) >= SHORTEST_TEXT:
            value = pack(value)
        split = _splits.get(key) or _split(key)
        index = split[1]
        if index < 0:
            plain[key] = value
            continue
        listed = documents.get(split[0])
        if listed is None:
            listed = documents[split[0]] = []
        if len(listed) == index:
            listed.append(value)
        else:
            plain[key] = value
    return orjson.dumps([plain, {name: listed for name, listed in documents.items() if listed}])


_splits: dict[str, tuple[str, int]] = {}  # the keys of documents are the same in every trace


def _split(key: str) -> tuple[str, int]:
    """`a.documents.7.document.id` as (`a.documents.document.id`, 7); any other key as (key, -1)."""
    numbered, found, field = key.partition(DOCUMENT)
    prefix, _, index = numbered.rpartition(".")
    split = (key, -1)
    if found and index.isdecimal() and index.isascii() and len(index) < 7 and index == str(int(index)):
        split = (f"{prefix}{DOCUMENT}{field}", int(index))
    if len(_splits) < MOST_SPLITS and len(key) < 200:
        _splits[key] = split
    return split


def _flat(plain: dict[str, Any], documents: dict[str, list[Any]], texts: Mapping[bytes, str]) -> dict[str, Any]:
    attributes = {key: unpack(value, texts) for key, value in plain.items()}
    for name, listed in documents.items():
        prefix, _, field = name.partition(DOCUMENT)
        attributes |= {f"{prefix}.{i}{DOCUMENT}{field}": unpack(value, texts) for i, value in enumerate(listed)}
    return attributes


def _events(span: Span) -> bytes:
    return orjson.dumps([(e.name, e.at_ns, e.attributes) for e in span.events]) if span.events else b""


def _links(span: Span) -> bytes:
    return orjson.dumps([(e.trace_id, e.span_id, e.attributes) for e in span.links]) if span.links else b""


def span_columns(rows: Sequence[SpanRow]) -> dict[str, list[Any]]:
    """Columns of `spans`."""
    spans = [row.span for row in rows]
    attributes = [_attributes(row) for row in rows]
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
    plain, documents = orjson.loads(row["attributes"])
    return Span(
        trace_id=row["trace_id"],
        span_id=row["span_id"],
        parent_id=row["parent_id"],
        name=row["name"],
        start_ns=row["started_at"],
        end_ns=row["ended_at"],
        attributes=_flat(plain, documents, texts),
        resource=orjson.loads(row["resource"]),
        events=tuple(Event(*fields) for fields in orjson.loads(row["events"] or "[]")),
        links=tuple(Link(*fields) for fields in orjson.loads(row["links"] or "[]")),
        kind=row["kind"],
        status=row["status"],
        status_message=row["status_message"],
        scope=row["scope"],
        scope_version=row["scope_version"],
        dropped_attributes=row["dropped_attributes"],
    )
