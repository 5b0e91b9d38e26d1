"""Whatever stands in whatever span: a trace comes of it, the same in any order and after any storage."""

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.tracing.made_spans import START_NS, TRACE, span
from tracing.dialects.log_records import LOG_SCOPE
from tracing.dialects.rag import NAMES, NATIVE_SCOPE
from tracing.normalise import normalise
from tracing.normalising.feedback import signals
from tracing.records import Event, Link, Span, Value

KEYS = [
    "openinference.span.kind", "input.value", "output.value", "input.mime_type", "output.mime_type", "metadata",
    "session.id", "user.id", "llm.model_name", "llm.token_count.prompt", "llm.cost.total", "reranker.top_k",
    "llm.input_messages.0.message.content", "llm.input_messages.0.message.contents.0.message_content.text",
    "llm.output_messages.0.message.content", "llm.prompt_template.version", "evaluations.0.evaluation.score",
    "retrieval.documents.0.document.id", "retrieval.documents.0.document.content",
    "retrieval.documents.0.document.score", "retrieval.documents.0.document.metadata",
    "retrieval.documents.99999.document.id", "retrieval.documents.x.document.id",
    "reranker.input_documents.1.document.id", "reranker.output_documents.0.document.score", "native",
    "error.type", "http.status_code", *(f"rag.{name}" for name in NAMES),
]  # fmt: skip
OTHER_KEYS = [
    *(
        "gen_ai." + name for name in (
            "operation.name", "system", "request.model", "response.id", "data_source.id", "input.messages",
            "output.messages", "system_instructions", "retrieval.documents", "retrieval.query.text",
            "retrieval.top_k", "response.time_to_first_chunk", "usage.input_tokens", "prompt.0.content",
            "prompt.0.role", "completion.0.content", "evaluation.name", "evaluation.score.value", "task.output",
        )
    ),
    "llm.request.type", "app.route.intent", "app.route.product", "body", "content", "message",
    "traceloop.span.kind", "traceloop.entity.name", "traceloop.entity.input", "traceloop.entity.output",
    "traceloop.association.properties.session_id", "db.system", "db.operation", "db.query.result.id",
    "db.query.result.distance", "db.query.result.metadata", "db.query.result.document", "db.chroma.query.n_results",
    "mlflow.spanType", "mlflow.spanInputs", "mlflow.spanOutputs", "mlflow.chat.tokenUsage", "mlflow.llm.cost",
    "haystack.component.type", "haystack.component.name", "haystack.component.input", "haystack.component.output",
    "haystack.pipeline.input_data", "haystack.pipeline.output_data", "ai.operationId", "ai.documents", "ai.ranking",
    "ai.prompt", "ai.prompt.messages", "ai.response.text", "ai.value", "ai.response.msToFirstChunk",
    "langsmith.span.kind", "langsmith.trace.name", "langsmith.metadata.usage_metadata", "langsmith.metadata.session_id",
    "gen_ai.prompt", "gen_ai.completion", "db.query.result.entity", "gen_ai.tool.call.result",
]  # fmt: skip
OTHER_WORDS = [
    "chat", "retrieval", "rerank", "embeddings", "evaluate", "workflow", "task", "chroma", "query", "add",
    '"RETRIEVER"', '"RERANKER"', '"CHAT_MODEL"', '"EVALUATOR"', "X.BM25Retriever", "DocumentJoiner", "CohereRanker",
    "OpenAIChatGenerator", "ai.rerank.doRerank", "ai.streamText", "Doc 0, Score: 0.5", "Doc 999999, Score: x",
    '{"args": ["why?", ["a", "b"], [[]]], "kwargs": {"x": {}}}', '[{"id": "a", "distance": 0.1}, {"id": "b"}]',
    '[{"role": "user", "parts": [{"type": "text", "content": "Question: why?"}, 3]}, null]', '{"index": 7}',
    '{"messages": [[{"lc": 1, "id": [3], "kwargs": {"content": [{}]}}]]}', '{"generations": [[{"text": 1}]]}', "llm",
    '{"output": {"type": "tool", "content": [1], "artifact": [{"id": "a"}]}}', "retriever", "tool",
    "{'text': '\\ud800', 'a': {[1]}}", "[{'id': 'a', 'text': '\\ud83d x', 'anchor': ('b',)}]", "{'anchor': '\\udfff'}",
    '{"outputs": {"lc": 1, "kwargs": {"content": ["x"]}}}', '{"replies": [{"meta": 1}], "answers": [1]}',
]  # fmt: skip
EVENTS = [
    "exception", "db.query.result", "gen_ai.choice", "gen_ai.user.message", "gen_ai.content.prompt",
    "gen_ai.client.inference.operation.details", "gen_ai.evaluation.result", "mlflow.chunk.item.0",
]  # fmt: skip
KINDS = ["CHAIN", "RETRIEVER", "RERANKER", "LLM", "EMBEDDING", "EVALUATOR", "TOOL", "AGENT", "nonsense"]
WORDS = [
    "", "a", "[1] as doc_a#b says", "{", "[", '{"query": 1}', '{"answer": ["x"]}', "[[1], {}]", "null", "NaN", "-1",
    '{"documents": [{"id": 3, "score": "NaN", "metadata": {"anchor": []}}]}',
    '[{"chunk_id": "a", "lanes": {"v": {"rank": -1}, "w": {"rank": 1e99, "score": true}}, "survived": "maybe"}]',
    '[{"chunk_id": "a", "rank": 1, "text": "\\u0000 some text that is long enough"}]',
    '{"chunks": [{"chunk_id": "a", "tokens": -5}, 7], "slots": {"docs": "x"}}',
    "<NodeWithScore(node=TextNode(id_=a), score=None)>", "\x00", "\ufffd", "1" * 400, "some text that is long enough",
]  # fmt: skip
scalars = some.one_of(
    some.none(),
    some.booleans(),
    some.integers(-(2**63), 2**63 - 1),
    some.floats(allow_nan=False, allow_infinity=False),
    some.sampled_from(WORDS + KINDS + OTHER_WORDS),
    some.text(some.characters(exclude_categories=["Cs"]), max_size=20),
)
values = some.recursive(
    scalars,
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(some.sampled_from(["id", "chunk_id", "text", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)
attributes = some.one_of(
    some.dictionaries(some.sampled_from(KEYS), values, max_size=10),
    some.dictionaries(some.sampled_from(OTHER_KEYS), values, max_size=10),
)
times = some.one_of(some.integers(0, 100), some.sampled_from([START_NS, 2**63 - 1]))


@some.composite
def a_span(draw: some.DrawFn) -> Span:
    start, lasts = draw(times), draw(some.integers(0, 50))
    held = draw(attributes)
    if draw(some.integers(0, 2)) == 0:
        held["openinference.span.kind"] = draw(some.sampled_from(KINDS))
    return Span(
        trace_id=TRACE,
        span_id=f"{draw(some.integers(0, 6)):016x}",
        parent_id=draw(some.sampled_from(["", *(f"{number:016x}" for number in range(6))])),
        name=draw(some.sampled_from(["ask", "rerank", "route", "R.retrieve", "fuse", "assemble_context", "x"])),
        start_ns=start,
        end_ns=min(start + lasts, 2**63 - 1),
        attributes=held,
        resource=draw(some.dictionaries(some.sampled_from(["service.name", "service.version"]), values, max_size=2)),
        events=tuple(
            Event(draw(some.sampled_from(EVENTS)), start, draw(attributes)) for _ in range(draw(some.integers(0, 2)))
        ),
        links=tuple(Link(TRACE, "1" * 16, {}) for _ in range(draw(some.integers(0, 1)))),
        status=draw(some.integers(0, 2)),
        scope=draw(some.sampled_from(["", NATIVE_SCOPE, LOG_SCOPE])),
        dropped_attributes=draw(some.integers(0, 3)),
    )


FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FEW
@given(some.lists(a_span(), min_size=1, max_size=8), some.randoms(use_true_random=False))
def test_no_span_whatsoever_stops_the_reader_and_no_order_changes_the_trace(spans: list[Span], chance: object) -> None:
    trace = normalise(spans)
    mixed = [*spans, *spans[:2]]
    chance.shuffle(mixed)
    assert normalise(mixed) == trace
    assert {signal.id for signal in signals(mixed)} == {signal.id for signal in signals(spans)}
    assert trace.ended_ns >= trace.started_ns
    assert len({candidate.chunk_id for candidate in trace.candidates}) == len(trace.candidates)
    assert all(hit.rank >= 1 for candidate in trace.candidates for hit in candidate.hits)


@FEW
@given(some.lists(a_span(), min_size=1, max_size=5))
def test_storage_as_json_changes_nothing(spans: list[Span]) -> None:
    back = [
        Span(
            **{name: getattr(span, name) for name in Span.__slots__ if name not in ("attributes", "resource")},
            attributes=orjson.loads(orjson.dumps(span.attributes)),
            resource=orjson.loads(orjson.dumps(span.resource)),
        )
        for span in spans
    ]
    assert normalise(back) == normalise(spans)


def numbered(number: int, parent: int, kind: str = "CHAIN", **more: object) -> Span:
    return Span(
        trace_id=TRACE,
        span_id=f"{number:016x}",
        parent_id=f"{parent:016x}" if parent else "",
        name="vector" if kind == "RETRIEVER" else "step",
        start_ns=START_NS + number,
        end_ns=START_NS + number + 1,
        attributes={"openinference.span.kind": kind, **more},
    )


def test_ten_thousand_spans_in_one_chain_are_read() -> None:
    trace = normalise([numbered(number, number - 1) for number in range(1, 10_001)])
    assert trace.span_count == 10_000


def test_ten_thousand_retrievals_are_as_many_rounds() -> None:
    found = {"retrieval.documents.0.document.id": "a", "retrieval.documents.0.document.content": "some text " * 10}
    trace = normalise([numbered(1, 0)] + [numbered(number, 1, "RETRIEVER", **found) for number in range(2, 10_001)])
    assert len(trace.lanes) == 9_999
    assert len(trace.candidates) == 1


def test_hostile_text_takes_no_more_than_linear_time() -> None:
    nodes = "<NodeWithScore(node=TextNode(id_=" * 100_000
    answer = "doc_a-" * 40_000 + "[1" * 10_000 + "[" + "1," * 10_000
    lane = {"retrieval.documents.0.document.id": "doc_a", "retrieval.documents.0.document.content": "a" * 1_000}
    prompt = {"llm.input_messages.0.message.role": "user", "llm.input_messages.0.message.content": "a" * 900_000}
    trace = normalise(
        [
            numbered(1, 0, **{"output.value": answer, "input.value": "[" * 1_000 + "]" * 1_000}),
            numbered(2, 1, "RETRIEVER", **{"output.value": nodes}),
            numbered(3, 1, "RETRIEVER", **lane),
            numbered(4, 1, "LLM", **prompt),
        ]
    )
    assert trace.answer == answer[: 256 * 1024]


def test_json_nested_too_deep_for_a_writer_is_read_all_the_same() -> None:
    deep = '{"a": ' + "[" * 500 + "]" * 500 + "}"
    assert normalise([numbered(1, 0, metadata=deep)]).metadata == {"a": "(nested too deep)"}


DEEP = "[" * 300 + "]" * 300


@pytest.mark.parametrize(
    "held",
    [
        {"mlflow.spanType": '"CHAIN"', "mlflow.spanInputs": DEEP},
        {"traceloop.span.kind": "workflow", "traceloop.entity.input": f'{{"inputs": {DEEP}, "kwargs": {{}}}}'},
        {"traceloop.span.kind": "workflow", "traceloop.entity.output": f'{{"outputs": {DEEP}}}'},
        {"langfuse.observation.type": "span", "langfuse.observation.input": f'{{"args": [{DEEP}], "kwargs": {{}}}}'},
    ],
)
def test_json_that_is_deeper_than_can_be_written_again_stops_nothing(held: dict[str, Value]) -> None:
    assert normalise([span(1, "ask", None, **held)]).span_count == 1
