"""One row a chunk, across all stages: where it was ranked, what kept it, what dropped it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tracing.dialects.declared import Declared
from tracing.dialects.documents import Facts, anchor_of, facts_of
from tracing.dialects.reading import Document, Documents
from tracing.lists import Round
from tracing.prompt import Presence
from tracing.records import Candidate, LaneHit, Observed, Seen, SurvivedSource


class Row:
    """A candidate in the making."""

    __slots__ = (
        "chunk_id", "dropped_at", "dropped_why", "facts", "fused_rank", "fused_score", "hits", "rerank_in",
        "rerank_rank", "rerank_score", "survived", "survived_source", "text",
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

    def candidate(self) -> Candidate:
        """The finished record."""
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

    def of(self, documents: Documents) -> Iterator[tuple[Row, Document]]:
        """Each document with its row, made where it is new; those that nothing identifies are left out."""
        get = self.get
        for document in documents:
            chunk_id, text = document.id, document.text
            row = get(chunk_id)
            if row is None:
                if chunk_id is None:
                    continue
                row = self[chunk_id] = Row(chunk_id, text, facts_of(document.metadata))
            elif row.text is None and text:
                row.text = text
                row.facts = facts_of(document.metadata) if document.metadata else row.facts
            yield row, document


def rows_of(rounds: Sequence[Round]) -> Rows:
    """Every chunk on any list, with its ranks and scores; of several rounds the last that ranked it counts."""
    rows = Rows()
    for round_ in rounds:
        for listed in round_.lanes:
            lane, number = listed.lane.name, listed.lane.round
            for row, document in rows.of(listed.documents):
                row.hits.append(LaneHit(lane, document.rank, document.score, number))
        for row, document in rows.of(round_.fused or ()):
            row.fused_rank, row.fused_score = document.rank, document.score
        for row, _ in rows.of(round_.rerank_input or ()):
            row.rerank_in = True
        for row, document in rows.of(round_.reranked or ()):
            row.rerank_rank, row.rerank_score = document.rank, document.score
        for _ in rows.of(round_.filtered or ()):
            pass
    return rows


def settle(rows: Rows, rounds: Sequence[Round], presence: Presence) -> None:
    """Fill in what survived, how that is known, and for the rest where it was lost."""
    last: set[str | None] = set()
    seen_last = False
    for round_ in rounds:
        documents = round_.last
        if documents is not None:
            seen_last = True
            last.update([document.id for document in documents])
    for row in rows.values():
        chunk_id = row.chunk_id
        found = presence.of(chunk_id)
        if found is not None:
            row.survived, row.survived_source = found, "prompt"
            if found and presence.is_partial(chunk_id):
                row.dropped_why = "truncated"
        elif seen_last:
            row.survived, row.survived_source = chunk_id in last, "inferred"
    for round_ in rounds:
        _blame(rows, round_)


def _blame(rows: Rows, round_: Round) -> None:
    fused, given = _ids(round_.fused), _ids(round_.rerank_input)
    reranked, filtered = _ids(round_.reranked), _ids(round_.filtered)
    members = {document.id for listed in round_.lanes for document in listed.documents}
    for ids in (fused, given, reranked):
        members |= ids or set()
    several = len(round_.lanes) > 1
    at_top = round_.top_k is not None and reranked is not None and len(reranked) >= round_.top_k
    for chunk_id in members:
        row = rows.get(chunk_id)
        if row is None or row.survived is not False:
            continue
        if reranked is not None and chunk_id in reranked:
            lost_at_filter = filtered is not None and chunk_id not in filtered
            row.dropped_at, row.dropped_why = (
                ("rerank", round_.filtered_why) if lost_at_filter else ("context", "unknown")
            )
        elif (given is not None and chunk_id not in given) or (fused is not None and chunk_id not in fused):
            row.dropped_at, row.dropped_why = "retrieve", "cut"
        elif reranked is not None:
            row.dropped_at, row.dropped_why = "rerank", "top_k" if at_top else "cut"
        else:
            unmerged = several and fused is None
            row.dropped_at, row.dropped_why = "retrieve" if unmerged else "context", "unknown"


def _ids(documents: Documents | None) -> set[str | None] | None:
    return None if documents is None else {document.id for document in documents}


def declared_candidates(candidates: dict[str, Candidate], declared: Sequence[Declared]) -> dict[str, Candidate]:
    """The candidates with what was said of them outright, which wins field by field."""
    for said in declared:
        for chunk in said.candidates:
            known = candidates.get(chunk.chunk_id)
            candidates[chunk.chunk_id] = chunk if known is None else _overlaid(known, chunk)
    contexts = [said for said in declared if said.chunks]
    for said in contexts:
        for chunk in said.chunks:
            known = candidates.get(chunk.chunk_id)
            candidates[chunk.chunk_id] = chunk if known is None else _overlaid(known, chunk)
    if contexts:
        listed = {chunk.chunk_id for said in contexts for chunk in said.chunks}
        for chunk_id, candidate in candidates.items():
            if chunk_id not in listed and candidate.survived_source != "declared":
                candidates[chunk_id] = replace(
                    candidate,
                    survived=False,
                    survived_source="declared",
                    dropped_at=candidate.dropped_at or _earliest(candidate),
                    dropped_why=candidate.dropped_why or "unknown",
                )
    return {chunk_id: _consistent(candidate) for chunk_id, candidate in candidates.items()}


def _earliest(candidate: Candidate) -> str:
    if candidate.rerank_rank is not None:
        return "context"
    return "rerank" if candidate.rerank_in else "retrieve"


def _consistent(candidate: Candidate) -> Candidate:
    if candidate.survived is True and candidate.dropped_at is not None:
        return replace(candidate, dropped_at=None, dropped_why=None)
    if candidate.anchor is None:
        return replace(candidate, anchor=anchor_of(candidate.chunk_id, Facts()))
    return candidate


_SAID = (
    "anchor", "product", "title", "text", "source_hash", "fused_rank", "fused_score", "rerank_rank", "rerank_score",
    "dropped_at", "dropped_why", "tokens", "kept_tokens", "slot",
)  # fmt: skip


def _overlaid(known: Candidate, said: Candidate) -> Candidate:
    changes = {name: value for name in _SAID if (value := getattr(said, name)) is not None}
    if said.survived is not None:
        changes |= {"survived": said.survived, "survived_source": "declared"}
    if said.hits:
        kept = [hit for hit in known.hits if (hit.lane, hit.round) not in {(new.lane, new.round) for new in said.hits}]
        changes["hits"] = (*kept, *said.hits)
    return replace(
        known,
        rerank_in=known.rerank_in or said.rerank_in,
        cited=known.cited or said.cited,
        **changes,
    )


def observed(rounds: Sequence[Round], candidates: Sequence[Candidate], declared: Sequence[Declared]) -> Observed:
    """Which lists were seen, and whether the sender named them as such."""
    seen: dict[str, Seen] = {}
    for round_ in rounds:
        for name, how in round_.seen.items():
            if seen.get(name) != "declared":
                seen[name] = how
    if any(candidate.survived_source == "prompt" for candidate in candidates):
        seen["context"] = "inferred"
    told = [chunk for said in declared for chunk in said.candidates]
    if any(chunk.hits for chunk in told):
        seen["lanes"] = "declared"
    if any(chunk.fused_rank is not None for chunk in told):
        seen["fused"] = "declared"
    if any(chunk.rerank_in for chunk in told):
        seen["rerank_input"] = "declared"
    if any(chunk.rerank_rank is not None for chunk in told):
        seen["reranked"] = "declared"
    if any(chunk.survived is not None for chunk in told) or any(said.chunks for said in declared):
        seen["context"] = "declared"
    return Observed(**seen)
