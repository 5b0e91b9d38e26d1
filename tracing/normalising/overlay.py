"""What senders say outright of candidates, laid over what the lists show: field by field, the declared wins."""

from __future__ import annotations

from collections.abc import Sequence

from tracing.dialects.declared import Declared
from tracing.dialects.documents import Facts
from tracing.normalising.rows import Row, Rows
from tracing.records import Candidate, LaneHit, SurvivedSource

_SAID = (
    "anchor", "product", "title", "text", "source_hash", "fused_rank", "fused_score", "rerank_rank", "rerank_score",
    "dropped_at", "dropped_why", "tokens", "kept_tokens", "slot",
)  # fmt: skip
_NO_FACTS = Facts()
_OF_CONTEXT = ("budget", "duplicate", "truncated")  # reasons that say by themselves where it was
_OF_RANKING = ("cut", "top_k", "threshold")


def declare(rows: Rows, overlays: Sequence[Declared]) -> None:
    """Put what is said of each chunk beside its row; of two that say it the later counts."""
    for declared in overlays:
        for chunk in declared.candidates:
            row = _row(rows, chunk)
            row.said = chunk if row.said is None else _later(row.said, chunk)
        for chunk in declared.chunks:
            _row(rows, chunk).placed = chunk


def finished(rows: Rows) -> tuple[Candidate, ...]:
    """The candidates, each with what is said of it."""
    told = any(row.placed is not None for row in rows.values())
    return tuple(
        [
            row.candidate() if row.said is None and row.placed is None and not told else _merged(row, told)
            for row in rows.values()
        ]
    )


def _row(rows: Rows, chunk: Candidate) -> Row:
    row = rows.get(chunk.chunk_id)
    if row is None:
        row = rows[chunk.chunk_id] = Row(chunk.chunk_id, chunk.text, _NO_FACTS)
    if row.text is None:
        row.text = chunk.text
    return row


def _later(earlier: Candidate, later: Candidate) -> Candidate:
    changes = {name: value for name in _SAID if (value := getattr(later, name)) is not None}
    if later.survived is not None:
        changes |= {"survived": later.survived, "survived_source": "declared"}
    return earlier._replace(
        hits=_hits(earlier.hits, later.hits),
        rerank_in=earlier.rerank_in or later.rerank_in,
        cited=earlier.cited or later.cited,
        **changes,
    )


def _hits(known: Sequence[LaneHit], said: Sequence[LaneHit]) -> tuple[LaneHit, ...]:
    if not known or not said:
        return tuple(said or known)
    before = {(hit.lane, hit.round): hit for hit in known}
    told = [
        hit._replace(score=other.score)
        if hit.score is None and (other := before.get((hit.lane, hit.round))) is not None
        else hit
        for hit in said
    ]
    replaced = {(hit.lane, hit.round) for hit in said}
    return (*[hit for hit in known if (hit.lane, hit.round) not in replaced], *told)


def _merged(row: Row, told: bool) -> Candidate:
    shown = row.candidate()
    said = row.said or Candidate(row.chunk_id)
    placed = row.placed or said
    survived, source = _survival(row, told)
    at, why = _drop(row, survived)

    def first(*values: int | None) -> int | None:
        return next((value for value in values if value is not None), None)

    return Candidate(
        row.chunk_id,
        said.anchor or shown.anchor,
        said.product or shown.product,
        said.title or shown.title,
        said.text or shown.text,
        said.source_hash or shown.source_hash,
        _hits(shown.hits, said.hits),
        first(said.fused_rank, shown.fused_rank),
        shown.fused_score if said.fused_score is None else said.fused_score,
        said.rerank_in or shown.rerank_in or said.rerank_rank is not None,
        first(said.rerank_rank, shown.rerank_rank),
        shown.rerank_score if said.rerank_score is None else said.rerank_score,
        survived,
        source,
        at,
        why,
        first(placed.tokens, said.tokens, shown.tokens),
        first(placed.kept_tokens, said.kept_tokens),
        placed.slot or said.slot,
        said.cited,
    )


def _survival(row: Row, told: bool) -> tuple[bool | None, SurvivedSource]:
    if row.placed is not None:
        return row.placed.survived, "declared"
    if row.said is not None and row.said.survived is not None:
        return row.said.survived, "declared"
    # The declared context lists what was considered for the prompt: what it leaves out was lost before it.
    return (False, "declared") if told else (row.survived, row.survived_source)


def _drop(row: Row, survived: bool | None) -> tuple[str | None, str | None]:
    said, placed = row.said, row.placed
    if survived:
        return None, placed.dropped_why if placed is not None else row.dropped_why if row.dropped_at is None else None
    for told in (placed, said):
        if told is not None and told.dropped_at is not None:
            return told.dropped_at, told.dropped_why or "unknown"
        if told is not None and told.dropped_why in _OF_CONTEXT and survived is False:
            return "context", told.dropped_why
    if survived is None:
        return None, None
    why = next((told.dropped_why for told in (placed, said) if told is not None and told.dropped_why), None)
    if row.dropped_at is not None:
        return row.dropped_at, why or row.dropped_why
    reranked = row.rerank_rank is not None or (said is not None and said.rerank_rank is not None)
    given = reranked or row.rerank_in or (said is not None and said.rerank_in)
    if reranked and why not in _OF_RANKING:
        return "context", why or "unknown"
    return "rerank" if given else "retrieve", why or "unknown"
