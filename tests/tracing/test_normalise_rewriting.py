"""Model calls that word what is searched for: they resolve the question, and do not answer it."""

import json

from tests.tracing.made_spans import messages, retrieved, span
from tracing.normalise import normalise
from tracing.records import Trace


class TestAModelThatWordsTheQuery:
    @staticmethod
    def trace(reply: str, *queries: str, prompt: str = "Rephrase: and why?") -> Trace:
        given = {
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.content": prompt,
            "llm.output_messages.0.message.content": reply,
            "llm.token_count.prompt": 40,
        }
        lanes = [
            span(10 + at, "vector", "RETRIEVER", 1, (10 * at, 10 * at + 5), input__value=query, **retrieved(("a", 0.5)))
            for at, query in enumerate(queries, 1)
        ]
        answer = span(30, "chat", "LLM", 1, (80, 90), **messages("a"), **{"llm.token_count.prompt": 60})
        wrapper = span(2, "predict", "LLM", 1, (1, 6), output__value=reply)
        return normalise(
            [
                span(1, "chat_engine", at=(0, 99), input__value="and why?"),
                wrapper, span(3, "chat", "LLM", 2, (2, 5), **given), *lanes, answer,
            ]
        )  # fmt: skip

    def test_resolves_the_question_and_does_not_answer_it(self) -> None:
        trace = self.trace("Why is a task retried?", "Why is a task retried?")
        assert trace.rewritten == ("Why is a task retried?",)
        assert {record.stage: record.input_tokens for record in trace.stages} == {
            "resolve": 40, "retrieve": None, "generate": 60,
        }  # fmt: skip

    def test_may_word_several(self) -> None:
        asked = ("How is it retried?", "When is it acknowledged?")
        assert self.trace(json.dumps([{"sub_question": each} for each in asked]), *asked).rewritten == asked

    def test_worded_nothing_where_the_query_is_the_one_that_it_was_given(self) -> None:
        trace = self.trace("and why?", "and why?")
        assert (trace.rewritten, [record.stage for record in trace.stages]) == ((), ["retrieve", "generate"])
