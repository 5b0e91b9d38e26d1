"""OTLP bodies of realistic RAG traces: 8 spans, 40 candidates, about 100 KB of protobuf a trace."""

import itertools
import json
import random
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

PRODUCTS = ("atlas", "borealis", "cobalt", "dune")
STEPS_MS = (0, 15, 55, 115, 205, 209, 1600, 1612, 1620)


@dataclass(frozen=True)
class Body:
    """A request, and the ids of the traces in it."""

    data: bytes
    trace_ids: tuple[str, ...]


class Corpus:
    """Chunks of about 600 characters, some retrieved far more often than others."""

    def __init__(self, seed: int, chunks: int = 20_000) -> None:
        self.random = random.Random(seed)
        syllables = ["ka", "mo", "ri", "ten", "sol", "vex", "ul", "pra", "dis", "ne", "cor", "la", "bet", "sho", "gi"]
        self.words = sorted(
            {"".join(self.random.choices(syllables, k=self.random.choice((1, 2, 3, 4)))) for _ in range(9000)}
        )
        self.random.shuffle(self.words)
        self.weights = list(itertools.accumulate(1 / (rank + 3) for rank in range(len(self.words))))
        self.chunks = [self._chunk(number) for number in range(chunks)]

    def _chunk(self, number: int) -> tuple[str, str, str]:
        product = self.random.choice(PRODUCTS)
        meta = json.dumps({"product": product, "path": f"docs/{product}/page-{number // 5}.md"})
        return f"{product}-{number // 5:05d}#{number % 5}", self.text(600), meta

    def text(self, characters: int) -> str:
        """Words, the common ones more often, of that length in all."""
        return " ".join(self.random.choices(self.words, cum_weights=self.weights, k=characters // 4))[:characters]

    def pick(self, count: int) -> list[tuple[str, str, str]]:
        """That many different chunks."""
        numbers: set[int] = set()
        while len(numbers) < count:
            numbers.add(int(len(self.chunks) * self.random.random() ** 2.5))
        return [self.chunks[number] for number in numbers]


def _put(span: Any, values: dict[str, Any]) -> None:
    for key, value in values.items():
        target = span.attributes.add(key=key).value
        kind = {str: "string_value", bool: "bool_value", int: "int_value", float: "double_value"}[type(value)]
        setattr(target, kind, value)


def _documents(prefix: str, found: list[tuple[str, str, str, float]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for rank, (chunk_id, text, meta, score) in enumerate(found):
        base = f"{prefix}.{rank}.document."
        out |= {base + "id": chunk_id, base + "score": score, base + "content": text, base + "metadata": meta}
    return out


def _steps(corpus: Corpus, candidates: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(name, kind, attributes) of the root and of each step."""
    rng = corpus.random
    question, answer, product = corpus.text(rng.randint(60, 160)) + "?", corpus.text(1500), rng.choice(PRODUCTS)
    found = [(*chunk, 0.9 - 0.01 * rank) for rank, chunk in enumerate(corpus.pick(candidates))]
    kept = [(*chunk[:3], rng.random()) for chunk in rng.sample(found, min(8, len(found)))]
    context = "\n\n".join(f"[{n}] ({chunk[0]}) {chunk[1]}" for n, chunk in enumerate(kept, 1))
    yield (
        "rag.query",
        "CHAIN",
        {
            "input.value": question,
            "output.value": answer,
            "session.id": f"s-{rng.randrange(5000)}",
            "user.id": f"u-{rng.randrange(800)}",
            "metadata": json.dumps({"tenant": f"t{rng.randrange(40)}"}),
        },
    )
    yield "route", "CHAIN", {"input.value": question, "output.value": json.dumps({"product": product})}
    yield "embed", "EMBEDDING", {"embedding.model_name": "bge-m3", "embedding.embeddings.0.embedding.text": question}
    yield "retrieve", "RETRIEVER", {"input.value": question, **_documents("retrieval.documents", found)}
    yield (
        "rerank",
        "RERANKER",
        {
            "reranker.query": question,
            "reranker.model_name": "bge-reranker-v2-m3",
            "reranker.top_k": 8,
            **_documents("reranker.input_documents", found),
            **_documents("reranker.output_documents", kept),
        },
    )
    yield "assemble_context", "CHAIN", {"output.value": context}
    prompt = f"Context:\n{context}\n\nHistory:\n{corpus.text(5300)}\n\nQuestion: {question}"
    yield (
        "generate",
        "LLM",
        {
            "llm.model_name": "claude-sonnet",
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.content": prompt,
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": answer,
            "llm.token_count.prompt": 2900,
            "llm.token_count.completion": 300,
        },
    )
    yield "validate", "EVALUATOR", {"output.value": json.dumps({"grounded": True})}


def body(corpus: Corpus, traces: int, candidates: int = 40, start_ns: int | None = None) -> Body:
    """One request of that many traces, each with ids of its own."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    _put(resource.resource, {"service.name": "rag-api", "service.version": "1.4.2", "deployment.environment": "prod"})
    spans = resource.scope_spans.add().spans
    ids = []
    for _ in range(traces):
        trace_id = secrets.token_bytes(16)
        ids.append(trace_id.hex())
        _add(spans, trace_id, _steps(corpus, candidates), start_ns or time.time_ns() - 2 * 10**9)
    return Body(request.SerializeToString(), tuple(ids))


def _add(spans: Any, trace_id: bytes, steps: Iterator[tuple[str, str, dict[str, Any]]], start_ns: int) -> None:
    root = secrets.token_bytes(8)
    for number, (name, kind, attributes) in enumerate(steps):
        span = spans.add(trace_id=trace_id, name=name, kind=1)
        span.span_id = secrets.token_bytes(8) if number else root
        span.parent_span_id = root if number else b""
        span.start_time_unix_nano = start_ns + STEPS_MS[number] * 10**6
        end = STEPS_MS[number + 1] if number else STEPS_MS[-1]
        span.end_time_unix_nano = start_ns + end * 10**6
        span.status.code = 1
        _put(span, {"openinference.span.kind": kind, **attributes})
