"""Spans for tests of the normaliser: one line a span, times in milliseconds from a fixed start."""

import json
from typing import Any

from tracing.records import Event, Link, Span, Value

TRACE = "0af7651916cd43dd8448eb211c80319c"
START_NS = 1_795_000_000 * 10**9


def span(
    number: int,
    name: str,
    kind: str | None = "CHAIN",
    parent: int = 0,
    at: tuple[float, float] = (0, 10),
    *,
    events: tuple[Event, ...] = (),
    links: tuple[Link, ...] = (),
    error: str | None = None,
    resource: dict[str, Value] | None = None,
    dropped: int = 0,
    **attributes: Value,
) -> Span:
    """A span; `parent=0` is none, and `__` in an attribute's name stands for a dot."""
    held = {key.replace("__", "."): value for key, value in attributes.items()}
    if kind is not None:
        held["openinference.span.kind"] = kind
    return Span(
        trace_id=TRACE,
        span_id=f"{number:016x}",
        parent_id=f"{parent:016x}" if parent else "",
        name=name,
        start_ns=START_NS + int(at[0] * 1e6),
        end_ns=START_NS + int(at[1] * 1e6),
        attributes=held,
        resource=resource or {},
        events=events,
        links=links,
        status=2 if error is not None else 1,
        status_message=error or "",
        dropped_attributes=dropped,
    )


def documents(prefix: str, *listed: tuple[str, float | None]) -> dict[str, Value]:
    """Flattened documents: ids and scores; each has a text that no other has."""
    found: dict[str, Value] = {}
    for index, (chunk_id, score) in enumerate(listed):
        base = f"{prefix}.{index}.document"
        found[f"{base}.id"] = chunk_id
        found[f"{base}.content"] = text_of(chunk_id)
        if score is not None:
            found[f"{base}.score"] = score
    return found


def text_of(chunk_id: str) -> str:
    """The text of a chunk."""
    return f"What the documentation says about {chunk_id}, in a sentence that is long enough to be looked for."


def retrieved(*listed: tuple[str, float | None]) -> dict[str, Value]:
    """A retriever's documents."""
    return documents("retrieval.documents", *listed)


def messages(*chunk_ids: str, question: str = "?") -> dict[str, Value]:
    """A model's input: the chunks numbered, and the question."""
    context = "\n".join(f"[{number}] {text_of(chunk_id)}" for number, chunk_id in enumerate(chunk_ids, 1))
    return {
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": f"Context:\n{context}\n\nQuestion: {question}",
    }


def nodes(*listed: tuple[str, float | None]) -> str:
    """A list of nodes as LlamaIndex prints it."""
    return json.dumps([f"<NodeWithScore(node=TextNode(id_={chunk}), score={score})>" for chunk, score in listed])


def by_id(trace: Any) -> dict[str, Any]:
    """The candidates by chunk id."""
    return {candidate.chunk_id: candidate for candidate in trace.candidates}
