"""What an answer points at: numbers of passages, ids and anchors in its text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from tracing import anchor_patterns
from tracing.records import Candidate, Citation

_NUMBER = re.compile(r"\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\]")
_ANCHOR = re.compile(r"\bdoc_[\w./-]{1,200}#[\w./-]{0,200}\w")
_TOKEN = re.compile(r"[^\s\[\](){}<>\"'`|,;]{3,300}")
_SHORTEST_ID = 4
_MOST_TOKENS = 4000
_LONGEST_CLAIM = 300
_MOST = 200


def citations_in(
    answer: str, context: Sequence[Candidate], candidates: Sequence[Candidate], pattern: str = ""
) -> tuple[Citation, ...]:
    """`[n]` is the n-th chunk of the context; ids and anchors are any candidate's, or have an anchor's form.

    `pattern` is the form of the project's own anchors; of that form a bare word or number counts in brackets alone.
    """
    found: dict[str, Citation] = {}
    for match in islice(_NUMBER.finditer(answer) if "[" in answer else (), _MOST):
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
    for match in islice(_ANCHOR.finditer(answer) if "doc_" in answer else (), _MOST):
        anchor = match.group()
        if anchor not in known:
            found.setdefault(anchor, Citation(claim=_claim(answer, match.start()), anchor=anchor))
    if pattern:
        words = _words(answer, anchor_patterns.most_characters(pattern))
        for word, is_anchor in zip(words, anchor_patterns.matches(pattern, list(words)), strict=True):
            if is_anchor and word not in known:
                found.setdefault(word, Citation(claim=_claim(answer, words[word]), anchor=word))
    return tuple(found.values())[:_MOST]


def _words(answer: str, most: int) -> dict[str, int]:
    """What may be a place's name, `most` characters of it, and where it stands first."""
    found: dict[str, int] = {}
    length = 0
    for at, word in _names(answer):
        if word not in found:
            length += len(word)
            if length > most:
                break
            found[word] = at
    return found


def _names(answer: str) -> Iterator[tuple[int, str]]:
    """Words with a mark in them, and plain ones in brackets of their own."""
    for match in islice(_TOKEN.finditer(answer), _MOST_TOKENS):
        word = match.group().rstrip(".:!?*_")
        alone = answer[match.start() - 1 : match.start()] == "[" and answer[match.end() : match.end() + 1] == "]"
        if not word.isalnum() or (alone and len(word) >= _SHORTEST_ID):
            yield match.start(), word


def _place(answer: str, name: str) -> int | None:
    if len(name) < _SHORTEST_ID:
        return None
    if name.isalnum():  # one bare word is no citation, but in brackets of its own
        at = answer.find(f"[{name}]")
        return at if at >= 0 else None
    match = re.search(rf"(?<![\w#/-]){re.escape(name)}(?![\w#/-])", answer)
    return match.start() if match else None


def _citation(answer: str, at: int, chunk: Candidate) -> Citation:
    return Citation(_claim(answer, at), chunk.anchor, chunk.title, chunk.product, chunk.chunk_id)


def _claim(answer: str, at: int) -> str | None:
    before = answer[max(0, at - _LONGEST_CLAIM) : at].rstrip(" .[(")
    claim = re.split(r"(?<=[.!?])\s+|\n+", before)[-1].strip()
    return claim or None
