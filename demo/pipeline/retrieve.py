"""The lanes, and their fusion by reciprocal ranks."""

from collections.abc import Iterable

import numpy as np

from demo.pipeline.resolve import search_terms
from demo.pipeline.turn import Candidate, Turn
from demo.search.index import Index
from demo.search.words import count_tokens

LANE_DEPTH = 20
RRF_K = 60
FLOORS = {"lexical": 4.0, "vector": 0.35}
MODEL = "tfidf-svd-128"


def embed(turn: Turn, index: Index) -> None:
    turn.terms = search_terms(turn)
    turn.vector = index.embed(turn.terms)


def search_lane(turn: Turn, index: Index, name: str) -> list[Candidate]:
    found = [] if name in turn.conditions.lanes_down else _top(turn, index, name)
    results = []
    for rank, (number, score) in enumerate(found, start=1):
        chunk = index.chunks[number]
        chunk = turn.conditions.rename(chunk) if turn.conditions.rename else chunk
        candidate = turn.candidates.setdefault(chunk.chunk_id, Candidate(chunk, tokens=count_tokens(chunk.text)))
        candidate.lanes[name] = {"rank": rank, "score": round(float(score), 4), "round": 1}
        results.append(candidate)
    turn.lanes[name] = results
    return results


def _top(turn: Turn, index: Index, name: str) -> list[tuple[int, float]]:
    scores = index.lexical_scores(turn.terms) if name == "lexical" else index.vector_scores(turn.vector)
    scores = np.array(scores, dtype=np.float64)
    if turn.product:
        scores[index.products != turn.product] = -1.0
    if name == "lexical":
        _lift_definitions(turn, index, scores)
    for number in range(len(index.chunks)) if turn.conditions.hidden_anchors else ():
        if index.chunks[number].anchor in turn.conditions.hidden_anchors:
            scores[number] = -1.0
    if turn.conditions.weak_scores:
        scores = np.where(scores < FLOORS[name] * 0.8, scores, -1.0)
    best = np.argsort(-scores, kind="stable")[:LANE_DEPTH]
    return [(int(number), float(scores[number])) for number in best if scores[number] > 0]


def _lift_definitions(turn: Turn, index: Index, scores: np.ndarray) -> None:
    """A section that defines an identifier of the question is worth more than one that mentions it."""
    for entity in turn.entities:
        for number in index.defining.get(entity.text.lower(), []):
            if scores[number] > 0:
                scores[number] *= 1.5


def reciprocal_ranks(rankings: Iterable[list[str]], k: int = RRF_K) -> list[tuple[str, float]]:
    """Ids by the sum of 1 / (k + rank) over all rankings, best first; ties in the order of first sight."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, item in enumerate(ranking, start=1):
            scores[item] = scores.get(item, 0.0) + 1.0 / (k + rank)
    return sorted(scores.items(), key=lambda pair: -pair[1])


def fuse(turn: Turn) -> None:
    rankings = [[candidate.chunk.chunk_id for candidate in lane] for lane in turn.lanes.values()]
    ordered = reciprocal_ranks(rankings)
    turn.fused = [turn.candidates[chunk_id] for chunk_id, _ in ordered]
    for candidate, (_, score) in zip(turn.fused, ordered, strict=True):
        candidate.fused_score = round(score, 6)
    cut_fused(turn)


def cut_fused(turn: Turn) -> None:
    for rank, candidate in enumerate(turn.fused, start=1):
        candidate.fused_rank = rank
        candidate.rerank_in = rank <= turn.conditions.fused_depth
        candidate.dropped_at, candidate.dropped_why = (None, None) if candidate.rerank_in else ("retrieve", "top_k")
    for name, floor in FLOORS.items():
        best = max((candidate.lanes[name]["score"] for candidate in turn.lanes.get(name, [])), default=0.0)
        turn.check("retrieve", f"{name}_floor", best, floor)
