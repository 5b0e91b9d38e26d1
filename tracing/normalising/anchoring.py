"""Which place a document is of, where its id has not the form of the project's anchors and the path of its page has."""

from __future__ import annotations

from collections.abc import Sequence

from tracing import anchor_patterns
from tracing.dialects.documents import CONTENT
from tracing.normalising.rows import Row, Rows
from tracing.records import Candidate


def anchored(candidates: tuple[Candidate, ...], rows: Rows, pattern: str) -> tuple[Candidate, ...]:
    """The candidates, those by their paths whose metadata names no anchor; `pattern` is the project's own."""
    paths = {row.chunk_id: row.facts.place or "" for row in rows.values() if _is_open(row)} if pattern else {}
    if not paths:
        return candidates
    by_id, by_place = _matching(pattern, list(paths)), _matching(pattern, list(paths.values()))
    moved = {key: place for key, place in paths.items() if key not in by_id and place in by_place}
    return tuple([one._replace(anchor=moved.get(one.chunk_id, one.anchor)) for one in candidates])


def _is_open(row: Row) -> bool:
    told = row.facts.anchor or (row.said is not None and row.said.anchor)
    return bool(row.facts.path) and not told and not row.chunk_id.startswith(CONTENT)


def _matching(pattern: str, words: Sequence[str]) -> set[str]:
    return {word for word, fits in zip(words, anchor_patterns.matches(pattern, words), strict=True) if fits}
