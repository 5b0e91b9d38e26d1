"""A person's verdict, from the trace page."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from tracing import queries
from tracing.forms import VerdictForm
from tracing.judging import human
from tracing.keyed import TraceKey
from tracing.pages.list_bar import Bar
from tracing.pages.stale_word import overlooked
from tracing.views import trace
from tracing.views.access import Visit, posted_from, working_page


@posted_from("tracing:trace", "trace_id")
@working_page
def say_verdict(here: Visit, trace_id: str) -> HttpResponse:
    """Keep what the person says, and show the trace with it."""
    found = here.trace(trace_id, for_page=True)
    if found is None:
        return trace.missing(here, trace_id)
    form = VerdictForm(here.request.POST)
    if not form.is_valid():
        return trace.page(here, found, form, status=422)
    if said := overlooked(found.standing, here.request.POST.get("seen"), here.user.get_username()):
        form.add_error(None, said)
        return trace.page(here, found, form, status=409)
    stage, _, fault = form.cleaned_data["what"].partition(".")
    key = TraceKey(found.key_ns, found.trace.trace_id)
    verdict = human.verdict_of(stage or None, fault)
    note = form.cleaned_data["note"]
    _, is_shown = human.say(project=here.project, key=key, person=here.user, verdict=verdict, note=note)
    if is_shown:
        messages.success(here.request, "Your verdict stands now, above the rules'.", extra_tags="done")
    else:
        messages.warning(here.request, "Your verdict is kept. It will be shown once the trace store takes it.")
    return _shown(here, found)


@posted_from("tracing:trace", "trace_id")
@working_page
def take_back_verdict(here: Visit, trace_id: str) -> HttpResponse:
    """Undo the person's own verdict, where nobody has said another since."""
    found = here.trace(trace_id)
    if found is None:
        return trace.missing(here, trace_id)
    key = TraceKey(found.key_ns, found.trace.trace_id)
    if human.take_back(project=here.project, key=key, person=here.user):
        messages.success(here.request, "Your verdict is taken back: what stood before stands again.", extra_tags="done")
    else:
        messages.warning(here.request, "Nothing was changed: the last word on this trace is not yours.")
    return _shown(here, found)


def _shown(here: Visit, found: queries.Found) -> HttpResponse:
    state = Bar.of(here.slug, here.request.GET).state
    return redirect(here.page_of(found.trace.trace_id) + (f"?{state}" if state else ""))
