"""What a feedback carrier says of the trace that it links to, as signals."""

from __future__ import annotations

from collections.abc import Sequence

from tracing.dialects.values import number, text
from tracing.records import Signal, Span

_GROUPS = (("trace.annotations", "annotation"), ("annotations", "annotation"), ("trace.evaluations", "evaluation"))
_UP = {"thumbs_up", "thumbs-up", "up", "positive", "like", "good"}
_DOWN = {"thumbs_down", "thumbs-down", "down", "negative", "dislike", "bad"}


def signals(spans: Sequence[Span]) -> tuple[Signal, ...]:
    """The signals of a trace of kind `feedback`; a carrier that is sent again says the same once."""
    found = {}
    for span in spans:
        if len(span.links) != 1:
            continue
        for group, inner in _GROUPS:
            for index in range(len(span.attributes)):
                signal = _signal(span, f"{group}.{index}.{inner}")
                if signal is None:
                    break
                found[signal.id] = signal
    return tuple(found.values())


def _signal(span: Span, key: str) -> Signal | None:
    def part(name: str) -> str | None:
        return text(span.attributes.get(f"{key}.{name}"))

    score = number(span.attributes.get(f"{key}.score"))
    name, label = part("name"), part("label")
    if name is None and label is None and score is None:
        return None
    thumb = _thumb(label, score, part("annotator_kind"))
    return Signal(
        trace_id=span.links[0].trace_id,
        kind="thumb" if thumb else "score",
        value=thumb or (score if score is not None else label),
        at_ns=span.start_ns,
        id=f"{span.trace_id}:{span.span_id}:{key}",
        name=name,
        comment=part("explanation"),
        session_id=text(span.attributes.get("session.id")),
        user=text(span.attributes.get("user.id")),
        source=(part("annotator_kind") or "user").lower(),
    )


def _thumb(label: str | None, score: float | None, by: str | None) -> str | None:
    said = (label or "").lower()
    if said in _UP or said in _DOWN:
        return "up" if said in _UP else "down"
    if by == "HUMAN" and label is None and score in (-1.0, 0.0, 1.0):
        return "up" if score == 1.0 else "down"
    return None
