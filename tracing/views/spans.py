"""A trace's spans: the tree a page at a time, and one span's content when it is opened."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET

from tracing import native, queries
from tracing.document_lists import sent
from tracing.pages.span_view import SpanPage, natural, span_page
from tracing.pages.text_view import plain_bytes, shown
from tracing.queries.spans import stages_of_spans
from tracing.records import Span, Trace, Value
from tracing.views.access import Context, Visit, member_page

VALUE_LIMIT = 2_000
MOST_ATTRIBUTES = 200
MOST_EVENTS, MOST_OF_AN_EVENT = 50, 20


@dataclass(frozen=True, slots=True)
class Item:
    """One attribute as shown: cut where it is long."""

    name: str
    text: str
    length: int

    @property
    def more(self) -> bool:
        """True where only the beginning is shown."""
        return self.length > VALUE_LIMIT


@require_GET
@member_page
def spans(here: Visit, trace_id: str) -> HttpResponse:
    """Rows of the tree: the first page with its table, later ones as rows alone."""
    found = queries.span_tree_with_stages(project=here.slug, trace_id=native.trace_id_of(trace_id))
    if found is None:
        raise Http404("trace")
    outlines, stages = found
    given = here.request.GET.get("from", "0")
    offset = int(given) if given.isdecimal() and len(given) < 9 else 0
    context: Context = {"base": here.page_of(trace_id), "spans": span_page(outlines, stages=stages, offset=offset)}
    if here.request.headers.get("HX-Request"):
        return here.render("tracing/_spans.html" + ("#rows" if offset else ""), context)
    return here.render("tracing/spans.html", context, place="traces")


@require_GET
@member_page
def span(here: Visit, trace_id: str, span_id: str) -> HttpResponse:
    """What one span carried, each value bounded."""
    found = _span(here, trace_id, span_id)
    items = _items(sent(found))
    context: Context = {
        "span": found,
        "items": items[:MOST_ATTRIBUTES],
        "hidden": max(0, len(items) - MOST_ATTRIBUTES),
        "events": [(event, _items(event.attributes)[:MOST_OF_AN_EVENT]) for event in found.events[:MOST_EVENTS]],
        "more_events": max(0, len(found.events) - MOST_EVENTS),
        "links": found.links[:MOST_EVENTS],
        "base": here.page_of(trace_id),
    }
    part = "#row" if here.request.headers.get("HX-Request") else ""
    return here.render("tracing/span.html" + part, context, place="traces")


@require_GET
@member_page
def attribute(here: Visit, trace_id: str, span_id: str) -> HttpResponse:
    """One attribute, whole, as plain text to download."""
    found = _span(here, trace_id, span_id)
    name = here.request.GET.get("name", "")
    attributes = sent(found)
    if name not in attributes:
        raise Http404("attribute")
    return download(as_text(attributes[name]), f"{found.span_id}.txt")


def tree(here: Visit, trace: Trace) -> SpanPage:
    """The first page of the tree, with the stage beside each span that a stage was read from."""
    outlines = queries.span_tree(project=here.slug, trace_id=trace.trace_id)
    return span_page(outlines, stages=stages_of_spans(trace.stages, trace.span_stages), offset=0)


def download(text: str, name: str, kind: str = "text/plain") -> HttpResponse:
    """Text that a browser saves rather than shows, and never sniffs."""
    response = HttpResponse(plain_bytes(text), content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def as_text(value: Value) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)


def _items(attributes: Mapping[str, Value]) -> list[Item]:
    return [_item(name, value) for name, value in sorted(attributes.items(), key=lambda pair: natural(pair[0]))]


def _item(name: str, value: Value) -> Item:
    text = as_text(value)
    return Item(name, shown(text, VALUE_LIMIT), len(text))


def _span(here: Visit, trace_id: str, span_id: str) -> Span:
    found = queries.span(project=here.slug, trace_id=native.trace_id_of(trace_id), span_id=span_id)
    if found is None:
        raise Http404("span")
    return found
