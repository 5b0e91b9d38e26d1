"""OTLP logs: what a sender's records say of its model calls and of answers; other records are counted and let go."""

import time
from dataclasses import replace

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

from tracing import body, keys, otlp, receive
from tracing.otlp import logs as otlp_logs
from tracing.spool import Frame


def _take_logs(request: HttpRequest, access: keys.Access) -> HttpResponse:
    received_ns = time.time_ns()
    media_type = (request.content_type or "").strip().lower()
    data = body.read(request, settings.INGEST_MAX_BYTES)
    if otlp.encoding_of(media_type) is None:
        taken = f"send {receive.PROTOBUF} or {receive.JSON}"
        raise receive.RefusedError(415, f"Content-Type {media_type[:80]!r} is not taken: {taken}")
    try:
        receipt = otlp_logs.inspect(data, media_type)
    except otlp.Undecodable as error:
        raise receive.RefusedError(400, str(error)) from error
    client = receive.client_of(request, receipt.client)
    frame = Frame("logs", access.project, data, received_ns, media_type, client, receipt.spans, receipt.rejected)
    if receipt.spans:
        receive.keep(replace(frame, ignored=receipt.ignored))
        receive.note_rejected(frame, receipt.message)
    elif receipt.ignored:
        receive.note(replace(frame, body=b"", ignored=receipt.ignored))
    return _accepted(media_type, receipt)


def _accepted(media_type: str, receipt: otlp.Receipt) -> HttpResponse:
    if otlp.encoding_of(media_type) == "json":
        told = {"rejectedLogRecords": receipt.rejected, "errorMessage": receipt.message}
        return HttpResponse(
            orjson.dumps({"partialSuccess": told} if receipt.message else {}), content_type=receive.JSON
        )
    answer = ExportLogsServiceResponse()
    if receipt.message:
        answer.partial_success.rejected_log_records = receipt.rejected
        answer.partial_success.error_message = receipt.message
    return HttpResponse(answer.SerializeToString(), content_type=receive.PROTOBUF)


otlp_logs_view = receive.answering(_take_logs, receive.refuse_otlp)
