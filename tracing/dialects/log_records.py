"""Log records of the GenAI conventions, put back as events onto the spans that they tell of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from tracing.dialects.values import text
from tracing.records import Event, Span

LOG_SCOPE = "stagelight.log"
BODY = "body"
RESPONSE_ID = "gen_ai.response.id"
DETAILS = "gen_ai.client.inference.operation.details"
EVALUATION = "gen_ai.evaluation.result"


def trace_of_response(response_id: str) -> str:
    """The id under which records wait that name a response and no trace."""
    return hashlib.sha256(f"{RESPONSE_ID}:{response_id}".encode("utf-8", "replace")).hexdigest()[:32]


def joined(spans: Sequence[Span], records: Iterable[Span]) -> list[Span]:
    """The spans with what the records tell of them; details of a call whose span is not here stand for it."""
    by_id = {span.span_id: span for span in spans}
    by_response = {found: span.span_id for span in spans if (found := text(span.attributes.get(RESPONSE_ID)))}
    told: dict[str, list[Span]] = {}
    alone = []
    for record in records:
        target = record.parent_id
        if target not in by_id:
            target = by_response.get(text(record.attributes.get(RESPONSE_ID)) or "", "")
        if target:
            told.setdefault(target, []).append(record)
        elif record.name == DETAILS:
            alone.append(record)
    return [_told(span, told[span.span_id]) if span.span_id in told else span for span in spans] + alone


def _told(span: Span, records: list[Span]) -> Span:
    # Records are written when a call is over: what comes after the span's end is no longer of its duration.
    events = [
        Event(record.name, min(max(record.start_ns, span.start_ns), span.end_ns), record.attributes)
        for record in sorted(records, key=lambda record: (record.start_ns, record.span_id))
    ]
    return replace(span, events=(*span.events, *events))
