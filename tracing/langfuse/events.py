"""Langfuse's ingestion events: each is kept as a part of its own, and parts become spans when a trace is read.

An observation comes as a create and an update, in any order and in different batches; kept apart, neither can
overwrite the other.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from tracing.dialects.langfuse import PREFIX, time_ns
from tracing.dialects.values import mapping, number, text, whole
from tracing.otlp.json import LATEST_NS, MOST_DEPTH
from tracing.records import Attributes, Span, Value

SCOPE = "langfuse.ingestion"
EVENT = "langfuse.event"
TRACE, RUN_ITEM = "trace", "dataset-run-item"
_TYPE = re.compile(r"([a-z][a-z-]{1,38})-(create|update)")
_LONGEST_ID = 500
_SPAN_ID = re.compile(r"[0-9a-f]{16}")


class EventError(ValueError):
    """An event that is not taken; its text says why, in words for the sender."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one event says of one thing: `order` puts creates before updates, and each in time."""

    thing: str  # trace, dataset-run-item, or an observation's type
    key: str
    order: tuple[bool, int, str]
    said: Mapping[str, Value]


def span_of(event: Mapping[str, Any], trace_id_of: Callable[[str], str], now_ns: int) -> Span:
    """The event as a span that carries it; raises EventError."""
    match = _TYPE.fullmatch(event["type"]) if isinstance(event.get("type"), str) else None
    said = event.get("body")
    if match is None:
        raise EventError(f"no such event: {str(event.get('type'))[:80]}")
    if not isinstance(said, dict):
        raise EventError("body is no object")
    thing, own_id = match[1], _id(said, "id")
    trace = own_id if thing == TRACE else _id(said, "traceId")
    if trace is None:
        raise EventError(("id" if thing == TRACE else "traceId") + " is missing")
    at = time_ns(said.get("startTime")) or time_ns(said.get("timestamp")) or time_ns(event.get("timestamp")) or now_ns
    ended = time_ns(said.get("endTime")) or at
    content = orjson.dumps({"type": match[0], "timestamp": event.get("timestamp"), "id": event.get("id"), "body": said})
    return Span(
        trace_id=trace_id_of(trace),
        span_id=_digest(text(event.get("id")) or content.decode(), match[0], own_id or ""),
        parent_id="",
        name=(text(said.get("name")) or match[0])[:_LONGEST_ID],
        start_ns=min(at, ended),
        end_ns=max(at, ended),
        attributes={EVENT: content.decode()},
        scope=SCOPE,
    )


def _id(said: Mapping[str, Any], key: str) -> str | None:
    value = said.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise EventError(f"{key} is a text")
    return value.encode("utf-8", "replace").decode()[:_LONGEST_ID] or None


