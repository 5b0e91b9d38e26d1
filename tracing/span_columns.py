"""Spans to columns of the store, and back: a candidate's text is kept once in `chunks`, attributes keep its hash."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tracing.records import Attributes, Event, Link, Span

REFERENCE = "$chunk"
SHORTEST_REFERENCE = 64  # characters: below, the reference is no shorter than the text


@dataclass(frozen=True, slots=True)
class SpanRow:
    """A span with what the store knows beside it; times in ns."""

    project: str
    key_ns: int
    version: int
    batch: str
    span: Span


def _referred(attributes: Attributes, hashes: Mapping[str, bytes]) -> dict[str, Any]:
    return {
        key: {REFERENCE: hashes[value].hex()}
        if type(value) is str and len(value) >= SHORTEST_REFERENCE and value in hashes
        else value
        for key, value in attributes.items()
    }


def _events(span: Span) -> bytes:
    return orjson.dumps([(e.name, e.at_ns, e.attributes) for e in span.events]) if span.events else b""


def _links(span: Span) -> bytes:
    return orjson.dumps([(e.trace_id, e.span_id, e.attributes) for e in span.links]) if span.links else b""


def span_columns(rows: Sequence[SpanRow], hashes: Mapping[str, bytes]) -> dict[str, list[Any]]:
    """Columns of `spans`; `hashes` maps each text that is kept in `chunks` to its hash."""
    spans = [row.span for row in rows]
    attributes = [orjson.dumps(_referred(span.attributes, hashes)) for span in spans]
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


def references(attributes_json: Iterable[str]) -> set[bytes]:
    """The hashes of all texts that these attributes refer to."""
    found = set()
    for text in attributes_json:
        if REFERENCE in text:
            found.update(filter(None, map(_hash, orjson.loads(text).values())))
    return found


def _hash(value: Any) -> bytes | None:
    if not isinstance(value, dict) or len(value) != 1 or REFERENCE not in value:
        return None
    try:
        found = bytes.fromhex(value[REFERENCE])
    except (TypeError, ValueError):
        return None
    return found if len(found) == 16 else None


def read_span(values: Sequence[Any], texts: Mapping[bytes, str]) -> Span:
    """The span of the columns READ, its texts put back."""
    row = dict(zip(READ, values, strict=True))
    attributes = {key: _restored(value, texts) for key, value in orjson.loads(row["attributes"]).items()}
    return Span(
        trace_id=row["trace_id"],
        span_id=row["span_id"],
        parent_id=row["parent_id"],
        name=row["name"],
        start_ns=row["started_at"],
        end_ns=row["ended_at"],
        attributes=attributes,
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


def _restored(value: Any, texts: Mapping[bytes, str]) -> Any:
    key = _hash(value)
    return value if key is None else texts.get(key, value)
