"""LangSmith's OpenTelemetry mode: what kind of run it is, and what it was given and gave back, as JSON."""

import json

import pytest

from tests.tracing.made_spans import START_NS, by_id, span, text_of
from tracing.normalise import normalise
from tracing.records import Event, Span, Trace, Value

WHO = {"langsmith.metadata.session_id": "s-1", "langsmith.metadata.user_id": "u-1"}
OPERATIONS = {"llm": "chat", "tool": "execute_tool", "retriever": "embeddings", "prompt": "chat"}
USED = {"gen_ai.usage.input_tokens": 120, "gen_ai.usage.output_tokens": 7, "gen_ai.usage.total_tokens": 127}


def run(number: int, name: str, kind: str, given: object, result: object, parent: int = 1, **more: Value) -> Span:
    """A run as the exporter of LangSmith sends it; the root has the number 1."""
    held: dict[str, Value] = {
        "langsmith.span.kind": kind,
        "langsmith.trace.name": name,
        "langsmith.trace.session_name": "the project",
        "gen_ai.operation.name": OPERATIONS.get(kind, kind),
        "gen_ai.system": "langchain",
        "langsmith.metadata.LANGSMITH_TRACING": "true",
        "gen_ai.prompt": json.dumps(given),
        "gen_ai.completion": json.dumps(result),
        **WHO,
    }
    return span(number, name, None, 0 if number == 1 else parent, (number, number + 1), **held | more)


def page(chunk_id: str, **metadata: Value) -> dict[str, Value]:
    return {"id": chunk_id, "page_content": text_of(chunk_id), "metadata": metadata, "type": "Document"}


def made(kind: str, content: Value, **more: Value) -> dict[str, Value]:
    """A message as LangChain records it, to be made anew."""
    return {"lc": 1, "type": "constructor", "id": ["langchain", kind], "kwargs": {"content": content, **more}}


def asked(*chunk_ids: str) -> dict[str, object]:
    context = "\n".join(text_of(chunk_id) for chunk_id in chunk_ids)
    return {"messages": [[made("SystemMessage", f"Use these.\n{context}"), made("HumanMessage", "why?")]]}


def replied(words: str, **more: Value) -> dict[str, object]:
    return {"generations": [[{"text": words, "message": made("AIMessage", words, **more)}]], "llm_output": None}


ANSWERED = replied(
    "Because.",
    response_metadata={"model_name": "m-2026"},
    usage_metadata={"input_tokens": 120, "output_tokens": 7, "input_token_details": {"cache_read": 40}},
)
PIPELINE = [
    run(1, "RunnableSequence", "chain", {"input": "why?"}, {"output": "Because."}),
    run(
        2, "VectorStoreRetriever", "retriever", {"query": "why?"}, {"documents": [page("a"), page("b", title="B")]},
        langsmith__metadata__ls_retriever_name="vectorstore", langsmith__metadata__k=2,
    ),
    run(3, "bm25", "retriever", {"q": "why?"}, {"output": [page("b", score=3.5), page("c", score=2.5)]}),
    run(
        4, "ChatPromptTemplate", "prompt", {"question": "why?"},
        {"output": {"messages": [{"content": "Use these. why?", "type": "human"}]}},
    ),
    run(5, "ChatOpenAI", "llm", asked("b"), ANSWERED, gen_ai__request__model="m", **USED),
    run(6, "StrOutputParser", "parser", {"input": {"content": "Because."}}, {"output": "Because."}, **USED),
]  # fmt: skip


def model_call(given: object, result: object, **more: Value) -> Trace:
    return normalise([run(1, "ask", "chain", {}, {}), run(2, "complete", "llm", given, result, **more)])


def test_a_chain_is_read_by_the_kinds_of_its_runs() -> None:
    trace = normalise(PIPELINE)
    assert (trace.query, trace.answer, trace.kind) == ("why?", "Because.", "query")
    assert (trace.session_id, trace.user_id, trace.metadata) == ("s-1", "u-1", {"session_id": "s-1", "user_id": "u-1"})
    assert [stage.stage for stage in trace.stages] == ["retrieve", "generate"]
    assert trace.observed.lanes == "declared"


