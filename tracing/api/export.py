"""The API of exports: the traces that a filter finds, as a file, the oldest first."""

from typing import Annotated

from django.http import HttpRequest, HttpResponseBase
from ninja import Query, Router

from tracing import problems
from tracing.api.access import READ, ProblemError, project_of
from tracing.exporting.streaming import BusyError, export_response
from tracing.exporting.writers import FORMATS
from tracing.filters import parse, parse_range
from tracing.queries import Scope

router = Router(tags=["traces"])
RETRY_AFTER_SECONDS = "5"


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
    start_ns, end_ns = parse_range(from_, to)
    scope = Scope.of(project_of(request), parse(q), start_ns, end_ns)
    try:
        return export_response(scope, format, limit)
    except BusyError as error:
        response = problems.response(503, str(error))
        response["Retry-After"] = RETRY_AFTER_SECONDS
        return response
