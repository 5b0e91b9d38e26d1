"""One row a chunk while its trace is read."""

from __future__ import annotations

from tracing.dialects.documents import Facts, anchor_of, facts_of
from tracing.dialects.reading import Document, Documents
from tracing.records import Candidate, LaneHit, SurvivedSource


class Row:
    """A candidate in the making: what lists show of it, and beside it what its sender says outright."""

    __slots__ = (
        "chunk_id", "dropped_at", "dropped_why", "facts", "fused_rank", "fused_score", "hits", "placed", "rerank_in",
        "rerank_rank", "rerank_score", "said", "survived", "survived_source", "text",
    )  # fmt: skip

    def __init__(self, chunk_id: str, text: str | None, facts: Facts) -> None:
        self.chunk_id = chunk_id
        self.text = text
        self.facts = facts
        self.hits: list[LaneHit] = []
        self.fused_rank: int | None = None
        self.fused_score: float | None = None
        self.rerank_in = False
        self.rerank_rank: int | None = None
        self.rerank_score: float | None = None
        self.survived: bool | None = None
        self.survived_source: SurvivedSource = "unknown"
        self.dropped_at: str | None = None
        self.dropped_why: str | None = None
        self.said: Candidate | None = None
        self.placed: Candidate | None = None  # as the declared context has it

    def candidate(self) -> Candidate:
        """The finished record, as far as lists show it."""
        facts = self.facts
        return Candidate(
            self.chunk_id,
            anchor_of(self.chunk_id, facts),
            facts.product,
            facts.title,
            self.text,
            facts.source_hash,
            tuple(self.hits),
            self.fused_rank,
            self.fused_score,
            self.rerank_in,
            self.rerank_rank,
            self.rerank_score,
            self.survived,
            self.survived_source,
            self.dropped_at,
            self.dropped_why,
            facts.tokens,
        )


class Rows(dict[str | None, Row]):
    """The rows by chunk id, in the order in which the chunks were first seen."""

    def __init__(self) -> None:
        self.disputed: set[str] = set()  # ids under which lists say different things

    def of(self, documents: Documents) -> list[tuple[Row, Document]]:
        """Each document with its row, made where it is new; those that nothing identifies are left out."""
        get = self.get
        found = []
        for document in documents:
            _, chunk_id, text, _, metadata, _ = document
            row = get(chunk_id)
            if row is None:
                if chunk_id is None:
                    continue
                row = self[chunk_id] = Row(chunk_id, text, facts_of(metadata))
            elif row.text is None and text:
                row.text = text
                row.facts = facts_of(metadata) if metadata else row.facts
            elif text is not row.text and text and text != row.text:
                self.disputed.add(row.chunk_id)
            found.append((row, document))
        return found