def test_retrievers_are_lanes_with_their_documents() -> None:
    trace = normalise(PIPELINE)
    assert [(lane.name, lane.query, lane.returned, lane.top_k) for lane in trace.lanes] == [
        ("vectorstore", "why?", 2, 2), ("bm25", "why?", 2, None),
    ]  # fmt: skip
    found = by_id(trace)
    assert [(hit.lane, hit.rank, hit.score) for hit in found["b"].hits] == [("vectorstore", 2, None), ("bm25", 1, 3.5)]
    assert (found["b"].title, found["b"].survived_source) == ("B", "prompt")
    assert {chunk_id for chunk_id, row in found.items() if row.survived} == {"b"}


def test_an_id_may_stand_in_a_documents_metadata() -> None:
    held = {"page_content": text_of("a"), "metadata": {"id": "a", "score": 0.9, "source": "page.md"}}
    trace = normalise([PIPELINE[0], run(2, "dense", "retriever", {"query": "why?"}, {"output": [held]})])
    assert [(row.chunk_id, row.hits[0].score) for row in trace.candidates] == [("a", 0.9)]


def test_a_retriever_that_found_nothing_is_told_from_one_that_does_not_say() -> None:
    nothing, silent = (
        normalise([PIPELINE[0], run(2, "dense", "retriever", {"query": "why?"}, result)])
        for result in ({"documents": []}, {})
    )
    assert (nothing.observed.lanes, silent.observed.lanes) == ("declared", "no")


def test_tokens_and_model_are_those_of_model_calls_alone() -> None:
    generate = next(stage for stage in normalise(PIPELINE).stages if stage.stage == "generate")
    assert (generate.model, generate.input_tokens, generate.output_tokens) == ("m-2026", 120, 7)
    assert generate.cache_read_tokens == 40


def test_a_call_within_a_call_counts_once() -> None:
    outer = run(2, "ask_model", "llm", {"prompt": "why?"}, {"output": "Because."}, **USED)
    trace = normalise([PIPELINE[0], outer, run(3, "ChatOpenAI", "llm", asked(), ANSWERED, 2, **USED)])
    assert [(stage.input_tokens, stage.output_tokens) for stage in trace.stages] == [(120, 7)]


def test_usage_that_was_set_on_a_run_by_hand_tells_tokens_and_cost() -> None:
    usage = json.dumps({"input_tokens": 9, "output_tokens": 3, "total_cost": 0.02})
    trace = model_call({"prompt": "why?"}, {"output": "Because."}, langsmith__metadata__usage_metadata=usage)
    assert [(stage.input_tokens, stage.output_tokens) for stage in trace.stages] == [(9, 3)]
    assert trace.cost_usd == 0.02


@pytest.mark.parametrize(
    ("given", "result"),
    [
        (asked("b"), replied("Because.")),
        ({"prompts": [f"{text_of('b')}\nQuestion: why?"]}, {"generations": [[{"text": "Because."}]]}),
        (
            {"messages": [{"role": "system", "content": text_of("b")}, {"role": "user", "content": "why?"}]},
            {"choices": [{"message": {"role": "assistant", "content": "Because."}}]},
        ),
        (
            {"system": text_of("b"), "messages": [{"role": "user", "content": [{"type": "text", "text": "why?"}]}]},
            {"role": "assistant", "content": [{"type": "text", "text": "Because."}]},
        ),
        (
            {"instructions": text_of("b"), "input": "why?"},
            {"output": [{"type": "message", "content": [{"type": "output_text", "text": "Because."}]}]},
        ),
        (
            {"messages": [{"content": text_of("b"), "type": "tool"}, {"content": "why?", "type": "human"}]},
            {"output": {"content": "Because.", "type": "ai"}},
        ),
    ],
)
def test_what_a_model_was_given_and_replied_is_read_in_every_clients_form(given: object, result: object) -> None:
    found = run(3, "dense", "retriever", {}, {"documents": [page("b")]})
    trace = normalise([run(1, "ask", "chain", {}, {}), found, run(4, "complete", "llm", given, result)])
    assert trace.answer == "Because."
    assert by_id(trace)["b"].survived_source == "prompt"
    alone = normalise([run(1, "complete", "llm", given, result)])
    assert (alone.query, alone.answer) == ("why?", "Because.")


