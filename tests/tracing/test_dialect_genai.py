"""OpenTelemetry GenAI: names of today and of before, content wherever it was put."""

import json
from dataclasses import replace

import pytest

from tests.tracing.made_spans import START_NS, by_id, span, text_of
from tracing.normalise import normalise
from tracing.normalising.feedback import signals
from tracing.records import Event, Span, Trace, Value


def step(number: int, name: str, at: tuple[float, float], parent: int = 1, **attributes: Value) -> Span:
    """A span of `gen_ai.*`, its attributes without the prefix."""
    held = {"gen_ai." + key.replace("__", "."): value for key, value in attributes.items()}
    return span(number, name, None, 0 if number == 1 else parent, at, **held)


def lane(number: int, source: str, at: tuple[float, float], *found: tuple[str, float], **more: Value) -> Span:
    documents = json.dumps([{"id": chunk_id, "score": score} for chunk_id, score in found])
    return step(
        number, f"retrieval {source}", at, operation__name="retrieval", data_source__id=source,
        retrieval__documents=documents, retrieval__query__text="why?", **more,
    )  # fmt: skip


def parts(role: str, *texts: str) -> dict[str, object]:
    return {"role": role, "parts": [{"type": "text", "content": text} for text in texts]}


ROOT = step(1, "invoke_workflow rag", (0, 100), operation__name="invoke_workflow")
LANES = [lane(2, "bm25", (1, 5), ("doc_a#x", 9.0), ("doc_b#x", 8.0)), lane(3, "dense", (1, 6), ("doc_c#x", 0.5))]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"usage__input_tokens": 7, "usage__output_tokens": 3, "usage__cache_read__input_tokens": 2}, (7, 3, 2)),
        ({"usage__prompt_tokens": 7, "usage__completion_tokens": 3, "usage__cache_read_input_tokens": 2}, (7, 3, 2)),
    ],
)
def test_tokens_are_read_by_either_name(given: dict[str, Value], expected: tuple[int, ...]) -> None:
    call = step(2, "chat m", (10, 90), operation__name="chat", system="openai", request__model="m", **given)
    [record] = normalise([ROOT, call]).stages
    assert (record.input_tokens, record.output_tokens, record.cache_read_tokens) == expected


