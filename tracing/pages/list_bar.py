"""The list's state as its address carries it, and the addresses that change one thing of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from tracing.filters import Filter, FilterError, parse, parse_range
from tracing.filters.fields import FIELDS, Field
from tracing.models import Project
from tracing.pages.value_words import value_words
from tracing.queries import Facet, Scope

RANGES = (
    ("", "any time"),
    ("1h", "last hour"),
    ("24h", "last 24 hours"),
    ("7d", "last 7 days"),
    ("30d", "last 30 days"),
)
ORDERS = (
    ("", "newest first"),
    ("oldest", "oldest first"),
    ("latency", "slowest first"),
    ("cost", "dearest first"),
    ("confidence", "least confident first"),
    ("groundedness", "least grounded first"),
)
FOLLOWING = (("", "newest first, as they come"),)
VIEWS = (("Failed", "has:fault"), ("Thumb down", "feedback:down"), ("Refused", "outcome:refuse"))
EXAMPLES = (
    ("stage:rerank", "blamed on one stage"),
    ("fault:(dropped OR miss)", "any of several"),
    ("feedback:down -certainty:certain", "disliked, and not certain why"),
    ("groundedness:<0.7", "a number below, above or between: 0.3..0.7"),
    ("latency:>2s release:2026.11*", "slow, in releases that begin so"),
    ('"signing secret"', "words of the question or the answer, side by side"),
    ("has:error", "any value at all"),
    ("time:>=24h", "since then"),
)


@dataclass(frozen=True, slots=True)
class Example:
    """A filter that shows what filters can do, and the address that asks for it."""

    q: str
    words: str
    link: str


@dataclass(frozen=True, slots=True)
class Refused:
    """What is wrong with an address's state, at which field of the form, and a link to what was perhaps meant."""

    field: str
    message: str
    suggestion: str
    link: str


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value of a facet, how many traces have it, and the address that asks for it (or no longer does); `clause` is
    the filter's, where the words are others than the value."""

    value: str
    words: str
    clause: str
    n: int
    link: str
    on: bool


@dataclass(frozen=True, slots=True)
class FacetList:
    """A field and its most frequent values."""

    name: str
    values: tuple[FacetValue, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """What is listed: filter, time, order, place in the pages, and whether new traces appear by themselves, which they
    do newest first alone."""

    slug: str
    q: str = ""
    since: str = ""
    until: str = ""
    sort: str = ""
    cursor: str = ""
    live: bool = False

    @classmethod
    def of(cls, slug: str, query: QueryDict) -> "Bar":
        """The state that an address's query says."""
        given = {name: query.get(name, "").strip() for name in ("q", "from", "to", "sort", "cursor", "live")}
        live = given["live"] == "1"
        sort = "" if live else given["sort"]
        return cls(slug, given["q"], given["from"], given["to"], sort, given["cursor"], live)

    def scope(self, project: Project) -> Scope:
        """The traces that the state is about; raises FilterError."""
        asked = parse(self.q)
        return Scope.of(project, asked, *parse_range(self.since, self.until))

    def refused(self, error: FilterError) -> Refused:
        """The error as the form shows it: the range's where the filter can be read."""
        if _reads(self.q):
            return Refused(error.field, error.message, "", self.link(since="", until=""))
        meant = error.meant if error.meant and error.meant != self.q and _reads(error.meant) else ""
        return Refused("q", error.message, meant or error.suggestion or "", self.link(q=meant) if meant else "")

    def begun_anew(self) -> "Bar":
        """The state at the first page, and in an order that there is."""
        return replace(self, cursor="", sort=self.sort if self.sort in dict(ORDERS) else "")

    def link(self, name: str = "traces", **change: str | bool) -> str:
        """The address with one thing changed; any change but of the cursor begins at the first page."""
        changed: dict[str, Any] = {"cursor": ""} | change
        then = replace(self, **changed)
        said = {"q": then.q, "from": then.since, "to": then.until, "sort": then.sort, "cursor": then.cursor}
        said["live"] = "1" if then.live else ""
        query = urlencode({key: value for key, value in said.items() if value})
        return reverse(f"tracing:{name}", args=[self.slug]) + (f"?{query}" if query else "")

    @property
    def state(self) -> str:
        """What is listed, as the end of an address: without the place in the pages, so that a trace's page can keep
        it; empty for the whole list."""
        said = {"q": self.q, "from": self.since, "to": self.until, "sort": self.sort}
        return urlencode({key: value for key, value in said.items() if value})

    @property
    def time_words(self) -> str:
        """The time that the list is of, as a reader says it; empty where it is any."""
        said = [dict(self.ranges)[self.since]] if self.since else []
        return ", ".join([*said, self.until_words] if self.until else said)

    @property
    def words(self) -> str:
        """All of the state as a reader says it."""
        order = dict(ORDERS).get(self.sort, "") if self.sort else ""
        return ", ".join(part for part in (self.q, self.time_words, order) if part)

    @property
    def until_words(self) -> str:
        """When the list's time ends."""
        return f"until {self.until[:40]}"

    @property
    def ranges(self) -> tuple[tuple[str, str], ...]:
        """What the time menu offers, with the address's own time where it has one."""
        known = {value for value, _ in RANGES}
        return RANGES if self.since in known else (*RANGES, (self.since, f"from {self.since[:40]}"))

    @property
    def orders(self) -> tuple[tuple[str, str], ...]:
        """What the order menu offers; a list that follows new traces has one order."""
        return FOLLOWING if self.live else ORDERS

    @property
    def views(self) -> tuple[Example, ...]:
        """The views that every project has."""
        return tuple(Example(q, words, self.link(q=q)) for words, q in VIEWS)

    @property
    def examples(self) -> tuple[Example, ...]:
        """What the help on filters shows."""
        return tuple(Example(q, words, self.link(q=q)) for q, words in EXAMPLES)

    @property
    def fields(self) -> tuple[Field, ...]:
        """Every field of the grammar."""
        return FIELDS

    @property
    def links(self) -> dict[str, str]:
        """The addresses that the page links to, by what they change."""
        return {
            "any_time": self.link(since="", until=""),
            "no_end": self.link(until=""),
            "cleared": self.link(q=""),
            "live": replace(self, sort="").link(live=not self.live),
            "count": replace(self, live=False).link("count"),
            "facets": self.link("facets"),
        }


def facet_lists(bar: Bar, facets: Iterable[Facet]) -> tuple[FacetList, ...]:
    """Facets with an address a value: it adds the value, or takes the field out where it is asked for."""
    asked = parse(bar.q)
    return tuple(
        FacetList(
            facet.field, tuple(_facet_value(bar, asked, facet.field, value.value, value.n) for value in facet.values)
        )
        for facet in facets
    )


def _facet_value(bar: Bar, asked: Filter, field: str, value: str, n: int) -> FacetValue:
    words = value_words(field, value)
    clause = f"{field}:{value}" if words != value else ""
    try:
        then = asked.including(field, value)
    except FilterError:  # what no filter can hold, such as control characters, is counted without a link
        return FacetValue(value, words, clause, n, "", False)
    on = then == asked
    return FacetValue(value, words, clause, n, bar.link(q=str(asked.without(field) if on else then)), on)


def _reads(q: str) -> bool:
    try:
        parse(q)
    except FilterError:
        return False
    return True