def test_what_a_tool_said_after_the_question_is_not_the_question() -> None:
    given = {"messages": [[made("HumanMessage", "why?"), made("AIMessage", ""), made("ToolMessage", "It is so.")]]}
    assert normalise([run(1, "ChatOpenAI", "llm", given, replied("Because."))]).query == "why?"


def test_an_agents_answer_is_its_last_message_and_its_search_tool_a_lane() -> None:
    said: list[Value] = [
        {"content": "why?", "type": "human"},
        {"content": "", "type": "ai", "tool_calls": [{"name": "search_docs", "args": {"query": "reasons"}}]},
        {"content": text_of("a"), "type": "tool"},
        {"content": "Because.", "type": "ai"},
    ]
    message = {"content": text_of("a"), "type": "tool", "artifact": [page("a")]}
    trace = normalise([
        run(1, "LangGraph", "chain", {"messages": [{"role": "user", "content": "why?"}]}, {"messages": said}),
        run(2, "ChatOpenAI", "llm", {"messages": [[made("HumanMessage", "why?")]]}, replied("")),
        run(3, "search_docs", "tool", {"query": "reasons"}, {"output": message}),
        run(4, "ChatOpenAI", "llm", {"messages": [[made("ToolMessage", text_of("a"))]]}, replied("Because.")),
    ])  # fmt: skip
    assert (trace.query, trace.answer) == ("why?", "Because.")
    assert [(lane.name, lane.query, lane.returned) for lane in trace.lanes] == [("search_docs", "reasons", 1)]
    assert by_id(trace)["a"].survived_source == "prompt"


@pytest.mark.parametrize("output", [[page("a")], {"type": "tool", "content": json.dumps([page("a")])}])
def test_a_tool_that_gives_back_documents_as_json_is_a_lane(output: Value) -> None:
    tool = run(2, "search_docs", "tool", {"query": "why?"}, {"output": output})
    assert set(by_id(normalise([PIPELINE[0], tool]))) == {"a"}


@pytest.mark.parametrize("kind", ["chain", "retriever"])
def test_a_reranker_is_told_by_its_name(kind: str) -> None:
    given = {"query": "why?", "docs": [page("a"), page("b")]}
    rerank = run(3, "rerank", kind, given, {"output": [page("b", score=0.9)]})
    found = by_id(normalise([PIPELINE[0], PIPELINE[1], rerank]))
    assert (found["b"].rerank_rank, found["b"].rerank_score) == (1, 0.9)
    assert (found["a"].rerank_in, found["a"].dropped_at) == (True, "rerank")


def test_a_conversation_may_have_other_names() -> None:
    for key in ("thread_id", "conversation_id"):
        held: dict[str, Value] = {"langsmith.span.kind": "chain", f"langsmith.metadata.{key}": "c-1"}
        project = {"langsmith.trace.session_id": "the project's"}
        assert normalise([span(1, "ask", None, **held | project)]).session_id == "c-1"


def test_the_revision_of_the_code_is_the_release() -> None:
    root = run(1, "ask", "chain", {"question": "why?"}, {}, langsmith__metadata__revision_id="v1-3-gabc")
    assert normalise([root]).versions.release == "v1-3-gabc"


