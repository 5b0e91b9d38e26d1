"""Many traces with all that is said of them, as one trace is given, at the cost of one read of each table."""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from tracing import store
from tracing.corpus.expectations import expectations_of
from tracing.filters.sql import LIVE as IS_LIVE
from tracing.judging.assessments import assessments_of
from tracing.judging.verdicts import applied, standing_of
from tracing.keyed import TraceKey, picked
from tracing.marks import Mark, marks_of
from tracing.queries.many import stored_traces
from tracing.queries.one import MOST_SIGNALS, NOTHING_SAID, SIGNAL, Found, read_signal
from tracing.queries.scope import Scope
from tracing.records import Signal, Trace

NO_MARK = Mark()


def keys_from(*, scope: Scope, after: TraceKey | None, limit: int) -> tuple[TraceKey, ...]:
    """The next traces in scope, the oldest first; also those to which something is still arriving."""
    beyond = ""
    if after is not None:
        beyond = " AND (key_ts, trace_id) > (fromUnixTimestamp64Nano({after_ns:Int64}), {after_id:String})"
    rows = scope.rows(
        f"SELECT key_ts, trace_id FROM traces FINAL WHERE @WHERE@{beyond} ORDER BY key_ts, trace_id"
        " LIMIT {limit:UInt32}",
        window=" AND key_ts >= fromUnixTimestamp64Nano({after_ns:Int64})" if after else "",
        after_ns=after.key_ns if after else 0,
        after_id=after.trace_id if after else "",
        limit=limit,
    )
    return tuple(TraceKey(*row) for row in rows)


def whole_traces(
    *, project: str, keys: Sequence[TraceKey], live: Sequence[str], with_texts: bool = True
) -> tuple[Found, ...]:
    """The traces of these keys, in their order. Where texts are not wanted, each is its hash in hex."""
    stored = {one.key.trace_id: one for one in stored_traces(project=project, keys=keys, with_texts=with_texts)}
    kept = [key for key in keys if key.trace_id in stored]
    traces = [stored[key.trace_id].trace for key in kept]
    arrived = _arrived(project=project, keys=kept, live=live)
    marks = marks_of(project=project, keys=kept)
    said = _signals(project=project, traces=traces)
    standing = standing_of(project=project, keys=kept)
    expected = expectations_of(project=project, traces=traces)
    assessed = assessments_of(project=project, keys=kept)
    found = []
    for key in kept:
        one, stands = stored[key.trace_id], standing.get(key.trace_id, NOTHING_SAID)
        arrived_ns, is_live = arrived.get(key.trace_id, (0, False))
        found.append(
            Found(
                project=project,
                trace=applied(one.trace, stands.engine),
                key_ns=key.key_ns,
                arrived_ns=arrived_ns,
                settled=one.settled,
                live=is_live,
                mark=marks.get(key.trace_id, NO_MARK),
                signals=said.get(key.trace_id, ()),
                standing=stands,
                expectation=expected.get(key.trace_id),
                assessments=assessed.get(key.trace_id, ()),
            )
        )
    return tuple(found)


def _arrived(*, project: str, keys: Sequence[TraceKey], live: Sequence[str]) -> Mapping[str, tuple[int, bool]]:
    condition, found_by = picked(project, keys)
    rows = store.rows(
        f"SELECT trace_id, arrived_at, toBool({IS_LIVE}) FROM traces"
        f" PREWHERE {condition}"
        " ORDER BY version DESC LIMIT 1 BY trace_id",
        **found_by,
        live=list(live),
        now_ms=time.time_ns() // 1_000_000,
    )
    return {trace_id: (arrived_ms * 1_000_000, is_live) for trace_id, arrived_ms, is_live in rows}


def _signals(*, project: str, traces: Iterable[Trace]) -> Mapping[str, tuple[Signal, ...]]:
    """By trace what was said of it or of its whole session, the newest first."""
    sessions: dict[str, list[str]] = defaultdict(list)
    found: dict[str, list[Signal]] = {}
    for trace in traces:
        found[trace.trace_id] = []
        if trace.session_id:
            sessions[trace.session_id].append(trace.trace_id)
    rows = store.rows(
        f"SELECT {SIGNAL} FROM signals FINAL"
        " WHERE project = {project:String} AND (trace_id IN {ids:Array(String)}"
        " OR (trace_id = '' AND session_id IN {sessions:Array(String)})) ORDER BY at DESC, identity",
        project=project,
        ids=list(found),
        sessions=list(sessions),
    )
    for row in rows:
        for trace_id in [row[0]] if row[0] else sessions[row[9]]:
            if len(found[trace_id]) < MOST_SIGNALS:
                found[trace_id].append(read_signal(*row))
    return {trace_id: tuple(said) for trace_id, said in found.items() if said}
