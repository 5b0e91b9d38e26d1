"""Pages of a list: keys first, from narrow columns, then the rows of one page by key."""

import base64
import binascii
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tracing import store
from tracing.queries.scope import SORTS, Scope
from tracing.queries.summaries import READ, Summary, summaries

HOUR_NS = 3600 * 10**9
DAY_NS = 24 * HOUR_NS
MOST_NEWER = 1_000
KEY = "fromUnixTimestamp64Nano({key_ns:Int64})"
GROUNDED = (
    " LEFT ANY JOIN (SELECT trace_id, groundedness FROM marks FINAL WHERE project = {project:String}) AS said"
    " USING trace_id"
)


class CursorError(ValueError):
    """A cursor that this list did not give out."""


@dataclass(frozen=True, slots=True)
class Position:
    """A row's place in an order; `value` is what it is ordered by, where that is not time alone."""

    key_ns: int
    trace_id: str
    value: float = 0.0


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and the cursors of the pages beside them; None at an end."""

    rows: tuple[Summary, ...]
    next: str | None
    previous: str | None
    newest: str

    @property
    def digest(self) -> str:
        """Another one as soon as a row says something else, or another row is here."""
        return hashlib.blake2b(repr(self.rows).encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Order:
    """How a sort orders: a value's SQL (never null), and whether values and times run downwards."""

    value: str
    falling: bool
    later_first: bool = True


ORDERS = {
    "newest": Order("0.", False),
    "oldest": Order("0.", False, later_first=False),
    "latency": Order("duration_ms", True),
    "cost": Order("ifNull(cost_usd, -1.)", True),
    "confidence": Order("ifNull(confidence, inf)", False),
    "groundedness": Order("ifNull(groundedness, inf)", False),
}


def trace_page(
    *, scope: Scope, sort: str = "newest", cursor: str = "", limit: int = 50, names: Sequence[str] = READ
) -> Page:
    """One page of the traces in scope, with these fields of each summary; raises CursorError."""
    position, backwards = _read(cursor, sort)
    order = ORDERS[sort]
    if backwards:
        order = Order(order.value, not order.falling, not order.later_first)
    found = _keys(scope, order, sort, position, limit + 1)
    more = len(found) > limit
    found = found[:limit]
    if backwards:
        found.reverse()
    keys = [(at.key_ns, at.trace_id) for at in found]
    rows = summaries(project=scope.project, keys=keys, live=scope.live, now_ns=scope.now_ns, names=names)
    before, after = (more, position is not None) if backwards else (position is not None, more)
    return Page(
        rows,
        _write(found[-1], sort, False) if found and after else None,
        _write(found[0], sort, True) if found and before else None,
        _write(max(found, key=lambda at: (at.key_ns, at.trace_id)), sort, True) if found else "",
    )


def cursor_beside(*, scope: Scope, sort: str, trace_id: str, backwards: bool) -> str | None:
    """The cursor of what follows a trace in this order, or with `backwards` precedes it; raises CursorError."""
    if sort not in SORTS:
        raise CursorError(f"there is no order '{sort[:40]}': it is one of {', '.join(SORTS)}")
    rows = store.rows(
        f"SELECT key_ts, {ORDERS[sort].value} AS value FROM traces FINAL"
        + GROUNDED * (sort == "groundedness")
        + " WHERE project = {project:String} AND trace_id = {trace_id:String} LIMIT 1",
        project=scope.project,
        trace_id=trace_id,
    )
    return _write(Position(rows[0][0], trace_id, rows[0][1]), sort, backwards) if rows else None


def _keys(scope: Scope, order: Order, sort: str, position: Position | None, count: int) -> list[Position]:
    """By time, an hour is probed, a day, what should then suffice, all: a list reads little further than it must."""
    if sort not in ("newest", "oldest"):
        return _ordered_keys(scope, order, sort, position, count)
    if position is not None:
        begin = position.key_ns
    elif order.later_first:
        begin = min(scope.now_ns, scope.end_ns or scope.now_ns)
    else:
        begin = _earliest(project=scope.project, start_ns=scope.start_ns or 0)
    width: int | None = HOUR_NS
    while width is not None:
        window = f" AND key_ts {'>=' if order.later_first else '<='} fromUnixTimestamp64Nano({{edge_ns:Int64}})"
        edge_ns = max(0, begin - width) if order.later_first else min(2**63 - 1, begin + width)
        found = _ordered_keys(scope, order, sort, position, count, window, edge_ns)
        if len(found) == count:
            return found
        width = _wider(width, len(found), count)
    return _ordered_keys(scope, order, sort, position, count)


def _wider(width: int, found: int, count: int) -> int | None:
    """Twice the time in which there should be enough; None for all of it."""
    if width == HOUR_NS:
        return DAY_NS
    enough = 2 * width * count // found if found else None
    return enough if enough is not None and enough <= 30 * DAY_NS else None


