"""A trace's long texts, whole: chunks when opened, downloads as plain text, raw JSON and the replay bundle."""

from collections.abc import Iterator

import orjson
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_GET

from tracing import queries
from tracing.api import shape
from tracing.filters.values import quoted
from tracing.pages.journey_csv import journey_csv as csv_of
from tracing.pages.journey_view import journey
from tracing.records import Candidate
from tracing.views.access import Context, Visit, member_page
from tracing.views.spans import download

CHUNK_LIMIT = 4_000


@require_GET
@member_page
def chunk(here: Visit, trace_id: str) -> HttpResponse:
    """One chunk's text, as a row below its row or as a page."""
    found = _found(here, trace_id)
    candidate = _candidate(found, here.request.GET.get("id", ""))
    length = len(candidate.text or "")
    context: Context = {
        "chunk": candidate,
        "long": length if length > CHUNK_LIMIT else 0,
        "columns": journey(found.trace).columns,
        "search": f"retrieved:{quoted(candidate.anchor or candidate.chunk_id)}",
        "base": here.page_of(trace_id),
    }
    part = "#row" if here.request.headers.get("HX-Request") else ""
    return here.render("tracing/chunk.html" + part, context, place="traces")


@require_GET
@member_page
def text(here: Visit, trace_id: str, part: str) -> HttpResponse:
    """The whole question, answer, context or chunk as plain text."""
    found = _found(here, trace_id)
    texts = {"query": found.trace.query, "answer": found.trace.answer, "context": found.trace.context.text}
    whole = _candidate(found, here.request.GET.get("id", "")).text if part == "chunk" else texts.get(part)
    if whole is None:
        raise Http404("text")
    return download(whole, f"{found.trace.trace_id}-{part}.txt")


def _found(here: Visit, trace_id: str) -> queries.Found:
    found = here.trace(trace_id)
    if found is None:
        raise Http404("trace")
    return found


def _candidate(found: queries.Found, chunk_id: str) -> Candidate:
    candidate = next((item for item in found.trace.candidates if item.chunk_id == chunk_id), None)
    if candidate is None:
        raise Http404("chunk")
    return candidate


@require_GET
@member_page
def journey_csv(here: Visit, trace_id: str) -> HttpResponse:
    """The chunk journey as a file, all chunks in it."""
    found = _found(here, trace_id)
    table = csv_of(found.trace, expected=found.expected)
    return download(table, f"{found.trace.trace_id}-journey.csv", "text/csv")


@require_GET
@member_page
def raw_json(here: Visit, trace_id: str) -> HttpResponse:
    """The trace as the API answers it, indented for whoever opens it in a browser."""
    read_here = "text/html" in here.request.headers.get("Accept", "")
    told = orjson.dumps(shape.trace_json(_found(here, trace_id)), option=orjson.OPT_INDENT_2 if read_here else None)
    return HttpResponse(told, content_type="application/json", headers={"Vary": "Accept"})


@require_GET
@member_page
def replay(here: Visit, trace_id: str) -> HttpResponseBase:
    """The bundle with everything that each stage saw, as the API answers it."""
    found = _found(here, trace_id)
    response = StreamingHttpResponse(_bundle(found), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{found.trace.trace_id}.replay.json"'
    return response


def _bundle(found: queries.Found) -> Iterator[bytes]:
    head = orjson.dumps({"format": "stagelight.replay/1", "trace": shape.trace_json(found)})
    yield head[:-1] + b',"spans":['
    for number, span in enumerate(queries.spans(project=found.project, trace_id=found.trace.trace_id)):
        yield (b"," if number else b"") + orjson.dumps(shape.span_json(span))
    yield b"]}"
