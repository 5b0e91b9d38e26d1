"""Rows of `traces`, as whole traces are read from them."""

from collections.abc import Collection, Sequence
from typing import Any

import orjson

from tracing import store
from tracing.columns import READ, READ_BEFORE, says_all
from tracing.keyed import TraceKey, picked
from tracing.records import Trace

Named = dict[str, Any]  # a row by the names of its columns
SETTLED_NS, UNROOTED_NS = 5 * 10**9, 60 * 10**9


def trace_rows(*, project: str, keys: Sequence[TraceKey]) -> list[Named]:
    """What `read_trace` wants of each by name, in the order of their ids."""
    rows = _rows(READ, project, keys)
    if all(says_all(row["detail"]) for row in rows):
        return rows
    return _rows(READ + READ_BEFORE, project, keys)


def _rows(columns: Sequence[str], project: str, keys: Sequence[TraceKey]) -> list[Named]:
    condition, found_by = picked(project, keys)
    rows = store.rows(
        f"SELECT {', '.join(columns)} FROM traces"
        f" PREWHERE {condition} ORDER BY trace_id, version DESC LIMIT 1 BY trace_id",
        **found_by,
    )
    named = [dict(zip(columns, row, strict=True)) for row in rows]
    return [row | {"detail": orjson.loads(row["detail"])} for row in named]


def is_settled(rooted: bool, arrived_ns: int, now_ns: int) -> bool:
    """What SETTLED of the filters' SQL tells of a row."""
    return arrived_ns <= now_ns - (SETTLED_NS if rooted else UNROOTED_NS)


def is_live(trace: Trace, environments: Collection[str]) -> bool:
    """What LIVE of the filters' SQL tells of a row."""
    return trace.run_id is None and (trace.environment is None or trace.environment in environments)
