"""What clients of the GenAI conventions say in words of their own: Pydantic AI, LiteLLM, agents, Traceloop."""

import json

import pytest

from tests.tracing.made_spans import span
from tracing.dialects import messages
from tracing.normalise import normalise
from tracing.records import Span, Trace, Value

QUESTION, SEARCHED, ANSWER = "How do I retry a task?", "retry celery task", "Call self.retry() [c1]."
FOUND = [{"id": "c1", "text": "Call self.retry() within the task.", "score": 0.9}]


def call(number: int, at: tuple[float, float], **attributes: Value) -> Span:
    held = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"} | {
        key.replace("__", "."): value for key, value in attributes.items()
    }
    return span(number, "chat m", None, 1, at, **held)


def said(role: str, *parts: dict[str, Value]) -> dict[str, Value]:
    return {"role": role, "parts": list(parts)}


def text(words: str) -> dict[str, Value]:
    return {"type": "text", "content": words}


CALLED = said("assistant", {"type": "tool_call", "name": "search", "arguments": json.dumps({"query": SEARCHED})})
RETURNED = said("tool", {"type": "tool_call_response", "response": json.dumps(FOUND)})
ASKED = said("user", text(QUESTION))
ANSWERED = said("assistant", text(ANSWER))


def agent_run(tool: dict[str, Value], **root: Value) -> Trace:
    """An agent that asks its model, searches, and asks again."""
    held = {"gen_ai.operation.name": "invoke_agent"} | root
    asked, told = json.dumps([ASKED]), json.dumps([ASKED, CALLED, RETURNED])
    return normalise(
        [
            span(1, "agent", None, 0, (0, 100), **held),
            call(2, (1, 10), gen_ai__input__messages=asked, gen_ai__output__messages=json.dumps([CALLED])),
            span(3, "running tool", None, 1, (11, 20), **{"gen_ai.operation.name": "execute_tool", **tool}),
            call(4, (21, 90), gen_ai__input__messages=told, gen_ai__output__messages=json.dumps([ANSWERED])),
        ]
    )


TOOLS: dict[str, dict[str, Value]] = {
    "today": {
        "gen_ai.tool.name": "search",
        "gen_ai.tool.call.arguments": json.dumps({"query": SEARCHED}),
        "gen_ai.tool.call.result": json.dumps(FOUND),
    },
    "pydantic ai 1": {
        "gen_ai.tool.name": "search",
        "tool_arguments": json.dumps({"search_query": SEARCHED}),
        "tool_response": json.dumps(FOUND),
    },
}


@pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS)
def test_a_search_tool_is_a_lane_and_the_model_that_worded_its_query_resolves(tool: dict[str, Value]) -> None:
    trace = agent_run(tool)
    assert [(lane.name, lane.query, lane.returned) for lane in trace.lanes] == [("search", SEARCHED, 1)]
    assert trace.rewritten == (SEARCHED,)
    assert [record.stage for record in trace.stages] == ["resolve", "retrieve", "generate"]
    assert [(one.chunk_id, one.survived) for one in trace.candidates] == [("c1", True)]


def test_the_answer_of_a_run_that_was_sent_whole_is_what_was_said_after_the_last_tool() -> None:
    whole = json.dumps([CALLED, RETURNED, ANSWERED])
    trace = agent_run(TOOLS["today"], **{"gen_ai.output.messages": whole})
    assert (trace.query, trace.answer) == (QUESTION, ANSWER)


def test_an_answer_that_is_an_object_is_read_from_it() -> None:
    trace = agent_run(TOOLS["today"], final_result=json.dumps({"answer": ANSWER, "citations": ["c1"]}))
    assert trace.answer == ANSWER


@pytest.mark.parametrize(
    ("operation", "stage"),
    [("acompletion", "generate"), ("aresponses", "generate"), ("responses", "generate"), ("aembedding", "embed"),
     ("arerank", "rerank"), ("anthropic_messages", "generate")],
)  # fmt: skip
def test_litellm_names_its_operations_after_its_functions(operation: str, stage: str) -> None:
    trace = normalise([span(1, "ask"), call(2, (1, 9), gen_ai__operation__name=operation)])
    assert [record.stage for record in trace.stages] == [stage]


@pytest.mark.parametrize("operation", ["agent", "invoke_agent", "aagent", "anything"])
def test_an_operation_that_is_not_known_is_a_step(operation: str) -> None:
    used = {"gen_ai.usage.input_tokens": 7, "gen_ai.operation.name": operation, "gen_ai.request.model": "m"}
    assert normalise([span(1, "ask"), span(2, "x", None, 1, (1, 9), **used)]).stages == ()


@pytest.mark.parametrize("key", ["gen_ai.usage.cost", "gen_ai.cost.total_cost", "operation.cost"])
def test_a_cost_is_read_by_any_of_its_names(key: str) -> None:
    [record] = normalise([span(1, "ask"), call(2, (1, 9), **{key: 0.004})]).stages
    assert (record.cost_usd, record.cost_source) == (0.004, "sent")


def test_calls_of_tools_that_are_flattened_are_read() -> None:
    first = {
        "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.tool_calls.0.arguments": f'{{"q": "{SEARCHED}"}}',
    }
    assert messages.called_with(messages.indexed(first, "gen_ai.completion")) == SEARCHED


@pytest.mark.parametrize(
    "odd",
    [None, "", "[", "[[[[[[[[[[[[]]]]]]]]]]]]", [None, 3, "x"], {"arguments": 7}, {"parts": {"arguments": [[]]}}, 5],
)
def test_odd_messages_call_and_say_nothing(odd: Value) -> None:
    assert messages.called_with(odd) == ""
    assert isinstance(messages.replied(odd), str)


def test_a_question_that_a_tool_was_asked_is_not_the_user_s() -> None:
    """The root says nothing, and below a tool there is a retriever with a query of the model's."""
    trace = normalise(
        [
            span(1, "run", "AGENT", 0, (0, 100)),
            span(2, "llm", "LLM", 1, (1, 10), llm__model_name="m",
                 **{"llm.input_messages.0.message.role": "user", "llm.input_messages.0.message.content": QUESTION}),
            span(3, "search_docs", "TOOL", 1, (11, 20), tool__name="search_docs"),
            span(4, "retriever", "RETRIEVER", 3, (12, 19), input__value=SEARCHED,
                 **{"retrieval.documents.0.document.id": "c1"}),
        ]
    )  # fmt: skip
    assert trace.query == QUESTION


def test_documents_that_are_json_within_json_are_read() -> None:
    """As Traceloop sends those of LlamaIndex."""
    rows = [json.dumps({"node": {"id_": name, "text": f"Text of {name}."}, "score": 0.5}) for name in ("c1", "c2")]
    held = {"traceloop.span.kind": "task", "traceloop.entity.name": "VectorIndexRetriever",
            "traceloop.entity.input": json.dumps({"str_or_query_bundle": QUESTION}),
            "traceloop.entity.output": json.dumps(rows)}  # fmt: skip
    root = {"traceloop.span.kind": "workflow", "traceloop.entity.input": json.dumps({"str_or_query_bundle": QUESTION})}
    trace = normalise(
        [
            span(1, "query.workflow", None, 0, (0, 9), **root),
            span(2, "VectorIndexRetriever.task", None, 1, (1, 5), **held),
        ]
    )
    assert trace.query == QUESTION
    assert [one.chunk_id for one in trace.candidates] == ["c1", "c2"]
