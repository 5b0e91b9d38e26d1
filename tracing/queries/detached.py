"""Rerankers that came as traces of their own, and the questions that they may belong to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tracing import store

MOST = 500
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Part:
    """A trace of a session, as far as it says what belongs together; times in ns."""

    trace_id: str
    session_id: str
    service: str
    started_ns: int
    ended_ns: int
    query: str
    rewritten: tuple[str, ...] = ()


def detached_rerankers(*, project: str, now_ms: int, quiet_ms: int) -> tuple[Part, ...]:
    """The traces of the last day that reranked something of a session and did nothing else, the newest first."""
    rows = store.rows(
        "SELECT trace_id, session_id, service, started_at, ended_at, query FROM traces FINAL"
        " WHERE project = {project:String} AND key_ts >= fromUnixTimestamp64Milli({first:Int64})"
        " AND kind = 'query' AND stage = ['rerank'] AND session_id != '' AND query != '' AND rooted"
        " AND arrived_at <= fromUnixTimestamp64Milli({last:Int64})"
        " ORDER BY key_ts DESC, trace_id LIMIT {limit:UInt32}",
        project=project,
        first=max(0, now_ms - DAY_MS),
        last=now_ms - quiet_ms,
        limit=MOST,
    )
    return tuple(Part(*row) for row in rows)


def questions_of_sessions(*, project: str, parts: Sequence[Part], now_ms: int, quiet_ms: int) -> tuple[Part, ...]:
    """The questions of these parts' sessions whose time spans any of them; all of a question has come."""
    rows: Any = store.rows(
        "SELECT trace_id, session_id, service, started_at, ended_at, query,"
        " JSONExtract(detail, 'rewritten', 'Array(String)') FROM traces FINAL"
        " WHERE project = {project:String} AND session_id IN {sessions:Array(String)}"
        " AND kind = 'query' AND stage != ['rerank'] AND rooted"
        " AND started_at <= fromUnixTimestamp64Nano({latest:Int64})"
        " AND ended_at >= fromUnixTimestamp64Nano({earliest:Int64})"
        " AND arrived_at <= fromUnixTimestamp64Milli({last:Int64})",
        project=project,
        sessions=sorted({part.session_id for part in parts}),
        latest=max(part.started_ns for part in parts),
        earliest=min(part.ended_ns for part in parts),
        last=now_ms - quiet_ms,
    )
    return tuple(
        Part(trace_id, session_id, service, started_ns, ended_ns, query, tuple(rewritten))
        for trace_id, session_id, service, started_ns, ended_ns, query, rewritten in rows
    )
