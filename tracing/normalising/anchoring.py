"""Which place a document is of, where its metadata names no anchor: its id, or the path of its page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tracing import anchor_patterns
from tracing.dialects.documents import CONTENT
from tracing.normalising.rows import Row, Rows
from tracing.records import Candidate

_MADE_UP = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}|[0-9a-f]{40}|[0-9a-f]{64}|\d+", re.IGNORECASE)


def anchored(candidates: tuple[Candidate, ...], rows: Rows, pattern: str) -> tuple[Candidate, ...]:
    """The candidates, those with a path beside an id that is no anchor by their paths.

    An id is one where it has the project's `pattern`; where the project has none, or neither has it, unless it is a
    number, a hash or a UUID, as stores make them up.
    """
    made_up = _MADE_UP.fullmatch
    some = rows.values() if pattern else [row for row in rows.values() if made_up(row.chunk_id)]
    paths = {row.chunk_id: row.facts.place or "" for row in some if _is_open(row)}
    if not paths:
        return candidates
    moved = _of_form(paths, pattern) if pattern else paths
    return tuple([one._replace(anchor=moved[one.chunk_id]) if one.chunk_id in moved else one for one in candidates])


def _of_form(paths: Mapping[str, str], pattern: str) -> dict[str, str]:
    by_id, by_place = _matching(pattern, list(paths)), _matching(pattern, list(paths.values()))
    return {
        chunk_id: place
        for chunk_id, place in paths.items()
        if chunk_id not in by_id and (place in by_place or _MADE_UP.fullmatch(chunk_id))
    }


def _is_open(row: Row) -> bool:
    told = row.facts.anchor or (row.said is not None and row.said.anchor)
    return bool(row.facts.path) and not told and not row.chunk_id.startswith(CONTENT)


def _matching(pattern: str, words: Sequence[str]) -> set[str]:
    return {word for word, fits in zip(words, anchor_patterns.matches(pattern, words), strict=True) if fits}
