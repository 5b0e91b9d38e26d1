"""Chunks that share an id: a loader's `source` or a parent's `doc_id` is that of all chunks of a page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from tracing.dialects.documents import content_id, facts_of
from tracing.dialects.reading import Document, Documents
from tracing.normalising.round import Round

_MOST_COMPARED = 64  # texts of one id, each with all others


def tell_apart(rounds: Sequence[Round], disputed: Collection[str]) -> None:
    """Give each chunk its own id where the `disputed` one is of its metadata, and others of that id say another thing.

    What is a part of a longer text, as a compressor leaves it, is the same chunk.
    """
    texts: dict[str, list[str]] = {chunk_id: [] for chunk_id in disputed}
    for document in _all(rounds):
        if document.text and document.id in texts and facts_of(document.metadata).id == document.id:
            texts[document.id].append(document.text)
    wholes = {chunk_id: _wholes(found) for chunk_id, found in texts.items()}
    several = {chunk_id: by_text for chunk_id, by_text in wholes.items() if len(set(by_text.values())) > 1}
    if several:
        _replace(rounds, lambda document: _named(document, several.get(document.id or "", {})))


def _wholes(texts: Iterable[str]) -> dict[str, str]:
    """By text the one that it is a part of, or itself; where they are very many, itself."""
    found: dict[str, str] = {}
    different = dict.fromkeys(texts)
    if len(different) > _MOST_COMPARED:
        return {text: text for text in different}
    for text in sorted(different, key=len, reverse=True):
        found[text] = next((longer for longer in found if text in longer), text)
    return found


def _named(document: Document, wholes: Mapping[str, str]) -> Document:
    whole = wholes.get(document.text or "")
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
