"""One batch of the drain: frames to rows, written so that a second try after a crash changes nothing.

The order is chunks, spans, traces, signals, marks, refusals, account. A span that is in the store under this batch's
own token was written by an earlier try and is no duplicate.
"""

import datetime as dt
import threading
import time
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import orjson
import structlog

from tracing import anchor_patterns, homing, in_hand, marks, native, normalise, otlp, signals, store
from tracing.arrivals import Arrival, Key
from tracing.columns import TraceRow, trace_columns
from tracing.judging import attribute, verdicts
from tracing.keyed import TraceKey
from tracing.models import Project
from tracing.normalising import feedback
from tracing.normalising.outcome import DEFAULT_CUTS, Cuts
from tracing.otlp import logs as otlp_logs
from tracing.records import Signal, Span, Trace
from tracing.shelf import Shelf
from tracing.span_columns import SpanRow, packed, span_columns
from tracing.spool import Frame
from tracing.stored_spans import key_times, stored_by_id, stored_spans

log = structlog.get_logger()

DAY_NS = 86_400 * 10**9
EARLIEST_KEY_NS = 946_684_800 * 10**9  # 2000-01-01: what is earlier is a clock that was never set
RECENT = 50_000
CUTS_FRESH_SECONDS = 5.0


@dataclass(slots=True)
class Contents:
    """A batch's frames, decoded."""

    arrivals: dict[Key, Arrival] = field(default_factory=dict)
    signals: list[tuple[str, int, Signal]] = field(default_factory=list)
    refusals: list[Frame] = field(default_factory=list)
    account: dict[tuple[str, str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    bad: list[tuple[Frame, str]] = field(default_factory=list)
    joins: list[homing.Join] = field(default_factory=list)
    new: set[Key] = field(default_factory=set)  # traces of which no span was stored before


class Recent(OrderedDict[Any, Any]):
    """The latest `RECENT` things seen."""

    def remember(self, key: Any, value: Any) -> None:
        """Keep it, and let the oldest go."""
        self[key] = value
        self.move_to_end(key)
        if len(self) > RECENT:
            self.popitem(last=False)


@dataclass(slots=True)
class Memory:
    """What the drain remembers between batches, to spare look-ups: never needed for being right."""

    keys: Recent = field(default_factory=Recent)  # (project, trace id) -> key_ns
    chunks: Recent = field(default_factory=Recent)  # (project, hash) -> None
    version: int = 0
    _counting: threading.Lock = field(default_factory=threading.Lock)
    _cuts: dict[str, tuple[float, Cuts]] = field(default_factory=dict)

    def cuts(self, project: str) -> Cuts:
        """The project's confidence cuts, at most a few seconds old."""
        now = time.monotonic()
        read_at, cuts = self._cuts.get(project, (-CUTS_FRESH_SECONDS, DEFAULT_CUTS))
        if now - read_at >= CUTS_FRESH_SECONDS:
            found = Project.objects.filter(slug=project).first()
            cuts = _cuts_of(found) if found else DEFAULT_CUTS
            self._cuts[project] = now, cuts
        return cuts

    def next_version(self) -> int:
        """Grows with every call."""
        with self._counting:
            self.version = max(self.version + 1, time.time_ns())
            return self.version


def _cuts_of(project: Project) -> Cuts:
    return Cuts(project.answer_cut, project.suggest_cut, anchor_patterns.usable(project.anchor_pattern))


def day_of(at_ns: int) -> str:
    """The UTC day of a time, as YYYY-MM-DD."""
    return dt.datetime.fromtimestamp(at_ns / 1e9, dt.UTC).date().isoformat()


def decode(frames: Iterable[Frame]) -> Contents:
    """What the frames hold; a frame that cannot be decoded is among the bad."""
    contents = Contents()
    for frame in frames:
        try:
            _DECODERS[frame.kind](frame, contents)
        except Exception as error:  # whatever it is, the drain must go on and the frame must be kept
            log.exception("a frame could not be decoded", kind=frame.kind, project=frame.project)
            contents.bad.append((frame, repr(error)))
            contents.account[frame.project, day_of(frame.received_ns), frame.client]["bad"] += frame.spans
    return contents


def _decode_otlp(frame: Frame, contents: Contents) -> None:
    _arrive(frame, contents, otlp.decode(frame.body, frame.content_type))


def _decode_logs(frame: Frame, contents: Contents) -> None:
    _arrive(frame, contents, otlp_logs.decode(frame.body, frame.content_type))


def _decode_native(frame: Frame, contents: Contents) -> None:
    _arrive(frame, contents, [item.span for item in native.parse(frame.body) if item.span])


def _arrive(frame: Frame, contents: Contents, spans: Sequence[Span]) -> None:
    sender = day_of(frame.received_ns), frame.client
    count = contents.account[frame.project, *sender]
    count["rejected"] += frame.rejected
    count["ignored"] += frame.ignored
    count["bad"] += max(0, frame.spans - frame.rejected - len(spans))
    contents.signals += [(frame.project, frame.received_ns, signal) for signal in feedback.signals(spans)]
    for span in spans:
        arrival = contents.arrivals.setdefault((frame.project, span.trace_id), Arrival())
        count["duplicate"] += span.span_id in arrival.spans
        arrival.spans[span.span_id] = span
        arrival.senders.setdefault(span.span_id, sender)
        arrival.first_received_ns = min(arrival.first_received_ns, frame.received_ns)
        arrival.last_received_ns = max(arrival.last_received_ns, frame.received_ns)


def _decode_signals(frame: Frame, contents: Contents) -> None:
    contents.signals += [(frame.project, frame.received_ns, signal) for signal in signals.load(frame.body)]


def _decode_joins(frame: Frame, contents: Contents) -> None:
    found = orjson.loads(frame.body)
    contents.joins += [homing.Join(frame.project, part, whole, frame.received_ns) for part, whole in found]


def _decode_refusal(frame: Frame, contents: Contents) -> None:
    contents.refusals.append(frame)


_DECODERS = {
    "otlp": _decode_otlp,
    "logs": _decode_logs,
    "native": _decode_native,
    "signals": _decode_signals,
    "joins": _decode_joins,
    "refusal": _decode_refusal,
}


Columns = dict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch as the store will take it."""

    token: str
    contents: Contents
    rows: list[TraceRow] = field(default_factory=list)
    chunks: Mapping[tuple[str, bytes], str] = field(default_factory=dict)
    spans: Columns = field(default_factory=dict)
    traces: Columns = field(default_factory=dict)
    keys: frozenset[Key] = frozenset()


def leans_on(contents: Contents, others: Set[Key]) -> bool:
    """True where the store must have taken these other traces before the batch is prepared."""
    return not others.isdisjoint(contents.arrivals) or bool(contents.joins) or homing.concerns(contents.arrivals)


def write(contents: Contents, token: str, memory: Memory) -> None:
    """Store it all; may raise what the store raises, and may then be called again with the same token."""
    keep(prepare(contents, token, memory), memory)


def keep(prepared: Prepared, memory: Memory) -> None:
    """The writing half of `write`."""
    contents, token, rows = prepared.contents, prepared.token, prepared.rows
    _insert(prepared, memory)
    failed = _judge_failed(rows, token, memory)
    facts = [_facts(row, new=(row.project, row.trace.trace_id) in contents.new - failed) for row in rows]
    _write_signals(contents.signals, token)
    facts += _facts_of_signalled(contents.signals, {(f.project, f.trace_id) for f in facts})
    marks.refresh(facts, memory.next_version(), f"{token}:marks", due=True)
    store.insert("refusals", _refusal_columns(contents.refusals, token), f"{token}:refusals")
    store.insert("account", _account_columns(contents.account, token), f"{token}:account")


def _facts(row: TraceRow, *, new: bool) -> marks.Facts:
    trace = row.trace
    return marks.Facts(row.project, row.key_ns, trace.trace_id, trace.started_ns, trace.flags, new)


def _judge_failed(rows: Sequence[TraceRow], token: str, memory: Memory) -> set[Key]:
    """Stages that raised or ran out of time are blamed at once; returns the traces of which that was said."""
    version = memory.next_version()
    found: dict[str, list[tuple[TraceKey, verdicts.Row]]] = defaultdict(list)
    for row in rows:
        verdict = attribute.failed_at_once(row.trace, version)
        if verdict is not None:
            found[row.project].append((TraceKey(row.key_ns, row.trace.trace_id), verdict))
    for project, judged in found.items():
        verdicts.keep(project=project, found=judged, version=version, token=f"{token}:verdicts:{project}")
    return {(project, key.trace_id) for project, judged in found.items() for key, _ in judged}


def prepare(contents: Contents, token: str, memory: Memory) -> Prepared:
    """The reading half of `write`: traces with all that the store has of them, as columns."""
    arrivals, stored_by_key = contents.arrivals, partial(stored_by_id, token=token)
    homing.join(arrivals, contents.joins, stored_by_key)
    if not arrivals:
        return Prepared(token, contents)
    homing.bring_home(arrivals, contents.signals, stored_by_key)
    keys = _keys(arrivals, memory)
    stored = stored_spans([(key, keys[key]) for key in arrivals if key in keys], token)
    rows, span_rows = [], []
    for key, arrival in arrivals.items():
        before = stored.get(key, {})
        _count(contents, key, arrival, before)
        key_ns = keys[key] if key in keys else _first_key(arrival)
        memory.keys.remember(key, key_ns)
        trace = _normalised(key, {**before, **arrival.spans}, memory)
        version = memory.next_version()
        shelf = Shelf.of(trace)
        rows.append(TraceRow(key[0], key_ns, version, arrival.last_received_ns, trace, shelf))
        at = key[0], key_ns, version, token
        span_rows += [SpanRow(*at, span, packed(span, shelf)) for span in arrival.spans.values()]
    prepared = Prepared(
        token,
        contents,
        rows,
        _fresh_chunks(rows, memory),
        span_columns(span_rows),
        trace_columns(rows),
        frozenset(arrivals),
    )
    arrivals.clear()  # the spans are columns now, and two batches of them would be too much to hold
    return prepared


def _insert(prepared: Prepared, memory: Memory) -> None:
    if not prepared.rows:
        return
    fresh = prepared.chunks
    chunks: Columns = {
        "project": [project for project, _ in fresh],
        "hash": [chunk for _, chunk in fresh],
        "text": list(fresh.values()),
    }
    store.insert("chunks", chunks)
    store.insert("spans", prepared.spans, f"{prepared.token}:spans")
    store.insert("traces", prepared.traces, f"{prepared.token}:traces")
    for key in fresh:
        memory.chunks.remember(key, None)
    for row in prepared.rows:
        made = in_hand.Made(row.trace, row.version, row.arrived_ns)
        in_hand.put(row.project, TraceKey(row.key_ns, row.trace.trace_id), made)


def _fresh_chunks(rows: Sequence[TraceRow], memory: Memory) -> dict[tuple[str, bytes], str]:
    return {
        key: text
        for row in rows
        for text, chunk in row.shelf.hashes.items()
        if (key := (row.project, chunk)) not in memory.chunks
    }


def _normalised(key: Key, spans: Mapping[str, Span], memory: Memory) -> Trace:
    try:
        return normalise.normalise(list(spans.values()), memory.cuts(key[0]))
    except Exception as error:  # one odd trace must not stop the drain: its spans are kept and shown as they are
        log.exception("a trace could not be normalised", trace_id=key[1])
        return Trace(
            trace_id=key[1],
            started_ns=min(span.start_ns for span in spans.values()),
            ended_ns=max(span.end_ns for span in spans.values()),
            span_count=len(spans),
            warnings=(f"this trace could not be read beyond its spans ({type(error).__name__}); please report it",),
        )


def _count(contents: Contents, key: Key, arrival: Arrival, before: Mapping[str, Span]) -> None:
    for span_id, (day, client) in arrival.senders.items():
        count = contents.account[key[0], day, client]
        count["duplicate" if span_id in before else "stored"] += 1
    if not before:
        contents.new.add(key)
        day, client = next(iter(arrival.senders.values()))
        contents.account[key[0], day, client]["traces"] += 1


def _first_key(arrival: Arrival) -> int:
    """Where the trace is sorted for good: its first seen start, or its arrival where that is absurd."""
    start = min(span.start_ns for span in arrival.spans.values())
    received = arrival.first_received_ns
    return start if EARLIEST_KEY_NS <= start <= received + DAY_NS else received


def _keys(arrivals: Mapping[Key, Arrival], memory: Memory) -> dict[Key, int]:
    """The sort times of those traces that were seen before."""
    keys = {key: memory.keys[key] for key in arrivals if key in memory.keys}
    unknown: dict[str, list[str]] = defaultdict(list)
    for project, trace_id in arrivals:
        if (project, trace_id) not in keys:
            unknown[project].append(trace_id)
    for project, trace_ids in unknown.items():
        for trace_id, key_ns in key_times(project=project, trace_ids=trace_ids):
            keys[project, trace_id] = key_ns
    return keys


def _facts_of_signalled(found: Sequence[tuple[str, int, Signal]], done: set[Key]) -> list[marks.Facts]:
    others: dict[str, set[str]] = defaultdict(set)
    for project, _, signal in found:
        if (project, signal.trace_id) not in done:
            others[project].add(signal.trace_id)
    return [fact for project, ids in others.items() for fact in marks.facts_of(project=project, trace_ids=sorted(ids))]


def _write_signals(found: Sequence[tuple[str, int, Signal]], token: str) -> None:
    kept = [signal for _, _, signal in found]
    columns: dict[str, list[Any]] = {
        "project": [project for project, _, _ in found],
        "trace_id": [s.trace_id for s in kept],
        "identity": [s.identity for s in kept],
        "version": [
            received + order if s.said_ns is None else s.said_ns for order, (_, received, s) in enumerate(found)
        ],
        "value": ["" if s.value is None else str(s.value) for s in kept],
        "number": [s.value if isinstance(s.value, int | float) else None for s in kept],
        "at": [s.at_ns for s in kept],
        "kind": [s.kind for s in kept],
        "source": [s.source for s in kept],
    }
    for name in ("id", "name", "user", "session_id", "comment", "anchor", "span_id"):
        columns[name] = [getattr(s, name) or "" for s in kept]
    store.insert("signals", columns, f"{token}:signals")


def _refusal_columns(refusals: Sequence[Frame], token: str) -> dict[str, list[Any]]:
    return {
        "project": [f.project for f in refusals],
        "at": [f.received_ns // 1_000_000 for f in refusals],
        "batch": [f"{token}:{i}" for i in range(len(refusals))],
        "client": [f.client for f in refusals],
        "status": [f.status for f in refusals],
        "reason": [f.reason[:500] for f in refusals],
    }


def _account_columns(account: Mapping[tuple[str, str, str], Counter[str]], token: str) -> dict[str, list[Any]]:
    days = [dt.date.fromisoformat(day) for _, day, _ in account]
    columns: dict[str, list[Any]] = {
        "project": [project for project, _, _ in account],
        "day": days,
        "batch": [token] * len(days),
        "client": [client for _, _, client in account],
    }
    for name in ("traces", "stored", "duplicate", "rejected", "bad", "ignored"):
        columns[name] = [count[name] for count in account.values()]
    return columns


def refused(frame: Frame, error: Exception) -> Contents:
    """The frame as bad, with nothing else of it: for one that the store refuses for what it holds."""
    contents = Contents(bad=[(frame, repr(error))])
    contents.account[frame.project, day_of(frame.received_ns), frame.client]["bad"] = frame.spans
    return contents
