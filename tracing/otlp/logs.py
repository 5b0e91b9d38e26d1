"""OTLP log requests: the records of the GenAI conventions, each carried as a span beside the one that it tells of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from tracing import otlp
from tracing.dialects.log_records import BODY, LOG_SCOPE, RESPONSE_ID, trace_of_response
from tracing.dialects.values import plain, text
from tracing.otlp import json as otlp_json
from tracing.otlp.json import LATEST_NS, BadPart, Undecodable
from tracing.records import Attributes, Span, Value

_PREFIX = "gen_ai."
_FOREIGN = "a record of something else"  # a sender sends all that it logs, and means no harm: it is not told
_PLACELESS = "an event that names neither its span nor its response"


def inspect(body: bytes, content_type: str) -> otlp.Receipt:
    """What to answer to the sender; raises Undecodable where the whole body is refused."""
    taken: list[str] = []
    client = ""
    for resource, found in _records(body, content_type):
        client = client or otlp.client_of(resource)
        taken.append(found if isinstance(found, str) else "")
    ours = [reason for reason in taken if reason != _FOREIGN]
    refused = [reason for reason in ours if reason]
    told = [f"{refused.count(reason)} with {reason}" for reason in dict.fromkeys(refused)]
    message = f"{len(refused)} of {len(taken)} records were refused: {', '.join(told[:5])}." if refused else ""
    return otlp.Receipt(len(ours), len(refused), message, client, len(taken) - len(ours))


def decode(body: bytes, content_type: str) -> list[Span]:
    """The records that are kept, as spans of the scope `LOG_SCOPE`, whose parent is the span that they tell of."""
    return [found for _, found in _records(body, content_type) if not isinstance(found, str)]


def _records(body: bytes, content_type: str) -> Iterator[tuple[Attributes, Span | str]]:
    return _of_json(body) if otlp.encoding_of(content_type) == "json" else _of_protobuf(body)


def _of_protobuf(body: bytes) -> Iterator[tuple[Attributes, Span | str]]:
    message = ExportLogsServiceRequest()
    try:
        message.ParseFromString(body)
    except DecodeError as error:
        raise Undecodable("the body is no OTLP logs request in protobuf") from error
    if body and not message.resource_logs:
        raise Undecodable("the body is no OTLP logs request: it holds no resource logs")
    for group in message.resource_logs:
        resource = otlp.attributes_of(group.resource.attributes)
        for scoped in group.scope_logs:
            for record in scoped.log_records:
                at = record.time_unix_nano or record.observed_time_unix_nano
                trace_id, span_id = record.trace_id.hex(), record.span_id.hex()
                yield (
                    resource,
                    _span(
                        trace_id=trace_id if len(trace_id) == 32 and trace_id.strip("0") else "",
                        target=span_id if len(span_id) == 16 and span_id.strip("0") else "",
                        name=record.event_name,
                        at=min(at, LATEST_NS),
                        attributes=otlp.attributes_of(record.attributes),
                        body=otlp.value_of(record.body),
                        resource=resource,
                    ),
                )


def _of_json(body: bytes) -> Iterator[tuple[Attributes, Span | str]]:
    request = otlp_json.loads(body) if body.strip() else {}
    if not isinstance(request, dict) or (request and "resourceLogs" not in request):
        wrong = otlp_json.hint(request, "resource_logs") if isinstance(request, dict) else ""
        raise Undecodable("the body is JSON without resourceLogs" + wrong)
    for group in otlp_json.objects_in(request, "resourceLogs"):
        resource = otlp_json.resource_of(group)
        for scoped in otlp_json.objects_in(group, "scopeLogs"):
            records = scoped.get("logRecords") or []
            if not isinstance(records, list):
                raise Undecodable("logRecords is no list")
            for raw in records:
                yield resource, _read(raw, resource)


def _read(raw: Any, resource: Attributes) -> Span | str:
    if not isinstance(raw, dict):
        return "something that is no object"
    try:
        return _span(
            trace_id=otlp_json.id_of(raw, "traceId", 32, optional=True),
            target=otlp_json.id_of(raw, "spanId", 16, optional=True),
            name=otlp_json.text_of(raw, "eventName"),
            at=otlp_json.time_of(raw, "timeUnixNano") or otlp_json.time_of(raw, "observedTimeUnixNano"),
            attributes=otlp_json.attributes_of(raw),
            body=otlp_json.value_of(raw.get("body")),
            resource=resource,
        )
    except BadPart as bad:
        return str(bad)


def _span(
    *, trace_id: str, target: str, name: str, at: int, attributes: dict[str, Value], body: Value, resource: Attributes
) -> Span | str:
    name = name or text(attributes.get("event.name")) or ""
    if not name.startswith(_PREFIX):
        return _FOREIGN
    response = text(attributes.get(RESPONSE_ID))
    if not trace_id:
        if not response:
            return _PLACELESS
        trace_id, target = trace_of_response(response), ""
    held = attributes | {BODY: body} if body else attributes
    # The same record sent again is the same span: its id is a hash of all that it says.
    said = plain([trace_id, target, name, at, held]).encode("utf-8", "replace")
    return Span(
        trace_id=trace_id,
        span_id=hashlib.blake2b(said, digest_size=8).hexdigest(),
        parent_id=target,
        name=name,
        start_ns=at,
        end_ns=at,
        attributes=held,
        resource=resource,
        scope=LOG_SCOPE,
    )
