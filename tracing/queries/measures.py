"""Rates over traces, each with its n and its 95 % interval."""

from dataclasses import dataclass
from math import sqrt

from tracing.filters import Filter, parse
from tracing.queries.scope import Scope

Z = 1.959963984540054
DAY = "toDate(started_at, {zone:String})"
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
    "day": f"toString({DAY})",
    "week": f"toString({DAY} - (toDayOfWeek({DAY}) - {{week_start:UInt8}} + 7) % 7)",
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
    """Rates read live traces: the filter may name other environments, or runs and their items, which are never live."""
    if any(asked.names(name) for name in ("live", "run", "item")):
        return asked
    added = "-has:run" if asked.names("env") else "live:true"
    return Filter((*asked.conditions, *parse(added).conditions))


@dataclass(frozen=True, slots=True)
class Measure:
    """A share of traces: of those for which `of` holds, how many `hits` does; as the store asks it, and as filters."""

    name: str
    label: str
    among: str
    of: str  # on marks
    hits: str  # on marks
    of_filter: str
    hits_filter: str

    @property
    def words(self) -> str:
        """What is counted, and of which traces."""
        return f"{self.label}, of the {self.among}"


CITED = "NOT due AND anchors NOT IN ('', 'unchecked')"
REFUSED = "trace_id IN (SELECT trace_id FROM traces WHERE project = {project:String} AND (outcome = 'refuse'"
REFUSED += " OR (outcome = '' AND ifNull(refused, false))))"
MEASURES = {
    one.name: one
    for one in (
        Measure(
            "false_anchor_rate",
            "cites another product's page",
            "answers whose citations all exist",
            "isNotNull(false_anchor)",
            "assumeNotNull(false_anchor)",
            "has:product has:anchor -anchor:unchecked",
            "anchor:false",
        ),
        Measure(
            "unknown_anchor_rate",
            "cites a page that never existed",
            "answers whose citations were checked",
            CITED,
            "anchors = 'unknown'",
            "has:anchor -anchor:unchecked",
            "anchor:unknown",
        ),
        Measure(
            "stale_anchor_rate",
            "cites a page that is gone",
            "answers whose citations were checked",
            CITED,
            "anchors = 'stale'",
            "has:anchor -anchor:unchecked",
            "anchor:stale",
        ),
        Measure(
            "abstention_rate",
            "refused",
            "questions for which no lane found anything above its minimum score",
            "has(flags, 'thin_retrieval')",
            "has(flags, 'thin_refused')",
            "flag:thin_retrieval",
            "flag:thin_refused",
        ),
        Measure(
            "missed_refusal_rate",
            "should have refused",
            "answers that were given",
            f"NOT due AND NOT ({REFUSED})",
            "fault IN ('missed_refusal', 'thin')",
            "-outcome:refuse",
            "fault:(missed_refusal OR thin)",
        ),
        Measure(
            "over_refusal_rate",
            "should have answered",
            "refusals",
            f"NOT due AND {REFUSED}",
            "fault = 'over_refusal'",
            "outcome:refuse",
            "fault:over_refusal",
        ),
        Measure(
            "failure_rate",
            "failed",
            "traces that were judged",
            "NOT due",
            "fault != ''",
            "",
            "has:fault",
        ),
        Measure(
            "unknown_rate",
            "the cause can't be told",
            "failures",
            "NOT due AND fault != ''",
            "fault = 'unknown'",
            "has:fault",
            "fault:unknown",
        ),
    )
}


def share(measure: Measure, *, scope: Scope, by: str = "", zone: str = "UTC", week_start: int = 1) -> tuple[Rate, ...]:
    """The share in each group; days and weeks are cut in the zone."""
    rows = scope.rows(
        f"SELECT {GROUPS[by]} AS part, countIf(said.is_hit), count() FROM traces FINAL ANY INNER JOIN"
        f" (SELECT trace_id, {measure.hits} AS is_hit FROM marks FINAL"
        f" WHERE project = {{project:String}} AND {measure.of}) AS said USING trace_id"
        f" WHERE @WHERE@ GROUP BY part ORDER BY part LIMIT {MOST_GROUPS}",
        zone=zone,
        week_start=week_start,
    )
    found = tuple(rate(part, hits, n) for part, hits, n in rows)
    return found if found or by else (rate("", 0, 0),)
