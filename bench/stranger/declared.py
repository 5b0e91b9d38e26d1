"""Runs as our own attributes and as native JSON: everything is said outright."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from bench.stranger.library import Passage
from bench.stranger.pipeline import Run, Search
from bench.stranger.wires import FLOORS, Sent, Wire, as_json, facts_of, listed_hits, resolved
from tracing import native
from tracing.records import Span


class Declared(Wire):
    """`rag.*` attributes on spans of names of its own."""

    floors = checks = True

    def root(self, run: Run) -> Sent:
        said: dict[str, Any] = {
            "input.value": run.ask.text,
            "openinference.span.kind": "CHAIN",
            "output.value": run.answer or None,
            "rag.versions": as_json({"index": run.index}),
        }
        if run.outcome is not None and "nothing said" not in run.plan.quirks:
            said |= {
                "rag.outcome": run.outcome,
                "rag.refused": run.outcome == "refuse",
                "rag.citations": as_json([{"anchor": anchor, "product": product} for anchor, product in run.citations]),
            }
        return "helpdesk", said

    def route(self, run: Run) -> Sent:
        return "triage", {"rag.stage": "route", "rag.product": run.product, "rag.intent": run.intent}

    def resolve(self, run: Run) -> Sent:
        found = resolved(run)
        return "understand", {
            "rag.stage": "resolve",
            "rag.entities": as_json(found["entities"]),
            "rag.rewritten": as_json(found["rewritten"]),
        }

    def embed(self, run: Run, search: Search | None) -> Sent:
        return "vectorise", {"rag.stage": "embed"}

    def lane(self, run: Run, name: str, search: Search, number: int) -> Sent:
        listed = [
            {
                "chunk_id": hit.passage.id,
                **facts_of(hit.passage),
                "text": hit.passage.text,
                "tokens": hit.passage.tokens,
                "rank": place,
                "score": hit.score,
            }
            for place, hit in enumerate(listed_hits(search.lanes.get(name)), 1)
        ]
        lane = {
            "name": name,
            "floor": FLOORS[name],
            "returned": len(listed),
            "top_k": run.plan.depth,
            "score_kind": "similarity",
        }
        return f"look up {name}", {
            "rag.stage": "retrieve",
            "rag.lane": name,
            "rag.round": number,
            "rag.lanes": as_json([lane]),
            "rag.candidates": as_json(listed),
        }

    def fuse(self, run: Run, search: Search, number: int) -> Sent:
        return "blend", {
            "rag.stage": "retrieve",
            "rag.round": number,
            "rag.candidates": as_json(
                [
                    {"chunk_id": hit.passage.id, "fused_rank": place, "fused_score": hit.score}
                    for place, hit in enumerate(listed_hits(search.fused), 1)
                ]
            ),
        }

    def rerank(self, run: Run, search: Search, number: int) -> Sent:
        ranked = {hit.passage.id: (place, hit.score) for place, hit in enumerate(listed_hits(search.ranked), 1)}
        listed = [
            {"chunk_id": hit.passage.id, "rerank_in": True}
            | (
                {"rerank_rank": ranked[hit.passage.id][0], "rerank_score": ranked[hit.passage.id][1]}
                if hit.passage.id in ranked
                else {}
            )
            for hit in listed_hits(search.given)
        ]
        return "reorder", {"rag.stage": "rerank", "rag.round": number, "rag.candidates": as_json(listed)}

    def context(self, run: Run) -> Sent:
        chunks = [
            {"chunk_id": one.passage.id, "tokens": one.passage.tokens, "kept_tokens": one.kept, "dropped_why": one.why}
            for one in run.placed
        ]
        return "gather", {
            "rag.stage": "context",
            "rag.context": as_json({"cap_tokens": run.plan.budget, "chunks": chunks}),
        }

    def generate(self, run: Run) -> Sent:
        return "write", {
            "rag.stage": "generate",
            "openinference.span.kind": "LLM",
            "llm.model_name": "m-1",
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.content": run.prompt,
            "llm.output_messages.0.message.content": run.answer or None,
            "rag.attempts": run.attempts,
        }

    def validate(self, run: Run) -> Sent:
        return "inspect", {
            "rag.stage": "validate",
            "rag.checks": as_json([{"name": "answer schema", "passed": run.valid}]),
        }


def document(run: Run, key: str) -> dict[str, Any]:
    """The run as native JSON."""
    held: dict[str, dict[str, Any]] = {}
    for number, search in enumerate(run.searches, start=1):
        for name, hits in search.lanes.items():
            for place, hit in enumerate(hits, 1):
                _row(held, hit.passage)["lanes"].setdefault(name, {"rank": place, "score": hit.score, "round": number})
        for place, hit in enumerate(listed_hits(search.fused), 1):
            _row(held, hit.passage).update(fused_rank=place, fused_score=hit.score)
        for hit in listed_hits(search.given):
            _row(held, hit.passage).update(rerank_in=True)
        for place, hit in enumerate(listed_hits(search.ranked), 1):
            _row(held, hit.passage).update(rerank_rank=place, rerank_score=hit.score)
    if "context" in run.reached:
        kept = {one.passage.id: one for one in run.placed}
        for chunk_id, row in held.items():
            row["survived"] = chunk_id in kept and kept[chunk_id].kept > 0
            if chunk_id in kept and kept[chunk_id].why:
                row |= {"dropped_why": kept[chunk_id].why, "kept_tokens": kept[chunk_id].kept}
    failing = run.reached[-1]
    stages = [
        {"stage": step}
        | (
            {"status": _status(run.failed[step]), "error": run.failed[step]}
            if step in run.failed and (step == failing or run.ended)
            else {}
        )
        for step in dict.fromkeys(run.reached)
    ]
    for stage in stages:
        if stage["stage"] == "validate":
            stage["checks"] = [{"name": "json_schema", "passed": run.valid}]
    said: dict[str, Any] = {
        "trace_id": hashlib.md5(key.encode(), usedforsecurity=False).hexdigest(),
        "query": run.ask.text,
        "started_at": "2026-11-20T10:00:00Z",
        "duration_ms": 900.0,
        "answer": run.answer or None,
        "intent": run.intent,
        "product": run.product,
        "candidates": list(held.values()),
        "stages": stages,
        "versions": {"index": run.index},
        "rewritten": [search.query for search in run.searches] or [run.rewritten],
        **({"entities": resolved(run)["entities"]} if "resolve" in run.reached else {}),
    }
    if run.outcome is not None and "nothing said" not in run.plan.quirks:
        said |= {
            "outcome": run.outcome,
            "refused": run.outcome == "refuse",
            "citations": [{"anchor": anchor, "product": product} for anchor, product in run.citations],
        }
    return {name: value for name, value in said.items() if value is not None}


def _row(held: dict[str, dict[str, Any]], one: Passage) -> dict[str, Any]:
    return held.setdefault(
        one.id, {"chunk_id": one.id, **facts_of(one), "text": one.text, "tokens": one.tokens, "lanes": {}}
    )


def _status(said: str) -> str:
    return "timeout" if "Timeout" in said else "error"


def native_spans(run: Run, key: str) -> list[Span]:
    items = native.parse(json.dumps(document(run, key)).encode())
    return [item.span for item in items if item.span is not None]
