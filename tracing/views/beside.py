"""From one trace of a list to the next: the address carries the list, as it does on the list's own page."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from tracing import native, queries
from tracing.filters import FilterError
from tracing.pages.list_bar import Bar
from tracing.views.access import Visit, member_page
from tracing.views.trace import missing


@require_GET
@member_page
def next_trace(here: Visit, trace_id: str) -> HttpResponse:
    """The trace below this one in the list."""
    return _beside(here, trace_id, backwards=False)


@require_GET
@member_page
def previous_trace(here: Visit, trace_id: str) -> HttpResponse:
    """The trace above this one in the list."""
    return _beside(here, trace_id, backwards=True)


def _beside(here: Visit, trace_id: str, *, backwards: bool) -> HttpResponse:
    bar, trace_id = Bar.of(here.slug, here.request.GET), native.trace_id_of(trace_id)
    state = f"?{bar.state}" if bar.state else ""
    sort = bar.sort or "newest"
    try:
        scope = bar.scope(here.project)
        cursor = queries.cursor_beside(scope=scope, sort=sort, trace_id=trace_id, backwards=backwards)
        if cursor is None:
            return missing(here, trace_id)
        rows = queries.trace_page(scope=scope, sort=sort, cursor=cursor, limit=1, names=queries.SHOWN).rows
    except (FilterError, queries.CursorError):
        return redirect(bar.link())
    if not rows:
        words = "This is the first trace of the list." if backwards else "This is the last trace of the list."
        messages.info(here.request, words)
    return redirect(here.page_of(rows[0].trace_id if rows else trace_id) + state)