ASKED = [parts("system", "Be brief."), parts("user", f"Context:\n{text_of('a')}\n\nQuestion: why?")]
REPLIED = [parts("assistant", "Because.")]
AS_EVENT = {"gen_ai.input.messages": ASKED, "gen_ai.output.messages": REPLIED}
FLAT = {"prompt__0__role": "user", "prompt__0__content": "Question: why?", "completion__0__content": "Because."}
WAYS: dict[str, tuple[dict[str, Value], tuple[tuple[str, dict[str, object]], ...]]] = {
    "attributes": ({"input__messages": json.dumps(ASKED), "output__messages": json.dumps(REPLIED)}, ()),
    "flattened": (FLAT, ()),
    "one event": ({}, (("gen_ai.client.inference.operation.details", AS_EVENT),)),
    "an event each": (
        {},
        (
            ("gen_ai.user.message", {"content": "Question: why?"}),
            ("gen_ai.choice", {"message": '{"content": "Because."}'}),
        ),
    ),
    "first events": (
        {},
        (
            ("gen_ai.content.prompt", {"gen_ai.prompt": '[{"role": "user", "content": "Question: why?"}]'}),
            ("gen_ai.content.completion", {"gen_ai.completion": '[{"role": "assistant", "content": "Because."}]'}),
        ),
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_content_is_read_wherever_it_was_put(way: str) -> None:
    attributes, events = WAYS[way]
    held = {"gen_ai." + key.replace("__", "."): value for key, value in attributes.items()}
    told = tuple(Event(name, START_NS + 5, said) for name, said in events)
    call = span(2, "chat m", None, 1, (10, 90), events=told, gen_ai__operation__name="chat", **held)
    trace = normalise([ROOT, call])
    assert (trace.query, trace.answer) == ("why?", "Because.")


def test_system_instructions_are_a_part_of_the_prompt() -> None:
    rules = json.dumps([{"type": "text", "content": f"Use only this: {text_of('doc_a#x')}"}])
    asked = json.dumps([parts("user", "why?")])
    call = step(4, "chat m", (10, 90), operation__name="chat", system_instructions=rules, input__messages=asked)
    documents = json.dumps([{"id": "doc_a#x", "content": text_of("doc_a#x")}, {"id": "b", "content": text_of("b")}])
    found = step(2, "retrieval", (1, 5), operation__name="retrieval", retrieval__documents=documents)
    assert {chunk: row.survived for chunk, row in by_id(normalise([ROOT, found, call])).items()} == {
        "doc_a#x": True,
        "b": False,
    }


def stages_of(trace: Trace) -> list[str]:
    return [record.stage for record in trace.stages]


def test_a_retrieval_of_what_the_lanes_found_scored_anew_is_the_reranker() -> None:
    ranked = lane(4, "scorer", (7, 9), ("doc_b#x", 0.99), ("doc_c#x", 0.5))
    trace = normalise([ROOT, *LANES, ranked])
    assert [each.name for each in trace.lanes] == ["bm25", "dense"]
    assert stages_of(trace) == ["retrieve", "rerank"]
    assert {chunk: row.rerank_rank for chunk, row in by_id(trace).items()} == {
        "doc_a#x": None,
        "doc_b#x": 1,
        "doc_c#x": 2,
    }
    assert [row.rerank_in for row in by_id(trace).values()] == [False, True, True]


def test_of_two_such_retrievals_the_first_merges() -> None:
    fused = lane(4, "all", (7, 8), ("doc_b#x", 0.03), ("doc_c#x", 0.02), ("doc_a#x", 0.01))
    ranked = lane(5, "scorer", (8, 9), ("doc_c#x", 0.99))
    found = by_id(normalise([ROOT, *LANES, fused, ranked]))
    assert {chunk: row.fused_rank for chunk, row in found.items()} == {"doc_b#x": 1, "doc_c#x": 2, "doc_a#x": 3}
    assert {chunk for chunk, row in found.items() if row.survived} == {"doc_c#x"}


def test_a_retrieval_beside_the_lanes_or_with_finds_of_its_own_is_a_lane() -> None:
    beside = lane(4, "third", (2, 5), ("doc_b#x", 0.9))
    own = lane(5, "fourth", (7, 9), ("doc_b#x", 0.9), ("doc_d#x", 0.8))
    assert [each.name for each in normalise([ROOT, *LANES, beside]).lanes] == ["bm25", "dense", "third"]
    assert "fourth" in [each.name for each in normalise([ROOT, *LANES, own]).lanes]


def test_a_retrieval_that_is_called_a_reranker_is_one_without_any_list() -> None:
    bare = step(4, "retrieval rerank-v3", (7, 9), operation__name="retrieval", request__model="rerank-v3")
    trace = normalise([ROOT, *LANES, bare])
    assert stages_of(trace) == ["retrieve", "rerank"]
    assert trace.observed.reranked == "no"


def test_top_k_has_had_two_names() -> None:
    old = lane(2, "bm25", (1, 5), ("a", 1.0), request__top_k=8)
    new = lane(3, "dense", (1, 5), ("a", 1.0), retrieval__top_k=9)
    assert [each.top_k for each in normalise([ROOT, old, new]).lanes] == [8, 9]


def test_the_first_chunk_is_told_in_seconds() -> None:
    call = step(2, "chat m", (10, 90), operation__name="chat", response__time_to_first_chunk=0.0125)
    assert normalise([ROOT, call]).first_token_ms == 22.5


def test_ids_are_found_in_the_prompt_only_as_wholes() -> None:
    asked = json.dumps([parts("user", "[1] (docs:guide.rst#25) Some text.\n\nQuestion: why?")])
    found = lane(2, "bm25", (1, 5), ("docs:guide.rst#2", 9.0), ("docs:guide.rst#25", 8.0), ("7", 1.0))
    call = step(3, "chat m", (10, 90), operation__name="chat", input__messages=asked)
    trace = normalise([ROOT, found, call])
    assert {chunk: row.survived for chunk, row in by_id(trace).items() if row.survived_source == "prompt"} == {
        "docs:guide.rst#2": False,
        "docs:guide.rst#25": True,
    }
    assert trace.context.text is not None
    assert trace.context.text.strip().endswith("Some text.")


def test_evaluations_as_events_of_a_span_are_scores() -> None:
    said = {"gen_ai.evaluation.name": "relevance", "gen_ai.evaluation.score.label": "poor"}
    event = Event("gen_ai.evaluation.result", START_NS, said)
    [signal] = signals([span(2, "chat m", None, 1, (10, 90), events=(event,))])
    assert (signal.kind, signal.name, signal.value, signal.span_id) == ("score", "relevance", "poor", f"{2:016x}")


def test_openinference_and_genai_on_one_span_count_once() -> None:
    both = span(
        2, "Messages", "LLM", 1, (10, 90), llm__token_count__prompt=7, gen_ai__usage__input_tokens=7,
        gen_ai__operation__name="chat", llm__model_name="m", gen_ai__request__model="m",
    )  # fmt: skip
    [record] = normalise([ROOT, both]).stages
    assert (record.model, record.input_tokens) == ("m", 7)


def test_the_ai_sdks_reranker_and_context_are_read_on_spans_of_this_convention_too() -> None:
    who = {"ai.settings.context.sessionId": "s-1", "ai.settings.context.userId": "u-1"}
    given = {"ai.documents": [json.dumps({"id": each, "text": text_of(each)}) for each in ("doc_a#x", "doc_b#x")]}
    ranking = {"ai.ranking": [json.dumps({"index": 1, "relevanceScore": 0.9})]}
    asked = step(2, "rerank m", (7, 9), operation__name="rerank", request__model="m")
    answered = step(3, "rerank m", (7, 9), 2, operation__name="rerank", request__model="m")
    spans = [replace(asked, attributes=asked.attributes | given | who)]
    spans.append(replace(answered, attributes=answered.attributes | given | ranking))
    trace = normalise([ROOT, *spans])
    found = by_id(trace)
    assert (trace.session_id, trace.user_id) == ("s-1", "u-1")
    assert (found["doc_b#x"].rerank_rank, found["doc_b#x"].rerank_score, found["doc_b#x"].rerank_in) == (1, 0.9, True)
    assert (found["doc_a#x"].rerank_rank, found["doc_a#x"].rerank_in) == (None, True)


@pytest.mark.parametrize("waited", [0.004, 4])
def test_a_first_token_is_within_its_call_in_seconds_or_in_milliseconds(waited: float) -> None:
    call = step(1, "chat", (0, 20), operation__name="chat", server__time_to_first_token=waited)
    assert normalise([call]).first_token_ms == 4.0
