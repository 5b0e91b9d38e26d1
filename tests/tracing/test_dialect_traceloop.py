"""OpenLLMetry: functions with what they were given and gave back, databases with an event a result."""

import json

import pytest

from tests.tracing.made_spans import START_NS, by_id, span, text_of
from tracing.normalise import normalise
from tracing.records import Event, Span, Value

WHO = {"traceloop.association.properties.session_id": "s-1", "traceloop.association.properties.user_id": "u-1"}


def task(number: int, name: str, given: object, result: object, kind: str = "task", parent: int = 1) -> Span:
    """A decorated function; the workflow has the number 1."""
    held: dict[str, Value] = {
        "traceloop.span.kind": kind,
        "traceloop.entity.name": name,
        "traceloop.entity.input": json.dumps({"args": given, "kwargs": {}}),
        "traceloop.entity.output": json.dumps(result),
        **WHO,
    }
    at = (0, 99) if number == 1 else (number, number + 0.9)
    return span(number, f"{name}.{kind}", None, 0 if number == 1 else parent, at, **held)


def database(number: int, parent: int, system: str, operation: str, *rows: dict[str, Value]) -> Span:
    events = tuple(
        Event("db.query.result", START_NS + rank, {f"db.query.result.{key}": value for key, value in row.items()})
        for rank, row in enumerate(rows)
    )
    at = (number, number + 0.5) if parent == 1 else (parent + 0.1, parent + 0.5)
    return span(
        number, f"{system}.{operation}", None, parent, at, events=events, db__system=system, db__operation=operation,
        db__chroma__query__n_results=2,
    )  # fmt: skip


ROOT = task(1, "ask", ["why?"], "Because.", "workflow")
FOUND = database(
    9, 1, "chroma", "query",
    {"id": "a", "distance": 0.2, "document": text_of("a"), "metadata": '{"anchor": "doc_a"}'},
    {"id": "b", "distance": 0.3, "document": text_of("b")},
)  # fmt: skip


def test_events_of_a_query_are_its_candidates_and_distances_are_told() -> None:
    trace = normalise([ROOT, FOUND])
    [lane] = trace.lanes
    assert (lane.name, lane.top_k, lane.score_kind) == ("chroma", 2, "distance")
    assert [(row.chunk_id, row.hits[0].rank, row.hits[0].score) for row in trace.candidates] == [
        ("a", 1, 0.2),
        ("b", 2, 0.3),
    ]
    assert by_id(trace)["a"].anchor == "doc_a"
    assert (trace.query, trace.answer, trace.session_id, trace.user_id) == ("why?", "Because.", "s-1", "u-1")


def test_what_falls_with_rank_is_no_distance_though_it_is_called_so() -> None:
    entity = {"text": text_of("a"), "anchor": "doc_a"}
    rows: list[dict[str, Value]] = [
        {"id": 2, "distance": "0.298", "entity": str(entity)},
        {"id": 0, "distance": "-0.083", "entity": "{'text': open('x')}"},
        {"id": 1, "distance": "-0.312"},
    ]
    trace = normalise([ROOT, database(9, 1, "milvus", "search", *rows)])
    assert [(lane.score_kind, lane.returned) for lane in trace.lanes] == [("unknown", 3)]
    assert [(row.chunk_id, row.hits[0].score) for row in trace.candidates] == [
        ("2", 0.298),
        ("0", -0.083),
        ("1", -0.312),
    ]
    assert [(row.text, row.anchor) for row in trace.candidates] == [(entity["text"], "doc_a"), (None, "0"), (None, "1")]
    for same in (rows[:1], [{**row, "distance": 0.3} for row in rows]):
        [lane] = normalise([ROOT, database(9, 1, "milvus", "search", *same)]).lanes
        assert lane.score_kind == "distance"
    of_two_queries = [{"id": at, "distance": distance} for at, distance in enumerate((0.9, 0.5, 0.8, 0.3))]
    [lane] = normalise([ROOT, database(9, 1, "milvus", "search", *of_two_queries)]).lanes
    assert lane.score_kind == "unknown"


