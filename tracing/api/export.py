"""The API of exports: the traces that a filter finds, as a file, the oldest first."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from ninja import Query, Router

from tracing import problems
from tracing.api.access import READ, ProblemError, project_of
from tracing.exporting.writers import FORMATS, Writer
from tracing.filters import parse, parse_range
from tracing.keyed import TraceKey
from tracing.queries import Scope
from tracing.queries.whole import keys_from, whole_traces

router = Router(tags=["traces"])

KEYS_A_READ = 5_000
AT_ONCE = 2  # each holds a thread of the server for as long as its client reads
RETRY_AFTER_SECONDS = "5"
_running = threading.BoundedSemaphore(AT_ONCE)


@router.get("/traces/export", auth=READ, summary="Export traces")
def export(
    request: HttpRequest,
    q: Annotated[str, Query(description="A filter; see docs/filters.md.")] = "",
    from_: Annotated[str, Query(alias="from", description="Began at or after: 24h, 2026-11-20, RFC 3339.")] = "",
    to: Annotated[str, Query(description="Began before; a date includes its whole day.")] = "",
    format: Annotated[str, Query(description="jsonl, csv or parquet.")] = "jsonl",
    limit: Annotated[int, Query(ge=0, description="At most so many, the oldest; 0 for all.")] = 0,
) -> HttpResponseBase:
    """All matches that began before now, the oldest first, sent as they are read.

    `jsonl`: each trace whole, as `GET /traces/{trace_id}` gives it, a line a trace; `POST /traces` takes it back.
    `csv` and `parquet`: one flat row a trace, as docs/export.md describes. In CSV, a text that a spreadsheet would take
    for a formula has an apostrophe before it. An export that breaks off ends without the closing chunk of its encoding,
    which HTTP clients report. Two run at a time; others are answered with 503 and told when to come again.
    """
    if format not in FORMATS:
        raise ProblemError(400, f"there is no format '{format[:40]}': it is {', '.join(FORMATS)}", field="format")
    project = project_of(request)
    start_ns, end_ns = parse_range(from_, to)
    scope = Scope.of(project, parse(q), start_ns, end_ns)
    scope = replace(scope, end_ns=min(end_ns or scope.now_ns, scope.now_ns))
    writer = FORMATS[format]()
    if not _running.acquire(timeout=1):
        return _busy()
    pieces = _pieces(scope, writer, limit)
    next(pieces)  # a store that does not answer is an error with its status, and not a broken file
    response = StreamingHttpResponse(pieces, content_type=writer.content_type)
    name = f"traces-{time.strftime('%Y%m%d-%H%M%S', time.gmtime(scope.now_ns / 1e9))}.{format}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _busy() -> HttpResponse:
    response = problems.response(503, f"{AT_ONCE} exports are running, which is as many as run at a time: come again")
    response["Retry-After"] = RETRY_AFTER_SECONDS
    return response


def _pieces(scope: Scope, writer: Writer, limit: int) -> Iterator[bytes]:
    """A piece behind what was read: the first is empty, and comes when the first traces have been read."""
    held = b""
    try:
        for keys in batched_keys(scope, writer.batch, limit):
            found = whole_traces(project=scope.project, keys=keys, live=scope.live, with_texts=writer.with_texts)
            read = writer.rows(found)
            yield held
            held = read
        end = writer.end()
        yield held
        yield end
    finally:
        _running.release()


def batched_keys(scope: Scope, batch: int, limit: int) -> Iterator[tuple[TraceKey, ...]]:
    """The keys in scope, the oldest first, so many at a time; at most `limit` in all, where it is not 0."""
    after: TraceKey | None = None
    left = limit
    while True:
        wanted = min(KEYS_A_READ, left) if limit else KEYS_A_READ
        keys = keys_from(scope=scope, after=after, limit=wanted) if wanted else ()
        for start in range(0, len(keys), batch):
            yield keys[start : start + batch]
        if not keys or len(keys) < wanted:
            return
        after, left = keys[-1], left - len(keys)
