"""Sound requests to start from: made ones of every convention and endpoint, and captured ones where they are there."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.tracing import captures, test_dialect_haystack, test_dialect_mlflow, test_dialect_traceloop
from tests.tracing.fuzz.wire import loose
from tests.tracing.made_spans import messages, retrieved, span
from tests.tracing.test_langfuse import EVENTS
from tests.tracing.test_native import FULL
from tracing import otlp
from tracing.records import Event, Span
from tracing.records import Link as SpanLink

TRACE, NEIGHBOUR, RESPONSE = "0af7651916cd43dd8448eb211c80319c", "5eed" * 8, "4e5a" * 8
MOST_SPANS, MOST_BYTES, A_CLIENT = 8, 40_000, 25


@dataclass(frozen=True)
class Seed:
    """A sound request: what kind it is, and its content, in which TRACE stands for the trace's id."""

    kind: str
    content: Any


def _spans(*spans: Span) -> Seed:
    return Seed("spans", [loose(each) | {"traceId": TRACE} for each in spans])


def _genai() -> Seed:
    said = [{"role": "user", "parts": [{"type": "text", "content": "Context: some text.\nQuestion: why?"}]}]
    replied = [{"role": "assistant", "parts": [{"type": "text", "content": "Because [1]."}], "finish_reason": "stop"}]
    return _spans(
        span(1, "invoke_workflow ask", None, **{"gen_ai.operation.name": "invoke_workflow"}),
        span(2, "retrieval kb", None, 1, **{
            "gen_ai.operation.name": "retrieval", "gen_ai.data_source.id": "kb", "gen_ai.retrieval.top_k": 2,
            "gen_ai.retrieval.query.text": "why?",
            "gen_ai.retrieval.documents": '[{"id": "a", "score": 0.9}, {"id": "b", "score": 0.5}]',
        }),
        span(3, "chat m", None, 1, events=(Event("gen_ai.choice", 5, {"content": "Because."}),), **{
            "gen_ai.operation.name": "chat", "gen_ai.provider.name": "anthropic", "gen_ai.request.model": "m",
            "gen_ai.response.id": RESPONSE, "gen_ai.response.time_to_first_chunk": 0.2,
            "gen_ai.input.messages": json.dumps(said), "gen_ai.output.messages": json.dumps(replied),
            "gen_ai.usage.input_tokens": 12, "gen_ai.usage.output_tokens": 3, "gen_ai.conversation.id": "s",
        }),
    )  # fmt: skip


def _openinference() -> Seed:
    fused = {
        key.replace("retrieval.documents", "reranker.input_documents"): v for key, v in retrieved(("a", 1)).items()
    }
    ranked = {
        k.replace("retrieval.documents", "reranker.output_documents"): v for k, v in retrieved(("a", 0.9)).items()
    }
    return _spans(
        span(1, "ask", "CHAIN", input__value="why?", output__value="No [1].", session__id="s", metadata='{"k": 1}'),
        span(2, "vector", "RETRIEVER", 1, input__value="why?", **retrieved(("a", 0.9), ("b", 0.8))),
        span(3, "rerank", "RERANKER", 1, reranker__query="why?", reranker__top_k=1, **fused, **ranked),
        span(4, "llm", "LLM", 1, llm__token_count__prompt=9, llm__cost__total=0.01, **messages("a")),
        span(5, "judge", "EVALUATOR", 1, **{
            "evaluations.0.evaluation.name": "groundedness", "evaluations.0.evaluation.score": 0.4,
        }),
        span(6, "feedback", None, links=(SpanLink(TRACE, f"{1:016x}", {}),), **{
            "trace.annotations.0.annotation.name": "thumb", "trace.annotations.0.annotation.score": 1,
        }),
    )  # fmt: skip


def _aisdk() -> Seed:
    return _spans(
        span(1, "ai.rerank", None, **{
            "ai.operationId": "ai.rerank", "ai.documents": ['"some text"', '{"id": "b"}'],
            "ai.ranking": ['{"index": 1, "relevanceScore": 1}'], "ai.telemetry.metadata.userId": "u",
        }),
        span(2, "ai.streamText", None, 1, **{
            "ai.operationId": "ai.streamText", "ai.response.msToFirstChunk": 120.5, "ai.usage.inputTokens": 3,
            "ai.prompt": '{"prompt": "why?"}', "ai.prompt.messages": '[{"role": "user", "content": "why?"}]',
            "ai.response.text": "Because.",
        }),
    )  # fmt: skip


