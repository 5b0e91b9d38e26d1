"""What senders call: each request is checked as far as an honest answer needs, spooled, and answered."""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from tracing import body, keys, native, otlp, problems, signals
from tracing.otlp.json import loads
from tracing.records import Signal
from tracing.spool import Frame, Spool, SpoolFullError, gone

log = structlog.get_logger()
_late: dict[tuple[str, bytes], Path] = {}  # where requests are kept that the store did not take in time

JSON = "application/json"
PROTOBUF = "application/x-protobuf"
RETRY_AFTER_SECONDS = "2"  # exporters drop a batch that would have to wait beyond their deadline of 5 to 10 s
STORED_WITHIN_SECONDS = 4.0
MOST_LATE = 1_000
RPC_CODES = {400: 3, 401: 16, 403: 7, 413: 3, 415: 3, 503: 14}


@cache
def spool() -> Spool:
    """This process's spool."""
    return Spool(settings.SPOOL_DIR, settings.SPOOL_MAX_BYTES)


def keep(frame: Frame) -> None:
    """The ack's promise: on disk; where INGEST_ACK is `clickhouse`, in the store as well."""
    if settings.INGEST_ACK != "clickhouse":
        spool().append(frame)
        return
    sent = (frame.project, hashlib.blake2b(frame.body).digest())
    path = _late.pop(sent, None) or spool().append(frame)
    if not gone(path, STORED_WITHIN_SECONDS):
        if frame.kind == "otlp":
            _remember(sent, path)
        raise SpoolFullError("the store did not take it in time")


def _remember(sent: tuple[str, bytes], path: Path) -> None:
    """A request that is one frame waits on when it is sent again, in place of being kept twice."""
    _late[sent] = path
    if len(_late) > MOST_LATE:
        _late.pop(next(iter(tuple(_late))), None)


def keep_signals(found: Sequence[Signal], project: str, received_ns: int, client: str = "") -> None:
    """The same of signals; where there are none, nothing."""
    if found:
        keep(Frame("signals", project, signals.dump(found), received_ns, JSON, client, signals=len(found)))


class RefusedError(Exception):
    """A request that is not taken, with the status and the reason of its answer."""

    def __init__(self, status: int, reason: str, project: str = "") -> None:
        super().__init__(reason)
        self.status, self.reason, self.project = status, reason, project


Handler = Callable[..., HttpResponseBase]  # of the request, its access, and what the path names


def answering(
    handler: Handler,
    refuse: Callable[[HttpRequest, RefusedError], HttpResponse],
    methods: Sequence[str] = ("POST",),
    scopes: Sequence[str] = ("ingest",),
) -> Handler:
    """A view for keys with one of the scopes, the first where it changes something; every refusal is counted."""

    @csrf_exempt
    def view(request: HttpRequest, **named: str) -> HttpResponseBase:
        if request.method not in methods:
            return problems.wrong_method(request, ", ".join(methods))
        project = ""
        try:
            access = _access(request)
            project = access.project
            if not any(access.may(scope) for scope in (scopes if request.method == "GET" else scopes[:1])):
                raise RefusedError(403, access.lack(scopes[0])[1])
            return handler(request, access, **named)
        except body.BodyError as error:
            refusal = RefusedError(error.status, error.reason)
        except SpoolFullError as error:
            refusal = RefusedError(503, f"{error}; try again")
        except RefusedError as error:
            refusal = error
        refusal.project = project
        _count(request, refusal)
        return refuse(request, refusal)

    return view


def _access(request: HttpRequest) -> keys.Access:
    try:
        return keys.authenticate(request)
    except keys.KeyRefused as error:
        raise RefusedError(401, str(error)) from error


def client_of(request: HttpRequest, told: str = "") -> str:
    """The SDK's name and version: of Langfuse's headers, as the body told, or what the request calls itself."""
    named = (request.headers.get(f"X-Langfuse-Sdk-{part}", "") for part in ("Name", "Version"))
    sdk = " ".join(word for word in named if word)
    return (f"langfuse {sdk}" if sdk else told or request.headers.get("User-Agent", ""))[:200]


def _count(request: HttpRequest, refusal: RefusedError) -> None:
    client = client_of(request)
    log.warning("refused", status=refusal.status, reason=refusal.reason, project=refusal.project, client=client)
    note(
        Frame(
            "refusal", refusal.project, b"", time.time_ns(), client=client, status=refusal.status, reason=refusal.reason
        )
    )


def note(frame: Frame) -> None:
    """Count what nobody was promised, without waiting for the disk."""
    try:
        spool().note(frame)
    except SpoolFullError:
        log.error("what came could not be counted", kind=frame.kind, status=frame.status)


def note_rejected(frame: Frame, message: str) -> None:
    """Of a request that was taken, keep for the ingest page why some of it was not."""
    if frame.rejected:
        note(replace(frame, kind="refusal", body=b"", spans=0, rejected=0, reason=message[:500]))


def _media_type(request: HttpRequest) -> str:
    return (request.content_type or "").strip().lower()


def refuse_otlp(request: HttpRequest, refusal: RefusedError) -> HttpResponse:
    code, message = RPC_CODES[refusal.status], refusal.reason
    if _media_type(request) == PROTOBUF:
        response = HttpResponse(_rpc_status(code, message), content_type=PROTOBUF, status=refusal.status)
    else:
        answer = orjson.dumps({"code": code, "message": message})
        response = HttpResponse(answer, content_type=JSON, status=refusal.status)
    return with_headers(response)


def with_headers(response: HttpResponse) -> HttpResponse:
    if response.status_code == 503:
        response["Retry-After"] = RETRY_AFTER_SECONDS
    if response.status_code == 401:
        response["WWW-Authenticate"] = 'Bearer realm="stagelight"'
    return response


