"""How a trace is found by key in every table that is sorted by it: its hour, and its id."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

HOUR_NS = 3600 * 10**9
AT = (
    "project = {project:String} AND trace_id = {trace_id:String}"
    " AND toStartOfHour(key_ts) = toStartOfHour(fromUnixTimestamp64Nano({key_ns:Int64}, 'UTC'))"
)
AMONG = (
    "project = {project:String} AND (toStartOfHour(key_ts), trace_id)"
    " IN (SELECT arrayJoin(arrayZip({hours:Array(DateTime)}, {ids:Array(String)})))"
)
# For a page: to find an id without its time, the engine would look through all of its project's key, where the hour
# stands before the id. Many ids of many projects are found for less with the key.
BY_ID = {"use_primary_key": 0}


@dataclass(frozen=True, slots=True)
class TraceKey:
    """A trace's place in the store; the time in ns."""

    key_ns: int
    trace_id: str


def picked(project: str, keys: Sequence[TraceKey]) -> tuple[str, dict[str, Any]]:
    """The condition that these traces' rows fulfil, and its parameters: one is found by equality for half as much."""
    if len(keys) == 1:
        return AT, {"project": project, "key_ns": keys[0].key_ns, "trace_id": keys[0].trace_id}
    hours = [key.key_ns // HOUR_NS * 3600 for key in keys]
    return AMONG, {"project": project, "hours": hours, "ids": [key.trace_id for key in keys]}
