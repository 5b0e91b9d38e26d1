"""The question and the context in a prompt that carries both."""

import pytest

from tracing.dialects.messages import context_in, question_of

PASSAGES = "[1] Call retry().\n\n[2] Count them."


@pytest.mark.parametrize(
    "prompt",
    [
        "Context:\nCall retry().\n\nQuestion: How?",
        "<context>Call retry().</context>\n\nHow?",
        "<documents>\nCall retry().\n</documents>\n\n<question>How?</question>\nAnswer briefly.",
        "<user_query>\nHow?\n</user_query>",
        f"{PASSAGES}\n\nHow?",
        f"Answer from these alone.\n\n{PASSAGES}\n\nHow?\n",
    ],
)
def test_the_question_is_what_is_headed_tagged_or_set_apart_as_such(prompt: str) -> None:
    assert question_of(prompt) == "How?"


@pytest.mark.parametrize(
    "prompt",
    [
        "How do I retry a task?\n\nIt raises.",
        PASSAGES,
        "See [1] of the guide.\n\nHow?",
        "<question>",
        "What does </context> mean?</context>",
    ],
)
def test_where_nothing_sets_it_apart_it_is_the_whole_prompt(prompt: str) -> None:
    assert question_of(prompt) == prompt


def test_numbered_passages_are_the_context() -> None:
    assert context_in(f"Answer from these alone.\n\n{PASSAGES}\n\nHow?") == PASSAGES
    assert context_in(PASSAGES) is None  # what is the last paragraph of them, and what the question?
