"""Feedback that comes as a span of its own speaks of the trace that it links to."""

from collections import Counter

import pytest

from tests.tracing import captures
from tests.tracing.made_spans import START_NS, span
from tracing.normalise import normalise
from tracing.normalising.feedback import signals
from tracing.records import Event, Link

TARGET = "ab" * 16


@pytest.mark.parametrize(
    ("said", "kind", "value"),
    [
        ({"label": "thumbs_down", "score": 0}, "thumb", "down"),
        ({"annotator_kind": "HUMAN", "score": 1}, "thumb", "up"),
        ({"annotator_kind": "HUMAN", "score": -1.0}, "thumb", "down"),
        ({"annotator_kind": "LLM", "score": 1}, "score", 1.0),
        ({"name": "tone", "label": "polite"}, "score", "polite"),
        ({"name": "stars", "score": 4}, "score", 4.0),
    ],
)
def test_an_annotation_is_a_thumb_or_a_score(said: dict[str, object], kind: str, value: object) -> None:
    held = {f"trace.annotations.0.annotation.{key}": part for key, part in said.items()}
    carrier = span(1, "feedback", "EVALUATOR", links=(Link(TARGET, "cd" * 8, {}),), **held)
    [signal] = signals([carrier, carrier])
    assert (signal.trace_id, signal.kind, signal.value) == (TARGET, kind, value)


def test_a_span_that_links_nowhere_says_nothing() -> None:
    assert signals([span(1, "feedback", "EVALUATOR", **{"trace.annotations.0.annotation.score": 1})]) == ()


def test_every_captured_carrier_is_a_thumb_on_a_captured_trace() -> None:
    spans = captures.spans("anthropic")
    carriers = [each for each in spans.values() if normalise(each).kind == "feedback"]
    found = [signal for carrier in carriers for signal in signals(carrier)]
    assert len(found) == 10
    assert {signal.kind for signal in found} == {"thumb"}
    assert all(signal.trace_id in spans for signal in found)
    assert Counter(signal.value for signal in found).keys() == {"up", "down"}


@pytest.mark.parametrize(
    "said",
    [
        {"openinference.span.kind": "EVALUATOR", "output.value": '{"score": 0.4}'},
        {"openinference.span.kind": "EVALUATOR", "evaluations.0.evaluation.name": "faithfulness",
         "evaluations.0.evaluation.score": 0.4},
        {"langfuse.observation.type": "evaluator", "langfuse.observation.output": '{"groundedness": 0.4}'},
        {"mlflow.spanType": '"EVALUATOR"', "mlflow.spanOutputs": "0.4"},
    ],
)  # fmt: skip
def test_how_far_an_evaluator_found_an_answer_borne_out_is_said_of_its_trace(said: dict[str, object]) -> None:
    evaluator = span(2, "groundedness", None, 1, **said)
    [signal] = signals([span(1, "ask"), evaluator, evaluator])
    assert (signal.trace_id, signal.kind, signal.value, signal.source) == (
        evaluator.trace_id,
        "score",
        0.4,
        "evaluation",
    )


@pytest.mark.parametrize("output", ['{"relevance": 0.4}', '{"groundedness": 4}', '{"groundedness": "high"}', "words"])
def test_of_an_evaluator_s_scores_only_a_share_of_support_is(output: str) -> None:
    assert signals([span(2, "evaluate", "EVALUATOR", 1, output__value=output)]) == ()


def test_what_an_evaluator_says_twice_is_one_signal() -> None:
    result = Event(
        "gen_ai.evaluation.result",
        START_NS,
        {"gen_ai.evaluation.name": "groundedness", "gen_ai.evaluation.score.value": 0.4},
    )
    told = {"output.value": '{"groundedness": 0.4}'}
    assert len(signals([span(2, "judge", "EVALUATOR", 1, events=(result,), **told)])) == 1
    assert len(signals([span(2, "judge", "EVALUATOR", 1, **told), span(3, "judge", "EVALUATOR", 2, **told)])) == 1
    claims = '[{"name": "faithfulness", "score": 1}, {"name": "faithfulness", "score": 0}]'
    assert signals([span(2, "judge", "EVALUATOR", 1, output__value=claims)]) == ()
