"""Runs as the conventions of others carry them: OpenInference, OpenTelemetry GenAI, Langfuse, MLflow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bench.stranger.declared import Declared
from bench.stranger.pipeline import Hit, Run, Search
from bench.stranger.wires import Sent, Wire, as_json, facts_of, listed_hits, resolved, routed


class OpenInference(Wire):
    """OpenInference alone: kinds, documents, messages."""

    def root(self, run: Run) -> Sent:
        return "support-bot", self._chain(run.ask.text, run.answer or None)

    def _chain(self, given: Any, result: Any) -> dict[str, Any]:
        def text(value: Any) -> Any:
            return value if isinstance(value, str) or value is None else as_json(value)

        return {"openinference.span.kind": "CHAIN", "input.value": text(given), "output.value": text(result)}

    def route(self, run: Run) -> Sent:
        return "classify_question", self._chain(run.ask.text, routed(run))

    def resolve(self, run: Run) -> Sent:
        return "rewrite_question", self._chain(run.ask.text, resolved(run))

    def embed(self, run: Run, search: Search | None) -> Sent:
        return "embed", {"openinference.span.kind": "EMBEDDING", "embedding.model_name": "e-1"}

    def _documents(self, prefix: str, hits: Sequence[Hit]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for place, hit in enumerate(hits):
            found |= {
                f"{prefix}.{place}.document.id": hit.passage.id,
                f"{prefix}.{place}.document.content": hit.passage.text,
                f"{prefix}.{place}.document.score": hit.score,
                f"{prefix}.{place}.document.metadata": as_json(facts_of(hit.passage)),
            }
        return found

    def lane(self, run: Run, name: str, search: Search, number: int) -> Sent:
        hits = listed_hits(search.lanes.get(name))
        return f"{name}_search", {
            "openinference.span.kind": "RETRIEVER",
            "input.value": search.query,
            **self._documents("retrieval.documents", hits),
            **({} if hits else {"output.value": '{"documents": []}'}),
        }

    def fuse(self, run: Run, search: Search, number: int) -> Sent:
        fused = [
            {"id": hit.passage.id, "score": hit.score, "text": hit.passage.text, "metadata": facts_of(hit.passage)}
            for hit in listed_hits(search.fused)
        ]
        return "fuse_results", self._chain(None, {"documents": fused})

    def rerank(self, run: Run, search: Search, number: int) -> Sent:
        return "rerank", {
            "openinference.span.kind": "RERANKER",
            "reranker.query": search.query,
            "reranker.model_name": "r-1",
            **self._documents("reranker.input_documents", listed_hits(search.given)),
            **self._documents("reranker.output_documents", listed_hits(search.ranked)),
        }

    def generate(self, run: Run) -> Sent:
        return "chat_completion", {
            "openinference.span.kind": "LLM",
            "llm.model_name": "m-1",
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.content": run.prompt,
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": run.answer or None,
        }

    def validate(self, run: Run) -> Sent:
        return "verify_answer", self._chain(None, {"ok": run.valid})


class GenAI(Wire):
    """OpenTelemetry GenAI: ids and scores of what was found, and the messages."""

    def root(self, run: Run) -> Sent:
        return "invoke_workflow support", {
            "gen_ai.operation.name": "invoke_workflow",
            "gen_ai.input.messages": self._messages("user", run.ask.text),
            "gen_ai.output.messages": self._messages("assistant", run.answer) if run.answer else None,
        }

    def _messages(self, role: str, said: str) -> str:
        return as_json([{"role": role, "parts": [{"type": "text", "content": said}]}])

    def embed(self, run: Run, search: Search | None) -> Sent:
        return "embeddings e-1", {"gen_ai.operation.name": "embeddings", "gen_ai.request.model": "e-1"}

    def lane(self, run: Run, name: str, search: Search, number: int) -> Sent:
        hits = listed_hits(search.lanes.get(name))
        return f"retrieval {name}", {
            "gen_ai.operation.name": "retrieval",
            "gen_ai.data_source.id": name,
            "gen_ai.retrieval.query.text": search.query,
            "gen_ai.retrieval.documents": as_json([{"id": hit.passage.id, "score": hit.score} for hit in hits]),
        }

    def generate(self, run: Run) -> Sent:
        return "chat m-1", {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "m-1",
            "gen_ai.input.messages": self._messages("user", self._prompt(run)),
            "gen_ai.output.messages": self._messages("assistant", run.answer) if run.answer else None,
        }

    def _prompt(self, run: Run) -> str:
        """Ids in the prompt, as texts of the documents are not sent."""
        prompt = run.prompt
        for one in run.kept:
            prompt = prompt.replace(f"] {one.title}", f"] <{one.id}> {one.title}", 1)
        return prompt


class Langfuse(Wire):
    """Langfuse's observations: inputs and outputs as whatever JSON the functions took and gave."""

    def _observed(self, kind: str, given: Any, result: Any, **more: Any) -> dict[str, Any]:
        return {
            "langfuse.observation.type": kind,
            "langfuse.observation.input": given if isinstance(given, str) else as_json(given),
            "langfuse.observation.output": result if isinstance(result, str) else as_json(result),
        } | {f"langfuse.observation.{key}": value for key, value in more.items()}

    def _listed(self, hits: Sequence[Hit]) -> list[dict[str, Any]]:
        return [
            {"id": hit.passage.id, "score": hit.score, "text": hit.passage.text, "metadata": facts_of(hit.passage)}
            for hit in hits
        ]

    def root(self, run: Run) -> Sent:
        return "answer", self._observed("span", {"question": run.ask.text}, run.answer) | {
            "langfuse.internal.is_app_root": True
        }

    def route(self, run: Run) -> Sent:
        return "router", self._observed("span", run.ask.text, routed(run))

    def resolve(self, run: Run) -> Sent:
        return "query-rewriter", self._observed("span", run.ask.text, resolved(run))

    def embed(self, run: Run, search: Search | None) -> Sent:
        return "embed-query", self._observed("embedding", run.ask.text, None)

    def lane(self, run: Run, name: str, search: Search, number: int) -> Sent:
        return f"{name}-retriever", self._observed(
            "retriever", search.query, self._listed(listed_hits(search.lanes.get(name)))
        )

    def fuse(self, run: Run, search: Search, number: int) -> Sent:
        return "merge-results", self._observed("span", None, self._listed(listed_hits(search.fused)))

    def rerank(self, run: Run, search: Search, number: int) -> Sent:
        given = {"args": [search.query, self._listed(listed_hits(search.given))], "kwargs": {}}
        return "rerank", self._observed("span", given, self._listed(listed_hits(search.ranked)))

    def generate(self, run: Run) -> Sent:
        return "llm", self._observed(
            "generation", [{"role": "user", "content": run.prompt}], run.answer, **{"model.name": "m-1"}
        )

    def validate(self, run: Run) -> Sent:
        return "validate-output", self._observed("guardrail", run.answer, {"passed": run.valid})