def embedding(number: int, at: tuple[float, float], parent: int = 1, **held: Value) -> Span:
    return span(number, "openai.embeddings", None, parent, at, **held)


def said(*texts: str) -> str:
    return json.dumps([{"role": "user", "parts": [{"type": "text", "content": words}]} for words in texts])


MESSAGES = {"gen_ai__operation__name": "embeddings", "gen_ai__input__messages": said("why?")}
PROMPT = {"llm__request__type": "embedding", "gen_ai__prompt__0__content": "why?"}
LISTED = {"openinference__span__kind": "EMBEDDING", "embedding__embeddings__0__embedding__text": "why?"}


def asked_of(*beside: Span) -> list[str | None]:
    return [lane.query for lane in normalise([ROOT, *beside, database(9, 1, "qdrant", "query")]).lanes]


@pytest.mark.parametrize("held", [MESSAGES, PROMPT, LISTED])
def test_a_search_by_vector_asked_what_was_embedded_right_before_it(held: dict[str, Value]) -> None:
    assert asked_of(embedding(2, (2, 3), **held)) == ["why?"]
    assert asked_of(embedding(2, (2, 3), **held), embedding(3, (3, 4), **held)) == ["why?"]
    assert asked_of(task(5, "prepare", [], None), embedding(2, (5, 6), 5, **held)) == [None]
    assert asked_of(embedding(2, (8, 9.1), **held)) == [None]


