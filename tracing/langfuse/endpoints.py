"""The endpoints that Langfuse's SDKs send to; what they answer is what those SDKs expect."""

import time
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from tracing import body, keys, native, problems
from tracing.langfuse import batch as langfuse_batch
from tracing.langfuse.batch import Batch
from tracing.models import Project
from tracing.otlp.json import Undecodable
from tracing.receive import (
    JSON,
    RefusedError,
    answering,
    client_of,
    keep,
    keep_signals,
    note_rejected,
    refuse_otlp,
    take_otlp,
    with_headers,
)
from tracing.spool import Frame

EITHER = ("ingest", "read")
VERSION = "3.0.0"  # of Langfuse's API: that is what its clients ask for
_ERRORS = {
    400: "InvalidRequestError",
    401: "UnauthorizedError",
    403: "ForbiddenError",
    404: "LangfuseNotFoundError",
    413: "PayloadTooLargeError",
}


def answer(content: Any, status: int = 200) -> HttpResponse:
    """JSON."""
    return HttpResponse(orjson.dumps(content), content_type=JSON, status=status)


def problem(status: int, message: str) -> HttpResponse:
    """An error in Langfuse's form."""
    return answer({"message": message, "error": _ERRORS.get(status, "LangfuseError")}, status)


def refuse(request: HttpRequest, refusal: RefusedError) -> HttpResponse:
    """A refused request's answer in Langfuse's form."""
    return with_headers(problem(refusal.status, refusal.reason))


def _take_ingestion(request: HttpRequest, access: keys.Access) -> HttpResponse:
    received_ns = time.time_ns()
    data = body.read(request, settings.INGEST_MAX_BYTES)
    try:
        batch = langfuse_batch.read_events(data, native.trace_id_of, received_ns)
    except Undecodable as error:
        raise RefusedError(400, str(error)) from error
    client = client_of(request) if "X-Langfuse-Sdk-Name" in request.headers else batch.client or client_of(request)
    keep_batch(batch, access.project, received_ns, client)
    errors = [{"id": each.id, "status": 400, "message": each.message, "error": each.message} for each in batch.faults]
    return answer({"successes": [{"id": each, "status": 201} for each in batch.taken], "errors": errors}, 207)


def keep_batch(batch: Batch, project: str, received_ns: int, client: str) -> None:
    """Its events and scores into the spool; raises SpoolFullError."""
    if batch.events:
        spans = langfuse_batch.otlp_of(batch.spans)
        rejected = batch.events - len(batch.spans)
        frame = Frame("otlp", project, spans, received_ns, JSON, client, batch.events, rejected)
        keep(frame)
        note_rejected(frame, "; ".join(dict.fromkeys(fault.message for fault in batch.faults)))
    keep_signals(batch.signals, project, received_ns, client)


def _take_scores(request: HttpRequest, access: keys.Access) -> HttpResponse:
    received_ns = time.time_ns()
    data = body.read(request, settings.INGEST_MAX_BYTES)
    try:
        batch = langfuse_batch.read_scores(data, native.trace_id_of, received_ns)
    except Undecodable as error:
        raise RefusedError(400, str(error)) from error
    keep_batch(batch, access.project, received_ns, client_of(request))
    if data.lstrip()[:1] != b"[":
        return _one_score(batch)
    if not batch.faults:
        return answer({"message": "Accepted"}, 202)
    errors = [{"index": each.index, "id": each.id, "message": each.message} for each in batch.faults]
    return answer({"accepted": len(batch.taken), "rejected": len(errors), "errors": errors}, 207)


def _one_score(batch: Batch) -> HttpResponse:
    if batch.faults:
        return problem(400, batch.faults[0].message)
    return answer({"id": batch.taken[0], "message": "Accepted"}, 202)


def _projects(request: HttpRequest, access: keys.Access) -> HttpResponse:
    project = Project.objects.get(slug=access.project)
    described = {
        "id": project.slug,
        "name": project.name,
        "organization": {"id": "stagelight", "name": "Stagelight"},
        "metadata": {},
        "retentionDays": None,
    }
    return answer({"data": [described]})


def _prompt(request: HttpRequest, access: keys.Access, name: str) -> HttpResponse:
    asked = request.GET.get("version")
    label = request.GET.get("label") or "production"
    what = f"version {asked[:40]}" if asked else f"label '{label[:80]}'"
    return problem(404, f"Prompt not found: '{name[:200]}' with {what}. Stagelight keeps no prompts.")


@require_GET
def trace_page(request: HttpRequest, project: str, trace_id: str) -> HttpResponse:
    """Where the link that an SDK prints for a trace leads."""
    return redirect("tracing:permalink", trace_id=native.trace_id_of(trace_id))


@problems.only_read
def health(request: HttpRequest) -> HttpResponse:
    """That somebody listens."""
    return answer({"status": "OK", "version": VERSION})


otlp_traces = answering(take_otlp, refuse_otlp)
ingestion = answering(_take_ingestion, refuse)
scores = answering(_take_scores, refuse)
projects = answering(_projects, refuse, ("GET",), EITHER)
prompt = answering(_prompt, refuse, ("GET",), EITHER)
