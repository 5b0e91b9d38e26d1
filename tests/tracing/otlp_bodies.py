"""OTLP requests for tests: spans as OTLP's JSON has them, in JSON or protobuf."""

import json
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

START_NS = 1_795_000_000 * 10**9


def otlp_value(value: Any) -> dict[str, Any]:
    """An attribute's value."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [otlp_value(each) for each in value]}}
    return {"stringValue": value}


def otlp_span(
    trace_id: str,
    span_id: str = "b7ad6b7169203331",
    parent_id: str = "",
    name: str = "rag",
    start_ns: int = START_NS,
    end_ns: int | None = None,
    attributes: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A span of half a second."""
    return {
        "traceId": trace_id,
        "spanId": span_id,
        "parentSpanId": parent_id,
        "name": name,
        "startTimeUnixNano": str(start_ns),
        "endTimeUnixNano": str(min(2**64 - 1, start_ns + 5 * 10**8) if end_ns is None else end_ns),
        "attributes": [{"key": key, "value": otlp_value(value)} for key, value in (attributes or {}).items()],
        **more,
    }


def otlp_json(*spans: dict[str, Any], resource: dict[str, Any] | None = None) -> str:
    """A request in JSON; lone surrogates become the escapes that they were."""
    attributes = [{"key": key, "value": otlp_value(value)} for key, value in (resource or {}).items()]
    return json.dumps(
        {"resourceSpans": [{"resource": {"attributes": attributes}, "scopeSpans": [{"spans": list(spans)}]}]}
    )


def protobuf(*spans: dict[str, Any], resource: dict[str, Any] | None = None) -> bytes:
    """The same request in protobuf."""
    request = ExportTraceServiceRequest()
    found = request.resource_spans.add()
    for key, value in (resource or {}).items():
        _set(found.resource.attributes.add(key=key).value, otlp_value(value))
    scope = found.scope_spans.add()
    for span in spans:
        added = scope.spans.add(
            trace_id=bytes.fromhex(span["traceId"]),
            span_id=bytes.fromhex(span["spanId"]),
            parent_span_id=bytes.fromhex(span["parentSpanId"]),
            name=span["name"],
            start_time_unix_nano=int(span["startTimeUnixNano"]),
            end_time_unix_nano=int(span["endTimeUnixNano"]),
        )
        for pair in span["attributes"]:
            _set(added.attributes.add(key=pair["key"]).value, pair["value"])
        if "status" in span:
            added.status.code = span["status"]["code"]
            added.status.message = span["status"].get("message", "")
    return request.SerializeToString()


def _set(target: Any, value: dict[str, Any]) -> None:
    [(kind, content)] = value.items()
    if kind == "arrayValue":
        for each in content["values"]:
            _set(target.array_value.values.add(), each)
    else:
        name = {"stringValue": "string_value", "boolValue": "bool_value", "doubleValue": "double_value"}.get(kind)
        setattr(target, name or "int_value", content if name else int(content))