class MLflow(Wire):
    """MLflow's span types; every value is JSON."""

    def _typed(self, kind: str, given: Any, result: Any) -> dict[str, Any]:
        return {
            "mlflow.spanType": as_json(kind),
            "mlflow.spanInputs": as_json(given),
            "mlflow.spanOutputs": as_json(result),
        }

    def _pages(self, hits: Sequence[Hit]) -> list[dict[str, Any]]:
        return [
            {
                "page_content": hit.passage.text,
                "metadata": {**facts_of(hit.passage), "score": hit.score},
                "id": hit.passage.id,
            }
            for hit in hits
        ]

    def root(self, run: Run) -> Sent:
        return "predict", self._typed("CHAIN", {"question": run.ask.text}, run.answer)

    def route(self, run: Run) -> Sent:
        return "detect_intent", self._typed("CHAIN", {"question": run.ask.text}, routed(run))

    def resolve(self, run: Run) -> Sent:
        return "condense_question", self._typed("CHAIN", {"question": run.ask.text}, resolved(run))

    def lane(self, run: Run, name: str, search: Search, number: int) -> Sent:
        return f"{name}_store", self._typed(
            "RETRIEVER", {"query": search.query}, self._pages(listed_hits(search.lanes.get(name)))
        )

    def rerank(self, run: Run, search: Search, number: int) -> Sent:
        return "cross_encoder", self._typed(
            "RERANKER",
            {"query": search.query, "documents": self._pages(listed_hits(search.given))},
            self._pages(listed_hits(search.ranked)),
        )

    def generate(self, run: Run) -> Sent:
        messages = [{"role": "user", "content": run.prompt}]
        return "chat", self._typed(
            "CHAT_MODEL",
            {"messages": messages},
            {"choices": [{"message": {"role": "assistant", "content": run.answer}}]},
        )


WIRES: dict[str, Callable[[], Wire]] = {
    "rag": Declared,
    "openinference": OpenInference,
    "genai": GenAI,
    "langfuse": Langfuse,
    "mlflow": MLflow,
}
