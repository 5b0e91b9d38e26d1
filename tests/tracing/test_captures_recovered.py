"""What real clients left out of their attributes and is told elsewhere in the trace."""

from collections import Counter

from tests.tracing import captures
from tracing.normalise import normalise
from tracing.records import Trace


def traces(client: str) -> list[Trace]:
    return [normalise(spans) for spans in captures.spans(client).values()]


def test_texts_that_cohere_scored_are_the_chunks_that_the_task_around_it_names() -> None:
    for trace in traces("traceloop"):
        ids = [candidate.chunk_id for candidate in trace.candidates]
        assert not [chunk_id for chunk_id in ids if chunk_id.startswith("content:")]
        if trace.observed.reranked != "no":
            found = {candidate.chunk_id for candidate in trace.candidates if candidate.hits}
            assert {candidate.chunk_id for candidate in trace.candidates if candidate.rerank_in} == found
            assert all(candidate.text for candidate in trace.candidates)


def test_distances_are_told_from_similarities() -> None:
    kinds = {lane.name: lane.score_kind for trace in traces("traceloop") for lane in trace.lanes}
    assert kinds == {"bm25": "unknown", "chroma": "distance", "VectorStoreRetriever": "unknown"}


def test_writing_to_an_index_is_no_query() -> None:
    assert Counter(trace.kind for trace in traces("traceloop")) == {"query": 40, "indexing": 9}


def test_chunks_without_a_text_are_found_in_the_prompt_by_their_ids() -> None:
    for trace in traces("otelgenai"):
        sources = {candidate.survived_source for candidate in trace.candidates}
        assert sources == ({"prompt"} if trace.candidates else set())
        assert sum(candidate.survived is True for candidate in trace.candidates) == (5 if trace.candidates else 0)


def test_each_retrieval_is_counted_once_however_many_spans_tell_of_it() -> None:
    for trace in traces("traceloop"):
        assert {lane.round for lane in trace.lanes} <= {1}
        assert len({lane.name for lane in trace.lanes}) == len(trace.lanes)
