"""What is left out or changed of a sender's own words is said on the trace, once, and short."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracing.made_spans import span
from tests.tracing.test_normalise_said import native_trace
from tracing.dialects.misread import MOST, misread
from tracing.normalise import normalise


def warnings_of_span(**said: Any) -> tuple[str, ...]:
    return normalise([span(1, "step", **{f"rag__{name}": value for name, value in said.items()})]).warnings


def one(**fields: Any) -> list[dict[str, Any]]:
    return [{"chunk_id": "a", **fields}]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"candidates": one(lanes={"v": 0})}, "rank 0 of lane 'v' was left out: ranks count from 1"),
        ({"candidates": one(lanes={"v": {"rank": -3}})}, "rank -3 of lane 'v' was left out: ranks count from 1"),
        ({"candidates": one(lanes={"v": "top"})}, "rank 'top' of lane 'v' was left out: ranks count from 1"),
        (
            {"candidates": one(lanes={"v": 70_000})},
            "rank 70000 of lane 'v' was read as 65535, the highest that is kept",
        ),
        ({"candidates": one(lanes={"v": 2.7})}, "rank 2.7 of lane 'v' was read as 2: send a whole number"),
        (
            {"candidates": one(lanes={"v": {"score": 0.5}})},
            "lane 'v' of a candidate was left out: send its rank, which counts from 1",
        ),
        (
            {"candidates": one(lanes={"v": {"rank": 1, "score": "high"}})},
            "score of lane 'v' 'high' is no number and was left out: send a number",
        ),
        ({"candidates": one(fused_rank=0)}, "fused_rank 0 was left out: ranks count from 1"),
        ({"candidates": one(rerank_rank=70_000)}, "rerank_rank 70000 was read as 65535, the highest that is kept"),
        (
            {"candidates": one(dropped_at="fuse")},
            "dropped_at 'fuse' is not known and was left out: send retrieve, rerank or context",
        ),
        (
            {"candidates": one(dropped_why="boring")},
            "dropped_why 'boring' is not known and was read as unknown: send cut, top_k, threshold, budget, duplicate,"
            " truncated or unknown",
        ),
        (
            {"confidence": 83},
            "confidence 83 was kept, but says nothing that can be compared: send a number from 0 to 1",
        ),
        (
            {"stages": [{"stage": "rerank", "status": "failed"}]},
            "status 'failed' of the stage 'rerank' was read as ok: send ok, error, timeout or missing",
        ),
        ({"candidates": one(survived="maybe")}, "survived 'maybe' was left out: send true or false"),
        ({"candidates": one(tokens="many")}, "tokens 'many' was left out: send a whole number"),
        (
            {"candidates": one(lanes=[{"name": "v", "rank": 1}])},
            "lanes (a list) of a candidate was left out: send an object, of each lane its rank",
        ),
        (
            {"context": {"chunks": [{"tokens": 3}]}},
            "an entry of context.chunks without a chunk_id was left out: send chunk_id with each",
        ),
        ({"context": {"chunks": one(kept_tokens="few")}}, "kept_tokens 'few' was left out: send a whole number"),
    ],
)
def test_of_a_native_trace(document: dict[str, Any], said: str) -> None:
    assert native_trace(**document).warnings == (said,)


STAGES = "index, route, resolve, embed, retrieve, rerank, context, generate or validate"


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"stage": "rerankk"}, f"rag.stage 'rerankk' is not known and was left out: send {STAGES}"),
        ({"outcome": "ok"}, "rag.outcome 'ok' is not known and was left out: send answer, suggest, refuse or direct"),
        ({"confidence": "high"}, "rag.confidence 'high' is no number and was left out: send a number"),
        ({"refused": "maybe"}, "rag.refused 'maybe' was left out: send true or false"),
        ({"cache": "warm"}, "rag.cache 'warm' is not known and was left out: send hit or miss"),
        ({"attempts": "twice"}, "rag.attempts 'twice' was left out: send a whole number"),
        ({"round": 0}, "rag.round 0 was left out: rounds count from 1"),
        (
            {"lane": "v", "candidates": '[{"id": "a", "rank": 0}]'},
            "rank 0 of lane 'v' was left out: ranks count from 1",
        ),
        (
            {"candidates": '[{"id": "a", "ra'},
            "rag.candidates is no JSON, or is cut off, and was left out: send a list of candidates as JSON, whole",
        ),
        (
            {"candidates": '[{"rank": 1}]'},
            "an entry of rag.candidates without a chunk_id was left out: send chunk_id with each",
        ),
    ],
)
def test_of_a_span(attributes: dict[str, Any], said: str) -> None:
    assert warnings_of_span(**attributes) == (said,)


KNOWN_VERSIONS = "release, prompt, index, embedding, reranker or corpus"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"cost_usd": -0.01}, "cost_usd -0.01 is below 0 and was kept as it is: send a number from 0"),
        ({"first_token_ms": -1}, "first_token_ms -1 is below 0 and was kept as it is: send a number from 0"),
        ({"duration_ms": -5}, "duration_ms -5 is below 0 and was kept as it is: send a number from 0"),
        ({"repeat": -1}, "repeat -1 was left out: send a whole number"),
        (
            {"stages": [{"stage": "generate", "input_tokens": "12 tok"}]},
            "input_tokens '12 tok' of the stage 'generate' was left out: send a whole number",
        ),
        (
            {"stages": [{"stage": "generate", "attempts": -1}]},
            "attempts -1 of the stage 'generate' was left out: send a whole number",
        ),
        (
            {"stages": [{"stage": "generate", "cost_usd": "$0.01"}]},
            "cost_usd '$0.01' of the stage 'generate' is no number and was left out: send a number",
        ),
        (
            {"stages": [{"stage": "rerank", "duration_ms": "240ms"}]},
            "duration_ms '240ms' of the stage 'rerank' is no number and was left out: send a number",
        ),
        (
            {"stages": [{"stage": "rerank", "duration_ms": -2}]},
            "duration_ms -2 of the stage 'rerank' is below 0 and was kept as it is: send a number from 0",
        ),
        (
            {"stages": [{"stage": "rerank", "cache": "warm"}]},
            "cache 'warm' of the stage 'rerank' is not known and was left out: send hit or miss",
        ),
        ({"stages": [{"stage": "rerank", "round": 0}]}, "round 0 was left out: rounds count from 1"),
        (
            {"stages": [{"stage": "rerank", "checks": [{"value": 1}]}]},
            "an entry of checks of the stage 'rerank' without a name was left out: send a name with each",
        ),
        (
            {"context": {"cap_tokens": "6k"}},
            "cap_tokens '6k' of context was left out: send a whole number",
        ),
        (
            {"context": {"slots": [{"name": "docs", "used_tokens": "few"}]}},
            "used_tokens 'few' of the slot 'docs' was left out: send a whole number",
        ),
        (
            {"context": {"slots": {"docs": "4k"}}},
            "cap_tokens '4k' of the slot 'docs' was left out: send a whole number",
        ),
        (
            {"context": {"slots": [{"cap_tokens": 4}]}},
            "an entry of context.slots without a name was left out: send a name with each",
        ),
    ],
)
def test_of_the_numbers_of_a_native_trace(document: dict[str, Any], said: str) -> None:
    assert native_trace(**document).warnings == (said,)


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        (
            {"lanes": [{"name": "v", "top_k": "forty"}]},
            "top_k 'forty' of the lane 'v' was left out: send a whole number",
        ),
        (
            {"lanes": [{"name": "v", "floor": "low"}]},
            "floor 'low' of the lane 'v' is no number and was left out: send a number",
        ),
        (
            {"lanes": [{"name": "v", "score_kind": "cosine"}]},
            "score_kind 'cosine' of the lane 'v' is not known and was read as unknown: send similarity, distance or"
            " unknown",
        ),
        ({"lanes": [{"top_k": 4}, "v"]}, "an entry of rag.lanes without a name was left out: send a name with each"),
        ({"checks": [{"value": 4}]}, "an entry of rag.checks without a name was left out: send a name with each"),
        ({"checks": ["margin"]}, "an entry of rag.checks without a name was left out: send a name with each"),
        (
            {"checks": [{"name": "margin", "threshold": "low"}]},
            "threshold 'low' of the check 'margin' is no number and was left out: send a number",
        ),
        (
            {"checks": [{"name": "margin", "passed": "perhaps"}]},
            "passed 'perhaps' of the check 'margin' was left out: send true or false",
        ),
        (
            {"citations": [{"title": "Retrying"}, "doc_a#b"]},
            "an entry of rag.citations without an anchor, a chunk_id or a claim was left out: send an anchor, a"
            " chunk_id or a claim with each",
        ),
        (
            {"entities": [{"type": "term"}, "retry"]},
            "an entry of rag.entities without a text was left out: send a text with each",
        ),
        (
            {"versions": {"relase": "r7", "prompt": "p3"}},
            f"'relase' of rag.versions is no name of a version and was left out: send {KNOWN_VERSIONS}",
        ),
        ({"versions": {"prompt": ["p3"]}}, "prompt (a list) of rag.versions was left out: send a text"),
        ({"versions": ["r7"]}, "rag.versions (a list) was left out: send an object"),
        ({"repeat": "twice"}, "rag.repeat 'twice' was left out: send a whole number"),
    ],
)
def test_of_the_parts_of_a_span(attributes: dict[str, Any], said: str) -> None:
    held = {name: value if isinstance(value, str) else json.dumps(value) for name, value in attributes.items()}
    assert warnings_of_span(**held) == (said,)


def test_nothing_is_said_of_parts_that_are_read_as_they_were_sent() -> None:
    lanes = [{"name": "v", "top_k": 40, "returned": "40", "floor": -0.5, "score_kind": "distance", "round": 1}, "l"]
    checks = [{"name": "margin", "value": 0.1, "threshold": 0, "passed": False}, {"name": "x", "value": "ok"}]
    stages = [{"stage": "rerank", "duration_ms": 0, "attempts": 1, "cache": "hit", "cost_usd": "0.1", "checks": checks}]
    made = native_trace(
        lanes=lanes,
        stages=stages,
        citations=[{"claim": "It is."}, "doc_a#b"],
        entities=["retry", {"name": "x"}],
        versions={"release": "r7", "prompt": None, "index": 3},
        context={"cap_tokens": 100, "slots": {"docs": 80, "all": None}},
        cost_usd=0,
        repeat="2",
    )
    assert made.warnings == ()
    assert warnings_of_span(checks=json.dumps(checks), lanes="vector", citations="[]", entities="null") == ()


def test_nothing_is_said_of_what_is_read_as_it_was_sent() -> None:
    candidate = {"chunk_id": "a", "lanes": {"v": {"rank": 1, "score": 0.5}, "l": 65535}, "fused_rank": "3"}
    stages = [{"stage": "rerank", "status": status} for status in ("ok", "error", "timeout", "missing", None)]
    made = native_trace(candidates=[candidate], stages=stages, confidence=1, outcome="answer")
    assert made.warnings == ()
    held = {"stage": "retrieve", "outcome": "Refuse", "refused": "yes", "confidence": "0.5", "round": 2}
    assert warnings_of_span(**held, candidates="[]", lane="v", checks='{"name": "x"}', context="") == ()


@pytest.mark.parametrize("name", ["citations", "lanes", "entities", "missing", "rewritten"])
@pytest.mark.parametrize("cut", ['[{"anchor": "doc_a#b", "na', '["doc_a', '{"name": "vec', ' [ "x"'])
def test_a_list_that_is_cut_off_is_no_name(name: str, cut: str) -> None:
    made = normalise([span(1, "step", **{f"rag__{name}": cut})])
    assert (made.citations, made.lanes, made.entities, made.missing, made.rewritten) == ((), (), (), (), ())
    said = f"rag.{name} is cut off, or is no JSON, and was left out: send a list as JSON, whole"
    assert made.warnings == (said,)


@pytest.mark.parametrize("name", ["[draft] how do I retry", "{product} settings", "[3", "doc_a#b"])
def test_a_name_that_begins_like_a_list_is_a_name(name: str) -> None:
    made = normalise([span(1, "step", rag__rewritten=name, rag__entities=name)])
    assert (made.rewritten, [entity.text for entity in made.entities], made.warnings) == ((name,), [name], ())


@pytest.mark.parametrize("words", ["[[ -f x ]] in bash", '["a" or "b"] x', '{"x"} y'])
def test_words_that_begin_like_json_are_words(words: str) -> None:
    made = normalise([span(1, "step", rag__rewritten=words, rag__missing=words)])
    assert (made.rewritten, made.missing, made.warnings) == ((words,), (words,), ())


@pytest.mark.parametrize("name", ["citations", "lanes", "entities", "missing", "rewritten"])
def test_null_is_no_name(name: str) -> None:
    made = normalise([span(1, "step", **{f"rag__{name}": "null"})])
    assert (made.citations, made.lanes, made.entities, made.missing, made.rewritten) == ((), (), (), (), ())
    assert made.warnings == ()


@pytest.mark.parametrize("name", ["candidates", "context", "checks", "versions"])
@pytest.mark.parametrize("nothing", ["null", " ", ""])
def test_nothing_is_no_broken_json(name: str, nothing: str) -> None:
    assert warnings_of_span(**{name: nothing}) == ()


def test_each_is_said_once_however_often_it_is_wrong() -> None:
    wrong = [{"chunk_id": str(at), "lanes": {"v": -at}} for at in range(50)]
    assert native_trace(candidates=wrong).warnings == ("rank 0 of lane 'v' was left out: ranks count from 1",)
    spans = [span(at, "step", rag__stage="x") for at in range(1, 30)]
    assert len(normalise(spans).warnings) == 1


def test_they_are_few_and_short() -> None:
    wrong = [{"chunk_id": "a", "lanes": {f"{at}{'v' * 500}": 0 for at in range(500)}}]
    found = native_trace(candidates=wrong).warnings
    assert len(found) == MOST
    assert max(map(len, found)) < 150
    spans = [span(at, "step", rag__stage=f"stage {at}") for at in range(1, 100)]
    assert len(normalise(spans).warnings) == MOST


KEYS = ["rank", "lanes", "stage", "v", "name", "slots", "top_k", "checks"]
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner),
    max_leaves=6,
)
NAMES = [
    "stage",
    "outcome",
    "confidence",
    "refused",
    "round",
    "lane",
    "candidates",
    "context",
    "checks",
    "stages",
    "cache",
    "lanes",
    "citations",
    "entities",
    "versions",
    "repeat",
    "cost_usd",
]


@given(said=st.dictionaries(st.sampled_from(NAMES), ANY | ANY.map(json.dumps)))
def test_whatever_is_sent(said: dict[str, Any]) -> None:
    found = misread(said, "rag.")
    assert len(found) <= MOST
    assert all(len(sentence) < 250 for sentence in found)
