"""How many traces match, and what they have in common."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from tracing import store
from tracing.queries.scope import Scope
from tracing.queries.together import together

MOST_COUNTED = 10_000
MOST_READ = 100_000
SINCE = " AND key_ts >= fromUnixTimestamp64Nano({since_ns:Int64})"
MOST_VALUES = 12
MOST_WORDS = 40  # of our own vocabulary: all of them
MOST_COMBINATIONS = 500
COLUMNS = {
    "product": "product",
    "outcome": "outcome",
    "intent": "intent",
    "shape": "query_shape",
    "env": "environment",
    "release": "release",
    "surface": "surface",
    "variant": "variant",
}
LISTS = {
    "model": "models",
    "lane": "lanes",
    "error": "arrayDistinct(arrayMap(e -> splitByChar(':', e)[1], errors))",
}
SAID = {
    "stage": "said.stage",
    "fault": "said.fault",
    "certainty": "said.certainty",
    "kind": "said.rests_on",
    "feedback": "said.thumb",
    "anchor": "said.anchors",
}
NOTICED = {"flag": "said.noticed"}
_OURS = frozenset((*SAID, *NOTICED))
ORDER = (
    "stage",
    "fault",
    "certainty",
    "kind",
    "flag",
    "outcome",
    "product",
    "feedback",
    "error",
    "env",
    "release",
    "intent",
    "shape",
)


@dataclass(frozen=True, slots=True)
class Count:
    """A number of traces; `more` where counting stopped there."""

    n: int
    more: bool

    def __str__(self) -> str:
        return f"{self.n:,}" + "+" * self.more


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value of a field, and how many of the traces in scope have it."""

    value: str
    n: int


@dataclass(frozen=True, slots=True)
class Facet:
    """A field of the filter grammar with its most frequent values."""

    field: str
    values: tuple[FacetValue, ...]


def match_count(*, scope: Scope) -> Count:
    """How many traces are in scope; counting stops at 10,000."""
    found = scope.rows(
        f"SELECT count() FROM (SELECT 1 FROM traces FINAL WHERE @WHERE@ LIMIT {MOST_COUNTED + 1})",
    )
    n = int(found[0][0])
    return Count(min(n, MOST_COUNTED), n > MOST_COUNTED)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far back facets count where there are too many traces: some `n` of them, begun since then."""

    n: int
    since_ns: int


def facet_reach(*, scope: Scope) -> Reach | None:
    """The hour since which there were 100,000 traces in the scope's time; None where there are hardly more in all."""
    found = store.rows(
        "SELECT toUnixTimestamp(hour), upto FROM"
        " (SELECT hour, sum(n) OVER (ORDER BY hour DESC) AS upto, sum(n) OVER () AS total FROM"
        " (SELECT toStartOfHour(key_ts) AS hour, count() AS n FROM marks"
        f" WHERE project = {{project:String}}{scope.times} GROUP BY hour))"
        " WHERE upto >= {most:UInt64} AND total > upto ORDER BY hour DESC LIMIT 1",
        project=scope.project,
        start_ns=scope.start_ns or 0,
        end_ns=scope.end_ns or 0,
        most=MOST_READ,
    )
    return Reach(int(found[0][1]), int(found[0][0]) * 10**9) if found else None


Values = dict[str, tuple[FacetValue, ...]]


def facets(*, scope: Scope, since_ns: int | None = None) -> tuple[Facet, ...]:
    """The fields of which the traces in scope (those that came since then) have values, each with its most frequent."""
    scans = (
        lambda: _grouped(scope, COLUMNS, {}, since_ns=since_ns),
        lambda: _grouped(scope, {}, LISTS, since_ns=since_ns),
        lambda: _said(scope, since_ns),
    )
    found: Values = {}
    for values in together(*scans):
        found |= values
    names = [*(name for name in ORDER if name in found), *(name for name in found if name not in ORDER)]
    return tuple(Facet(name, found[name]) for name in names if found[name])


def _said(scope: Scope, since_ns: int | None) -> Values:
    """Only marks that say something count; traces are joined only where the scope asks something of them."""
    said = (
        f"(SELECT trace_id, {'key_ts, ' * scope.of_marks}started_at, stage, fault, certainty, kind AS rests_on, thumb,"
        " if(anchors IN ('ok', 'unchecked'), '', anchors) AS anchors, flags AS noticed"
        f" FROM marks FINAL WHERE project = {{project:String}}{SINCE * (since_ns is not None)}"
        " AND (fault != '' OR thumb != '' OR notEmpty(flags) OR anchors NOT IN ('', 'ok', 'unchecked'))) AS said"
    )
    if scope.of_marks:
        return _grouped(scope, SAID, NOTICED, said, since_ns=since_ns, of_marks=True)
    joined = f"traces FINAL ANY INNER JOIN {said} USING trace_id"
    return _grouped(scope, SAID, NOTICED, joined, since_ns=since_ns)


def _grouped(
    scope: Scope,
    texts: Mapping[str, str],
    lists: Mapping[str, str],
    source: str = "traces FINAL",
    *,
    since_ns: int | None,
    of_marks: bool = False,
) -> Values:
    """One scan: each column is a grouping set, and `grouping` says of which a row counts a value.

    Arrays are grouped whole, and counted apart here: their combinations are few.
    """
    columns = [*texts.values(), *lists.values()]
    every = 2 ** len(columns) - 1  # grouping's bits: 0 for the column that a set groups by, the first column's first
    names = {every - 2 ** (len(columns) - 1 - place): name for place, name in enumerate([*texts, *lists])}
    value = f"concat('', {', '.join(texts.values())})" if texts else "''"
    rows = scope.rows(
        f"SELECT grouping({', '.join(columns)}) AS which, {value} AS value,"
        f" arrayConcat([''], {', '.join(lists.values()) or '[]'}) AS listed, count() AS n"
        f" FROM {source} WHERE @WHERE@"
        f" GROUP BY GROUPING SETS ({', '.join(f'({column})' for column in columns)})"
        f" HAVING value != '' OR length(listed) > 1"
        f" ORDER BY which, n DESC, value, listed LIMIT {MOST_COMBINATIONS} BY which",
        window=SINCE * (since_ns is not None),
        of_marks=of_marks,
        since_ns=since_ns or 0,
    )
    counts: dict[str, Counter[str]] = {name: Counter() for name in names.values()}
    for which, value, listed, n in rows:
        for each in listed[1:] or [value]:
            counts[names[which]][each] += n
    return {name: _most(counted, MOST_WORDS if name in _OURS else MOST_VALUES) for name, counted in counts.items()}


def _most(counted: Counter[str], most: int) -> tuple[FacetValue, ...]:
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return tuple(FacetValue(value, n) for value, n in ranked[:most])