def test_a_search_by_words_asked_nothing_that_was_embedded() -> None:
    embedded = embedding(2, (2, 3), **LISTED)
    lanes = [span(at, name, "RETRIEVER", 1, (at, at + 1)) for at, name in ((4, "bm25"), (5, "vector"))]
    assert [(lane.name, lane.query) for lane in normalise([ROOT, embedded, *lanes]).lanes] == [
        ("bm25", None), ("vector", "why?"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "held",
    [
        {**MESSAGES, "gen_ai__input__messages": said("how?", "why?")},
        {**PROMPT, "gen_ai__prompt__1__content": "how?"},
        {**LISTED, "embedding__embeddings__1__embedding__text": "how?"},
        {**MESSAGES, "gen_ai__input__messages": None},
    ],
)
def test_of_several_texts_that_were_embedded_none_is_the_query(held: dict[str, Value]) -> None:
    assert asked_of(embedding(2, (2, 3), **held)) == [None]
    assert asked_of(embedding(2, (2, 3), **held), embedding(3, (3, 4), **MESSAGES)) == [None]


@pytest.mark.parametrize("name", ["bm25_retrieve", "retrieve_bm25", "bm25_retrieval", "bm25_retriever"])
def test_a_task_that_retrieves_is_a_lane_without_the_verb(name: str) -> None:
    trace = normalise([ROOT, task(2, name, ["why?"], [{"id": "a", "score": 9.5}])])
    assert [(lane.name, lane.query) for lane in trace.lanes] == [("bm25", "why?")]


def test_a_query_that_does_not_tell_its_results_has_those_of_the_task_around_it() -> None:
    around = task(2, "vector_retrieve", ["why?"], [{"id": "a", "distance": 0.2}])
    trace = normalise([ROOT, around, database(9, 2, "pinecone", "query")])
    assert [(lane.name, lane.returned, lane.score_kind) for lane in trace.lanes] == [("pinecone", 1, "distance")]


def test_each_turn_of_an_agents_tasks_is_a_round_of_its_own() -> None:
    turns = [
        task(number, name, ["why?"], [{"id": f"{name}{number}", "score": 1.0}])
        for number, name in ((2, "bm25_retrieve"), (3, "dense_retrieve"), (12, "bm25_retrieve"), (13, "dense_retrieve"))
    ]
    trace = normalise([ROOT, *turns])
    assert [(lane.name, lane.round) for lane in trace.lanes] == [("bm25", 1), ("dense", 1), ("bm25", 2), ("dense", 2)]


def cohere(parent: int, *texts: str) -> Span:
    held: dict[str, Value] = {"llm.request.type": "rerank", "gen_ai.system": "Cohere", "gen_ai.request.model": "r-3"}
    for place, words in enumerate((*texts, "why?")):
        held[f"gen_ai.prompt.{place}.role"] = "system" if place < len(texts) else "user"
        held[f"gen_ai.prompt.{place}.content"] = words
    held["gen_ai.completion.0.content"] = "Doc 1, Score: 0.9"
    held["gen_ai.completion.1.content"] = "Doc 99, Score: 0.8"
    return span(20, "cohere.rerank", None, parent, (20, 21), **held, **WHO)


def test_texts_that_were_scored_are_the_chunks_of_that_text() -> None:
    found = by_id(normalise([ROOT, FOUND, cohere(1, text_of("a"), text_of("b"))]))
    assert set(found) == {"a", "b"}
    assert (found["b"].rerank_rank, found["b"].rerank_score, found["a"].rerank_rank) == (1, 0.9, None)
    assert all(row.rerank_in for row in found.values())


def test_what_a_rerank_was_given_is_read_from_its_arguments() -> None:
    lane = task(2, "bm25_retrieve", ["why?"], [{"id": "a", "score": 2.0}, {"id": "b", "score": 1.0}])
    ranked = task(3, "rerank", ["why?", ["b", "a"]], [{"id": "b", "score": 0.9}])
    found = by_id(normalise([ROOT, lane, ranked]))
    assert [row.rerank_in for row in found.values()] == [True, True]
    assert {chunk for chunk, row in found.items() if row.survived} == {"b"}


def test_what_a_check_gave_back_is_its_result() -> None:
    trace = normalise([ROOT, task(2, "groundedness_check", ["Because."], {"groundedness": 0.5, "note": "thin"})])
    [record] = trace.stages
    assert [(check.name, check.value) for check in record.checks] == [("groundedness", 0.5)]


@pytest.mark.parametrize("operation", ["add", "upsert", "delete"])
def test_writing_to_the_index_is_indexing(operation: str) -> None:
    alone = span(1, f"qdrant.{operation}", None, db__system="qdrant", db__operation=operation)
    assert normalise([alone]).kind == "indexing"


def test_a_database_that_is_no_index_is_no_lane() -> None:
    sql = span(2, "SELECT users", None, 1, db__system="postgresql", db__operation="SELECT")
    trace = normalise([ROOT, sql])
    assert trace.lanes == ()
    assert trace.kind == "query"


def test_a_langchain_message_is_what_it_says() -> None:
    message = {"lc": 1, "type": "constructor", "kwargs": {"content": "Because.", "type": "ai"}}
    root = span(
        1, "chain.workflow", None, traceloop__span__kind="workflow", traceloop__entity__name="chain",
        traceloop__entity__input='{"inputs": "why?", "tags": []}',
        traceloop__entity__output=json.dumps({"outputs": message}),
    )  # fmt: skip
    trace = normalise([root])
    assert (trace.query, trace.answer) == ("why?", "Because.")


def test_a_streamed_chain_of_langchain_tells_what_it_was_asked_at_its_end() -> None:
    told = {
        "traceloop.span.kind": "workflow",
        "traceloop.entity.name": "ask",
        "traceloop.entity.input": json.dumps({"inputs": {"input": ""}, "tags": [], "kwargs": {"name": "ask"}}),
        "traceloop.entity.output": json.dumps({"outputs": "Because.", "kwargs": {"inputs": "why?"}}),
    }
    trace = normalise([span(1, "ask.workflow", None, **told)])
    assert (trace.query, trace.answer) == ("why?", "Because.")
    told["traceloop.entity.input"] = json.dumps({"inputs": {"question": "how?"}, "tags": [], "kwargs": {"name": "ask"}})
    assert normalise([span(1, "ask.workflow", None, **told)]).query == "how?"
