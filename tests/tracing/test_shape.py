"""The JSON of one trace: every key of the interface, always."""

import re
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.tracing.stored import SECOND, a_trace
from tracing.api import shape
from tracing.judging.verdicts import Row, Standing
from tracing.queries import Found, Mark
from tracing.records import (
    Assessment,
    Better,
    Candidate,
    Check,
    Citation,
    Claim,
    Context,
    Entity,
    Expectation,
    Lane,
    LaneHit,
    Signal,
    Slot,
    StageRecord,
    Trace,
    Verdict,
)

KEYS = """
trace_id external_id project started_at ended_at duration_ms first_token_ms settled live environment surface variant
run_id item_id repeat versions query rewritten query_shape intent product entities outcome confidence answer refused
missing session_id user_id metadata lanes observed candidates context citations stages cost_usd groundedness
assessments judging expectation verdict flags signals warnings
"""
CANDIDATE = """
chunk_id anchor product title text source_hash expected lanes fused_rank fused_score rerank_in rerank_rank rerank_score
survived survived_source dropped_at dropped_why tokens kept_tokens slot cited stale
"""
STAGE = """
stage round status duration_ms slow model attempts cache input_tokens output_tokens cache_read_tokens cost_usd
cost_source error source checks
"""


def found(trace: Trace, **fields: Any) -> Found:
    return Found("atlas", trace, trace.started_ns, 0, True, True, Mark(), (), **fields)


def blamed(verdict: Verdict) -> Standing:
    return Standing(engine=Row(verdict, 0))


def full() -> Trace:
    hits = (LaneHit("vector", 3, 0.8), LaneHit("vector", 1, 0.9, round=2), LaneHit("lexical", 1, 12.0))
    return a_trace(
        1,
        entities=(Entity("Flask", "framework", "flask"),),
        lanes=(Lane("vector", top_k=40),),
        candidates=(Candidate("c1", anchor="a#1", text="text", hits=hits), Candidate("c2")),
        context=Context(6000, 5000, (Slot("docs", 4000, 3800),), "the prompt", "prompt"),
        citations=(Citation("claim", "a#1"),),
        stages=(StageRecord("rerank", checks=(Check("margin", 0.04, 0.1, False),)),),
    )


@pytest.mark.parametrize("trace", [Trace("a" * 32, 0, 0), full()])
def test_every_key_is_always_there(trace: Trace) -> None:
    shown = shape.trace_json(found(trace))
    assert set(shown) == set(KEYS.split())
    for one in shown["candidates"]:
        assert set(one) == set(CANDIDATE.split())
    for one in shown["stages"]:
        assert set(one) == set(STAGE.split())


def test_the_keys_are_those_of_the_interface(shared: Path) -> None:
    drawing = (shared / "design" / "api.md").read_text()
    drawing = drawing[drawing.index('{"trace_id": "32 hex"') : drawing.index("`verdict` is null where")]
    drawn = set(re.findall(r'"(\w+)":', drawing))
    verdict = Verdict("rerank", "dropped", "gold", "certain", "rerank.dropped", 1)
    said = Assessment("judge", "1", claims=(Claim("it is", "supported", "c1"),), better=(Better("c2", "it says so"),))
    expected = Expectation("answer", ("a#1",))
    shown = shape.trace_json(found(full(), standing=blamed(verdict), assessments=(said,), expectation=expected))
    shown["signals"] = [shape.signal_json(Signal("a" * 32, "thumb", "down", 0))]
    lane_names = {"vector", "lexical"}
    assert drawn - names(shown) == set()
    assert names(shown) - drawn - lane_names == {"span_id", "all_required", "note"}


def names(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {name for inner in value.values() for name in names(inner)}
    return {name for inner in value for name in names(inner)} if isinstance(value, list) else set()


def test_nothing_known_is_null_or_empty() -> None:
    shown = shape.trace_json(found(Trace("a" * 32, 0, 0)))
    assert shown["verdict"] is shown["expectation"] is shown["confidence"] is shown["refused"] is None
    assert shown["groundedness"] == {"value": None, "by": None, "version": None}
    assert shown["candidates"] == shown["lanes"] == shown["stages"] == shown["signals"] == []
    assert shown["observed"]["fused"] == "no"
    assert shown["context"] == {"cap_tokens": None, "used_tokens": None, "slots": [], "text": None, "source": "unknown"}


def test_a_lane_that_was_asked_twice_shows_a_chunks_best_rank() -> None:
    lanes = shape.trace_json(found(full()))["candidates"][0]["lanes"]
    assert lanes == {
        "vector": {"rank": 1, "score": 0.9, "round": 2},
        "lexical": {"rank": 1, "score": 12.0, "round": 1},
    }


def test_times_are_rfc_3339_from_1970_to_2262() -> None:
    assert shape.rfc3339(0) == "1970-01-01T00:00:00.000000Z"
    assert shape.rfc3339(1_795_132_800 * SECOND + 1_999) == "2026-11-20T00:00:00.000001Z"
    assert shape.rfc3339(2**63 - 1).startswith("2262-04-11T23:47:16")


def test_the_shape_is_json() -> None:
    assert orjson.loads(orjson.dumps(shape.trace_json(found(full()))))["candidates"][0]["text"] == "text"
