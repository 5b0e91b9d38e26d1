"""What a trace's page asks while its verdict is on the way."""

import time

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from tracing import queries
from tracing.pages.list_bar import Bar
from tracing.views.access import Context, Visit, member_page

PATIENCE_NS = 120 * 10**9
STOP_ASKING = 286  # htmx's own: the element asks no more


@require_GET
@member_page
def judged(here: Visit, trace_id: str) -> HttpResponse:
    """That the verdict is there, in place of the line that asks; the page takes it in where nobody is at work on it."""
    found = here.trace(trace_id)
    if found is not None and is_expected(found):
        return HttpResponse(status=204)
    context: Context = {"page": _page(here, trace_id), "settled": True}
    is_there = found is not None and found.standing.row is not None
    return here.render(f"tracing/{'_arrived' if is_there else '_waiting'}.html", context, status=STOP_ASKING)


@require_GET
@member_page
def arrived(here: Visit, trace_id: str) -> HttpResponse:
    """That all of it has arrived, with the way to it, in place of the words that it is still arriving."""
    found = here.trace(trace_id)
    if found is None or not found.settled:
        return HttpResponse(status=204 if found else STOP_ASKING)
    return here.render("tracing/_whole.html", {"page": _page(here, trace_id)}, status=STOP_ASKING)


def _page(here: Visit, trace_id: str) -> str:
    state, base = Bar.of(here.slug, here.request.GET).state, here.page_of(trace_id)
    return f"{base}?{state}" if state else base


def is_expected(found: queries.Found) -> bool:
    """True while a verdict can be expected within seconds: nobody judged it yet, and it has just come."""
    return found.standing.row is None and time.time_ns() - found.arrived_ns < PATIENCE_NS
