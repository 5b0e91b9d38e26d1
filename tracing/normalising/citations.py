"""What an answer points at: numbers of passages, ids and anchors in its text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from tracing.records import Candidate, Citation

_NUMBER = re.compile(r"\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\]")
_ANCHOR = re.compile(r"\bdoc_[\w./-]{1,200}#[\w./-]{0,200}\w")
_SHORTEST_ID = 4
_LONGEST_CLAIM = 300
_MOST = 200


def citations_in(answer: str, context: Sequence[Candidate], candidates: Sequence[Candidate]) -> tuple[Citation, ...]:
    """`[n]` is the n-th chunk of the context; ids and anchors are any candidate's, or have an anchor's form."""
    found: dict[str, Citation] = {}
    for match in islice(_NUMBER.finditer(answer), _MOST):
        for number in re.findall(r"\d+", match.group(1)):
            index = int(number) - 1
            if 0 <= index < len(context):
                chunk = context[index]
                found.setdefault(chunk.chunk_id, _citation(answer, match.start(), chunk))
    for candidate in candidates:
        chunk_id, anchor = candidate.chunk_id, candidate.anchor
        for name in (chunk_id,) if anchor is None or anchor == chunk_id else (chunk_id, anchor):
            if name in answer and (at := _place(answer, name)) is not None:
                found.setdefault(candidate.chunk_id, _citation(answer, at, candidate))
    known = {citation.anchor for citation in found.values()}
    for match in islice(_ANCHOR.finditer(answer), _MOST):
        anchor = match.group()
        if anchor not in known:
            found.setdefault(anchor, Citation(claim=_claim(answer, match.start()), anchor=anchor))
    return tuple(found.values())[:_MOST]


def _place(answer: str, name: str) -> int | None:
    if len(name) < _SHORTEST_ID or name.isalnum():  # one bare word is no citation
        return None
    match = re.search(rf"(?<![\w#/-]){re.escape(name)}(?![\w#/-])", answer)
    return match.start() if match else None


def _citation(answer: str, at: int, chunk: Candidate) -> Citation:
    return Citation(_claim(answer, at), chunk.anchor, chunk.title, chunk.product, chunk.chunk_id)


def _claim(answer: str, at: int) -> str | None:
    before = answer[max(0, at - _LONGEST_CLAIM) : at].rstrip(" .[(")
    claim = re.split(r"(?<=[.!?])\s+|\n+", before)[-1].strip()
    return claim or None
