"""A part of a question that came as a trace of its own, joined to the question's trace: what marks it, and its place.

Its spans are copied to the question's trace, each with the name of the trace that it came as. The trace that it came as
keeps its spans and gets one more, which says where they went and how many they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tracing.dialects.values import text, whole
from tracing.records import Attributes, Span

SCOPE = "stagelight.joined"
FROM, TO, COUNT = "stagelight.joined_from", "stagelight.joined_to", "stagelight.joined_spans"
_MARKER_ID = "f" * 16


def marker(trace_id: str, to: str, spans: Sequence[Span], at_ns: int) -> Span:
    """What the trace gets whose spans were joined to another."""
    times = [span.start_ns for span in spans] or [at_ns]
    told: Attributes = {TO: to, COUNT: len(spans)}
    return Span(trace_id, _MARKER_ID, "", "joined", min(times), min(times), told, scope=SCOPE)


def copies(spans: Iterable[Span], to: str, below: str) -> list[Span]:
    """The spans as parts of another trace, those without a parent below that span."""
    return [
        replace(
            span,
            trace_id=to,
            parent_id=span.parent_id or below,
            attributes={**span.attributes, FROM: span.trace_id},
        )
        for span in spans
    ]


def went_to(spans: Sequence[Span]) -> str:
    """The trace to which all of these spans were joined, where that is so; some of them may have come later."""
    for span in spans:
        if span.scope == SCOPE and (whole(span.attributes.get(COUNT)) or 0) >= len(spans) - 1:
            return text(span.attributes.get(TO)) or ""
    return ""


def joined_from(spans: Iterable[Span]) -> list[str]:
    """The traces as which some of these spans came."""
    return sorted({came for span in spans if (came := text(span.attributes.get(FROM)))})


def placed(spans: list[Span]) -> list[Span]:
    """Each joined span that has none of its own above it is put below the shortest span that spans its time."""
    joined = {span.span_id for span in spans if FROM in span.attributes}
    if not joined:
        return spans
    others = [span for span in spans if span.span_id not in joined]
    return [
        replace(span, parent_id=_around(span, others) or span.parent_id)
        if span.span_id in joined and span.parent_id not in joined
        else span
        for span in spans
    ]


def _around(span: Span, others: Iterable[Span]) -> str:
    fitting = [other for other in others if other.start_ns <= span.start_ns and other.end_ns >= span.end_ns]
    if not fitting:
        return ""
    return min(fitting, key=lambda other: (other.end_ns - other.start_ns, -other.start_ns, other.span_id)).span_id