def _langfuse() -> Seed:
    listed = '[{"id": "a", "score": 0.9, "content": "some text"}, {"id": "b"}]'
    return _spans(
        span(1, "docs-rag", None, **{
            "langfuse.observation.type": "span", "langfuse.observation.input": '{"args": ["why?"]}',
            "langfuse.observation.output": '"Because."', "langfuse.trace.metadata.tier": '"gold"', "session.id": "s",
        }),
        span(2, "retrieve", None, 1, **{
            "langfuse.observation.type": "retriever", "langfuse.observation.output": listed,
            "langfuse.observation.metadata.top_k": "2",
        }),
        span(3, "answer", None, 1, **{
            "langfuse.observation.type": "generation", "langfuse.observation.usage_details": '{"input": 3}',
            "langfuse.observation.cost_details": '{"total": 0.1}', "langfuse.observation.prompt.version": 3,
            "langfuse.observation.completion_start_time": '"2026-11-20T09:00:00Z"',
            "langfuse.observation.model.name": "m",
        }),
    )  # fmt: skip


def _declared() -> Seed:
    chunk = {"chunk_id": "a", "anchor": "doc_a#b", "lanes": {"vector": {"rank": 1, "score": 0.9}}, "survived": True}
    context = {"cap_tokens": 100, "slots": {"docs": 40}, "chunks": [{"chunk_id": "a", "tokens": 9, "slot": "docs"}]}
    return _spans(
        span(1, "ask", None, **{
            "rag.stage": "context", "rag.candidates": json.dumps([chunk]), "rag.context": json.dumps(context),
            "rag.citations": '[{"anchor": "doc_a#b", "claim": "x"}]', "rag.confidence": 0.9, "rag.refused": False,
            "rag.missing": '["y"]', "rag.entities": '[{"text": "t"}]', "rag.versions": '{"prompt": "3"}',
            "rag.lanes": '[{"name": "vector", "top_k": 3}]', "rag.checks": '[{"name": "c", "value": 1}]',
            "rag.attempts": 2, "rag.round": 1, "rag.run_id": "r", "rag.item_id": "i", "rag.repeat": 1,
        }),
    )  # fmt: skip


def _records() -> Seed:
    said = {"gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": "why?"}]}]}
    scored = {"gen_ai.evaluation.name": "groundedness", "gen_ai.evaluation.score.value": 0.4}
    base = {"traceId": TRACE, "spanId": f"{3:016x}", "timeUnixNano": "1795000000000000000"}
    named = "gen_ai.client.inference.operation.details", "gen_ai.evaluation.result"
    return Seed("logs", [
        base | {"eventName": named[0], "attributes": said, "body": {"x": 1}},
        base | {"eventName": named[1], "attributes": scored, "body": None},
        {"eventName": named[1], "timeUnixNano": "1", "attributes": scored | {"gen_ai.response.id": RESPONSE}},
        {"eventName": "", "attributes": {"http.route": "/x"}, "body": "a line of another program"},
    ])  # fmt: skip


SIGNALS = [
    {"trace_id": TRACE, "kind": "thumb", "value": "down", "user": "u", "comment": "no", "at": "2026-11-20T10:00:00Z"},
    {"trace_id": TRACE, "kind": "score", "value": 0.5, "name": "groundedness", "id": "s1", "session_id": "s"},
    {"trace_id": TRACE, "kind": "ticket", "value": "T-1", "anchor": "doc_a#b"},
]
SCORES = [
    {"traceId": TRACE, "name": "groundedness", "value": 0.5, "id": "x", "dataType": "NUMERIC", "comment": "c"},
    {"traceId": TRACE, "name": "user-feedback", "value": 0, "dataType": "BOOLEAN", "observationId": "o"},
    {"sessionId": "s", "name": "mood", "value": "good", "dataType": "CATEGORICAL", "metadata": {"a": [1]}},
]
MANIFEST = [
    {"anchor": "doc_a#b", "product": "atlas", "path": "a/b", "title": "B", "source_hash": "1", "entities": ["x.y"]},
    {"anchor": "doc_a#c", "product": "atlas", "path": "a/c", "redirect_to": "doc_a#b"},
]
INDEX = [{"chunk_id": "a", "anchor": "doc_a#b", "source_hash": "1"}, {"chunk_id": "b", "anchor": "doc_a#c"}]
EXPECTED = [
    {"query": "why?", "behaviour": "answer", "anchors": ["doc_a#b"], "all_required": True, "product": "atlas"},
    {"trace_id": TRACE, "behaviour": "refuse", "anchors": [], "note": "n", "intent": "i"},
]