def _earliest(*, project: str, start_ns: int) -> int:
    found = store.rows(
        "SELECT min(key_ts) FROM traces WHERE project = {project:String}"
        " AND started_at >= fromUnixTimestamp64Nano({start_ns:Int64})",
        project=project,
        start_ns=start_ns,
    )
    return int(found[0][0])


def _ordered_keys(
    scope: Scope, order: Order, sort: str, position: Position | None, count: int, window: str = "", edge_ns: int = 0
) -> list[Position]:
    timed = sort in ("newest", "oldest")
    after, parameters = _after(order, position, timed=timed)
    tail = after + _ranked(order, timed=timed)
    parameters |= {"count": count, "edge_ns": edge_ns}
    if sort == "groundedness" and (position is None or math.isfinite(position.value)):
        found = _grounded_keys(scope, tail, parameters)
        if len(found) == count or order.falling:
            return found
    rows = scope.rows(
        f"SELECT key_ts, trace_id, {order.value} AS value FROM traces FINAL"
        + GROUNDED * (sort == "groundedness")
        + f" WHERE @WHERE@{tail}",
        window=window,
        **parameters,
    )
    return [Position(key_ns, trace_id, value) for key_ns, trace_id, value in rows]


def _grounded_keys(scope: Scope, tail: str, parameters: dict[str, Any]) -> list[Position]:
    """Those of which groundedness is known, and they come first: their marks alone are a fifth of the work."""
    within = "@WHERE@" if scope.of_marks else "trace_id IN (SELECT trace_id FROM traces FINAL WHERE @WHERE@)"
    rows = scope.rows(
        "SELECT key_ts, trace_id, assumeNotNull(groundedness) AS value FROM marks FINAL"
        f" WHERE project = {{project:String}} AND isNotNull(groundedness) AND {within}{tail}",
        of_marks=scope.of_marks,
        **parameters,
    )
    return [Position(key_ns, trace_id, value) for key_ns, trace_id, value in rows]


def _after(order: Order, position: Position | None, *, timed: bool) -> tuple[str, dict[str, Any]]:
    if position is None:
        return "", {}
    bound = {"key_ns": position.key_ns, "after_id": position.trace_id, "after_value": position.value}
    return " AND " + _beyond(order, timed=timed), bound


def _ranked(order: Order, *, timed: bool) -> str:
    direction = "DESC" if order.later_first else "ASC"
    by_value = "" if timed else f"value {'DESC' if order.falling else 'ASC'}, "
    return f" ORDER BY {by_value}key_ts {direction}, trace_id {direction} LIMIT {{count:UInt32}}"


def _beyond(order: Order, *, timed: bool) -> str:
    """What comes after a position: later in the order by value, then by time, then by id."""
    beyond, at = ("<", "<=") if order.later_first else (">", ">=")
    key = f"(key_ts {at} {KEY} AND (key_ts {beyond} {KEY} OR trace_id {beyond} {{after_id:String}}))"
    if timed:
        return key
    value = "{after_value:Float64}"
    return f"(value {'<' if order.falling else '>'} {value} OR (value = {value} AND {key}))"


def newer_than(*, scope: Scope, cursor: str) -> int:
    """How many traces in scope are newer than a page's `newest`; at most 1,000 are counted."""
    position, _ = _read(cursor, "newest", any_sort=True)
    if position is None:
        raise CursorError("this needs the cursor of a row")
    found = scope.rows(
        "SELECT count() FROM (SELECT 1 FROM traces FINAL WHERE @WHERE@"
        f" AND key_ts >= {KEY} AND (key_ts > {KEY} OR trace_id > {{after_id:String}}) LIMIT {MOST_NEWER})",
        key_ns=position.key_ns,
        after_id=position.trace_id,
    )
    return int(found[0][0])


def _write(position: Position, sort: str, backwards: bool) -> str:
    value = None if math.isinf(position.value) else position.value
    text = orjson.dumps([sort, backwards, position.key_ns, position.trace_id, value])
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def _read(cursor: str, sort: str, any_sort: bool = False) -> tuple[Position | None, bool]:
    if sort not in SORTS:
        raise CursorError(f"there is no order '{sort[:40]}': it is one of {', '.join(SORTS)}")
    if not cursor:
        return None, False
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        made_for, backwards, key_ns, trace_id, value = orjson.loads(base64.b64decode(padded, b"-_", validate=True))
        if made_for != sort and not any_sort:
            raise CursorError("this cursor belongs to another order: begin at the first page")
        if not (type(key_ns) is int and 0 <= key_ns < 2**63 and type(trace_id) is str and len(trace_id) <= 200):
            raise TypeError
        return Position(key_ns, trace_id, math.inf if value is None else float(value)), backwards is True
    except (binascii.Error, UnicodeEncodeError, TypeError, orjson.JSONDecodeError) as error:
        raise CursorError("this cursor was not given out here: begin at the first page") from error
    except ValueError as error:
        if isinstance(error, CursorError):
            raise
        raise CursorError("this cursor was not given out here: begin at the first page") from error
