"""Spans and log records with any values whatsoever, written as OTLP: in JSON, and in protobuf as far as it goes."""

from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.tracing.fuzz.hostile import dumped
from tracing.records import Span

_DEEPEST = 25  # protobuf itself refuses more than 100 messages within each other, and a level here takes up to three


def loose(span: Span) -> dict[str, Any]:
    """A span as plain JSON, its attributes by name."""
    return {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "parentSpanId": span.parent_id,
        "name": span.name,
        "startTimeUnixNano": str(span.start_ns),
        "endTimeUnixNano": str(span.end_ns),
        "attributes": dict(span.attributes),
        "events": [
            {"name": event.name, "timeUnixNano": str(event.at_ns), "attributes": dict(event.attributes)}
            for event in span.events
        ],
        "links": [
            {"traceId": link.trace_id, "spanId": link.span_id, "attributes": dict(link.attributes)}
            for link in span.links
        ],
        "kind": span.kind,
        "status": {"code": span.status, "message": span.status_message},
        "droppedAttributesCount": span.dropped_attributes,
        "scope": span.scope,
        "resource": dict(span.resource),
    }


def otlp_document(spans: list[Any]) -> dict[str, Any]:
    """The request as OTLP's JSON has it, a group a span; what is no span stands where one would."""
    return {"resourceSpans": [_group(span) for span in spans]}


def _group(span: Any) -> dict[str, Any]:
    if not isinstance(span, dict):
        return {"scopeSpans": [{"spans": [span]}]}
    kept = {key: value for key, value in span.items() if key not in ("scope", "resource")}
    for part in ("events", "links"):
        if isinstance(kept.get(part), list):
            kept[part] = [_attributed(each) for each in kept[part]]
    scope = {"name": span.get("scope"), "version": "1"}
    return {
        "resource": {"attributes": _pairs(span.get("resource"))},
        "scopeSpans": [{"scope": scope, "spans": [_attributed(kept)]}],
    }


def logs_document(records: list[Any]) -> dict[str, Any]:
    """The same of log records."""
    written = [
        _attributed(record) | {"body": any_value(record.get("body"))} if isinstance(record, dict) else record
        for record in records
    ]
    return {"resourceLogs": [{"scopeLogs": [{"logRecords": written}]}]}


def _attributed(part: Any) -> Any:
    if not isinstance(part, dict) or not isinstance(part.get("attributes"), dict):
        return part
    return part | {"attributes": _pairs(part["attributes"])}


def _pairs(attributes: Any) -> Any:
    if not isinstance(attributes, dict):
        return attributes
    return [{"key": key, "value": any_value(value)} for key, value in attributes.items()]


def any_value(value: Any) -> Any:
    """An attribute's value in OTLP's JSON."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": value if abs(value) < 2**53 else str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [any_value(each) for each in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": _pairs(value)}}
    return {} if value is None else {"stringValue": value}


def otlp_protobuf(spans: list[Any]) -> bytes:
    """The spans in protobuf; a field whose type it cannot hold is left out."""
    request = ExportTraceServiceRequest()
    for span in spans:
        if not isinstance(span, dict):
            continue
        group = request.resource_spans.add()
        _fill(group.resource.attributes, span.get("resource"))
        scoped = group.scope_spans.add()
        scoped.scope.name = _text(span.get("scope"))
        written = scoped.spans.add(
            trace_id=_bytes(span.get("traceId")),
            span_id=_bytes(span.get("spanId")),
            parent_span_id=_bytes(span.get("parentSpanId")),
            name=_text(span.get("name")),
            start_time_unix_nano=_fixed64(span.get("startTimeUnixNano")),
            end_time_unix_nano=_fixed64(span.get("endTimeUnixNano")),
            kind=_small(span.get("kind")),
            dropped_attributes_count=_small(span.get("droppedAttributesCount")),
        )
        status = span.get("status")
        if isinstance(status, dict):
            written.status.code = _small(status.get("code"))
            written.status.message = _text(status.get("message"))
        _fill(written.attributes, span.get("attributes"))
        for event in _objects(span.get("events")):
            at = _fixed64(event.get("timeUnixNano"))
            _fill(written.events.add(name=_text(event.get("name")), time_unix_nano=at).attributes, event["attributes"])
        for link in _objects(span.get("links")):
            ids = {"trace_id": _bytes(link.get("traceId")), "span_id": _bytes(link.get("spanId"))}
            _fill(written.links.add(**ids).attributes, link["attributes"])
    return request.SerializeToString()


def logs_protobuf(records: list[Any]) -> bytes:
    """The log records in protobuf."""
    request = ExportLogsServiceRequest()
    scoped = request.resource_logs.add().scope_logs.add()
    for record in records:
        if isinstance(record, dict):
            written = scoped.log_records.add(
                trace_id=_bytes(record.get("traceId")),
                span_id=_bytes(record.get("spanId")),
                event_name=_text(record.get("eventName")),
                time_unix_nano=_fixed64(record.get("timeUnixNano")),
            )
            _fill(written.attributes, record.get("attributes"))
            _set(written.body, record.get("body"), 0)
    return request.SerializeToString()


def _objects(given: Any) -> list[dict[str, Any]]:
    found = given if isinstance(given, list) else []
    return [{"attributes": {}} | each for each in found if isinstance(each, dict)]


def _text(value: Any) -> str:
    return (value if isinstance(value, str) else "").encode("utf-8", "replace").decode()


def _bytes(value: Any) -> bytes:
    try:
        return bytes.fromhex(value)
    except (TypeError, ValueError):
        return _text(value)[:40].encode()


def _fixed64(value: Any) -> int:
    try:
        return min(max(int(value), 0), 2**64 - 1)
    except (TypeError, ValueError, OverflowError):
        return 0


def _small(value: Any) -> int:
    return int(value) if isinstance(value, int) and 0 <= value < 2**31 else 0


def _fill(pairs: Any, attributes: Any) -> None:
    for key, value in (attributes if isinstance(attributes, dict) else {}).items():
        _set(pairs.add(key=_text(key)).value, value, 0)


def _set(target: Any, value: Any, depth: int) -> None:
    if isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int) and -(2**63) <= value < 2**63:
        target.int_value = value
    elif isinstance(value, float):
        target.double_value = value
    elif isinstance(value, list | dict) and depth >= _DEEPEST:
        target.string_value = dumped(value)
    elif isinstance(value, list):
        target.array_value.SetInParent()
        for each in value:
            _set(target.array_value.values.add(), each, depth + 1)
    elif isinstance(value, dict):
        target.kvlist_value.SetInParent()
        for key, each in value.items():
            _set(target.kvlist_value.values.add(key=_text(key)).value, each, depth + 1)
    elif value is not None:
        target.string_value = _text(value) if isinstance(value, str) else str(value)[:400]


DOCUMENTS = {"spans": otlp_document, "logs": logs_document}
PROTOBUF = {"spans": otlp_protobuf, "logs": logs_protobuf}
