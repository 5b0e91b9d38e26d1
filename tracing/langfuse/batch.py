"""A body that Langfuse's SDKs post: its events and scores, each by itself, and what to answer of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from tracing.dialects.langfuse import time_ns
from tracing.langfuse.events import SCOPE, EventError, is_too_deep, span_of
from tracing.langfuse.scores import ScoreError, signal_of
from tracing.otlp.json import MOST_DEPTH, Undecodable, loads
from tracing.records import Signal, Span

MOST = 10_000
_UNREAD = ("sdk-log",)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why one item is not taken."""

    index: int
    id: str
    message: str


@dataclass(slots=True)
class Batch:
    """What a body holds; `events` counts what is no score, taken or not."""

    spans: list[Span] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    events: int = 0
    client: str = ""


def read_events(data: bytes, trace_id_of: Callable[[str], str], now_ns: int) -> Batch:
    """The events of an ingestion request; raises Undecodable where the body as a whole is unreadable."""
    body = loads(data)
    events = body.get("batch") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(events, list):
        raise Undecodable("the body is no object with a list called batch")
    batch = Batch(client=_client(body.get("metadata")))
    for index, event in enumerate(_bounded(events)):
        kind = event.get("type") if isinstance(event, dict) else None
        batch.events += kind != "score-create" and kind not in _UNREAD
        try:
            _take_event(event, batch, trace_id_of, now_ns)
            batch.taken.append(_id(event))
        except (EventError, ScoreError) as error:
            batch.faults.append(Fault(index, _id(event), str(error)))
    return batch


def _take_event(event: Any, batch: Batch, trace_id_of: Callable[[str], str], now_ns: int) -> None:
    _check(event, "an event")
    if event.get("type") == "score-create":
        batch.signals.append(signal_of(event.get("body"), trace_id_of, now_ns, time_ns(event.get("timestamp"))))
    elif event.get("type") not in _UNREAD:
        batch.spans.append(span_of(event, trace_id_of, now_ns))


def read_scores(data: bytes, trace_id_of: Callable[[str], str], now_ns: int) -> Batch:
    """The scores of a request, a list or one; raises Undecodable where the body as a whole is unreadable."""
    body = loads(data)
    batch = Batch()
    for index, score in enumerate(_bounded(body if isinstance(body, list) else [body])):
        try:
            _check(score, "a score")
            signal = signal_of(score, trace_id_of, now_ns)
        except (EventError, ScoreError) as error:
            batch.faults.append(Fault(index, _id(score), str(error)))
        else:
            batch.signals.append(signal)
            batch.taken.append(signal.id or "")
    return batch


def _bounded(items: list[Any]) -> list[Any]:
    if len(items) > MOST:
        raise Undecodable(f"{len(items)} items in one request; {MOST} are taken")
    return items


def _check(item: Any, what: str) -> None:
    if not isinstance(item, dict):
        raise EventError(f"{what} is a JSON object")
    if is_too_deep(item):
        raise EventError(f"nested deeper than {MOST_DEPTH} levels")


def _id(item: Any) -> str:
    found = item.get("id") if isinstance(item, dict) else None
    return found[:500] if isinstance(found, str) else ""


def _client(metadata: Any) -> str:
    told = metadata if isinstance(metadata, dict) else {}
    named = [str(told[key]) for key in ("sdk_name", "sdk_version") if isinstance(told.get(key), str)]
    return " ".join(["langfuse", *named])[:100] if named else ""


def otlp_of(spans: Sequence[Span]) -> bytes:
    """The carriers of events as OTLP JSON, which the spool takes as it takes any."""
    written = [
        {
            "traceId": span.trace_id,
            "spanId": span.span_id,
            "name": span.name,
            "startTimeUnixNano": str(span.start_ns),
            "endTimeUnixNano": str(span.end_ns),
            "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in span.attributes.items()],
        }
        for span in spans
    ]
    return orjson.dumps({"resourceSpans": [{"scopeSpans": [{"scope": {"name": SCOPE}, "spans": written}]}]})