def _rpc_status(code: int, message: str) -> bytes:
    """google.rpc.Status: field 1 the code, field 2 the message."""
    text = message.encode()[:4000]
    return bytes((0x08, code, 0x12)) + _varint(len(text)) + text


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _refuse_json(request: HttpRequest, refusal: RefusedError) -> HttpResponse:
    return with_headers(problems.response(refusal.status, refusal.reason))


def take_otlp(request: HttpRequest, access: keys.Access) -> HttpResponse:
    received_ns = time.time_ns()
    media_type = _media_type(request)
    if media_type not in (PROTOBUF, JSON):
        body.read(request, settings.INGEST_MAX_BYTES)
        raise RefusedError(415, f"Content-Type {media_type[:80]!r} is not taken: send {PROTOBUF} or {JSON}")
    data = body.read(request, settings.INGEST_MAX_BYTES)
    try:
        receipt = otlp.inspect(data, media_type)
    except otlp.Undecodable as error:
        raise RefusedError(400, str(error)) from error
    if receipt.spans:
        client = client_of(request, receipt.client)
        frame = Frame("otlp", access.project, data, received_ns, media_type, client, receipt.spans, receipt.rejected)
        keep(frame)
        note_rejected(frame, receipt.message)
    return _accepted_otlp(media_type, receipt.rejected, receipt.message or "")


def _accepted_otlp(media_type: str, rejected: int, message: str) -> HttpResponse:
    if media_type == JSON:
        partial = {"partialSuccess": {"rejectedSpans": rejected, "errorMessage": message}} if message else {}
        return HttpResponse(orjson.dumps(partial), content_type=JSON)
    answer = ExportTraceServiceResponse()
    if message:
        answer.partial_success.rejected_spans = rejected
        answer.partial_success.error_message = message
    return HttpResponse(answer.SerializeToString(), content_type=PROTOBUF)


def _take_native(request: HttpRequest, access: keys.Access) -> HttpResponse:
    received_ns = time.time_ns()
    data = body.read(request, settings.INGEST_MAX_BYTES)
    try:
        items = native.parse(data)
    except native.Undecodable as error:
        raise RefusedError(400, str(error)) from error
    errors = [_told(item.index, **asdict(item.problem)) for item in items if item.problem]
    client = request.headers.get("User-Agent", "")[:200]
    if items:
        frame = Frame("native", access.project, data, received_ns, JSON, client, len(items), len(errors), 202)
        keep(frame)
        note_rejected(frame, _summary(errors))
    untold = _keep_signals_within(items, access, received_ns)
    return _accepted(len(items) - len(errors), errors, untold)


def _keep_signals_within(items: Sequence[native.Item], access: keys.Access, received_ns: int) -> list[dict[str, Any]]:
    """Keep what documents say was said of their traces; returns an error for each that could not be read."""
    kept: list[Signal] = []
    errors = []
    for item in items:
        found, wrong = signals.parse(list(item.signals), received_ns, native.trace_id_of)
        kept += found
        errors += [
            _told(item.index, error.detail, f"signals[{error.index}].{error.field}".rstrip("."), error.suggestion or "")
            for error in wrong
        ]
    keep_signals(kept, access.project, received_ns)
    return errors


def _told(index: int, detail: str, field: str, suggestion: str) -> dict[str, Any]:
    """One item's error; `message` is what `detail` was called here at first."""
    return {"index": index, "field": field, "detail": detail, "message": detail, "suggestion": suggestion}


def _summary(errors: list[dict[str, Any]]) -> str:
    """The reasons, each once, the most frequent first."""
    reasons = Counter(_reason(error["field"], error["detail"]) for error in errors)
    return "; ".join(f"{times} left out: {reason}" for reason, times in reasons.most_common(5))


def _reason(field: str, words: str) -> str:
    return words if not field or words.startswith(field) else f"{field}: {words}"


def _accepted(accepted: int, refused: list[dict[str, Any]], untold: Sequence[dict[str, Any]] = ()) -> HttpResponse:
    """`refused` items were not taken; `untold` errors are of parts of items that were."""
    answer = {"accepted": accepted, "rejected": len(refused), "errors": [*refused, *untold]}
    return HttpResponse(orjson.dumps(answer), content_type=JSON, status=202)


def _take_signals(request: HttpRequest, access: keys.Access) -> HttpResponse:
    received_ns = time.time_ns()
    data = body.read(request, settings.INGEST_MAX_BYTES)
    try:
        parsed = loads(data)
    except otlp.Undecodable as error:
        raise RefusedError(400, str(error)) from error
    items = parsed if isinstance(parsed, list) else [parsed]
    if len(items) > signals.MOST:
        raise RefusedError(413, f"{len(items)} signals in one request; {signals.MOST} are taken")
    kept, errors = signals.parse(items, received_ns, native.trace_id_of)
    keep_signals(kept, access.project, received_ns)
    refused = [asdict(error) for error in errors]
    if refused:
        client, reason = client_of(request), _summary(refused)[:500]
        note(Frame("refusal", access.project, b"", received_ns, client=client, status=202, reason=reason))
    return _accepted(len(kept), refused)


otlp_traces = answering(take_otlp, refuse_otlp)
native_traces = answering(_take_native, _refuse_json)
post_signals = answering(_take_signals, _refuse_json)


@csrf_exempt
def otlp_metrics(request: HttpRequest) -> HttpResponse:
    """Metrics have no place here."""
    return problems.response(404, "Stagelight takes traces and logs; send metrics to your metrics store.")