_AT = "2026-11-20T10:00:00Z"
NEIGHBOURS: dict[str, Any] = {
    "spans": loose(span(9, "sound", input__value="why?")) | {"traceId": NEIGHBOUR, "links": []},
    "logs": {"traceId": NEIGHBOUR, "spanId": "9" * 16, "eventName": "gen_ai.x", "timeUnixNano": "1", "attributes": {}},
    "native": {"trace_id": NEIGHBOUR, "query": "why?", "started_at": _AT},
    "ingestion": {"id": NEIGHBOUR, "type": "trace-create", "timestamp": _AT, "body": {"id": NEIGHBOUR, "name": "x"}},
    "scores": {"traceId": NEIGHBOUR, "name": "sound", "value": 1},
    "signals": {"trace_id": NEIGHBOUR, "kind": "thumb", "value": "up"},
    "expectations": {"trace_id": NEIGHBOUR, "behaviour": "refuse", "anchors": []},
}


@cache
def seeds() -> dict[str, list[Seed]]:
    """By group: each is drawn as often as the others."""
    dashed = f"{TRACE[:8]}-{TRACE[8:12]}-{TRACE[12:16]}-{TRACE[16:20]}-{TRACE[20:]}"
    events = json.loads(json.dumps(EVENTS).replace(dashed, TRACE))
    native = FULL | {"trace_id": TRACE}
    return {
        "made spans": [
            _openinference(), _genai(), _aisdk(), _langfuse(), _declared(), _spans(*test_dialect_haystack.SPANS),
            _spans(*test_dialect_mlflow.PIPELINE), _spans(test_dialect_traceloop.ROOT, test_dialect_traceloop.FOUND),
        ],
        "captured spans": _captured() or [_openinference()],
        "logs": [_records()],
        "native": [Seed("native", [native]), Seed("native", [native, {**native, "answer": "another"}])],
        "ingestion": [Seed("ingestion", {"batch": events, "metadata": {"sdk_name": "python"}}), *_captured_scores()],
        "scores": [Seed("scores", SCORES), Seed("scores", SCORES[0])],
        "signals": [Seed("signals", SIGNALS), Seed("signals", SIGNALS[0])],
        "manifest": [Seed("manifest", MANIFEST)],
        "index": [Seed("index", INDEX)],
        "expectations": [Seed("expectations", EXPECTED)],
    }  # fmt: skip


def _captured() -> list[Seed]:
    found: list[Seed] = []
    for folder in sorted(captures.FOLDER.glob("*/")) if captures.FOLDER.is_dir() else ():
        by_trace: dict[str, list[Span]] = {}
        for path in sorted(folder.glob("*.headers.json")):
            for each in _decoded(path):
                by_trace.setdefault(each.trace_id, []).append(each)
        small = [spans for spans in by_trace.values() if len(repr(spans)) < 4 * MOST_BYTES]
        found += [seed for spans in small[:A_CLIENT] if len(json.dumps((seed := _few(spans)).content)) < MOST_BYTES]
    return found


def _few(spans: list[Span]) -> Seed:
    return _spans(*sorted(spans, key=lambda each: (bool(each.parent_id), each.start_ns))[:MOST_SPANS])


def _decoded(headers: Any) -> list[Span]:
    seen = json.loads(headers.read_text())
    body = headers.with_name(headers.name.replace(".headers.json", ".bin"))
    if not seen["path"].endswith("/v1/traces") or not body.exists():
        return []
    said = {name.lower(): value for name, value in seen["headers"]}
    return otlp.decode(captures.unpacked(body.read_bytes(), said), said["content-type"])


def _captured_scores() -> list[Seed]:
    paths = sorted((captures.FOLDER / "langfuse3").glob("*.json"))
    bodies = [json.loads(path.read_text()) for path in paths if ".headers" not in path.name]
    return [Seed("ingestion", {**body, "batch": body["batch"][:4]}) for body in bodies if "batch" in body]
