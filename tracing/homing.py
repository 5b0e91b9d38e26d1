"""What came as a trace of its own and belongs to another: brought there, whichever came first.

Log records that name a response and no trace go to the trace whose span names that response too; detached rerankers
to the trace of their question, where `joining` found it. The trace that they came as says where they went.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import orjson

from tracing import store
from tracing.arrivals import Arrival, Key
from tracing.dialects.log_records import LOG_SCOPE, RESPONSE_ID, trace_of_response
from tracing.dialects.values import text
from tracing.normalising import feedback, joining
from tracing.records import Signal, Span

BEFORE_NS, AFTER_NS = 6 * 3600 * 10**9, 600 * 10**9  # how far from a record the trace of its span may have begun
_MOST = 1_000

Said = list[tuple[str, int, Signal]]
Stored = Callable[[Iterable[Key]], Mapping[Key, Mapping[str, Span]]]


class Join(NamedTuple):
    """A detached trace, and the one that it is a part of."""

    project: str
    trace_id: str
    to: str
    received_ns: int


class Home(NamedTuple):
    """The span that a response is told by."""

    trace_id: str
    span_id: str


def concerns(arrivals: Mapping[Key, Arrival]) -> bool:
    """True where something here names a response, so that what belongs to it may be in the store."""
    return any(RESPONSE_ID in span.attributes for arrival in arrivals.values() for span in arrival.spans.values())


def bring_home(arrivals: dict[Key, Arrival], said: Said, stored: Stored) -> None:
    """Move records that wait for a response to its trace, those of earlier batches too; twice is once."""
    homes = _homes(arrivals)
    waiting = _waiting(arrivals)
    for project in {project for project, _ in waiting.keys() - homes.keys()}:
        unknown = {response: at for (of, response), at in waiting.items() if of == project}
        for response, home in _search(project, unknown).items():
            homes.setdefault((project, response), home)
    if not homes:
        return
    earlier = stored([(project, trace_of_response(response)) for project, response in homes])
    for (project, response), home in homes.items():
        place = project, trace_of_response(response)
        arrived = arrivals.pop(place, None)
        if arrived is None and place not in earlier:
            continue
        said[:] = [entry for entry in said if (entry[0], entry[2].trace_id) != place]
        into = arrivals.setdefault((project, home.trace_id), Arrival())
        found = {**earlier.get(place, {}), **(arrived.spans if arrived is not None else {})}
        waited = [span for span in found.values() if span.scope != joining.SCOPE]
        records = [replace(span, trace_id=home.trace_id, parent_id=home.span_id) for span in waited]
        into.spans.update({record.span_id: record for record in records})
        if arrived is not None:
            into.senders.update(arrived.senders)
            into.first_received_ns = min(into.first_received_ns, arrived.first_received_ns)
            into.last_received_ns = max(into.last_received_ns, arrived.last_received_ns)
        said += [(project, into.last_received_ns, signal) for signal in feedback.signals(records)]
        if place in earlier:
            _leave_word(arrivals, place, home.trace_id, waited, into.last_received_ns)


def join(arrivals: dict[Key, Arrival], joins: Iterable[Join], stored: Stored) -> None:
    """Copy the spans of detached traces to those that they belong to; twice is once."""
    wanted = list(joins)
    if not wanted:
        return
    found = stored([(one.project, trace_id) for one in wanted for trace_id in (one.trace_id, one.to)])
    for one in wanted:
        spans = [span for span in found.get((one.project, one.trace_id), {}).values() if span.scope != joining.SCOPE]
        home = found.get((one.project, one.to), {}).values()
        roots = [span.span_id for span in home if not span.parent_id]
        if spans and roots:
            _add(arrivals, (one.project, one.to), joining.copies(spans, one.to, min(roots)), one.received_ns)
            _leave_word(arrivals, (one.project, one.trace_id), one.to, spans, one.received_ns)


def _add(arrivals: dict[Key, Arrival], key: Key, spans: Iterable[Span], at_ns: int) -> None:
    into = arrivals.setdefault(key, Arrival())
    for span in spans:
        into.spans.setdefault(span.span_id, span)
    into.first_received_ns = min(into.first_received_ns, at_ns)
    into.last_received_ns = max(into.last_received_ns, at_ns)


def _leave_word(arrivals: dict[Key, Arrival], key: Key, to: str, spans: Sequence[Span], at_ns: int) -> None:
    _add(arrivals, key, [joining.marker(key[1], to, spans, at_ns)], at_ns)


def _homes(arrivals: Mapping[Key, Arrival]) -> dict[Key, Home]:
    return {
        (project, response): Home(trace_id, span.span_id)
        for (project, trace_id), arrival in arrivals.items()
        for span in arrival.spans.values()
        if span.scope != LOG_SCOPE and (response := text(span.attributes.get(RESPONSE_ID)))
    }


def _waiting(arrivals: Mapping[Key, Arrival]) -> dict[Key, int]:
    """The responses that records wait for, and when each was told of."""
    return {
        (project, response): span.start_ns
        for (project, trace_id), arrival in arrivals.items()
        for span in arrival.spans.values()
        if span.scope == LOG_SCOPE
        and not span.parent_id
        and (response := text(span.attributes.get(RESPONSE_ID)))
        and trace_id == trace_of_response(response)
    }


def _search(project: str, responses: Mapping[str, int]) -> dict[str, Home]:
    """The stored spans that name these responses: there is no index of them, so the time narrows it."""
    wanted = list(responses)[:_MOST]
    needles = [orjson.dumps({RESPONSE_ID: response}).decode()[1:-1] for response in wanted]
    found = store.rows(
        "SELECT trace_id, span_id, multiSearchFirstIndex(attributes, {needles:Array(String)}) AS which FROM spans"
        " WHERE project = {project:String} AND scope != {scope:String} AND which > 0"
        " AND key_ts >= fromUnixTimestamp64Nano({first:Int64}) AND key_ts <= fromUnixTimestamp64Nano({last:Int64})",
        project=project,
        scope=LOG_SCOPE,
        needles=needles,
        first=max(0, min(responses.values()) - BEFORE_NS),
        last=min(2**63 - 1, max(responses.values()) + AFTER_NS),
    )
    return {wanted[which - 1]: Home(trace_id, span_id) for trace_id, span_id, which in found}