def test_a_failed_call_says_why() -> None:
    raised = Event("exception", START_NS, {"exception.type": "Exception", "exception.message": "APIError('busy')"})
    held: dict[str, Value] = {"langsmith.span.kind": "llm", "gen_ai.prompt": json.dumps(asked())}
    failed = span(2, "ChatOpenAI", None, 1, events=(raised,), error="", **held)
    root = span(1, "ask", None, error="", langsmith__span__kind="chain", gen_ai__prompt='{"input": "why?"}')
    trace = normalise([root, failed])
    assert [(stage.stage, stage.status, stage.error) for stage in trace.stages] == [
        ("generate", "error", "Exception: APIError('busy')")
    ]
    assert (trace.query, trace.answer) == ("why?", None)


def test_the_first_of_a_streams_tokens_is_its_first_token() -> None:
    tokens = tuple(Event("new_token", START_NS + at * 10**6, {}) for at in (5, 4))
    held: dict[str, Value] = {"langsmith.span.kind": "llm", "gen_ai.prompt": json.dumps(asked())}
    assert normalise([span(1, "ChatOpenAI", None, events=tokens, **held)]).first_token_ms == 4.0


def test_a_span_that_was_made_by_hand_is_read_as_its_genai_attributes_say() -> None:
    trace = normalise([
        span(
            1, "complete", None, langsmith__span__kind="LLM", gen_ai__request__model="m", **USED,
            **{"gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": "why?", "gen_ai.completion.0.content": "So."},
        )
    ])  # fmt: skip
    assert (trace.query, trace.answer) == ("why?", "So.")
    assert [(stage.model, stage.input_tokens) for stage in trace.stages] == [("m", 120)]


ODD = [
    "", "null", "[]", "{}", "why?", '{"input": "wh', '{"messages": [[{"lc": 1, "kwar', "7", '"', "[[[[", "\x00",
    '{"messages": {"lc": 1}}', '{"messages": [[3, null, [], {"lc": 1, "kwargs": 7, "id": [null]}]]}',
    '{"messages": [{"id": [], "lc": {}, "kwargs": [1]}], "system": 3}', '{"query": ["why?"], "k": "many", "docs": 5}',
    '{"documents": "none"}', '{"documents": [1, null, {"page_content": {}}]}', '{"output": {"lc": 1, "kwargs": null}}',
    '{"output": {"type": "tool", "content": {"x": []}, "artifact": {"id": 1}}}', '{"generations": [[]]}',
    '{"generations": {"text": 1}}', '{"generations": [[{"text": 3, "message": {"lc": 1, "kwargs": []}}]]}',
    '{"output": ' + "[" * 300 + "]" * 300 + "}", '{"generations": ' + "[" * 300 + "]" * 300 + "}",
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
def test_whatever_stands_in_the_json_a_trace_comes_of_it(odd: str) -> None:
    names = ("gen_ai.prompt", "gen_ai.completion", "gen_ai.usage.input_tokens", *(
        f"langsmith.metadata.{key}" for key in ("usage_metadata", "session_id", "ls_retriever_name", "k")
    ))  # fmt: skip
    for kind in ("chain", "retriever", "llm", "embedding", "tool", "prompt", "parser", "", "nonsense"):
        held: dict[str, Value] = {"langsmith.span.kind": kind, **dict.fromkeys(names, odd)}
        assert normalise([span(1, "search", None, **held)]).span_count == 1
        below = [span(number, name, None, 1, **held) for number, name in enumerate(("search", "rerank", "ask"), 2)]
        assert normalise([PIPELINE[0], *below]).query == "why?"


@pytest.mark.parametrize("odd", [None, 7, True, ["a"], {"input": 3}, [[{}]]])
def test_attributes_that_are_no_texts_do_no_harm(odd: Value) -> None:
    for kind in ("llm", "tool", "retriever", odd):
        held: dict[str, Value] = {"langsmith.span.kind": kind, "gen_ai.prompt": odd, "gen_ai.completion": odd}
        assert normalise([span(1, "search", None, langsmith__trace__name=odd, **held)]).span_count == 1


def test_json_that_a_limit_cut_is_a_warning() -> None:
    cut = span(1, "ask", None, langsmith__span__kind="chain", gen_ai__prompt='{"input": "wh', gen_ai__completion="{}")
    assert "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT" in normalise([cut]).warnings[0]
