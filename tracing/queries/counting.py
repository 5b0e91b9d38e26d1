"""How many traces match, and what they have in common."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tracing.queries.scope import Scope

MOST_COUNTED = 10_000
MOST_VALUES = 12
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
LISTS = {"model": "models", "lane": "lanes", "error": "errors"}
SAID = {"stage": "said.stage", "fault": "said.fault", "feedback": "said.thumb", "anchor": "said.anchors"}
ORDER = ("stage", "fault", "outcome", "product", "feedback", "error", "env", "release", "intent", "shape")


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


def facets(*, scope: Scope) -> tuple[Facet, ...]:
    """The fields of which the traces in scope have values, each with its most frequent ones."""
    found = _columns(scope) | _lists(scope) | _said(scope)
    names = [*(name for name in ORDER if name in found), *(name for name in found if name not in ORDER)]
    return tuple(Facet(name, found[name]) for name in names if found[name])


Values = dict[str, tuple[FacetValue, ...]]


def _columns(scope: Scope) -> Values:
    return _grouped(scope, COLUMNS, "")


def _said(scope: Scope) -> Values:
    """Only marks that say something are joined: most say nothing."""
    said = (
        " ANY INNER JOIN (SELECT trace_id, stage, fault, thumb, anchors FROM marks FINAL"
        " WHERE project = {project:String}"
        " AND (fault != '' OR thumb != '' OR anchors NOT IN ('', 'ok', 'unchecked'))) AS said USING trace_id"
    )
    return _grouped(scope, SAID, said)


def _grouped(scope: Scope, columns: dict[str, str], join: str) -> Values:
    """One scan: each column is a grouping set, and `which` numbers the column that a row counts."""
    sets = ", ".join(f"({column})" for column in columns.values())
    which = f"grouping({', '.join(columns.values())})"
    rows = scope.rows(
        f"SELECT {which} AS which, concat({', '.join(f'toString({column})' for column in columns.values())}) AS value,"
        f" count() AS n FROM traces FINAL{join} WHERE @WHERE@ GROUP BY GROUPING SETS ({sets})"
        f" HAVING value != '' ORDER BY which, n DESC, value LIMIT {MOST_VALUES} BY which"
    )
    names = {2 ** (len(columns) - 1 - place): name for place, name in enumerate(columns)}
    every = 2 ** len(columns) - 1
    found: dict[str, list[FacetValue]] = {name: [] for name in columns}
    for which_set, value, n in rows:
        place = which_set if which_set in names else every ^ which_set
        found[names[place]].append(FacetValue(value, n))
    return {name: tuple(values) for name, values in found.items()}


def _lists(scope: Scope) -> Values:
    """Arrays are grouped whole, and counted apart here: their combinations are few."""
    return {name: _counted(_combinations(scope, column), name) for name, column in LISTS.items()}


def _combinations(scope: Scope, column: str) -> Sequence[tuple[Any, ...]]:
    return scope.rows(
        f"SELECT {column} AS combination, count() AS n FROM traces FINAL WHERE @WHERE@ AND notEmpty({column})"
        " GROUP BY combination ORDER BY n DESC LIMIT 1000"
    )


def _counted(combinations: Sequence[tuple[Any, ...]], name: str) -> tuple[FacetValue, ...]:
    counts: Counter[str] = Counter()
    for combination, n in combinations:
        for value in {text.partition(":")[0] if name == "error" else text for text in combination}:
            counts[value] += n
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(FacetValue(value, n) for value, n in ranked[:MOST_VALUES])
