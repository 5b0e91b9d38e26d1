"""A chunk's way as evidence tells it: one line that a person can check against the trace."""

from __future__ import annotations

from collections.abc import Sequence

from tracing.records import Candidate

FATES = {
    "cut": "below the cut",
    "top_k": "not in the top",
    "threshold": "under the score threshold",
    "budget": "over the token budget",
    "duplicate": "a duplicate of another chunk",
    "truncated": "cut short",
}


def shown(anchor: str) -> str:
    """An anchor as evidence shows it: bounded."""
    return anchor if len(anchor) <= 200 else f"{anchor[:199]}…"


def lanes_of(candidate: Candidate) -> str:
    """`lexical rank 3, vector rank 12`."""
    hits = sorted(candidate.hits, key=lambda hit: (hit.lane, hit.rank))
    best = {hit.lane: hit.rank for hit in reversed(hits)}
    return ", ".join(f"{lane} rank {rank}" for lane, rank in sorted(best.items()))


def path_of(name: str, candidate: Candidate, kept: Sequence[Candidate]) -> str:
    """What became of a chunk, in one line."""
    steps = [lanes_of(candidate)]
    if candidate.fused_rank is not None:
        steps.append(f"fused {ordinal(candidate.fused_rank)}")
    if candidate.rerank_rank is not None:
        steps.append(f"reranked {ordinal(candidate.rerank_rank)}")
    elif candidate.rerank_in:
        steps.append("given to the reranker")
    steps.append("kept" if candidate.survived else f"{len(kept)} kept")
    if not candidate.survived:
        steps.append(_fate(candidate, kept))
    return f"{shown(name)}: " + ", ".join(step for step in steps if step)


def _fate(candidate: Candidate, kept: Sequence[Candidate]) -> str:
    """Why it was dropped, where its sender says so; how many the top was, where exactly the best were kept."""
    if candidate.dropped_why != "top_k":
        return FATES.get(candidate.dropped_why or "", "")
    places = sorted(one.rerank_rank or 0 for one in kept)
    is_top = bool(places) and places == list(range(1, len(places) + 1)) and (candidate.rerank_rank or 0) > len(places)
    return f"{FATES['top_k']} {len(places)}" if is_top else FATES["cut"]


def ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
