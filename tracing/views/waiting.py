"""What a trace's page asks while its verdict is on the way."""

import time

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from tracing import queries
from tracing.views.access import Visit, member_page

PATIENCE_NS = 120 * 10**9
STOP_ASKING = 286  # htmx's own: the element asks no more


@require_GET
@member_page
def judged(here: Visit, trace_id: str) -> HttpResponse:
    """Load the page again once the trace is judged; the asking ends where it will not be."""
    found = here.trace(trace_id)
    if found is not None and found.standing.row is not None:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return HttpResponse(status=204 if found is not None and is_expected(found) else STOP_ASKING)


def is_expected(found: queries.Found) -> bool:
    """True while a verdict can be expected within seconds: nobody judged it yet, and it has just come."""
    return found.standing.row is None and time.time_ns() - found.arrived_ns < PATIENCE_NS
