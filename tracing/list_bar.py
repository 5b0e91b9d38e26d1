"""The list's state as its address carries it, and the addresses that change one thing of it."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

RANGES = (
    ("", "any time"),
    ("1h", "last hour"),
    ("24h", "last 24 hours"),
    ("7d", "last 7 days"),
    ("30d", "last 30 days"),
)


@dataclass(frozen=True, slots=True)
class Bar:
    """What is listed: filter, time, order, place in the pages, and whether new traces appear by themselves."""

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
        return cls(
            slug=slug,
            q=query.get("q", "").strip(),
            since=query.get("from", "").strip(),
            until=query.get("to", "").strip(),
            sort=query.get("sort", "").strip(),
            cursor=query.get("cursor", "").strip(),
            live=query.get("live") == "1",
        )

    @property
    def ranges(self) -> tuple[tuple[str, str], ...]:
        """What the time menu offers, with a time of the address's own where it has one."""
        known = {value for value, _ in RANGES}
        return RANGES if self.since in known else (*RANGES, (self.since, f"from {self.since[:40]}"))

    def link(self, name: str = "traces", **change: str | bool) -> str:
        """The address with one thing changed; any change but of the cursor begins at the first page."""
        then = replace(self, **({"cursor": ""} | change))  # type: ignore[arg-type]
        said = {
            "q": then.q,
            "from": then.since,
            "to": then.until,
            "sort": then.sort,
            "cursor": then.cursor,
            "live": "1" if then.live else "",
        }
        query = urlencode({key: value for key, value in said.items() if value})
        return reverse(f"tracing:{name}", args=[self.slug]) + (f"?{query}" if query else "")

    @property
    def any_time_link(self) -> str:
        """The same, at any time."""
        return self.link(since="", until="")

    @property
    def cleared_link(self) -> str:
        """The same, without the filter."""
        return self.link(q="")

    @property
    def live_link(self) -> str:
        """The same, with live on or off."""
        return self.link(live=not self.live)

    @property
    def count_link(self) -> str:
        """Where the number of matches is."""
        return self.link("count", live=False)

    @property
    def facets_link(self) -> str:
        """Where the facets are."""
        return self.link("facets", live=False)
