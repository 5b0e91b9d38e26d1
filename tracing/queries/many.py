"""Traces in batches: what is due, what a filter finds from a place on, and many traces whole."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tracing import store
from tracing.columns import NO_TEXT, read_trace
from tracing.keyed import TraceKey
from tracing.queries.one import texts
from tracing.queries.rows import Named, is_settled, trace_rows
from tracing.queries.scope import Scope
from tracing.records import Trace

START = TraceKey(0, "")
FAR = 2**62  # ns: in a hundred years


@dataclass(frozen=True, slots=True)
class Stored:
    """A trace as the store has it."""

    key: TraceKey
    trace: Trace
    version: int
    settled: bool


def due_keys(*, project: str, limit: int) -> tuple[TraceKey, ...]:
    """Traces of which something came that they were not judged by yet, the oldest first."""
    rows = store.rows(
        "SELECT key_ts, trace_id FROM marks FINAL WHERE project = {project:String} AND due"
        " ORDER BY key_ts, trace_id LIMIT {limit:UInt32}",
        {"do_not_merge_across_partitions_select_final": 1},
        project=project,
        limit=limit,
    )
    return tuple(TraceKey(*row) for row in rows)


ARRIVED = "arrived_at <= fromUnixTimestamp64Nano({until_ns:Int64})"


def keys_after(*, scope: Scope, after: TraceKey, limit: int, until_ns: int = FAR) -> tuple[TraceKey, ...]:
    """The next traces in scope that had arrived by then, the oldest first."""
    rows = scope.rows(
        f"SELECT key_ts, trace_id FROM traces FINAL WHERE @WHERE@ AND {ARRIVED}"
        " AND (key_ts, trace_id) > (fromUnixTimestamp64Nano({after_ns:Int64}), {after_id:String})"
        " ORDER BY key_ts, trace_id LIMIT {limit:UInt32}",
        window=" AND key_ts >= fromUnixTimestamp64Nano({after_ns:Int64})",
        until_ns=until_ns,
        after_ns=after.key_ns,
        after_id=after.trace_id,
        limit=limit,
    )
    return tuple(TraceKey(*row) for row in rows)


def how_many(*, scope: Scope, until_ns: int = FAR) -> int:
    """How many traces in scope had arrived by then, counted to the end."""
    rows = scope.rows(f"SELECT count() FROM traces FINAL WHERE @WHERE@ AND {ARRIVED}", until_ns=until_ns)
    return int(rows[0][0])


def _hex(hashes: Iterable[bytes]) -> dict[bytes, str]:
    return {value: value.hex() for value in hashes}


def stored_traces(*, project: str, keys: Sequence[TraceKey], with_texts: bool = True) -> tuple[Stored, ...]:
    """The traces of these keys, in the order of their ids. Where texts are not wanted, each is its hash in hex."""
    if not keys:
        return ()
    rows, now_ns = trace_rows(project=project, keys=keys), time.time_ns()
    wanted = {value for row in rows for value in row["c_text"] if value != NO_TEXT}
    pieces = [texts(project=project, hashes=some) for some in store.pieces(wanted if with_texts else ())]
    known = {value: text for piece in pieces for value, text in piece.items()} if with_texts else _hex(wanted)
    return tuple(_stored(row, read_trace(row, known), now_ns) for row in rows)


def _stored(row: Named, trace: Trace, now_ns: int) -> Stored:
    settled = is_settled(trace.rooted, row["arrived_at"] * 1_000_000, now_ns)
    return Stored(TraceKey(row["key_ts"], row["trace_id"]), trace, row["version"], settled)
