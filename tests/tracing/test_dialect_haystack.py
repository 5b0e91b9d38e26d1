"""Haystack's own spans: one name for all, told apart by the classes of their components."""

import json

from tests.tracing.made_spans import by_id, retrieved, span, text_of
from tracing.normalise import normalise
from tracing.records import Span, Value


def component(number: int, name: str, of_class: str, given: object, result: object) -> Span:
    """A component's run; the pipeline has the number 1."""
    held: dict[str, Value] = {
        "haystack.component.name": name,
        "haystack.component.type": of_class,
        "haystack.component.input": json.dumps(given),
        "haystack.component.output": json.dumps(result),
    }
    return span(number, "haystack.component.run", None, 1, (number, number + 1), **held)


def pipeline(given: object, result: object) -> Span:
    held: dict[str, Value] = {
        "haystack.pipeline.input_data": json.dumps(given),
        "haystack.pipeline.output_data": json.dumps(result),
    }
    return span(1, "haystack.pipeline.run", None, 0, (0, 20), **held)


def doc(chunk_id: str, score: float | None = None) -> dict[str, Value]:
    return {"id": chunk_id, "content": text_of(chunk_id), "score": score, "meta": {"anchor": f"doc_{chunk_id}"}}


PROMPT = f"{text_of('b')}\nQuestion: why?"
SPANS = [
    pipeline({"bm25": {"query": "why?"}, "ranker": {"query": "why?"}}, {"llm": {"replies": ["Because."]}}),
    component(2, "embed", "SentenceTransformersTextEmbedder", {"text": "why?"}, {"embedding": [0.1]}),
    component(
        3, "dense", "InMemoryEmbeddingRetriever", {"query_embedding": [0.1], "top_k": 2},
        {"documents": [doc("a", 0.9), doc("b", 0.8)]},
    ),
    component(4, "bm25", "InMemoryBM25Retriever", {"query": "why?"}, {"documents": [doc("b", 12.5), doc("c", 7.0)]}),
    component(
        5, "joiner", "DocumentJoiner", {"documents": [[doc("a")], [doc("b"), doc("c")]]},
        {"documents": [doc("b", 0.03), doc("a", 0.02), doc("c", 0.01)]},
    ),
    component(
        6, "ranker", "haystack.components.rankers.TransformersSimilarityRanker",
        {"query": "why?", "documents": [doc("b"), doc("a"), doc("c")], "top_k": 1}, {"documents": [doc("b", 0.99)]},
    ),
    component(7, "prompt", "PromptBuilder", {"documents": [doc("b")]}, {"prompt": PROMPT}),
    component(
        8, "llm", "OpenAIGenerator", {"prompt": PROMPT},
        {"replies": ["Because."], "meta": [{"model": "m", "usage": {"prompt_tokens": 90, "completion_tokens": 4}}]},
    ),
]  # fmt: skip


def test_components_are_lanes_fusion_reranker_and_model() -> None:
    trace = normalise(SPANS)
    assert (trace.query, trace.answer) == ("why?", "Because.")
    assert [(lane.name, lane.top_k) for lane in trace.lanes] == [("dense", 2), ("bm25", None)]
    found = by_id(trace)
    assert [(hit.lane, hit.rank, hit.score) for hit in found["b"].hits] == [("dense", 2, 0.8), ("bm25", 1, 12.5)]
    assert {chunk: row.fused_rank for chunk, row in found.items()} == {"b": 1, "a": 2, "c": 3}
    assert found["b"].rerank_score == 0.99
    assert {chunk for chunk, row in found.items() if row.rerank_in} == {"a", "b", "c"}
    assert {chunk for chunk, row in found.items() if row.survived} == {"b"}
    assert found["a"].anchor == "doc_a"
    assert trace.observed.fused == trace.observed.reranked == "declared"


