"""OTLP trace requests, protobuf or JSON: what to answer, and the spans inside."""

import base64
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from tracing.document_lists import grouped
from tracing.otlp import json as otlp_json
from tracing.otlp import wire
from tracing.otlp.json import LATEST_NS, MOST_DEPTH, TOO_DEEP, Undecodable, plain_number
from tracing.otlp.warning import dropped_warning
from tracing.records import Attributes, Event, Link, Span, Value

__all__ = ["Receipt", "Undecodable", "decode", "encoding_of", "inspect"]

_NO_TRACE = bytes(16)
_NO_SPAN = bytes(8)
_LONGEST_CLIENT = 100


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a request held: `spans` counts all, `rejected` those of them that `decode` leaves out; `ignored` are others,
    with which nothing is wrong."""

    spans: int
    rejected: int = 0
    message: str = ""
    client: str = ""
    ignored: int = 0


def encoding_of(content_type: str) -> Literal["protobuf", "json"] | None:
    """How a body of that content type is encoded, or None where it is neither of OTLP's two."""
    media = content_type.partition(";")[0].strip().lower()
    if media == "application/x-protobuf":
        return "protobuf"
    return "json" if media == "application/json" else None


def inspect(body: bytes, content_type: str) -> Receipt:
    """What to answer to the sender; raises Undecodable where the whole body is refused."""
    if encoding_of(content_type) == "json":
        request = otlp_json.load(body)
        counted = _count(otlp_json.fault_and_drops(request))
        return Receipt(*counted, client=client_of(otlp_json.first_resource(request)))
    message = wire.parse(body)
    counted = _count(
        (_fault(span.trace_id, span.span_id, span.parent_span_id), span.dropped_attributes_count)
        for group in message.resource_spans
        for scoped in group.scope_spans
        for span in scoped.spans
    )
    first = message.resource_spans[0].resource.attributes if message.resource_spans else ()
    return Receipt(*counted, client=client_of(attributes_of(first)))


def decode(body: bytes, content_type: str) -> list[Span]:
    """The spans that are not rejected, in the order in which they were sent."""
    if encoding_of(content_type) == "json":
        return otlp_json.spans(otlp_json.load(body))
    found = []
    for keys, values, others, scopes in wire.groups(body):
        resource = dict(zip(keys, _whole(values, others), strict=True))
        for scope, version, spans in scopes:
            found += [_span(parts, resource, scope, version) for parts in spans if not _fault(*parts[:3])]
    return found


def _fault(trace_id: bytes, span_id: bytes, parent_id: bytes) -> str:
    if len(trace_id) != 16 or trace_id == _NO_TRACE:
        return "a trace id that is not 16 bytes, or all zero"
    if len(span_id) != 8 or span_id == _NO_SPAN:
        return "a span id that is not 8 bytes, or all zero"
    if parent_id and len(parent_id) != 8:
        return "a parent span id that is not 8 bytes"
    return ""


def _count(faults: Iterable[tuple[str, int]]) -> tuple[int, int, str]:
    spans = dropped = 0
    reasons: Counter[str] = Counter()
    for fault, drops in faults:
        spans += 1
        dropped += drops
        if fault:
            reasons[fault] += 1
    rejected = reasons.total()
    parts = []
    if rejected:
        listed = ", ".join(f"{times} with {reason}" for reason, times in reasons.most_common(5))
        parts.append(f"{rejected} of {spans} spans were refused: {listed}.")
    if dropped:
        parts.append(dropped_warning(dropped) + ".")
    return spans, rejected, " ".join(parts)


def client_of(resource: Attributes) -> str:
    name, version, language = (resource.get(f"telemetry.sdk.{part}") for part in ("name", "version", "language"))
    words = [str(part) for part in (name, version) if part]
    if language:
        words.append(f"({language})")
    return " ".join(words)[:_LONGEST_CLIENT]


def _span(parts: wire.SpanParts, resource: Attributes, scope: str, scope_version: str) -> Span:
    trace_id, span_id, parent_id, name, kind, start, end, *told = parts
    keys, values, others, events, links, code, message, lost = told
    start = min(start, LATEST_NS)
    attributes, lists = grouped(keys, _whole(values, others))
    return Span(
        trace_id=trace_id.hex(),
        span_id=span_id.hex(),
        parent_id="" if parent_id == _NO_SPAN else parent_id.hex(),
        name=name,
        start_ns=start,
        end_ns=max(start, min(end, LATEST_NS)),
        attributes=attributes,
        resource=resource,
        events=tuple([_event(event) for event in events]),
        links=tuple([_link(link) for link in links]),
        kind=kind if 0 <= kind <= 5 else 0,
        status=code if 0 <= code <= 2 else 0,
        status_message=message,
        scope=scope,
        scope_version=scope_version,
        dropped_attributes=lost,
        lists=lists,
    )


def _whole(values: list[Any], others: Iterable[int]) -> list[Value]:
    for place in others:
        values[place] = value_of(AnyValue.FromString(values[place]))
    return values


def _event(raw: bytes) -> Event:
    event = trace_pb2.Span.Event.FromString(raw)
    return Event(event.name, min(event.time_unix_nano, LATEST_NS), attributes_of(event.attributes))


def _link(raw: bytes) -> Link:
    link = trace_pb2.Span.Link.FromString(raw)
    return Link(link.trace_id.hex(), link.span_id.hex(), attributes_of(link.attributes))


def attributes_of(pairs: Iterable[Any]) -> dict[str, Value]:
    return {pair.key: value_of(pair.value) for pair in pairs}


def value_of(value: Any, depth: int = 0) -> Value:
    tag = value.WhichOneof("value")
    if tag is None:
        return None
    held: Any = getattr(value, tag)
    if tag == "double_value":
        return held if math.isfinite(held) else plain_number(held)
    if tag == "bytes_value":
        return base64.b64encode(held).decode()
    if depth >= MOST_DEPTH:
        return TOO_DEEP
    if tag == "array_value":
        return [value_of(item, depth + 1) for item in held.values]
    if tag == "kvlist_value":
        return {pair.key: value_of(pair.value, depth + 1) for pair in held.values}
    plain: Value = held
    return plain
