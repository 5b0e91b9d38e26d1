"""A deterministic reranker: how much of the question does a chunk, and its title, cover?"""

from itertools import pairwise

from demo.pipeline.turn import Candidate, Turn
from demo.search.index import Index
from demo.search.words import known_tokens

MODEL = "cross-features-2"


def rerank(turn: Turn, index: Index) -> None:
    pool = [candidate for candidate in turn.fused if candidate.rerank_in]
    for candidate in pool:
        candidate.rerank_score = round(score(turn, index, candidate), 4)
    turn.reranked = sorted(pool, key=lambda candidate: (-(candidate.rerank_score or 0), candidate.fused_rank or 0))
    cut_reranked(turn)


def cut_reranked(turn: Turn) -> None:
    for rank, candidate in enumerate(turn.reranked, start=1):
        candidate.rerank_rank = rank
        candidate.survived = rank <= turn.conditions.keep
        candidate.dropped_at, candidate.dropped_why = (None, None) if candidate.survived else ("rerank", "top_k")
    best = [candidate.rerank_score or 0.0 for candidate in turn.reranked[:2]]
    turn.check("rerank", "score_margin", best[0] - best[1] if len(best) > 1 else 0.0, 0.002)


def score(turn: Turn, index: Index, candidate: Candidate) -> float:
    query = list(dict.fromkeys(turn.terms))
    if not query:
        return 0.0
    weights = {term: index.idf(term) for term in query}
    total = sum(weights.values()) or 1.0
    text = known_tokens(candidate.chunk.title) + known_tokens(candidate.chunk.text)
    present, title = set(text), set(known_tokens(candidate.chunk.title.rsplit(" > ", 1)[-1]))
    covered = sum(weight for term, weight in weights.items() if term in present) / total
    titled = sum(weight for term, weight in weights.items() if term in title) / total
    focus = sum(1 for term in title if term in weights) / max(len(title), 1)
    pairs = set(pairwise(query))
    adjacent = len(pairs & set(pairwise(text))) / max(len(pairs), 1)
    defined = any(entity.text.lower() in title for entity in turn.entities)
    prior = (candidate.fused_score or 0.0) * 30
    return 0.42 * covered + 0.2 * titled + 0.1 * focus + 0.08 * adjacent + 0.12 * defined + 0.08 * prior
