"""The kind of a question: as its sender says, else by a rule, and then marked as inferred."""

import json

import pytest

from tests.tracing.made_spans import span
from tests.tracing.test_native import LEAST
from tracing import native
from tracing.normalise import normalise
from tracing.normalising.query_shape import shape_of


@pytest.mark.parametrize(
    ("query", "shape"),
    [
        ("What does task_acks_late do and when should I enable it?", "exact_symbol"),
        ("How do I call revoke() on a task?", "exact_symbol"),
        ("Where is django.db.models documented?", "exact_symbol"),
        ("What is QuerySet for?", "exact_symbol"),
        ("std::vector", "exact_symbol"),
        ("Is `task_acks_late` the same as (task_acks_late)?", "exact_symbol"),
        ("What is the difference between select_related and prefetch_related?", "cross_source"),
        ("Redis vs RabbitMQ as a broker", "cross_source"),
        ("How do task_acks_late and worker_prefetch_multiplier work together?", "cross_source"),
        ("Should I use a group instead of a chord?", "cross_source"),
        ("How do I write a data migration?", "conceptual"),
        ("Wie lege ich ein Zeitlimit für eine Aufgabe fest", "conceptual"),
        ("Is Python 3.11 supported, e.g. on a Mac (or not)?", "conceptual"),
        ("see https://example.org/a_b for it", "conceptual"),
        ("write to ask_us@example.org about it", "conceptual"),
        ("hello", "other"),
        ("thank you!", "other"),
        ("", "other"),
        ("( ) :: _ ... ?", "other"),
    ],
)
def test_the_rule(query: str, shape: str) -> None:
    assert shape_of(query) == shape


def test_a_trace_says_that_its_shape_was_inferred() -> None:
    trace = normalise([span(1, "ask", input__value="What does task_acks_late do?")])
    assert (trace.query_shape, trace.query_shape_source) == ("exact_symbol", "inferred")


def test_what_the_sender_says_counts() -> None:
    said = LEAST | {"query": "What does task_acks_late do?", "query_shape": "faq"}
    [item] = native.parse(json.dumps(said).encode())
    assert item.span
    trace = normalise([item.span])
    assert (trace.query_shape, trace.query_shape_source) == ("faq", "declared")


def test_without_a_question_there_is_no_shape() -> None:
    trace = normalise([span(1, "ask")])
    assert (trace.query_shape, trace.query_shape_source) == (None, "no")


def test_hostile_questions_take_no_more_than_linear_time() -> None:
    for query in ("(" * 1_000_000, "a_" * 500_000, "." * 1_000_000, "vs" * 500_000, "aB" * 500_000):
        assert shape_of(query)
