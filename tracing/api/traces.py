"""The API of traces: lists, one, its spans, its signals, and the bundle of everything that its stages saw."""

from collections.abc import Iterator
from typing import Annotated

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from ninja import Query, Router

from tracing import native, queries, receive
from tracing.api import shape
from tracing.api.access import READ, ProblemError, access_of, project_of
from tracing.filters import parse, parse_range
from tracing.queries import Found, Scope

router = Router(tags=["traces"])
MOST = 500


def answer(body: object, status: int = 200) -> HttpResponse:
    """JSON as the API gives it: numbers that are none are null."""
    return HttpResponse(orjson.dumps(body), content_type="application/json", status=status)


@router.get("/traces", auth=READ, summary="List traces")
def traces(
    request: HttpRequest,
    q: Annotated[str, Query(description="A filter; see docs/filters.md.")] = "",
    from_: Annotated[str, Query(alias="from", description="Began at or after: 24h, 2026-11-20, RFC 3339.")] = "",
    to: Annotated[str, Query(description="Began before; a date includes its whole day.")] = "",
    sort: Annotated[str, Query(description="newest, oldest, latency, cost, confidence or groundedness.")] = "newest",
    cursor: Annotated[str, Query(description="`next` or `previous` of another page.")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> HttpResponse:
    """A page of traces, without candidates; `query` and `answer` are their first 200 characters.

    `next` and `previous` are the cursors of the pages beside it, null at an end.
    """
    project = project_of(request)
    start_ns, end_ns = parse_range(from_, to)
    scope = Scope.of(project, parse(q), start_ns, end_ns)
    page = queries.trace_page(scope=scope, sort=sort, cursor=cursor, limit=limit)
    rows = [shape.summary_json(row, project.slug) for row in page.rows]
    return answer({"traces": rows, "next": page.next, "previous": page.previous})


@router.post("/traces", auth=None, summary="Send traces")
def send_traces(request: HttpRequest) -> HttpResponseBase:
    """One trace or a list, in the shape of one trace; `trace_id`, `query` and `started_at` are needed. Scope: ingest.

    Answers 202 with how many were accepted, and an error for each that was not.
    """
    return receive.native_traces(request)


@router.get("/traces/{trace_id}", auth=READ, summary="One trace")
def trace(request: HttpRequest, trace_id: str) -> HttpResponse:
    """The trace with its stages, and every chunk's way from retrieval to citation. Every key is always there."""
    return answer(shape.trace_json(_found(request, trace_id)))


@router.get("/traces/{trace_id}/spans", auth=READ, summary="A trace's spans")
def spans(
    request: HttpRequest,
    trace_id: str,
    content: Annotated[bool, Query(description="False leaves attributes and events out.")] = True,
) -> HttpResponseBase:
    """The spans in the order in which they began, as their senders described them. Times are integers in ns."""
    found = _found(request, trace_id)
    return _stream(_joined('{"spans":[', _spans(found, content=content), "]}"))


@router.get("/traces/{trace_id}/signals", auth=READ, summary="A trace's signals")
def signals(request: HttpRequest, trace_id: str) -> HttpResponse:
    """What was said of the trace after the fact, the newest first; also of a trace that has not come yet."""
    project = access_of(request).project
    said = queries.signals(project=project, trace_id=native.trace_id_of(trace_id))
    if not said:
        _found(request, trace_id)
    return answer({"signals": [shape.signal_json(signal) for signal in said]})


@router.post("/signals", auth=None, tags=["signals"], summary="Send signals")
def send_signals(request: HttpRequest) -> HttpResponseBase:
    """One signal or a list: a thumb, a comment, a score, a ticket, resolved, or a broken citation. Scope: ingest."""
    return receive.post_signals(request)


@router.get("/traces/{trace_id}/replay", auth=READ, summary="Everything that the stages saw")
def replay(request: HttpRequest, trace_id: str) -> HttpResponseBase:
    """A bundle to replay a trace from: the trace with every text, its signals, and its spans whole."""
    found = _found(request, trace_id)
    head = orjson.dumps({"format": "stagelight.replay/1", "trace": shape.trace_json(found)}).decode()
    response = _stream(_joined(head[:-1] + ',"spans":[', _spans(found, content=True), "]}"))
    response["Content-Disposition"] = f'attachment; filename="{found.trace.trace_id}.replay.json"'
    return response


def _found(request: HttpRequest, trace_id: str) -> Found:
    project = project_of(request)
    live = tuple(map(str, project.live_environments)) or queries.LIVE
    found = queries.trace(project=project.slug, trace_id=native.trace_id_of(trace_id), live=live)
    if found is None:
        raise ProblemError(
            404,
            "this project has no such trace: it may belong to another project, be older than what is kept,"
            " or not have arrived yet",
        )
    return found


def _spans(found: Found, *, content: bool) -> Iterator[bytes]:
    where = {"project": found.project, "trace_id": found.trace.trace_id}
    if content:
        for span in queries.spans(**where):
            yield orjson.dumps(shape.span_json(span))
    else:
        for outline in queries.span_tree(**where):
            yield orjson.dumps(shape.outline_json(outline))


def _joined(head: str, parts: Iterator[bytes], tail: str) -> Iterator[bytes]:
    yield head.encode()
    for number, part in enumerate(parts):
        yield b"," + part if number else part
    yield tail.encode()


def _stream(parts: Iterator[bytes]) -> StreamingHttpResponse:
    return StreamingHttpResponse(parts, content_type="application/json")
