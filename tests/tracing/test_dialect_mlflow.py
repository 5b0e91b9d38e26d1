"""MLflow: every value is encoded as JSON, and says what other conventions say."""

import json

from tests.tracing.made_spans import START_NS, by_id, span, text_of
from tracing.normalise import normalise
from tracing.records import Event, Span, Value


def traced(number: int, name: str, kind: str, given: object, result: object, **more: Value) -> Span:
    """A span as MLflow exports it; the root has the number 1."""
    held = {"mlflow.spanType": kind, "mlflow.spanInputs": given, "mlflow.spanOutputs": result, **more}
    encoded = {key: json.dumps(value) for key, value in held.items()}
    return span(number, name, None, 0 if number == 1 else 1, (number, number + 1), **encoded)


def page(chunk_id: str, **metadata: Value) -> dict[str, Value]:
    return {"page_content": text_of(chunk_id), "metadata": metadata, "id": chunk_id}


def asked(*chunk_ids: str) -> dict[str, Value]:
    context = "\n".join(text_of(chunk_id) for chunk_id in chunk_ids)
    return {"model": "m", "messages": [{"role": "user", "content": f"Context: {context}\nQuestion: why?"}]}


REPLY = {"choices": [{"message": {"role": "assistant", "content": "Because."}}]}
PIPELINE = [
    traced(1, "ask", "CHAIN", {"question": "why?"}, "Because."),
    traced(2, "dense", "RETRIEVER", {"query": "why?", "k": 2}, [page("a", score=0.9), page("b", score=0.8)]),
    traced(3, "bm25", "RETRIEVER", {"query": "why?"}, [page("b"), page("c")]),
    traced(
        4, "cross_encoder", "RERANKER", {"query": "why?", "documents": [page("a"), page("b"), page("c")], "top_k": 1},
        [page("b", score=0.99)],
    ),
    traced(
        5, "complete", "CHAT_MODEL", asked("b"), REPLY,
        **{
            "mlflow.chat.tokenUsage": {"input_tokens": 120, "output_tokens": 7, "total_tokens": 127},
            "mlflow.llm.model": "m-2026", "mlflow.llm.cost": {"input_cost": 0.01, "output_cost": 0.02},
        },
    ),
    traced(6, "judge", "EVALUATOR", {"answer": "Because."}, {"groundedness": 0.75, "why": "one claim"}),
]  # fmt: skip


def test_a_pipeline_is_read_through_its_encoding() -> None:
    trace = normalise(PIPELINE)
    assert (trace.query, trace.answer) == ("why?", "Because.")
    assert [(lane.name, lane.returned, lane.top_k) for lane in trace.lanes] == [("dense", 2, 2), ("bm25", 2, None)]
    found = by_id(trace)
    assert [(hit.lane, hit.rank, hit.score) for hit in found["b"].hits] == [("dense", 2, 0.8), ("bm25", 1, None)]
    assert (found["b"].rerank_rank, found["b"].rerank_score, found["b"].survived_source) == (1, 0.99, "prompt")
    assert {chunk for chunk, row in found.items() if row.rerank_in} == {"a", "b", "c"}
    assert (found["a"].dropped_at, found["a"].dropped_why) == ("rerank", "top_k")
    assert trace.observed.reranked == "declared"


def test_tokens_model_cost_and_checks_are_read() -> None:
    trace = normalise(PIPELINE)
    generate, validate = (next(each for each in trace.stages if each.stage == s) for s in ("generate", "validate"))
    assert (generate.model, generate.input_tokens, generate.output_tokens) == ("m-2026", 120, 7)
    assert trace.cost_usd == generate.cost_usd == 0.03
    assert [(check.name, check.value) for check in validate.checks] == [("groundedness", 0.75)]


def test_the_first_chunk_of_a_stream_is_its_first_token() -> None:
    chunks = tuple(Event(f"mlflow.chunk.item.{at}", START_NS + (5 + at) * 10**6, {}) for at in (1, 0))
    model = span(
        2, "stream", None, 1, (2, 9), events=chunks, mlflow__spanType='"LLM"',
        mlflow__spanInputs='"why?"', mlflow__spanOutputs='"Because."',
    )  # fmt: skip
    trace = normalise([traced(1, "ask", "CHAIN", {"question": "why?"}, None), model])
    assert trace.first_token_ms == 4.0
    assert trace.answer == "Because."


def test_a_trace_without_its_root_still_has_its_lists() -> None:
    trace = normalise(PIPELINE[1:])
    assert not trace.rooted
    assert trace.query == "why?"
    assert by_id(trace)["b"].survived


def test_a_value_that_a_limit_cut_is_a_text_and_a_warning() -> None:
    cut = span(1, "ask", None, mlflow__spanType='"CHAIN"', mlflow__spanInputs='{"question": "wh')
    trace = normalise([cut])
    assert trace.query == '{"question": "wh'
    assert "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT" in trace.warnings[0]
