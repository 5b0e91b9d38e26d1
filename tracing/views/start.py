"""The first-run page: what to paste, with a key in it, and the first trace as soon as it is there."""

import time

from django.http import HttpResponse
from django.views.decorators.cache import never_cache

from tracing import queries
from tracing.models import Membership
from tracing.pages.snippet_key import snippet_key
from tracing.pages.snippets import SNIPPETS, filled
from tracing.views.access import Context, Visit, member_page


@never_cache
@member_page
def start(here: Visit) -> HttpResponse:
    """The snippet for one kind of client; viewers get it without a key."""
    key = None if here.role == Membership.Role.VIEWER else snippet_key(here.project)
    chosen = next((one for one in SNIPPETS if one.slug == here.request.GET.get("sdk")), SNIPPETS[0])
    code = filled(chosen, here.request.build_absolute_uri("/").rstrip("/"), key or "YOUR_KEY")
    context: Context = {"snippets": SNIPPETS, "snippet": chosen, "code": code, "has_key": key is not None}
    return here.render("tracing/start.html", context | _arrival(here), place="start")


@member_page
def arrival(here: Visit) -> HttpResponse:
    """Whether the first trace has come; the page asks every two seconds until it has."""
    return here.render("tracing/start.html#arrival", _arrival(here))


def _arrival(here: Visit) -> Context:
    given = here.request.GET.get("since", "")
    waited = given.isdecimal() and len(given) <= 19
    since = int(given) if waited else time.time_ns()
    return {"latest": queries.latest(project=here.slug), "since": since, "since_ns": since, "waited": waited}
