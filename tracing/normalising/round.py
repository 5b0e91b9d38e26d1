"""One retrieval and what follows it: the lists that were seen of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import ge, le

from tracing.dialects.reading import Documents
from tracing.records import Lane, Seen


def _scores(documents: Documents) -> list[float]:
    return [document.score for document in documents if document.score is not None]


def _falls(scores: list[float]) -> bool:
    return all(map(ge, scores, scores[1:]))


def _rises(scores: list[float]) -> bool:
    return all(map(le, scores, scores[1:])) and not _falls(scores)


@dataclass(slots=True, eq=False)
class LaneList:
    """What one lane returned."""

    lane: Lane
    documents: Documents


@dataclass(slots=True, eq=False)
class Round:
    """One retrieval and what follows it; None is a list that was not seen."""

    start_ns: int
    lanes: list[LaneList] = field(default_factory=list)
    fused: Documents | None = None
    rerank_input: Documents | None = None
    given_why: str = "cut"  # what was not given to reranking
    reranked: Documents | None = None
    top_k: int | None = None
    cut_why: str = "cut"  # what reranking left out
    filtered: Documents | None = None
    filtered_why: str = "unknown"
    seen: dict[str, Seen] = field(default_factory=dict)

    @property
    def last(self) -> Documents | None:
        """The last list that was seen before the model; lanes in their order where nothing merged them."""
        for found in (self.filtered, self.reranked, self.fused):
            if found is not None:
                return found
        if not self.lanes:
            return None
        return tuple(document for listed in self.lanes for document in listed.documents)

    def found(self) -> dict[str | None, set[float | None]]:
        """Every chunk that a lane returned, with the scores that it had there."""
        known: dict[str | None, set[float | None]] = {}
        for listed in self.lanes:
            for document in listed.documents:
                known.setdefault(document.id, set()).add(document.score)
        return known

    def scored(self, documents: Documents) -> Documents:
        """A list that follows the lanes, without its scores where they are the lanes' own and not in its order."""
        scores = _scores(documents)
        if _falls(scores) or (_rises(scores) and any(_rises(_scores(listed.documents)) for listed in self.lanes)):
            return documents
        known = self.found()
        if any(
            document.score is not None and document.score not in known.get(document.id, ()) for document in documents
        ):
            return documents
        return tuple(document._replace(score=None) for document in documents)
