"""DSPy through OpenInference: passages without ids, prompts and replies divided into fields."""

import json

import pytest

from tests.tracing.made_spans import span, text_of
from tracing.dialects.messages import context_in, question_of
from tracing.normalise import normalise

PROMPT = f"[[ ## context ## ]]\n[1] «{text_of('b')}»\n\n[[ ## question ## ]]\nwhy?\n\nRespond with the fields."
REPLY = "[[ ## reasoning ## ]]\nIt says so.\n\n[[ ## answer ## ]]\nBecause.\n\n[[ ## completed ## ]]"
MODEL = span(
    4, "LM.__call__", "LLM", 3, (20, 90), llm__model_name="m",
    **{
        "llm.input_messages.0.message.role": "system",
        "llm.input_messages.0.message.content": "Your fields are as follows:\n\n[[ ## context ## ]]\n{context}",
        "llm.input_messages.1.message.role": "user", "llm.input_messages.1.message.content": PROMPT,
        "llm.output_messages.0.message.content": REPLY, "output.value": json.dumps([REPLY]),
    },
)  # fmt: skip
PASSAGES = {f"retrieval.documents.{rank}.document.content": text_of(chunk) for rank, chunk in enumerate("ab")}
SPANS = [
    span(1, "RAG.forward", at=(0, 100), input__value='{"question": "why?"}',
         output__value=json.dumps({"reasoning": "It says so.", "answer": "Because."})),
    span(2, "Retrieve.forward", "RETRIEVER", 1, (1, 9), input__value='{"query": "why?"}', **PASSAGES),
    span(3, "Predict(StringSignature).forward", parent=1, at=(10, 95), input__value='{"question": "why?"}'),
    MODEL,
]  # fmt: skip


def test_passages_without_ids_are_followed_into_the_prompt() -> None:
    trace = normalise(SPANS)
    assert (trace.query, trace.answer) == ("why?", "Because.")
    assert [lane.name for lane in trace.lanes] == ["Retrieve"]
    assert [(row.chunk_id[:8], row.survived, row.text) for row in trace.candidates] == [
        ("content:", False, text_of("a")),
        ("content:", True, text_of("b")),
    ]


def test_without_a_traced_retriever_the_context_is_the_prompts_own() -> None:
    trace = normalise([SPANS[0], SPANS[2], MODEL])
    assert trace.candidates == ()
    assert trace.observed.lanes == "no"
    assert trace.context.text == f"[1] «{text_of('b')}»"
    assert trace.context.source == "prompt"


def test_the_models_reply_alone_still_holds_the_answer() -> None:
    assert normalise([MODEL]).answer == "Because."


@pytest.mark.parametrize(
    ("prompt", "context", "question"),
    [
        ("Context:\n[1] (a) One.\n[2] (b) Two.\n\nQuestion: why?\nAnswer:", "[1] (a) One.\n[2] (b) Two.", "why?"),
        ("<documents>\n<doc>One.</doc>\n</documents>\nUser question: why?", "<doc>One.</doc>", "why?"),
        ("## Retrieved\nDocuments found for you:\nOne.\n\n**Query:** why?", "One.", "why?"),
        ("Tell me of the context: why?", None, "Tell me of the context: why?"),
        ("why?", None, "why?"),
    ],
)
def test_a_prompt_is_parted_where_it_is_headed(prompt: str, context: str | None, question: str) -> None:
    assert context_in(prompt) == context
    assert question_of(prompt) == question
