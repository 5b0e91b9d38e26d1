"""The list of traces as a file."""

from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from tracing.exporting.streaming import BusyError, export_response
from tracing.exporting.writers import FORMATS
from tracing.filters import FilterError
from tracing.pages.list_bar import Bar
from tracing.views.access import Visit, member_page


@require_GET
@member_page
def export(here: Visit, format: str) -> HttpResponseBase:
    """What the list shows, all of it; where that cannot be read, the list says why."""
    if format not in FORMATS:
        raise Http404
    bar = Bar.of(here.slug, here.request.GET)
    try:
        return export_response(bar.scope(here.project), format)
    except FilterError:
        return redirect(bar.link())
    except BusyError as error:
        messages.warning(here.request, f"{error}.", extra_tags="warning")
        return redirect(bar.link())
