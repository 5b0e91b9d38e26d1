"""What spans say of an answer after the fact, as signals: carriers with a link to their trace, and evaluations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracing.dialects import read
from tracing.dialects.evaluations import SUPPORT_NAMES
from tracing.dialects.log_records import EVALUATION, LOG_SCOPE
from tracing.dialects.values import number, text
from tracing.records import Attributes, Signal, Span

_GROUPS = (("trace.annotations", "annotation"), ("annotations", "annotation"), ("trace.evaluations", "evaluation"))
_UP = {"thumbs_up", "thumbs-up", "up", "positive", "like", "good"}
_DOWN = {"thumbs_down", "thumbs-down", "down", "negative", "dislike", "bad"}
_EVALUATED = "gen_ai.evaluation."
_EVALUATORS = (
    ("openinference.span.kind", ("EVALUATOR", "evaluator")),
    ("langfuse.observation.type", ("evaluator",)),
    ("mlflow.spanType", ('"EVALUATOR"', "EVALUATOR")),
)


def signals(spans: Sequence[Span]) -> tuple[Signal, ...]:
    """All that these spans say of answers; what is sent again says the same once, under the same id."""
    found = {}
    around = {span.parent_id for span in spans if _is_evaluator(span)}
    for span in spans:
        if len(span.links) == 1 and not span.parent_id:
            found.update({signal.id: signal for signal in _carried(span)})
        if span.events or span.scope == LOG_SCOPE:
            found.update({signal.id: signal for signal in _evaluations(span)})
        if _is_evaluator(span) and span.span_id not in around:
            found.update({signal.id: signal for signal in _supported(span)})
    return tuple(found.values())


def _is_evaluator(span: Span) -> bool:
    return any(span.attributes.get(key) in kinds for key, kinds in _EVALUATORS)


def _supported(span: Span) -> Iterator[Signal]:
    """How far an evaluator within the trace found the answer borne out by its context."""
    of_another = len(span.links) == 1 and not span.parent_id
    if of_another or any(event.name == EVALUATION for event in span.events):
        return
    checks = [check for check in read(span).checks if check.name.lower() in SUPPORT_NAMES]
    for check in checks if len({check.name for check in checks}) == len(checks) else ():
        if isinstance(check.value, float | int) and 0 <= check.value <= 1:
            yield Signal(
                trace_id=span.trace_id,
                kind="score",
                value=float(check.value),
                at_ns=span.end_ns or span.start_ns,
                id=f"{span.trace_id}:{span.span_id}:{check.name}",
                name=check.name,
                source="evaluation",
                span_id=span.span_id,
            )


def _carried(span: Span) -> Iterator[Signal]:
    for group, inner in _GROUPS:
        for index in range(len(span.attributes)):
            signal = _signal(span, f"{group}.{index}.{inner}")
            if signal is None:
                break
            yield signal


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


def _evaluations(span: Span) -> Iterator[Signal]:
    """`gen_ai.evaluation.result`, as a log record or as an event of a span."""
    if span.scope == LOG_SCOPE:
        told = [(span.attributes, span.start_ns, span.span_id)] if span.name == EVALUATION else []
        about = span.parent_id
    else:
        named = [event for event in span.events if event.name == EVALUATION]
        told = [(event.attributes, event.at_ns, f"{span.span_id}:{place}") for place, event in enumerate(named)]
        about = span.span_id
    for held, at_ns, place in told:
        score = number(held.get(f"{_EVALUATED}score.value"))
        label = text(held.get(f"{_EVALUATED}score.label"))
        if score is None and label is None:
            continue
        yield _scored(span.trace_id, held, at_ns, place, score if score is not None else label, about)


def _scored(trace_id: str, held: Attributes, at_ns: int, place: str, value: float | str | None, about: str) -> Signal:
    return Signal(
        trace_id=trace_id,
        kind="score",
        value=value,
        at_ns=at_ns,
        id=f"{trace_id}:{place}:{EVALUATION}",
        name=text(held.get(f"{_EVALUATED}name")),
        comment=text(held.get(f"{_EVALUATED}explanation")),
        session_id=text(held.get("gen_ai.conversation.id")),
        source="evaluation",
        span_id=about or None,
    )


def _thumb(label: str | None, score: float | None, by: str | None) -> str | None:
    said = (label or "").lower()
    if said in _UP or said in _DOWN:
        return "up" if said in _UP else "down"
    if by == "HUMAN" and label is None and score in (-1.0, 0.0, 1.0):
        return "up" if score == 1.0 else "down"
    return None
