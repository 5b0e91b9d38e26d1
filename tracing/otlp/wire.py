"""An OTLP trace request in protobuf as plain tuples: by the C of `speedups/`, else by protobuf's own reader.

The C reads what SDKs write, and leaves to protobuf's own reader whatever else the format allows. Either gives the same:
groups of (keys, values, others, [(scope, version, [span, ..]), ..]), whose first three are the resource's attributes,
and spans of (trace id, span id, parent id, name, kind, start, end, keys, values, others, events, links, status code,
status message, dropped attributes). `others` are the places of those values that are left as the bytes of an AnyValue,
for they are no text, number or truth; events and links are bytes as well.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tracing.otlp.json import Undecodable

Pairs = tuple[list[str], list[Any], list[int]]
SpanParts = tuple[Any, ...]
Group = tuple[list[str], list[Any], list[int], Iterable[tuple[str, str, Iterable[SpanParts]]]]

try:
    from stagelight_speedups import request as _in_c
except ImportError:
    _in_c = None

IS_FAST = _in_c is not None


def parse(body: bytes) -> ExportTraceServiceRequest:
    """The request as protobuf's own message; raises Undecodable."""
    message = ExportTraceServiceRequest()
    try:
        message.ParseFromString(body)
    except DecodeError as error:
        raise Undecodable("the body is no OTLP trace request in protobuf") from error
    if body and not message.resource_spans:
        raise Undecodable("the body is no OTLP trace request: it holds no resource spans")
    return message


def groups(body: bytes) -> Iterable[Group]:
    """The parts of a body that was inspected before; raises Undecodable where it was not, and is none at all.

    What has no room for a span with its ids may be left out.
    """
    found: list[Group] | None = _in_c(body) if _in_c is not None else None
    return _groups(parse(body)) if found is None else found


def _groups(message: ExportTraceServiceRequest) -> Iterator[Group]:
    for group in message.resource_spans:
        scopes = ((each.scope.name, each.scope.version, map(_span, each.spans)) for each in group.scope_spans)
        yield *_pairs(group.resource.attributes), scopes


def _span(span: Any) -> SpanParts:
    return (
        span.trace_id,
        span.span_id,
        span.parent_span_id,
        span.name,
        span.kind,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        *_pairs(span.attributes),
        [event.SerializeToString() for event in span.events],
        [link.SerializeToString() for link in span.links],
        span.status.code,
        span.status.message,
        span.dropped_attributes_count,
    )


def _pairs(attributes: Iterable[Any]) -> Pairs:
    """Keys, values, and which of these are left as bytes."""
    keys: list[str] = []
    values: list[Any] = []
    others: list[int] = []
    for pair in attributes:
        value = pair.value
        keys.append(pair.key)
        # Most values are text or a score, and unset ones are "" and 0.0: asking first saves a look at the union's tag.
        held = value.string_value or _score(value)
        if not held:
            tag = value.WhichOneof("value")
            held = None if tag is None else getattr(value, tag)
            if not _is_plain(held):
                others.append(len(values))
                held = value.SerializeToString()
        values.append(held)
    return keys, values, others


def _score(value: Any) -> float | None:
    held: float = value.double_value
    return held if math.isfinite(held) else None


def _is_plain(held: Any) -> bool:
    return held is None or isinstance(held, str | int) or (isinstance(held, float) and math.isfinite(held))
