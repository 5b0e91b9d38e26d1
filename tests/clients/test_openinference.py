"""SDKs that OpenInference instruments, as installed: LlamaIndex, LangChain, LangGraph, Anthropic, Haystack, DSPy."""

from collections.abc import Callable

import pytest

from tests.clients import seen
from tests.clients.conftest import PROGRAMS, Runner
from tests.clients.fakes import ANSWER, CACHED_TOKENS, INPUT_TOKENS, OUTPUT_TOKENS
from tests.clients.programs.corpus import FAILING, PASSAGES, QUESTION, SESSION, STREAMED, USER

pytestmark = pytest.mark.django_db(transaction=True)
Arrived = Callable[[], list[seen.Trace]]
TOKENS = (INPUT_TOKENS, OUTPUT_TOKENS, CACHED_TOKENS)


def whole_journey(trace: seen.Trace, lanes: dict[str, dict[str, tuple[int, float | None]]]) -> None:
    """Each chunk from its lanes to the prompt."""
    assert seen.lanes(trace) == lanes
    assert seen.reranked(trace) == seen.RERANKED
    assert [chunk["chunk_id"] for chunk in trace["candidates"] if not chunk["rerank_in"]] == []
    assert seen.survivors(trace, "prompt") == set(seen.KEPT)
    assert seen.texts(trace) == PASSAGES


class TestLlamaIndex:
    @pytest.fixture
    def traces(self, run: Runner, arrived: Arrived) -> list[seen.Trace]:
        run.python(PROGRAMS / "llamaindex.py", "llama_index.core", "llama_index.llms.openai")
        return arrived()

    def test_sends_its_lanes_the_fused_list_the_rerankers_and_the_answer(self, traces: list[seen.Trace]) -> None:
        lanes = {"VectorRetriever": seen.LANES["vector"], "Bm25Retriever": seen.LANES["bm25"]}
        plain, streamed, failing = traces
        for trace in traces:
            whole_journey(trace, lanes)
            assert seen.fused(trace) == [seen.RETRYING, seen.ACKS, seen.CRONTAB, seen.PREFETCH]
            assert seen.stages(trace)["rerank"]["model"] == "cross-encoder"
        assert seen.asked(plain) == (QUESTION, ANSWER, SESSION, USER)
        assert seen.asked(streamed) == (STREAMED, ANSWER, SESSION, USER)
        assert seen.cited(plain) == seen.cited(streamed) == [seen.RETRYING]
        assert (seen.tokens(plain), plain["first_token_ms"]) == (TOKENS, None)
        assert (seen.tokens(streamed), streamed["first_token_ms"] > 0) == ((None, None, None), True)
        assert failing["query"] == FAILING
        assert seen.failed_to_generate(failing, "InternalServerError")


class TestLangGraph:
    def test_sends_one_trace_with_spans_of_the_applications_own_in_it(self, run: Runner, arrived: Arrived) -> None:
        run.python(PROGRAMS / "langgraph_nodes.py", "langgraph", "langchain_openai")
        [trace] = arrived()
        whole_journey(trace, seen.LANES)
        assert seen.asked(trace) == (QUESTION, ANSWER, SESSION, USER)
        assert (trace["rewritten"], seen.cited(trace), seen.tokens(trace)) == (
            [f"{QUESTION} celery"],
            [seen.RETRYING],
            TOKENS,
        )
        assert [each["stage"] for each in trace["stages"]] == ["resolve", "retrieve", "rerank", "generate"]


class TestAnthropic:
    def test_sends_messages_and_streams_of_them_and_feedback_after_the_answer(
        self, run: Runner, arrived: Arrived
    ) -> None:
        run.python(PROGRAMS / "anthropic_messages.py", "anthropic", "openinference.instrumentation.anthropic")
        plain, streamed, failing = arrived()
        for trace in (plain, streamed, failing):
            whole_journey(trace, seen.LANES)
            assert seen.stages(trace)["generate"]["model"] == "claude-sonnet-5-5"
        assert seen.asked(plain) == (QUESTION, ANSWER, SESSION, USER)
        assert seen.asked(streamed) == (STREAMED, ANSWER, SESSION, USER)
        assert seen.cited(plain) == seen.cited(streamed) == [seen.RETRYING]
        assert seen.tokens(plain) == seen.tokens(streamed) == TOKENS
        assert [(each["kind"], each["name"], each["value"]) for each in plain["signals"]] == [
            ("thumb", "user_feedback", "up")
        ]
        assert failing["query"] == FAILING
        assert seen.failed_to_generate(failing, "InternalServerError")


class TestHaystack:
    @pytest.mark.parametrize("native", [False, True], ids=["by OpenInference", "by itself"])
    def test_sends_its_retrievers_the_joiner_and_the_ranker(self, run: Runner, arrived: Arrived, native: bool) -> None:
        traced = {"HAYSTACK_CONTENT_TRACING_ENABLED": "true"} if native else {}
        run.python(PROGRAMS / "haystack_pipeline.py", "haystack", "haystack_integrations", **traced)
        [trace] = arrived()
        names = ("vector", "bm25") if native else ("VectorRetriever", "Bm25Retriever")
        whole_journey(trace, dict(zip(names, seen.LANES.values(), strict=True)))
        assert seen.fused(trace) == [seen.RETRYING, seen.ACKS, seen.CRONTAB, seen.PREFETCH]
        assert seen.cited(trace) == [seen.RETRYING]
        assert seen.tokens(trace) == (INPUT_TOKENS, OUTPUT_TOKENS, None)
        who = (None, None) if native else (SESSION, USER)  # Haystack's own tracing knows neither
        assert seen.asked(trace) == (QUESTION, ANSWER, *who)


class TestDSPy:
    def test_sends_texts_without_ids_or_scores_and_no_tokens(self, run: Runner, arrived: Arrived) -> None:
        run.python(PROGRAMS / "dspy_module.py", "dspy", "openinference.instrumentation.dspy")
        [trace] = arrived()
        assert seen.asked(trace) == (QUESTION, ANSWER, SESSION, USER)
        [lane] = trace["lanes"]
        assert (lane["name"], lane["returned"]) == ("Retrieve", 3)
        ranked = sorted(trace["candidates"], key=lambda chunk: int(chunk["lanes"]["Retrieve"]["rank"]))
        assert [chunk["text"] for chunk in ranked] == [PASSAGES[each] for each in seen.LANES["vector"]]
        assert {chunk["chunk_id"].partition(":")[0] for chunk in ranked} == {"content"}
        assert seen.survivors(trace, "prompt") == {chunk["chunk_id"] for chunk in ranked}
        assert seen.tokens(trace) == (None, None, None)
