"""Which traces a question is about: a project, a filter, a time, and what the filter's words mean there."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tracing import store
from tracing.filters import Filter
from tracing.filters.fields import Table
from tracing.filters.sql import Terms, clause
from tracing.models import Project

EVERYTHING = Filter()
LIVE = ("prod", "production")
SORTS = ("newest", "oldest", "latency", "cost", "confidence", "groundedness")
WIDE = {"do_not_merge_across_partitions_select_final": 1}  # a key never changes, so a version never changes its month


@dataclass(frozen=True, slots=True)
class Scope:
    """Traces of one project that satisfy a filter and began from `start_ns` on, before `end_ns`."""

    project: str
    asked: Filter = EVERYTHING
    start_ns: int | None = None
    end_ns: int | None = None
    live: tuple[str, ...] = LIVE
    suggest_cut: float = 0.5
    answer_cut: float = 0.8
    now_ns: int = field(default_factory=time.time_ns)

    @classmethod
    def of(
        cls, project: Project, asked: Filter = EVERYTHING, start_ns: int | None = None, end_ns: int | None = None
    ) -> "Scope":
        """A scope with the project's own cuts and live environments."""
        live = tuple(map(str, project.live_environments)) or LIVE
        return cls(project.slug, asked, start_ns, end_ns, live, project.suggest_cut, project.answer_cut)

    @property
    def of_marks(self) -> bool:
        """True where what is said of a trace decides alone whether it is in scope."""
        return not any(condition.field.table is Table.TRACES for condition in self.asked.conditions)

    @property
    def times(self) -> str:
        """The clause on when a trace began, empty for any time."""
        after = " AND started_at >= fromUnixTimestamp64Nano({start_ns:Int64})"
        before = " AND started_at < fromUnixTimestamp64Nano({end_ns:Int64})"
        return after * (self.start_ns is not None) + before * (self.end_ns is not None)

    def rows(
        self, sql: str, *, window: str = "", of_marks: bool = False, **parameters: Any
    ) -> Sequence[tuple[Any, ...]]:
        """The rows of a SELECT in which `@WHERE@` stands for this scope, within a clause on `key_ts`."""
        times = window + self.times
        found = clause(self.asked, Terms(self.now_ns, self.suggest_cut, self.answer_cut, times, of_marks))
        within = "1" if of_marks else "project = {project:String}"
        where = f"{within}{times} AND {found.sql}"
        return store.rows(
            sql.replace("@WHERE@", where),
            WIDE,
            project=self.project,
            start_ns=self.start_ns or 0,
            end_ns=self.end_ns or 0,
            live=list(self.live),
            now_ms=self.now_ns // 1_000_000,
            **found.parameters,
            **parameters,
        )
