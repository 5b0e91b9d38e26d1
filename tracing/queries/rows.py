"""Rows of `traces`, as whole traces are read from them."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from tracing import store
from tracing.columns import READ, READ_BEFORE, says_all
from tracing.keyed import TraceKey, picked

Named = dict[str, Any]  # a row by the names of its columns


def trace_rows(*, project: str, keys: Sequence[TraceKey], also: Mapping[str, str], **parameters: Any) -> list[Named]:
    """What `read_trace` wants of each by name, in the order of their ids; and beside it the expressions of `also`, by
    the names that they get, with their parameters."""
    rows = _rows(READ, project, keys, also, parameters)
    if all(says_all(row["detail"]) for row in rows):
        return rows
    return _rows(READ + READ_BEFORE, project, keys, also, parameters)


def _rows(
    columns: Sequence[str],
    project: str,
    keys: Sequence[TraceKey],
    also: Mapping[str, str],
    parameters: Mapping[str, Any],
) -> list[Named]:
    condition, found_by = picked(project, keys)
    rows = store.rows(
        f"SELECT {', '.join([*columns, *also.values()])} FROM traces"
        f" PREWHERE {condition} ORDER BY trace_id, version DESC LIMIT 1 BY trace_id",
        **found_by,
        **parameters,
    )
    named = [dict(zip((*columns, *also), row, strict=True)) for row in rows]
    return [row | {"detail": orjson.loads(row["detail"])} for row in named]
