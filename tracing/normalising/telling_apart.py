"""Chunks that share an id: a loader's `source` or a parent's `doc_id` is that of all chunks of a page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from tracing.dialects.documents import content_id, facts_of
from tracing.dialects.reading import Document, Documents
from tracing.normalising.round import Round


def tell_apart(rounds: Sequence[Round], disputed: Collection[str]) -> None:
    """Give each chunk its own id where the `disputed` one is of its metadata, and others of that id say another thing.

    What is a part of a longer text, as a compressor leaves it, is the same chunk.
    """
    texts: dict[str, list[str]] = {chunk_id: [] for chunk_id in disputed}
    for document in _all(rounds):
        if document.text and document.id in texts and facts_of(document.metadata).id == document.id:
            texts[document.id].append(document.text)
    wholes = {chunk_id: whole for chunk_id, found in texts.items() if len(whole := _wholes(found)) > 1}
    if wholes:
        _replace(rounds, lambda document: _named(document, wholes.get(document.id or "", ())))


def _wholes(texts: Iterable[str]) -> list[str]:
    """Those that are no part of another."""
    found: list[str] = []
    for text in sorted(dict.fromkeys(texts), key=len, reverse=True):
        if not any(text in longer for longer in found):
            found.append(text)
    return found


def _named(document: Document, wholes: Sequence[str]) -> Document:
    whole = next((whole for whole in wholes if document.text and document.text in whole), None)
    return document if whole is None else document._replace(id=content_id(whole))


def _all(rounds: Iterable[Round]) -> Iterable[Document]:
    for round_ in rounds:
        for listed in round_.lanes:
            yield from listed.documents
        for documents in (round_.fused, round_.rerank_input, round_.reranked, round_.filtered):
            yield from documents or ()


def _replace(rounds: Iterable[Round], renamed: Callable[[Document], Document]) -> None:
    def each(documents: Documents | None) -> Documents | None:
        return None if documents is None else tuple([renamed(document) for document in documents])

    for round_ in rounds:
        for listed in round_.lanes:
            listed.documents = each(listed.documents) or ()
        round_.fused, round_.rerank_input = each(round_.fused), each(round_.rerank_input)
        round_.reranked, round_.filtered = each(round_.reranked), each(round_.filtered)
