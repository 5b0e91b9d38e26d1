"""Traces for the pages to bear, as native JSON: a full one, a hostile one, a bare one, one of many spans."""

import json
import time
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

FULL = "982614a3acdf23cb9f00112233445566"
HOSTILE = "bad0bad0bad0bad0bad0bad0bad0bad0"
BARE = "000000000000000000000000000000aa"
UNSURE = "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"
FAILED = "deadbeefdeadbeefdeadbeefdeadbeef"
SCRIPT = '<script>document.title="owned"</script><img src=x onerror=\'document.title="owned"\'>'
EVIL = SCRIPT + " **bold** \u202egpj.exe\u202c \x00 end"

TITLES = (
    ("Signals · Connecting receivers", "celery", "basics"),
    ("Signals · Listening to signals", "django", "listening"),
    ("Applications · Initialization process", "django", "ready"),
    ("Worker signals · worker_ready", "celery", "worker-ready"),
    ("Signals · Preventing duplicate signals", "django", "preventing-duplicate-signals"),
    ("Testing · Overriding settings", "django", "override"),
    ("Signals · Sending signals", "django", "sending"),
)


def as_json(subject: Any) -> bytes:
    """What is sent."""
    return json.dumps(subject).encode()


def at(seconds_ago: float) -> str:
    """A time before now as RFC 3339."""
    moment = time.time() - seconds_ago
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment)) + f".{int(moment % 1 * 1000):03}Z"


def traces() -> list[dict[str, Any]]:
    """All of them; the newest is the full one."""
    others = [quiet(number) for number in range(60)]
    return [full(), hostile(), bare(), unsure(), failed(), *others]


def signals() -> list[dict[str, Any]]:
    """A thumb down with a comment, and a score."""
    return [
        {"trace_id": FULL, "kind": "thumb", "value": "down", "comment": "that is celery, not django", "user": "u-77"},
        {"trace_id": HOSTILE, "kind": "comment", "value": EVIL, "comment": EVIL, "user": EVIL},
    ]


def full() -> dict[str, Any]:
    """One with everything that a page can show."""
    return {
        "trace_id": FULL,
        "started_at": at(40),
        "ended_at": at(37.51),
        "first_token_ms": 1480.0,
        "environment": "prod",
        "surface": "search",
        "versions": {"release": "2026.11.18", "prompt": "v14", "index": "2026.11", "reranker": "minilm-2"},
        "query": "Why is my signal receiver called twice when I connect it in ready()?",
        "rewritten": ["signal receiver called twice ready()"],
        "intent": "how_to",
        "product": "django",
        "entities": [{"text": "ready()", "type": "symbol", "product": "django"}],
        "outcome": "answer",
        "confidence": 0.86,
        "answer": "A receiver that is connected in ready() runs once for each time ready() is called [3]. "
        "Connecting is idempotent only for the same receiver and sender [2].\n\n"
        "Pass weak=False so that the worker registers it once [1].",
        "session_id": "s-41c",
        "user_id": "u-77",
        "metadata": {"tenant": "acme"},
        "lanes": [
            {"name": "vector", "round": 1, "top_k": 40, "returned": 32, "score_kind": "similarity"},
            {"name": "lexical", "round": 1, "top_k": 40, "returned": 28},
        ],
        "candidates": [candidate(number) for number in range(40)],
        "context": {
            "cap_tokens": 6000,
            "used_tokens": 3120,
            "slots": [
                {"name": "docs", "cap_tokens": 4000, "used_tokens": 2710},
                {"name": "history", "cap_tokens": 1000, "used_tokens": 410},
            ],
            "text": "Some text of the context.\n" * 200,
        },
        "citations": [
            {"anchor": "doc_signals#basics", "chunk_id": "chunk-000", "title": "Signals · Connecting receivers"},
            {"anchor": "doc_signals#listening", "chunk_id": "chunk-001", "title": "Signals · Listening to signals"},
            {"anchor": "doc_signals#ready", "chunk_id": "chunk-002", "title": "Applications · Initialization process"},
        ],
        "stages": stages(),
        "cost_usd": 0.0155,
    }


def candidate(number: int) -> dict[str, Any]:
    """One of forty chunks: the first seven are kept, the fifth of all is dropped by the reranker."""
    title, product, name = (
        TITLES[number] if number < len(TITLES) else (f"Section {number}", "flask", f"section-{number}")
    )
    rerank = 14 if number == 4 else number + 1 if number != 13 else 5
    kept = rerank <= 7
    lanes: dict[str, Any] = {}
    if number % 5 != 3:
        lanes["vector"] = {"rank": (number * 3) % 32 + 1, "score": round(0.9 - number * 0.011, 3)}
    if number % 4 != 2:
        lanes["lexical"] = {"rank": (number * 7) % 28 + 1, "score": round(23.6 - number * 0.4, 1)}
    return {
        "chunk_id": f"chunk-{number:03}",
        "anchor": f"doc_signals#{name}",
        "product": product,
        "title": title,
        "text": f"{title}. " + "What it says, at some length. " * 30,
        "lanes": lanes,
        "fused_rank": 2 if number == 4 else number + 3,
        "fused_score": round(1 / (63 + number), 4),
        "rerank_in": True,
        "rerank_rank": rerank,
        "rerank_score": round(1 / rerank, 3),
        "survived": kept,
        "dropped_at": None if kept else "rerank",
        "dropped_why": None if kept else "top_k",
        "tokens": 300 + number,
        "kept_tokens": 300 + number if kept else 0,
        "slot": "docs" if kept else None,
        "cited": number < 3,
    }


