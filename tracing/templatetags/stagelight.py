"""How times, money, ids and text from traces are written on every page."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tracing.filters.values import Exact
from tracing.pages import text_view, value_words
from tracing.pages.list_bar import Bar
from tracing.queries import Page

register = template.Library()
register.filter("duration", text_view.duration)
register.filter("money", text_view.money)
register.filter("score", text_view.score)
register.filter("first_lines", text_view.first_lines)
register.filter("fault_words", value_words.fault_words)
register.filter("symptom_words", value_words.symptom_words)


@register.filter
def excerpt(text: object, limit: int) -> str:
    """The first whole words of a text from a trace, with an ellipsis where there are more."""
    return "" if text is None else text_view.excerpt(text, limit)


@register.filter
def shown(text: object, limit: int | None = None) -> str:
    """Text from a trace, fit to be shown (and still escaped by the template)."""
    return "" if text is None else text_view.shown(text, limit)


@register.filter
def from_ns(nanoseconds: int) -> datetime:
    """The moment of a count of nanoseconds since 1970, UTC."""
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC)


@register.simple_tag
def when(moment: datetime | int | None, form: str = "full") -> SafeString | str:
    """A time in UTC that the browser turns into the viewer's zone; `form` is full or short."""
    if moment is None:
        return "–"
    at = from_ns(moment) if isinstance(moment, int) else moment.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{} UTC" data-form="{}">{} UTC</time>',
        at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3],
        form,
        f"{at.day} {at:%b %H:%M:%S}" if form == "short" else f"{at:%Y-%m-%d %H:%M:%S}",
    )


@register.simple_tag
def ident(value: object, length: int = 0, what: str = "id") -> SafeString | str:
    """An id that copies on click, cut to `length` characters where one is given."""
    text = text_view.shown(value or "", 400)
    if not text:
        return "–"
    short = text[:length] + "…" if length and len(text) > length else text
    return format_html('<bdi class="id" data-copy="{}" data-what="{}" title="{}">{}</bdi>', text, what, text, short)


@register.filter
def indent(depth: int) -> int:
    """Pixels that a span of that depth stands in from the left; the deepest ones share a margin."""
    return min(int(depth), 20) * 14


@register.filter
def percent(thousandths: int) -> str:
    """Thousandths as a percentage for an SVG attribute."""
    return f"{thousandths / 10:g}%"


@register.filter
def whole(number: int | None) -> str:
    """A count with its thousands apart."""
    return "–" if number is None else f"{number:,}"


@register.simple_tag
def page_link(bar: Bar, cursor: str) -> str:
    """The list's address at another of its pages."""
    return bar.link(cursor=cursor)


@register.simple_tag
def newer_link(bar: Bar, page: Page) -> str:
    """Where a live list asks for what is newer than its first row, or was said of its rows since."""
    asked = {"after": page.newest, "seen": page.digest}
    return f"{bar.link('newer')}&{urlencode({name: value for name, value in asked.items() if value})}"


@register.simple_tag
def filter_link(slug: str, field: str, value: str) -> str:
    """The list of the traces that have this value."""
    return reverse("tracing:traces", args=[slug]) + "?" + urlencode({"q": f"{field}:{Exact(value).text()}"})


@register.simple_tag
def anchor_link(slug: str, anchor: str) -> str:
    """The list of traces that retrieved an anchor."""
    return filter_link(slug, "retrieved", anchor)


@register.filter
def days(seconds: float) -> str:
    """A long time in days, a short one in hours."""
    return f"{seconds / 86_400:,.0f} days" if seconds >= 2 * 86_400 else f"{seconds / 3_600:.1f} hours"


@register.filter
def span_of_time(seconds: float) -> str:
    """Some seconds or minutes in whole ones, longer times in hours or days."""
    if seconds >= 2 * 3_600:
        return days(seconds)
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"


@register.filter
def share(proportion: float) -> str:
    """A proportion in per cent."""
    return f"{100 * proportion:.1f} %"
