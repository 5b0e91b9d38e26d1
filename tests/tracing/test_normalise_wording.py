"""The question and the answer in what agents and bare model calls send."""

import json

import pytest

from tests.tracing.made_spans import span, text_of
from tracing.normalise import normalise
from tracing.records import Value

PASSAGES = f"Context:\n[1] {text_of('a')}\n\nQuestion: why?"
ASKED = {
    "llm.input_messages.0.message.role": "system",
    "llm.input_messages.0.message.content": "Be brief.",
    "llm.input_messages.1.message.role": "user",
    "llm.input_messages.1.message.content": PASSAGES,
}


class TestTheQuestion:
    def test_of_a_model_call_alone_is_what_its_prompt_sets_apart(self) -> None:
        given = json.dumps({"messages": [{"role": "user", "content": PASSAGES}]})
        assert normalise([span(1, "ChatCompletion", "LLM", input__value=given, **ASKED)]).query == "why?"

    @pytest.mark.parametrize(
        "given",
        [
            {"messages": [["user", "why?"]]},
            {"task": "why?", "max_steps": None, "stream": False},
            {"user_id": "u", "new_message": {"role": "user", "parts": [{"text": "why?"}]}},
        ],
    )
    def test_is_found_in_what_agents_are_given(self, given: dict[str, Value]) -> None:
        assert normalise([span(1, "run", "AGENT", input__value=json.dumps(given))]).query == "why?"

    def test_is_the_models_where_the_agents_own_input_does_not_say(self) -> None:
        state = json.dumps({"init_state": {"is_running": False, "type": "state"}})
        called = json.dumps({"messages": ["ChatMessage(role='user')"], "kwargs": {"tool_choice": "auto"}})
        spans = [span(1, "run", input__value=state), span(2, "chat", "LLM", 1, input__value=called, **ASKED)]
        assert normalise(spans).query == "why?"


class TestTheAnswer:
    def test_is_not_an_objects_representation_where_a_model_replied(self) -> None:
        shown = "StopEvent(result=AgentOutput(response=ChatMessage(role=<MessageRole.ASSISTANT: 'assistant'>..."
        replied = {"llm.output_messages.0.message.content": "Because."}
        trace = normalise([span(1, "run", output__value=shown), span(2, "chat", "LLM", 1, **replied)])
        assert trace.answer == "Because."

    def test_is_the_raw_text_of_a_result_that_has_nothing_else(self) -> None:
        given = json.dumps({"raw": "Because.", "pydantic": None, "tasks_output": [{"raw": "Because."}]})
        assert normalise([span(1, "kickoff", output__value=given)]).answer == "Because."
