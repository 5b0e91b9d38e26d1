"""One row a chunk, across all stages: where it was ranked, what kept it, what dropped it."""

from __future__ import annotations

from collections.abc import Sequence

from tracing.dialects.declared import Declared
from tracing.dialects.reading import Documents
from tracing.normalising.prompt import Presence
from tracing.normalising.round import Round
from tracing.normalising.rows import Row, Rows
from tracing.records import Candidate, LaneHit, Observed, Seen


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
            row.rerank_in, row.rerank_rank, row.rerank_score = True, document.rank, document.score
        rows.of(round_.filtered or ())
    return rows


def settle(rows: Rows, rounds: Sequence[Round], presence: Presence) -> None:
    """Fill in what survived, how that is known, and for the rest where it was lost."""
    last = _last(rows, rounds)
    for row in rows.values():
        chunk_id = row.chunk_id
        found = presence.of(chunk_id)
        if found is not None:
            row.survived, row.survived_source = found, "prompt"
            if found and presence.is_partial(chunk_id):
                row.dropped_why = "truncated"
        elif last is not None:
            row.survived, row.survived_source = chunk_id in last, "inferred"
    for round_ in rounds:
        _blame(rows, round_)


def _last(rows: Rows, rounds: Sequence[Round]) -> set[str | None] | None:
    """What is on the last list of any round; None where no list was seen."""
    lists = [documents for round_ in rounds if (documents := round_.last) is not None]
    if lists:
        return {document.id for documents in lists for document in documents}
    told = [row.said for row in rows.values() if row.said is not None]
    for ranked in (
        [said.chunk_id for said in told if said.rerank_rank is not None],
        [said.chunk_id for said in told if said.fused_rank is not None],
        [said.chunk_id for said in told if said.hits],
    ):
        if ranked:
            return set(ranked)
    return None


def _blame(rows: Rows, round_: Round) -> None:
    fused, given = _ids(round_.fused), _ids(round_.rerank_input)
    reranked, filtered = _ids(round_.reranked), _ids(round_.filtered)
    members = {document.id for listed in round_.lanes for document in listed.documents}
    for ids in (fused, given, reranked):
        members |= ids or set()
    several = len(round_.lanes) > 1
    at_top = round_.top_k is not None and reranked is not None and len(reranked) >= round_.top_k
    best_kept = _is_best_kept(rows, round_.reranked or ())
    for chunk_id in members:
        row = rows.get(chunk_id)
        if row is None or row.survived is not False:
            continue
        if reranked is not None and chunk_id in reranked:
            lost_at_filter = filtered is not None and chunk_id not in filtered
            at = "rerank" if best_kept and not _may_have_been_too_long(row) else "context"
            row.dropped_at, row.dropped_why = ("rerank", round_.filtered_why) if lost_at_filter else (at, "unknown")
        elif (given is not None and chunk_id not in given) or (fused is not None and chunk_id not in fused):
            row.dropped_at, row.dropped_why = "retrieve", round_.given_why
        elif reranked is not None:
            row.dropped_at, row.dropped_why = "rerank", "top_k" if at_top else round_.cut_why
        else:
            unmerged = several and fused is None
            row.dropped_at, row.dropped_why = "retrieve" if unmerged else "context", "unknown"


def _is_best_kept(rows: Rows, reranked: Documents) -> bool:
    """True where of a whole ranking exactly the first got on: what follows was cut by its rank."""
    if any(row.rerank_in and row.rerank_rank is None for row in rows.values()):
        return False
    kept = [rows[document.id].survived is True for document in reranked if document.id in rows]
    return any(kept) and kept == sorted(kept, reverse=True)


def _may_have_been_too_long(row: Row) -> bool:
    """True where its length is known, so that a budget may be what it did not fit."""
    return row.facts.tokens is not None or any(said is not None for said in (row.placed, row.said))


def _ids(documents: Documents | None) -> set[str | None] | None:
    return None if documents is None else {document.id for document in documents}


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
    if any(said.found_nothing for said in declared):
        seen.setdefault("lanes", "declared")
    if any(chunk.fused_rank is not None for chunk in told):
        seen["fused"] = "declared"
    if any(chunk.rerank_in for chunk in told):
        seen["rerank_input"] = "declared"
    if any(chunk.rerank_rank is not None for chunk in told):
        seen["reranked"] = "declared"
    if any(chunk.survived is not None for chunk in told) or any(said.chunks for said in declared):
        seen["context"] = "declared"
    return Observed(**seen)
