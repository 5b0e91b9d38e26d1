"""Langfuse's observations, read from the attributes of its SDK's spans."""

import json

import pytest

from tests.tracing.made_spans import span
from tracing.normalise import normalise


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
