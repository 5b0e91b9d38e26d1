"""Files as other programs write them: the same small pipeline in each program's own form."""

import json
from typing import Any

BEGAN_NS = 1_795_000_000 * 10**9  # 2026-11-18


def hex_id(number: int, digits: int = 32) -> str:
    """An id of so many digits."""
    return f"{number:0{digits}x}"


def native(number: int, **more: Any) -> dict[str, Any]:
    """One trace in our own JSON."""
    said = {
        "trace_id": hex_id(number),
        "query": f"What is number {number}?",
        "started_at": "2026-11-18T11:06:40Z",
        "answer": "A number.",
        "candidates": [{"chunk_id": f"c{number}", "text": f"Number {number} is a number.", "survived": True}],
    }
    return said | more


def jsonl(*documents: Any) -> str:
    """A line a document."""
    return "".join(f"{json.dumps(each)}\n" for each in documents)


def _attribute(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": {"stringValue": value}}


def otlp_span(trace: int, number: int, parent: int = 0, **attributes: str) -> dict[str, Any]:
    """One span in OTLP's JSON."""
    return {
        "traceId": hex_id(trace),
        "spanId": hex_id(trace * 100 + number, 16),
        "parentSpanId": hex_id(trace * 100 + parent, 16) if parent else "",
        "name": f"step {number}",
        "startTimeUnixNano": str(BEGAN_NS + number * 10**6),
        "endTimeUnixNano": str(BEGAN_NS + (100 - number) * 10**6),
        "attributes": [_attribute(key.replace("__", "."), value) for key, value in attributes.items()],
    }


def otlp_trace(trace: int) -> list[dict[str, Any]]:
    """A question, its retriever, and its answer."""
    return [
        otlp_span(
            trace,
            1,
            openinference__span__kind="CHAIN",
            input__value=f"What is number {trace}?",
            output__value="A number.",
        ),
        otlp_span(
            trace,
            2,
            1,
            openinference__span__kind="RETRIEVER",
            input__value=f"What is number {trace}?",
            retrieval__documents__0__document__id=f"c{trace}",
            retrieval__documents__0__document__content=f"Number {trace} is a number.",
        ),
    ]


def otlp_request(*spans: dict[str, Any]) -> dict[str, Any]:
    """A request of these spans."""
    resource = {"attributes": [_attribute("service.name", "docs")]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {"name": "x"}, "spans": list(spans)}]}]}


def protobuf_request(*traces: int) -> bytes:
    """The same in protobuf."""
    from google.protobuf.json_format import ParseDict
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    message = ExportTraceServiceRequest()
    for trace in traces:
        part = ExportTraceServiceRequest()
        ParseDict(_base64(otlp_request(*otlp_trace(trace))), part)
        message.MergeFrom(part)
    return bytes(message.SerializeToString())


def _base64(request: dict[str, Any]) -> dict[str, Any]:
    """Protobuf's own JSON has ids in base64."""
    import base64

    for span in request["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        for key in ("traceId", "spanId", "parentSpanId"):
            span[key] = base64.b64encode(bytes.fromhex(span[key])).decode()
    return request


def base64_request(trace: int) -> dict[str, Any]:
    """A request as protobuf's own JSON has it."""
    return _base64(otlp_request(*otlp_trace(trace)))
