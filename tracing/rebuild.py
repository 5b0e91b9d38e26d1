"""Every mark anew, from the appended rows, hour by hour in the order of the table's key."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from tracing import marks, store

BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Step:
    """One batch that was written, with the hour that it is from, in seconds."""

    project: str
    hour: int
    marks: int


def projects_with_traces() -> list[str]:
    """The projects that the store knows."""
    return [str(project) for (project,) in store.rows("SELECT DISTINCT project FROM traces ORDER BY project")]


def rebuild(project: str) -> Iterator[Step]:
    """Write all marks of a project, at most `BATCH` at a time; what arrives meanwhile counts as newer."""
    for hour in _hours(project=project):
        after, found = "", BATCH
        while found == BATCH:
            version = time.time_ns()  # before reading: a mark that the drain writes from now on wins
            facts = _facts_after(project=project, hour=hour, after=after)
            marks.refresh(facts, version)
            after, found = facts[-1].trace_id if facts else after, len(facts)
            yield Step(project, hour, found)


def _hours(*, project: str) -> list[int]:
    """The hours that hold traces, as seconds since 1970."""
    found = store.rows(
        "SELECT DISTINCT toUnixTimestamp(toStartOfHour(key_ts)) AS hour FROM traces"
        " WHERE project = {project:String} ORDER BY hour",
        project=project,
    )
    return [int(hour) for (hour,) in found]


def _facts_after(*, project: str, hour: int, after: str) -> list[marks.Facts]:
    """The next traces of one hour, in the order of their ids."""
    found = store.rows(
        "SELECT key_ts, trace_id, started_at, flags FROM traces FINAL"
        " WHERE project = {project:String}"
        " AND toStartOfHour(key_ts) = toDateTime({hour:UInt32}, 'UTC')"
        " AND trace_id > {after:String} ORDER BY trace_id LIMIT {most:UInt32}",
        project=project,
        hour=hour,
        after=after,
        most=BATCH,
    )
    return [marks.Facts(project, key_ns, trace_id, started, tuple(flags)) for key_ns, trace_id, started, flags in found]
