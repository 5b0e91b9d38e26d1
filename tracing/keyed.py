"""How a trace is found by key in every table that is sorted by it: its hour, and its id."""

from collections.abc import Sequence
from dataclasses import dataclass

HOUR_NS = 3600 * 10**9
AT = "project = {project:String} AND key_ts = fromUnixTimestamp64Nano({key_ns:Int64}) AND trace_id = {trace_id:String}"
KEYS = "(SELECT arrayJoin(arrayZip({hours:Array(DateTime)}, {ids:Array(String)})))"


@dataclass(frozen=True, slots=True)
class TraceKey:
    """A trace's place in the store; the time in ns."""

    key_ns: int
    trace_id: str


def hours(keys: Sequence[TraceKey]) -> list[int]:
    """The parameter `hours` of KEYS."""
    return [key.key_ns // HOUR_NS * 3600 for key in keys]


def ids(keys: Sequence[TraceKey]) -> list[str]:
    """The parameter `ids` of KEYS."""
    return [key.trace_id for key in keys]