def is_too_deep(value: Any) -> bool:
    """True for an object or a list that is nested deeper than can be kept."""
    level = [value]
    for _ in range(MOST_DEPTH):
        level = [
            child
            for each in level
            for child in (each.values() if isinstance(each, dict) else each)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()[:16]


def observation_span_id(trace_id: str, observation_id: str) -> str:
    """The span id of an observation: its own where that is one, else made of it."""
    lowered = observation_id.lower()
    return lowered if _SPAN_ID.fullmatch(lowered) and lowered.strip("0") else _digest(trace_id, observation_id)


def assembled(spans: Sequence[Span]) -> list[Span]:
    """The spans, with those that carry events made into the trace and observations that they tell of."""
    carriers = [span for span in spans if span.scope == SCOPE]
    if not carriers:
        return list(spans)
    others = [span for span in spans if span.scope != SCOPE]
    things: dict[tuple[str, str], list[tuple[Part, Span]]] = {}
    for carrier in carriers:
        part = _part(carrier)
        if part is not None:
            kind = part.thing if part.thing in (TRACE, RUN_ITEM) else "observation"
            things.setdefault((kind, part.key), []).append((part, carrier))
    made = [_made(kind, key, found) for (kind, key), found in sorted(things.items()) if kind != RUN_ITEM]
    told = [part.said for (kind, _), found in sorted(things.items()) if kind == RUN_ITEM for part, _ in found]
    sent = {span.span_id for span in others}  # imported, and sent here as a span as well: the span knows more
    kept = [span for span in made if span.span_id not in sent]
    return _rooted(kept + others or carriers[:1], told)


def _part(carrier: Span) -> Part | None:
    event = mapping(carrier.attributes.get(EVENT))
    match = _TYPE.fullmatch(text(event.get("type")) or "")
    if match is None:
        return None
    said = mapping(event.get("body"))
    at = time_ns(event.get("timestamp")) or carrier.start_ns
    thing = match[1]
    if thing == "observation":
        thing = (text(said.get("type")) or "span").lower()
    return Part(thing, text(said.get("id")) or carrier.span_id, (match[2] == "update", at, carrier.span_id), said)


def _made(kind: str, key: str, found: list[tuple[Part, Span]]) -> Span:
    parts = sorted((part for part, _ in found), key=lambda part: part.order)
    said = merged([part.said for part in parts])
    carriers = [carrier for _, carrier in found]
    trace_id = carriers[0].trace_id
    started = (
        time_ns(said.get("startTime")) or time_ns(said.get("timestamp")) or min(each.start_ns for each in carriers)
    )
    ended = time_ns(said.get("endTime")) or started
    thing = next((part.thing for part in reversed(parts) if part.thing != "span"), "span")
    parent = text(said.get("parentObservationId"))
    return Span(
        trace_id=trace_id,
        span_id=root_span_id(trace_id) if kind == TRACE else observation_span_id(trace_id, key),
        parent_id=observation_span_id(trace_id, parent) if parent and kind != TRACE else "",
        name=text(said.get("name")) or thing,
        start_ns=started,
        end_ns=min(max(started, ended), LATEST_NS),
        attributes=_of_trace(said) if kind == TRACE else _of_observation(thing, said),
        resource=carriers[0].resource,
        status=2 if said.get("level") == "ERROR" else 0,
        status_message=text(said.get("statusMessage")) or "",
        scope=SCOPE,
    )


def root_span_id(trace_id: str) -> str:
    """The span id that the trace itself has as the root of its observations."""
    return _digest("trace", trace_id)


def merged(parts: Sequence[Mapping[str, Value]]) -> dict[str, Value]:
    """What all say together: the latest that says something of a field counts, and metadata adds up."""
    whole_: dict[str, Value] = {}
    for part in parts:
        for key, value in part.items():
            if value is None:
                continue
            known = whole_.get(key)
            if key == "metadata" and isinstance(known, dict) and isinstance(value, dict):
                value = {**known, **value}
            whole_[key] = value
    return whole_


def _rooted(spans: list[Span], told: Sequence[Mapping[str, Value]]) -> list[Span]:
    """Observations without a parent hang on the trace, where it came; the trace lasts as long as they do."""
    trace_id = spans[0].trace_id
    root_id = root_span_id(trace_id)
    roots = [span for span in spans if span.span_id == root_id]
    if not roots and not told:
        return spans
    others = [span for span in spans if span.span_id != root_id]
    run = merged(told)
    extra = {
        key: value
        for key, name in (("langfuse.experiment.id", "runName"), ("langfuse.experiment.item.id", "datasetItemId"))
        if (value := text(run.get(name)))
    }
    if not roots:
        first = min(others, key=lambda span: (bool(span.parent_id), span.start_ns, span.span_id))
        return [replace(span, attributes={**span.attributes, **extra}) if span is first else span for span in others]
    starts = [span.start_ns for span in others]
    root = replace(
        roots[0],
        attributes={**roots[0].attributes, **extra},
        start_ns=min([roots[0].start_ns, *starts]),
        end_ns=max([roots[0].end_ns, *(span.end_ns for span in others)]),
    )
    return [root, *(span if span.parent_id else replace(span, parent_id=root_id) for span in others)]


def _of_trace(said: Mapping[str, Value]) -> Attributes:
    told = {
        "langfuse.trace.name": said.get("name"),
        "langfuse.trace.tags": said.get("tags"),
        "langfuse.trace.metadata": said.get("metadata"),
        "langfuse.trace.input": _written(said.get("input")),
        "langfuse.trace.output": _written(said.get("output")),
        PREFIX + "type": "span",
        PREFIX + "input": _written(said.get("input")),
        PREFIX + "output": _written(said.get("output")),
        "user.id": said.get("userId"),
        "session.id": said.get("sessionId"),
        "langfuse.release": said.get("release"),
        "langfuse.version": said.get("version"),
        "langfuse.environment": said.get("environment"),
    }
    return {key: value for key, value in told.items() if value is not None}


def _of_observation(thing: str, said: Mapping[str, Value]) -> Attributes:
    told = {
        PREFIX + "type": thing,
        PREFIX + "input": _written(said.get("input")),
        PREFIX + "output": _written(said.get("output")),
        PREFIX + "metadata": said.get("metadata"),
        PREFIX + "level": said.get("level"),
        PREFIX + "status_message": said.get("statusMessage"),
        PREFIX + "model.name": said.get("model"),
        PREFIX + "model.parameters": _written(said.get("modelParameters")),
        PREFIX + "usage_details": _written(_usage(said)),
        PREFIX + "cost_details": _written(_costs(said)),
        PREFIX + "completion_start_time": said.get("completionStartTime"),
        PREFIX + "prompt.name": said.get("promptName"),
        PREFIX + "prompt.version": said.get("promptVersion"),
        "langfuse.version": said.get("version"),
        "langfuse.environment": said.get("environment"),
        "langfuse.release": said.get("release"),
        "langfuse.trace.name": said.get("traceName"),
        "langfuse.trace.tags": said.get("tags"),
        "user.id": said.get("userId"),
        "session.id": said.get("sessionId"),
    }
    return {key: value for key, value in told.items() if value is not None}


def _written(value: Value) -> Value:
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()


def _usage(said: Mapping[str, Value]) -> Value:
    old = {key: value for key, value in mapping(said.get("usage")).items() if whole(value) is not None}
    return {**old, **mapping(said.get("usageDetails"))} or None


def _costs(said: Mapping[str, Value]) -> Value:
    usage = mapping(said.get("usage"))
    named = (("input", "inputCost"), ("output", "outputCost"), ("total", "totalCost"))
    old: dict[str, Value] = {name: usage[key] for name, key in named if number(usage.get(key)) is not None}
    return {**old, **mapping(said.get("costDetails"))} or None