def stages() -> list[dict[str, Any]]:
    """Eight of the nine: nothing is seen of the index at query time."""
    return [
        {"stage": "route", "duration_ms": 312.0, "cost_usd": 0.0007, "model": "claude-haiku-4-5"},
        {"stage": "resolve", "duration_ms": 12.0},
        {"stage": "embed", "duration_ms": 81.0, "cache": "hit", "model": "bge-small"},
        {"stage": "retrieve", "duration_ms": 190.0},
        {"stage": "rerank", "duration_ms": 244.0, "model": "minilm-2"},
        {"stage": "context", "duration_ms": 3.2},
        {
            "stage": "generate",
            "duration_ms": 1610.0,
            "cost_usd": 0.0148,
            "model": "claude-sonnet-5",
            "input_tokens": 3420,
            "output_tokens": 211,
        },
        {
            "stage": "validate",
            "duration_ms": 8.0,
            "checks": [{"name": "citations", "value": 1, "threshold": 3, "passed": False}],
        },
    ]


def hostile() -> dict[str, Any]:
    """Every text is an attack, and some are very long."""
    return {
        "trace_id": HOSTILE,
        "started_at": at(50),
        "query": EVIL + "W" * 3000,
        "answer": EVIL + "\n" + "A" * 1_000_000,
        "product": EVIL,
        "intent": EVIL,
        "session_id": EVIL,
        "environment": EVIL,
        "metadata": {EVIL[:60]: EVIL},
        "candidates": [
            {
                "chunk_id": EVIL,
                "anchor": EVIL,
                "title": EVIL,
                "text": EVIL * 200,
                "lanes": {EVIL[:40]: {"rank": 1, "score": 1e300}},
                "survived": True,
            },
            {
                "chunk_id": "B" * 5000,
                "title": "C" * 5000,
                "text": "D" * 200_000,
                "lanes": {"vector": {"rank": 2, "score": -1e-300}},
                "survived": None,
            },
        ],
        "citations": [{"anchor": EVIL, "title": EVIL, "claim": EVIL}],
        "stages": [{"stage": "generate", "status": "error", "error": EVIL, "duration_ms": 5.0}],
    }


def unsure() -> dict[str, Any]:
    """Chunks without any list that would tell which reached the prompt."""
    return {
        "trace_id": UNSURE,
        "started_at": at(65),
        "query": "Who knows what it read?",
        "candidates": [{"chunk_id": "one"}, {"chunk_id": "two"}],
    }


def bare() -> dict[str, Any]:
    """Only what must be there."""
    return {"trace_id": BARE, "started_at": at(60), "query": "And if there is nothing else?"}


def failed() -> dict[str, Any]:
    """A stage raised."""
    return {
        "trace_id": FAILED,
        "started_at": at(70),
        "query": "How do I rotate the signing secret?",
        "product": "atlas",
        "stages": [
            {"stage": "retrieve", "duration_ms": 42.0},
            {
                "stage": "rerank",
                "status": "timeout",
                "duration_ms": 5000.0,
                "error": "TimeoutError: no answer from the reranker in 5 s",
            },
        ],
    }


def quiet(number: int) -> dict[str, Any]:
    """One of many for the list."""
    outcome = ("answer", "suggest", "refuse", "direct")[number % 4]
    return {
        "trace_id": f"{number:032x}".replace("0", "c", 20),
        "started_at": at(600 + number * 3600),
        "ended_at": at(599 + number * 3600),
        "query": f"How do I configure option {number} of the task router?",
        "answer": f"Set task_routes to a mapping; option {number} goes in its options [1].",
        "product": ("celery", "django", "flask")[number % 3],
        "outcome": outcome,
        "confidence": round(0.3 + (number % 7) / 10, 2),
        "environment": "prod",
        "cost_usd": 0.001 * number,
        "versions": {"release": "2026.11.18" if number < 30 else "2026.11.11"},
    }


def otlp(spans: int) -> bytes:
    """An OTLP request with one trace of so many spans, the second with an attribute of 5 MB."""
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    start = time.time_ns() - 10**10
    for number in range(spans):
        span = scope.spans.add()
        span.trace_id, span.span_id = bytes.fromhex("5" * 32), number.to_bytes(8, "big") if number else b"\xff" * 8
        if number:
            span.parent_span_id = b"\xff" * 8 if number % 10 == 1 else (number - 1).to_bytes(8, "big")
        span.name = f"step {number}" if number else "answer"
        span.start_time_unix_nano = start + number * 100_000
        span.end_time_unix_nano = start + (number + 50) * 100_000 if number else start + spans * 100_000
        if number == 1:
            span.attributes.add(key="long").value.string_value = "x" * 5_000_000
    return request.SerializeToString()
