"""SDKs with conventions of their own, as installed: OpenTelemetry GenAI, Traceloop, MLflow, the AI SDK."""

import json
from collections.abc import Callable

import pytest

from tests.clients import seen
from tests.clients.conftest import PROGRAMS, Runner
from tests.clients.fakes import ANSWER, CACHED_TOKENS, INPUT_TOKENS, OUTPUT_TOKENS
from tests.clients.programs import corpus
from tests.clients.programs.corpus import FAILING, PASSAGES, QUESTION, SESSION, STREAMED, USER

pytestmark = pytest.mark.django_db(transaction=True)
Arrived = Callable[[], list[seen.Trace]]
TOKENS = (INPUT_TOKENS, OUTPUT_TOKENS, CACHED_TOKENS)


class TestOpenTelemetryGenAI:
    @pytest.fixture
    def program(self, run: Runner, arrived: Arrived) -> Callable[[str], list[seen.Trace]]:
        def traces(captured: str) -> list[seen.Trace]:
            run.python(
                PROGRAMS / "genai_openai.py",
                "opentelemetry.instrumentation.genai.openai",
                OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=captured,
                OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT="true",
            )
            return arrived()

        return traces

    def exchanged(self, traces: list[seen.Trace]) -> None:
        plain, streamed, failing = traces
        assert seen.asked(plain) == (QUESTION, ANSWER, SESSION, None)
        assert seen.asked(streamed) == (STREAMED, ANSWER, SESSION, None)
        assert seen.tokens(plain) == seen.tokens(streamed) == TOKENS
        assert (plain["first_token_ms"], streamed["first_token_ms"] > 0) == (None, True)
        for trace in traces:
            assert trace["context"]["text"] == "\n".join(
                f"[{at}] {PASSAGES[each]}" for at, each in enumerate(seen.KEPT, 1)
            )
        assert [(each["name"], each["value"]) for each in plain["signals"]] == [("groundedness", 0.9)]
        assert failing["query"] == FAILING
        assert seen.failed_to_generate(failing, "InternalServerError")

    def test_content_on_spans_carries_ids_and_scores_and_no_texts(
        self, program: Callable[[str], list[seen.Trace]]
    ) -> None:
        traces = program("SPAN_ONLY")
        self.exchanged(traces)
        for trace in traces:
            assert seen.lanes(trace) == seen.LANES
            assert seen.reranked(trace) == seen.RERANKED
            assert seen.survivors(trace, "inferred") == set(seen.KEPT)
            assert seen.stages(trace)["rerank"]["model"] == "cross-encoder"
            assert [lane["query"] for lane in trace["lanes"]] == [trace["query"]] * 2
        assert seen.cited(traces[0]) == [seen.RETRYING]

    def test_content_in_log_records_is_joined_to_its_spans_and_carries_no_documents(
        self, program: Callable[[str], list[seen.Trace]]
    ) -> None:
        traces = program("EVENT_ONLY")
        self.exchanged(traces)
        for trace in traces:
            assert ([lane["name"] for lane in trace["lanes"]], trace["candidates"]) == (["vector", "bm25"], [])
            assert set(trace["observed"].values()) == {"no"}


class TestTraceloop:
    def test_sends_what_its_tasks_gave_back_and_its_instrumented_model(self, run: Runner, arrived: Arrived) -> None:
        run.python(PROGRAMS / "traceloop_workflow.py", "traceloop.sdk")
        plain, streamed, failing = arrived()
        for trace in (plain, streamed, failing):
            assert seen.lanes(trace) == seen.LANES
            assert seen.reranked(trace) == seen.RERANKED
            assert seen.survivors(trace, "prompt") == set(seen.KEPT)
            assert seen.texts(trace) == PASSAGES
        assert seen.asked(plain) == (QUESTION, ANSWER, SESSION, USER)
        assert seen.asked(streamed) == (STREAMED, ANSWER, SESSION, USER)
        assert seen.cited(plain) == seen.cited(streamed) == [seen.RETRYING]
        assert seen.tokens(plain) == seen.tokens(streamed) == TOKENS
        assert (plain["first_token_ms"], streamed["first_token_ms"] > 0) == (None, True)
        assert failing["query"] == FAILING
        assert seen.failed_to_generate(failing, "InternalServerError")


class TestMLflow:
    def test_sends_its_typed_spans_with_json_in_every_value(self, run: Runner, arrived: Arrived) -> None:
        run.python(PROGRAMS / "mlflow_spans.py", "mlflow", "openai")
        plain, failing = arrived()
        for trace in (plain, failing):
            assert seen.lanes(trace) == seen.LANES
            assert seen.reranked(trace) == seen.RERANKED
            assert seen.survivors(trace, "prompt") == set(seen.KEPT)
            assert seen.texts(trace) == PASSAGES
        assert seen.asked(plain) == (QUESTION, ANSWER, None, None)  # MLflow sends neither session nor user
        assert (seen.cited(plain), seen.tokens(plain)) == ([seen.RETRYING], (INPUT_TOKENS, OUTPUT_TOKENS, None))
        assert seen.stages(plain)["generate"]["model"] == "gpt-4o-mini"
        assert failing["query"] == FAILING
        assert seen.failed_to_generate(failing, "InternalServerError")


class TestTheAISDK:
    def test_sends_its_calls_and_its_reranker_as_json_from_node(self, run: Runner, arrived: Arrived) -> None:
        told = {name: value for name, value in vars(corpus).items() if name.isupper()}
        run.node(PROGRAMS / "ai_sdk.mjs", json.dumps(told | {"ANSWER": ANSWER}))
        plain, streamed = arrived()
        for trace in (plain, streamed):
            assert seen.lanes(trace) == {"vector": seen.LANES["vector"]}
            assert seen.reranked(trace) == seen.RERANKED
            assert seen.survivors(trace, "prompt") == set(seen.KEPT)
            assert [chunk["text"] for chunk in trace["candidates"]] == [PASSAGES[each] for each in corpus.VECTOR]
            assert seen.cited(trace) == [seen.RETRYING]
            assert seen.tokens(trace) == TOKENS
            assert seen.stages(trace)["embed"]["input_tokens"] == 4
        assert seen.asked(plain) == (QUESTION, ANSWER, SESSION, USER)
        assert seen.asked(streamed) == (STREAMED, ANSWER, SESSION, USER)
        assert (plain["first_token_ms"], streamed["first_token_ms"] > 0) == (None, True)
