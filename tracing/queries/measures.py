"""Rates over traces, each with its n and its 95 % interval."""

from dataclasses import dataclass
from math import sqrt

from tracing.filters import Filter, parse
from tracing.queries.scope import Scope

Z = 1.959963984540054
GROUPS = {
    "": "''",
    "product": "product",
    "release": "release",
    "env": "environment",
    "surface": "surface",
    "variant": "variant",
    "intent": "intent",
    "shape": "query_shape",
    "prompt": "prompt_version",
    "index": "index_version",
    "day": "toString(toDate(started_at))",
}
MOST_GROUPS = 200


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of n; `low` and `high` bound it with 95 % confidence (Wilson). None where n is 0."""

    group: str
    value: float | None
    n: int
    low: float | None
    high: float | None


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a proportion; n is at least 1."""
    share, square = hits / n, Z * Z
    middle = (share + square / (2 * n)) / (1 + square / n)
    reach = Z * sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def rate(group: str, hits: int, n: int) -> Rate:
    """The proportion with its interval."""
    return Rate(group, hits / n, n, *wilson(hits, n)) if n else Rate(group, None, 0, None, None)


def live_only(asked: Filter) -> Filter:
    """Rates read live traces, unless the filter itself says which."""
    named = any(asked.names(name) for name in ("live", "run", "env"))
    return asked if named else Filter((*asked.conditions, *parse("live:true").conditions))


def false_anchor_rate(*, scope: Scope, by: str = "") -> tuple[Rate, ...]:
    """Of the answers whose citations could be told: every cited anchor real, one at least of another product than the
    routed one."""
    column = GROUPS[by]
    rows = scope.rows(
        f"SELECT {column} AS part, countIf(said.is_false), count() FROM traces FINAL ANY INNER JOIN"
        " (SELECT trace_id, assumeNotNull(false_anchor) AS is_false FROM marks FINAL"
        " WHERE project = {project:String} AND isNotNull(false_anchor)) AS said USING trace_id"
        f" WHERE @WHERE@ GROUP BY part ORDER BY part LIMIT {MOST_GROUPS}"
    )
    found = tuple(rate(part, hits, n) for part, hits, n in rows)
    return found if found or by else (rate("", 0, 0),)