def test_usage_is_read_beside_the_replies() -> None:
    record = next(each for each in normalise(SPANS).stages if each.stage == "generate")
    assert (record.model, record.input_tokens, record.output_tokens) == ("m", 90, 4)


def test_usage_and_text_are_read_within_chat_replies() -> None:
    message = {"role": "assistant", "content": [{"text": "Because."}], "meta": {"model": "m", "usage": {
        "prompt_tokens": 9, "completion_tokens": 2}}}  # fmt: skip
    asked = {"role": "user", "content": [{"text": PROMPT}], "meta": {}}
    chat = component(3, "llm", "OpenAIChatGenerator", {"messages": [asked]}, {"replies": [message]})
    lane = component(2, "bm25", "InMemoryBM25Retriever", {"query": "why?"}, {"documents": [doc("b"), doc("c")]})
    trace = normalise([pipeline({"bm25": {"query": "why?"}}, {"llm": {"replies": [message]}}), lane, chat])
    record = next(each for each in trace.stages if each.stage == "generate")
    assert (trace.answer, record.model, record.input_tokens) == ("Because.", "m", 9)
    assert {chunk for chunk, row in by_id(trace).items() if row.survived} == {"b"}


def test_an_answer_that_a_component_built_is_the_answer() -> None:
    built = {
        "type": "haystack.dataclasses.answer.GeneratedAnswer",
        "init_parameters": {"data": "Because.", "query": "why?"},
    }
    trace = normalise(
        [pipeline({"bm25": {"query": "why?"}}, {"answers": {"answers": [built]}, "llm": {"replies": ["x"]}})]
    )
    assert trace.answer == "Because."


def test_documents_that_openinference_prints_are_merged_by_their_ids() -> None:
    """Its instrumentation sends a joiner as a chain, whose documents are texts that were cut short."""
    printed = [f"Document(id={chunk}, content: 'What the...', meta: {{'a': 1}}, score: {score})" for chunk, score in (
        ("b", 0.03), ("a", 0.02))]  # fmt: skip
    lanes = [
        span(number, f"{name}.run", "RETRIEVER", 1, (number, number + 1), **retrieved((chunk, 1.0), ("c", 0.5)))
        for number, name, chunk in ((2, "Dense", "a"), (3, "BM25", "b"))
    ]
    joined = span(4, "DocumentJoiner.run", "CHAIN", 1, (5, 6), output__value=json.dumps({"documents": printed}))
    found = by_id(normalise([span(1, "Pipeline.run", at=(0, 9), input__value="why?"), *lanes, joined]))
    assert {chunk: (row.fused_rank, row.fused_score) for chunk, row in found.items()} == {
        "a": (2, 0.02), "b": (1, 0.03), "c": (None, None),
    }  # fmt: skip
    assert (found["c"].dropped_at, found["c"].dropped_why) == ("retrieve", "cut")


def test_writing_documents_is_no_query() -> None:
    embed = component(2, "embed", "OpenAIDocumentEmbedder", {"documents": [doc("a")]}, {"documents": [doc("a")]})
    write = component(3, "writer", "DocumentWriter", {"documents": [doc("a")]}, {"documents_written": 1})
    assert normalise([pipeline({"embed": {"documents": [doc("a")]}}, {}), embed, write]).kind == "indexing"


def test_without_content_the_components_still_tell_the_stages() -> None:
    bare = [
        span(number, "haystack.component.run", None, 1, (number, number + 1), haystack__component__type=of_class)
        for number, of_class in ((2, "InMemoryBM25Retriever"), (3, "CohereRanker"), (4, "OpenAIGenerator"))
    ]
    trace = normalise([span(1, "haystack.pipeline.run", None, at=(0, 9), haystack__pipeline__input_data="{}"), *bare])
    assert [record.stage for record in trace.stages] == ["retrieve", "rerank", "generate"]
    assert [lane.name for lane in trace.lanes] == ["InMemoryBM25Retriever"]
