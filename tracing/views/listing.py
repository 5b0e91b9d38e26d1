"""The list of traces, its count, its facets, and what is newer than it."""

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.utils.text import capfirst
from django.views.decorators.http import require_GET

from tracing import queries
from tracing.filters import FilterError
from tracing.models import SavedView
from tracing.pages.list_bar import Bar, Refused, facet_lists
from tracing.views.access import Context, Visit, member_page
from tracing.views.trace import peeked

PAGE = 50
VIEWS_IN_LINE = 8  # the others are in a menu beside them


@require_GET
@member_page
def traces(here: Visit) -> HttpResponse:
    """The list; a filter that can't be read shows what is wrong with it, and lists nothing."""
    bar = Bar.of(here.slug, here.request.GET)
    bar, page, refused = _page(here, bar)
    views = _views(here, bar)
    selected = here.request.GET.get("selected", "")
    beside = (peeked(here, selected) if selected else None) or {}
    context: Context = {
        "bar": bar,
        "page": page,
        "support": support_words(page),
        "refused": refused,
        "selected": selected,
        "peek": bool(beside),
        "views": views[:VIEWS_IN_LINE],
        "more_views": views[VIEWS_IN_LINE:],
        "works": here.works,
        "undo": here.request.session.pop("undo_view", None),
        "untouched": not (bar.q or bar.since or bar.until or bar.cursor),
        "address": here.request.build_absolute_uri("/v1/traces"),
    }
    return here.render("tracing/traces.html", context | beside, place="traces", status=400 if refused else 200)


@require_GET
@member_page
def newer(here: Visit) -> HttpResponse:
    """The first page again once its rows say something else, with how many are new; 204, for which htmx swaps nothing,
    until then."""
    bar = Bar.of(here.slug, here.request.GET)
    asked = here.request.GET
    try:
        scope = bar.scope(here.project)
        page = queries.trace_page(scope=scope, limit=PAGE, names=queries.SHOWN)
        if page.digest == asked.get("seen"):
            return HttpResponse(status=204)
        arrived = queries.newer_than(scope=scope, cursor=asked["after"]) if "after" in asked else len(page.rows)
    except (FilterError, queries.CursorError):
        return HttpResponse(status=204)
    context: Context = {"bar": bar, "page": page, "support": support_words(page)}
    context |= {"selected": asked.get("selected", ""), "arrived": arrived}
    response = here.render("tracing/traces.html#rows", context)
    response["HX-Trigger"] = "renewed"  # the count and the facets ask again
    return response


@require_GET
@member_page
def count(here: Visit) -> HttpResponse:
    """How many match; counting stops at 10,000."""
    bar = Bar.of(here.slug, here.request.GET)
    try:
        found = queries.match_count(scope=bar.scope(here.project))
    except FilterError:
        return HttpResponse(status=204)
    part = "#content" if here.request.headers.get("HX-Request") else ""
    return here.render("tracing/count.html" + part, {"count": found, "bar": bar}, place="traces")


@require_GET
@member_page
def facets(here: Visit) -> HttpResponse:
    """The most frequent values of each facet among the matches, with counts; the newest alone where they are many."""
    bar = Bar.of(here.slug, here.request.GET)
    try:
        scope = bar.scope(here.project)
        reach = queries.facet_reach(scope=scope)
        found = facet_lists(bar, queries.facets(scope=scope, since_ns=reach.since_ns if reach else None))
    except FilterError:
        return HttpResponse(status=204)
    part = "#content" if here.request.headers.get("HX-Request") else ""
    return here.render("tracing/facets.html" + part, {"facets": found, "reach": reach, "bar": bar}, place="traces")


def _page(here: Visit, bar: Bar) -> tuple[Bar, queries.Page | None, Refused | None]:
    """What is listed, with the bar as it is then: an order or a place that there is none of is said, and dropped."""
    try:
        sort, scope = bar.sort or "newest", bar.scope(here.project)
        page = queries.trace_page(scope=scope, sort=sort, cursor=bar.cursor, limit=PAGE, names=queries.SHOWN)
    except FilterError as error:
        return bar, None, bar.refused(error)
    except queries.CursorError as error:
        messages.warning(here.request, f"{capfirst(str(error))}. This is the first page.")
        return _page(here, bar.begun_anew())
    return bar, page, None


def support_words(page: queries.Page | None) -> str:
    """What the column of support may be called: groundedness only where a judge, a client or a person said so."""
    by = {row.grounded_by for row in page.rows} if page else set()
    return "groundedness" if by - {"", "lexical"} else "lexical support"


def _views(here: Visit, bar: Bar) -> list[Context]:
    """The person's views and then the shared ones, each with the list that it stands for."""
    seen = SavedView.objects.filter(Q(owner=here.user) | Q(shared=True), project=here.project).order_by("name", "pk")
    views = sorted(seen, key=lambda view: view.owner_id != here.user.pk)
    lists = [Bar(here.slug, view.query, view.since, view.until, view.sort) for view in views]
    return [
        {"view": view, "list": kept, "on": kept.state == bar.state} for view, kept in zip(views, lists, strict=True)
    ]
