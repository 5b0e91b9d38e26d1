"""Langfuse's observations, read from the attributes of its SDK's spans."""

import json
from typing import Any

import pytest

from tests.tracing.made_spans import span
from tracing.normalise import normalise
from tracing.records import Span


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"input": 28, "input_cache_read": 12, "output": 9, "total": 49}, (40, 9, 12)),
        ({"input": 28, "input_cache_read": 12, "output": 5, "output_reasoning": 4}, (40, 9, 12)),
        ({"input": 40, "input_cached_tokens": 12, "output": 9, "total": 49}, (40, 9, 12)),
        ({"prompt_tokens": 40, "completion_tokens": 9, "prompt_tokens_details": {"cached_tokens": 12}}, (40, 9, 12)),
        ({"input_tokens": 40, "output_tokens": 9}, (40, 9, None)),
        ({"input": 40, "output": 9}, (40, 9, None)),
    ],
)
def test_tokens_from_a_cache_count_once_among_those_of_the_prompt(
    usage: dict[str, object], expected: tuple[int | None, ...]
) -> None:
    told = {"langfuse.observation.type": "generation", "langfuse.observation.usage_details": json.dumps(usage)}
    [stage] = normalise([span(1, "answer", None, **told)]).stages
    assert (stage.input_tokens, stage.output_tokens, stage.cache_read_tokens) == expected


CHUNKS = [{"id": f"d#{name}", "content": f"What it says about {name}, at length."} for name in ("a", "b", "c")]


def searched() -> Span:
    """A lane of three chunks."""
    return span(2, "search", None, 1, (1, 2), **observation("retriever", "?", CHUNKS))


def observation(kind: str, given: Any, result: Any) -> dict[str, Any]:
    """What Langfuse's SDK sends of one."""
    said = {"input": json.dumps(given), "output": json.dumps(result)}
    return {"langfuse.observation.type": kind, **{f"langfuse.observation.{key}": value for key, value in said.items()}}


@pytest.mark.parametrize("kind", ["tool", "span"])
def test_a_tool_that_reranks_is_read_as_a_span_is(kind: str) -> None:
    given = {"query": "?", "documents": CHUNKS}
    result = [CHUNKS[1] | {"score": 0.97}, CHUNKS[0] | {"score": 0.55}]
    ranked = span(3, "cohere-rerank", None, 1, (3, 4), **observation(kind, given, result))
    trace = normalise([span(1, "ask", None, **observation("span", "?", "!")), searched(), ranked])
    found = {one.chunk_id: one for one in trace.candidates}
    assert [(found[f"d#{key}"].rerank_rank, found[f"d#{key}"].rerank_score) for key in "bac"] == [
        (1, 0.97), (2, 0.55), (None, None),
    ]  # fmt: skip
    assert (found["d#c"].rerank_in, found["d#c"].dropped_at) == (True, "rerank")


@pytest.mark.parametrize("texts", [True, False])
@pytest.mark.parametrize("around", [lambda rows: rows, lambda rows: {"results": rows, "id": "r-1"}])
def test_rows_that_are_places_in_what_was_given_are_a_ranking(texts: bool, around: Any) -> None:
    given = {"query": "?", "documents": [chunk["content"] for chunk in CHUNKS] if texts else CHUNKS}
    rows = [{"index": 2, "relevance_score": 0.97}, {"index": 1, "relevance_score": 0.55}]
    ranked = span(3, "rerank", None, 1, (3, 4), **observation("chain", given, around(rows)))
    trace = normalise([span(1, "ask", None, **observation("span", "?", "!")), searched(), ranked])
    found = {one.chunk_id: one for one in trace.candidates}
    assert {key: (one.rerank_rank, one.rerank_score) for key, one in found.items()} == {
        "d#a": (None, None), "d#b": (2, 0.55), "d#c": (1, 0.97),
    }  # fmt: skip
    assert all(one.rerank_in for one in found.values())


def test_a_place_that_is_none_of_what_was_given_ranks_nothing() -> None:
    given = {"query": "?", "documents": CHUNKS}
    ranked = span(3, "rerank", None, 1, (3, 4), **observation("span", given, [{"index": 7, "score": 0.9}]))
    trace = normalise([span(1, "ask", None, **observation("span", "?", "!")), searched(), ranked])
    assert trace.observed.reranked == "no"


def test_how_many_were_asked_for_stands_among_the_arguments() -> None:
    given = {"args": ["?"], "kwargs": {"top_k": 5}}
    found = span(2, "search", None, 1, **observation("retriever", given, CHUNKS))
    assert [lane.top_k for lane in normalise([span(1, "ask", None), found]).lanes] == [5]
