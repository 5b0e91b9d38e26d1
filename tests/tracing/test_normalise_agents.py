"""Agents: searches that are a tool's, what a model worded, and what else frameworks send that know no retriever."""

import json

import pytest

from tests.tracing.made_spans import START_NS, messages, retrieved, span, text_of
from tracing.normalise import normalise
from tracing.records import Event, Span, Trace, Value

FOUND = [{"id": chunk, "text": text_of(chunk), "score": score} for chunk, score in (("a", 0.8), ("b", 0.4))]


def asked_of_tool(name: str, output: str, *below: Span, **more: Value) -> Trace:
    tool = span(2, name, "TOOL", 1, (5, 9), input__value='{"query": "why?"}', output__value=output, **more)
    model = span(3, "chat", "LLM", 1, (10, 20), **messages("a"))
    return normalise([span(1, "agent", "AGENT", at=(0, 30), input__value="why?"), tool, *below, model])


class TestASearchThatIsATools:
    def test_is_a_lane_with_the_documents_that_it_gave_back(self) -> None:
        trace = asked_of_tool("search_docs", json.dumps(FOUND))
        [lane] = trace.lanes
        assert (lane.name, lane.query, lane.returned) == ("search_docs", "why?", 2)
        assert [(hit.rank, hit.score) for chunk in trace.candidates for hit in chunk.hits] == [(1, 0.8), (2, 0.4)]
        assert [chunk.survived for chunk in trace.candidates] == [True, False]
        assert [record.stage for record in trace.stages] == ["retrieve", "generate"]

    @pytest.mark.parametrize(
        "output",
        [
            json.dumps([{"text": json.dumps(FOUND)}]),
            json.dumps({"content": [{"type": "text", "text": json.dumps(FOUND)}], "isError": False}),
            json.dumps({"id": "call-1", "name": "search_docs", "response": {"result": FOUND}}),
            str(FOUND),
        ],
        ids=["blocks", "MCP", "record", "printed"],
    )
    def test_may_wrap_or_print_them(self, output: str) -> None:
        assert [(lane.name, lane.returned) for lane in asked_of_tool("search", output).lanes] == [("search", 2)]

    @pytest.mark.parametrize("output", ["[{'a': open('x')}]", "[{'" + "[" * 5000, "[{'a':" * 200, "[{'a': 1}, 2]"])
    def test_that_prints_something_else_lists_nothing(self, output: str) -> None:
        assert asked_of_tool("search", output).candidates == ()

    def test_is_called_what_the_tool_is_called_and_not_what_runs_it(self) -> None:
        trace = asked_of_tool("FunctionTool.acall", json.dumps(FOUND), tool__name="lookup")
        assert [lane.name for lane in trace.lanes] == ["lookup"]

    def test_that_gave_back_a_text_retrieves_and_lists_nothing(self) -> None:
        trace = asked_of_tool("retriever", f"Found: {text_of('a')}")
        assert ([record.stage for record in trace.stages], trace.candidates) == (["retrieve", "generate"], ())

    def test_around_a_retriever_leaves_the_lane_to_it(self) -> None:
        inner = span(4, "vector", "RETRIEVER", 2, (6, 8), **retrieved(("a", 0.5)))
        assert [lane.name for lane in asked_of_tool("search", "text", inner).lanes] == ["vector"]

    def test_tells_what_the_database_that_it_asked_did_not_say(self) -> None:
        database = span(4, "qdrant.query", None, 2, (6, 8), db__system="qdrant", db__operation="query")
        trace = asked_of_tool("search_docs", json.dumps(FOUND), database)
        assert [(lane.name, lane.returned) for lane in trace.lanes] == [("qdrant", 2)]

    def test_that_found_nothing_says_so(self) -> None:
        trace = asked_of_tool("search_docs", "[]")
        assert ([(lane.name, lane.returned) for lane in trace.lanes], trace.observed.lanes) == (
            [("search_docs", 0)],
            "inferred",
        )

    @pytest.mark.parametrize("name", ["research_plan", "send_mail", "calculator"])
    def test_is_none_by_another_name(self, name: str) -> None:
        assert [record.stage for record in asked_of_tool(name, json.dumps(FOUND)).stages] == ["generate"]

    def test_counts_as_in_the_prompt_where_its_text_is_there_as_json(self) -> None:
        chunk = {"id": "a", "text": 'Call "retry()":\n\n    self.retry()  # für immer'}
        for only_ascii in (True, False):
            told = json.dumps([chunk], ensure_ascii=only_ascii)
            prompt = {"llm.input_messages.0.message.role": "tool", "llm.input_messages.0.message.content": told}
            trace = normalise(
                [
                    span(1, "agent", "AGENT", at=(0, 30)),
                    span(2, "search", "TOOL", 1, (1, 2), output__value=json.dumps([chunk, FOUND[1]])),
                    span(3, "chat", "LLM", 1, (5, 9), **prompt),
                ]
            )
            assert {each.chunk_id: each.survived for each in trace.candidates} == {"a": True, "b": False}


def test_a_step_named_for_searching_may_embed_the_question_first() -> None:
    trace = normalise(
        [
            span(1, "answer", at=(0, 30), input__value="why?"),
            span(2, "vector_search", "CHAIN", 1, (1, 9), input__value="why?", output__value=json.dumps(FOUND)),
            span(3, "embed", "EMBEDDING", 2, (2, 4)),
        ]
    )
    assert [(lane.name, lane.returned) for lane in trace.lanes] == [("vector", 2)]
    assert [record.stage for record in trace.stages] == ["embed", "retrieve"]


def genai(
    number: int, name: str, at: tuple[float, float], *events: tuple[str, dict[str, Value]], **held: Value
) -> Span:
    told = tuple(Event(each, START_NS + int(at[0] * 1e6), attributes) for each, attributes in events)
    attributes = {"gen_ai." + key.replace("__", "."): value for key, value in held.items()}
    return span(number, name, None, int(number > 1), at, events=told, **attributes)


DETAILS = "gen_ai.client.inference.operation.details"
RESULT = json.dumps([{"text": json.dumps(FOUND)}])
PART = {"type": "tool_call_response", "id": "1", "response": [{"text": json.dumps(FOUND)}]}


@pytest.mark.parametrize(
    "events",
    [
        (("gen_ai.tool.message", {"content": '{"query": "why?"}'}), ("gen_ai.choice", {"message": RESULT})),
        ((DETAILS, {"gen_ai.output.messages": json.dumps([{"role": "tool", "parts": [PART]}])}),),
    ],
    ids=["events", "details"],
)  # fmt: skip
def test_what_a_tool_gave_back_may_be_told_by_events(events: tuple[tuple[str, dict[str, Value]], ...]) -> None:
    given = json.dumps(
        [{"role": "user", "parts": [{"type": "text", "content": "why?"}]}, {"role": "user", "parts": [PART]}]
    )
    trace = normalise(
        [
            genai(1, "invoke_agent", (0, 30), operation__name="invoke_agent"),
            genai(2, "execute_tool x", (1, 5), *events, operation__name="execute_tool", tool__name="search_docs"),
            genai(3, "chat", (6, 20), operation__name="chat", input__messages=given),
        ]
    )
    assert [(lane.name, lane.returned) for lane in trace.lanes] == [("search_docs", 2)]
    assert [(chunk.survived, chunk.survived_source) for chunk in trace.candidates] == [(True, "prompt")] * 2
    assert trace.query == "why?"
