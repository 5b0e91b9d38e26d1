"""What docs/instrument.md and the first-run page tell one to paste, run as it stands against a live server."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.clients.conftest import ROOT, Runner, interpreter
from tests.clients.fakes import ANSWER

pytestmark = pytest.mark.django_db(transaction=True)
SNIPPETS = ROOT / "docs" / "snippets"
QUESTION, SAID = "How do I retry a task?", "Call self.retry() in the task [1]."
NEEDS = {
    "with_opentelemetry.py": ("opentelemetry.exporter.otlp.proto.http",),
    "with_openinference.py": ("openinference.instrumentation", "opentelemetry.exporter.otlp.proto.http"),
    "with_llamaindex.py": ("llama_index.core", "openinference.instrumentation.llama_index"),
    "with_langchain.py": ("langchain_core", "openinference.instrumentation.langchain"),
    "with_langgraph.py": ("langgraph", "openinference.instrumentation.langchain"),
    "with_haystack.py": ("haystack", "openinference.instrumentation.haystack"),
    "with_anthropic.py": ("anthropic", "openinference.instrumentation.anthropic"),
    "with_langfuse.py": ("langfuse",),
    "with_traceloop.py": ("traceloop.sdk",),
    "with_mlflow.py": ("mlflow", "opentelemetry.exporter.otlp.proto.http"),
    "with_dspy.py": ("dspy", "openinference.instrumentation.dspy"),
}
LANES = {
    "with_llamaindex.py": "VectorIndexRetriever",
    "with_langchain.py": "vectorstore",
    "with_haystack.py": "InMemoryBM25Retriever",
}
NO_SESSION = ("with_opentelemetry.py", "with_mlflow.py", "with_node.mjs")
NO_PROMPT = ("with_node.mjs", "with_traceloop.py")  # no model is called in a way that these would see
Arrived = Callable[[], list[dict[str, Any]]]


@pytest.mark.parametrize("name", [*NEEDS, "with_node.mjs", "with_ai_sdk.mjs"])
def test_a_snippet_sends_one_trace_with_its_chunk_from_the_lane_to_the_citation(
    run: Runner, arrived: Arrived, name: str
) -> None:
    run.python(SNIPPETS / name, *NEEDS[name]) if name in NEEDS else run.node(SNIPPETS / name)
    [trace] = arrived()
    assert trace["query"] == QUESTION
    [lane] = trace["lanes"]
    assert lane["name"] == LANES.get(name, "vector")
    [chunk] = trace["candidates"]
    assert (chunk["chunk_id"], chunk["lanes"][lane["name"]]["rank"]) == ("c1", 1)
    assert (chunk["survived"], chunk["survived_source"]) == (True, "inferred" if name in NO_PROMPT else "prompt")
    assert chunk["text"].startswith("Call self.retry()")
    if name == "with_llamaindex.py":  # the SDK's own stand-in for a model repeats one word
        assert set(trace["answer"].split()) == {"text"}
    else:
        assert trace["answer"] == (ANSWER if name == "with_anthropic.py" else SAID)
        assert [each["chunk_id"] for each in trace["citations"]] == ["c1"]
        assert chunk["cited"]
    if name not in NO_SESSION:
        assert (trace["session_id"], trace["user_id"]) == ("s1", "u1")
    done = {each["stage"]: each for each in trace["stages"]}
    assert {each["status"] for each in trace["stages"]} == {"ok"}
    assert "retrieve" in done
    assert ("generate" in done) == (name != "with_node.mjs")


def test_the_command_for_curl_sends_a_trace(run: Runner, arrived: Arrived) -> None:
    run.shell(SNIPPETS / "with_curl.sh")
    [trace] = arrived()
    assert (trace["query"], trace["answer"]) == (QUESTION, SAID)
    [chunk] = trace["candidates"]
    assert (chunk["lanes"]["vector"]["score"], chunk["survived"], chunk["cited"]) == (0.82, True, True)


def test_an_instrumented_program_needs_the_environment_alone(run: Runner, arrived: Arrived, tmp_path: Path) -> None:
    program = (SNIPPETS / "with_opentelemetry.py").read_text()
    bare = re.sub(r"OTLPSpanExporter\(.*?\)\n", "OTLPSpanExporter()\n", program)
    assert bare != program
    (tmp_path / "instrumented.py").write_text(bare)
    python = interpreter(NEEDS["with_opentelemetry.py"])
    run.shell(SNIPPETS / "with_environment.sh", f"{python} instrumented.py")
    assert [trace["query"] for trace in arrived()] == [QUESTION]


def test_every_snippet_is_run() -> None:
    there = {path.name for path in SNIPPETS.iterdir() if path.suffix in (".py", ".mjs")}
    assert there == {*NEEDS, "with_node.mjs", "with_ai_sdk.mjs", "rag_journey.py"}


def test_a_snippet_takes_the_address_and_the_key_from_the_environment_alone() -> None:
    for path in SNIPPETS.glob("with_*.*"):
        names = set(re.findall(r"(?:env\.|environ\[\"|\$)(\w+)", path.read_text()))
        assert {"STAGELIGHT_URL", "STAGELIGHT_KEY"} <= names, path.name


class TestTheExampleOfOurOwnAttributes:
    def test_fills_every_column_of_the_chunk_journey(
        self, run: Runner, arrived: Arrived, people: dict[str, Any]
    ) -> None:
        run.python(SNIPPETS / "rag_journey.py", "opentelemetry.exporter.otlp.proto.http")
        [trace] = arrived()
        mara = Client()
        mara.force_login(people["mara"])
        page = mara.get(f"/p/atlas/traces/{trace['trace_id']}").content.decode()
        columns, rows = _table(page)
        assert columns == ["chunk", "vector", "bm25", "fused", "rerank", "context", "cited"]
        assert [cell for cell in rows["c1"] if not cell or cell.startswith("–")] == []
        assert rows["c1"][1:] == ["2 0.71", "1 9.50", "2 0.032", "1 up ↑1", "60 tokens · docs", "[1]"]
        assert "over the token budget" in rows["c2"][5]

    def test_fills_every_field_of_a_candidate_that_a_stage_can_tell(self, run: Runner, arrived: Arrived) -> None:
        run.python(SNIPPETS / "rag_journey.py", "opentelemetry.exporter.otlp.proto.http")
        [trace] = arrived()
        kept, lost = (next(c for c in trace["candidates"] if c["chunk_id"] == each) for each in ("c1", "c2"))
        assert kept["lanes"]["bm25"] == {"rank": 1, "score": 9.5, "round": 1}
        assert (kept["fused_rank"], kept["rerank_in"], kept["rerank_rank"], kept["rerank_score"]) == (2, True, 1, 0.94)
        assert (kept["survived"], kept["survived_source"], kept["cited"]) == (True, "declared", True)
        assert (lost["dropped_at"], lost["dropped_why"], lost["kept_tokens"]) == ("context", "budget", 0)
        assert trace["context"]["slots"] == [{"name": "docs", "cap_tokens": 80, "used_tokens": 60}]


def _table(page: str) -> tuple[list[str], dict[str, list[str]]]:
    """The journey's headings, and each chunk's cells as a reader sees them."""
    found = re.search(r'<table [^>]*class="journey"[^>]*>(.*?)</table>', page, re.DOTALL)
    assert found is not None
    headings = [_words(cell) for cell in re.findall(r"<th [^>]*>(.*?)</th>", found[1], re.DOTALL)]
    rows = re.findall(r'<tr [^>]*?data-chunk="([^"]*)"[^>]*>(.*?)</tr>', found[1], re.DOTALL)
    return headings, {
        chunk: [_words(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)] for chunk, row in rows
    }


def _words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())
