"""One chain of LangChain, as four instrumentations tell of it."""

from collections.abc import Callable

import pytest

from tests.clients import seen
from tests.clients.conftest import PROGRAMS, Runner
from tests.clients.fakes import ANSWER, CACHED_TOKENS, INPUT_TOKENS, OUTPUT_TOKENS
from tests.clients.programs.corpus import FAILING, PASSAGES, QUESTION, SESSION, STREAMED, USER

pytestmark = pytest.mark.django_db(transaction=True)
Arrived = Callable[[], list[seen.Trace]]
TOKENS = (INPUT_TOKENS, OUTPUT_TOKENS, CACHED_TOKENS)
FUSED = [seen.RETRYING, seen.ACKS, seen.CRONTAB, seen.PREFETCH]
LANES = {"VectorRetriever": seen.NO_SCORES["vector"], "Bm25Retriever": seen.NO_SCORES["bm25"]}


@pytest.fixture
def chain(run: Runner, arrived: Arrived) -> Callable[[str], list[seen.Trace]]:
    """Call it for the chain's traces, by an instrumentation's name: one answered, one streamed, one that failed."""

    def traces(instrumented_by: str) -> list[seen.Trace]:
        run.python(
            PROGRAMS / "langchain_lcel.py",
            "langchain_classic",
            "langchain_openai",
            INSTRUMENTED_BY=instrumented_by,
            OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT="SPAN_ONLY",
        )
        return arrived()

    return traces


def exchanged(traces: list[seen.Trace], user: str | None = USER) -> None:
    """What was asked and answered, by whom, at what cost; and the failure where it was."""
    plain, streamed, failing = traces
    assert seen.asked(plain) == (QUESTION, ANSWER, SESSION, user)
    assert seen.asked(streamed) == (STREAMED, ANSWER, SESSION, user)
    assert seen.tokens(plain) == seen.tokens(streamed) == TOKENS
    assert failing["query"] == FAILING
    assert seen.failed_to_generate(failing, "Error")


def journey(trace: seen.Trace, lanes: dict[str, dict[str, tuple[int, float | None]]]) -> None:
    """Each chunk from its lanes over the ensemble and the compressor to the prompt, and what the router said."""
    assert seen.lanes(trace) == lanes
    assert seen.fused(trace) == FUSED
    assert seen.reranked(trace) == seen.RERANKED
    assert [chunk["chunk_id"] for chunk in trace["candidates"] if not chunk["rerank_in"]] == []
    assert seen.survivors(trace, "prompt") == set(seen.KEPT)
    assert seen.texts(trace) == PASSAGES
    assert (trace["intent"], trace["product"]) == ("how_to", "celery")


def by_title(trace: seen.Trace) -> seen.Trace:
    """The trace with its chunks called by their titles, where their ids were not sent."""
    names = {chunk["chunk_id"]: chunk["title"] for chunk in trace["candidates"]}
    assert {chunk_id.partition(":")[0] for chunk_id in names} == {"content"}
    renamed = [chunk | {"chunk_id": chunk["title"]} for chunk in trace["candidates"]]
    pointed = [each | {"chunk_id": names[each["chunk_id"]]} for each in trace["citations"]]
    return trace | {"candidates": renamed, "citations": pointed}


def test_openinference_tells_ids_and_ranks(chain: Callable[[str], list[seen.Trace]]) -> None:
    traces = chain("openinference")
    exchanged(traces)
    for trace in traces:
        journey(trace, seen.NO_SCORES)
    assert seen.cited(traces[0]) == seen.cited(traces[1]) == [seen.RETRYING]


def test_langfuses_callback_tells_the_same_and_the_first_token_of_a_stream(
    chain: Callable[[str], list[seen.Trace]],
) -> None:
    traces = chain("langfuse")
    exchanged(traces)
    for trace in traces:
        journey(trace, LANES)
    assert seen.cited(traces[0]) == seen.cited(traces[1]) == [seen.RETRYING]
    assert (traces[0]["first_token_ms"], traces[1]["first_token_ms"] > 0) == (None, True)


def test_traceloop_leaves_ids_out(chain: Callable[[str], list[seen.Trace]]) -> None:
    traces = [by_title(trace) for trace in chain("traceloop")]
    exchanged(traces)
    for trace in traces:
        journey(trace, LANES)
    assert seen.cited(traces[0]) == seen.cited(traces[1]) == [seen.RETRYING]


def test_opentelemetrys_own_tells_the_outermost_list_alone(chain: Callable[[str], list[seen.Trace]]) -> None:
    traces = chain("genai")
    exchanged(traces, user=None)
    for trace in traces:
        assert seen.lanes(trace) == {"retrieval": seen.RERANKED}  # what the retrievers within it found is not sent
    assert seen.cited(traces[0]) == [seen.RETRYING]
    assert traces[1]["first_token_ms"] > 0
