"""What each span says: OpenInference's attributes, and Stagelight's `rag.*` for what no convention carries."""

import json
from collections.abc import Iterable
from dataclasses import asdict

from opentelemetry.trace import Span

from demo.pipeline.context import SYSTEM, describe_context
from demo.pipeline.turn import Candidate, Turn

# US dollars a million tokens, (in, out). The extractive answerer costs nothing: this is a small model's price.
PRICES = {"extractive-1": (0.25, 1.25), "claude-haiku-4-5": (1.0, 5.0)}


def put(span: Span, **attributes: object) -> None:
    """None is left out; what OpenTelemetry cannot carry goes as JSON."""
    for key, value in attributes.items():
        if value is None:
            continue
        scalar = value if isinstance(value, str | bool | int | float) else json.dumps(value, separators=(",", ":"))
        span.set_attribute(key.replace("__", "."), scalar)


def put_documents(span: Span, prefix: str, candidates: Iterable[Candidate], score: str, with_text: bool) -> None:
    for number, candidate in enumerate(candidates):
        document = f"{prefix}.{number}.document"
        chunk = candidate.chunk
        value = candidate.lanes[score]["score"] if score in candidate.lanes else getattr(candidate, score, None)
        span.set_attribute(f"{document}.id", chunk.chunk_id)
        if value is not None:
            span.set_attribute(f"{document}.score", value)
        if with_text:
            about = {
                "anchor": chunk.anchor,
                "product": chunk.product,
                "title": chunk.title,
                "source_hash": chunk.source_hash,
            }
            span.set_attribute(f"{document}.content", chunk.text)
            span.set_attribute(f"{document}.metadata", json.dumps(about, separators=(",", ":")))


def journey(turn: Turn) -> list[dict[str, object]]:
    """Every chunk that any lane returned, and what became of it."""
    ordered = sorted(turn.candidates.values(), key=lambda item: (item.fused_rank or 10_000, item.chunk.chunk_id))
    return [_row(candidate, assembled=bool(turn.prompt)) for candidate in ordered]


def _row(candidate: Candidate, assembled: bool) -> dict[str, object]:
    """Without a prompt, nobody knows what would have survived into it."""
    chunk = candidate.chunk
    return {
        "chunk_id": chunk.chunk_id,
        "anchor": chunk.anchor,
        "product": chunk.product,
        "title": chunk.title,
        "text": chunk.text,
        "source_hash": chunk.source_hash,
        "lanes": candidate.lanes,
        "fused_rank": candidate.fused_rank,
        "fused_score": candidate.fused_score,
        "rerank_in": candidate.rerank_in,
        "rerank_rank": candidate.rerank_rank,
        "rerank_score": candidate.rerank_score,
        "survived": candidate.survived if assembled or candidate.dropped_at else None,
        "dropped_at": candidate.dropped_at,
        "dropped_why": candidate.dropped_why,
        "tokens": candidate.tokens,
        "kept_tokens": candidate.kept_tokens,
        "slot": candidate.slot,
        "cited": candidate.cited,
    }


def put_checks(span: Span, turn: Turn, stage: str) -> None:
    if turn.checks.get(stage):
        put(span, rag__checks=[asdict(check) for check in turn.checks[stage]])


def put_route(span: Span, turn: Turn) -> None:
    put(span, rag__intent=turn.intent, rag__product=turn.product, input__value=turn.question)
    put(span, output__value={"intent": turn.intent, "product": turn.product})


def put_resolve(span: Span, turn: Turn) -> None:
    put(span, rag__entities=[asdict(entity) for entity in turn.entities], rag__rewritten=[turn.rewritten])
    put(span, input__value=turn.question, output__value=turn.rewritten)


def put_context(span: Span, turn: Turn) -> None:
    put(span, rag__context=describe_context(turn), output__value=turn.prompt)


def put_model(span: Span, turn: Turn) -> None:
    tokens_in, tokens_out = turn.usage.get("input", 0), turn.usage.get("output", 0)
    price_in, price_out = PRICES.get(turn.model, PRICES["extractive-1"])
    cost_in, cost_out = tokens_in * price_in / 1e6, tokens_out * price_out / 1e6
    messages = {
        "llm.model_name": turn.model,
        "llm.provider": "anthropic" if turn.model.startswith("claude") else "demo",
        "llm.prompt_template.version": "answer-4",
        "llm.input_messages.0.message.role": "system",
        "llm.input_messages.0.message.content": SYSTEM,
        "llm.input_messages.1.message.role": "user",
        "llm.input_messages.1.message.content": turn.prompt,
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": turn.output,
        "llm.token_count.prompt": tokens_in,
        "llm.token_count.completion": tokens_out,
        "llm.token_count.total": tokens_in + tokens_out,
        "llm.cost.prompt": cost_in,
        "llm.cost.completion": cost_out,
        "llm.cost.total": cost_in + cost_out,
        "output.value": turn.output,
        "rag.attempts": turn.attempts,
    }
    for key, value in messages.items():
        span.set_attribute(key, value)


def put_validate(span: Span, turn: Turn) -> None:
    put(span, rag__citations=[asdict(citation) for citation in turn.citations], output__value=turn.answer)
    put(
        span,
        rag__confidence=turn.confidence,
        rag__refused=turn.refused if turn.outcome else None,
        rag__missing=turn.missing,
        rag__outcome=turn.outcome,
    )


def put_root(span: Span, turn: Turn, versions: dict[str, str]) -> None:
    put(
        span,
        rag__versions=versions,
        rag__surface=turn.surface,
        rag__candidates=journey(turn) if turn.candidates else None,
    )
    if turn.error is None:
        put(
            span,
            output__value=turn.answer,
            rag__outcome=turn.outcome,
            rag__confidence=turn.confidence,
            rag__refused=turn.refused if turn.outcome else None,
        )
        put(span, rag__citations=[asdict(citation) for citation in turn.citations], rag__missing=turn.missing)
