"""Chunks that share an id: a loader's `source` or a parent's `doc_id` is that of all chunks of a page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from tracing.dialects.documents import content_id
from tracing.dialects.reading import Document, Documents
from tracing.dialects.values import mapping, text
from tracing.normalising.round import Round

_MOST_COMPARED = 64  # texts of one id, each with all others
_PAGE_KEYS, _CHUNK_KEYS = ("source", "doc_id"), ("chunk_id", "id")
_CUT = " .…"


def tell_apart(rounds: Sequence[Round], disputed: Collection[str]) -> None:
    """Give each chunk its own id where the `disputed` one is its page's, and others of that id say another thing.

    What is a part of a longer text, as a compressor leaves it, is the same chunk.
    """
    texts: dict[str, list[str]] = {chunk_id: [] for chunk_id in disputed}
    for document in _all(rounds):
        if document.text and document.id in texts and _is_of_a_page(document):
            texts[document.id].append(document.text)
    wholes = {chunk_id: _wholes(found) for chunk_id, found in texts.items()}
    several = {chunk_id: by_text for chunk_id, by_text in wholes.items() if len(set(by_text.values())) > 1}
    if several:
        _replace(rounds, lambda document: _named(document, several.get(document.id or "", {})))


def _is_of_a_page(document: Document) -> bool:
    """True where the id is no chunk's own: what its metadata calls it, and not under the name of a chunk's id."""
    return document.id_from_metadata and document.id in _told_under(_PAGE_KEYS, document)


def _told_under(keys: Sequence[str], document: Document) -> list[str]:
    metadata = mapping(document.metadata) if isinstance(document.metadata, str) else document.metadata or {}
    return [found for key in keys if (found := text(metadata.get(key)))]


def _wholes(texts: Iterable[str]) -> dict[str, str]:
    """By text the one that it is a part of, or itself; where they are very many, itself.

    White space, and the dots of what was cut, tell no chunks apart.
    """
    different = dict.fromkeys(texts)
    if len(different) > _MOST_COMPARED:
        return {each: each for each in different}
    words = {each: " ".join(each.split()).strip(_CUT) for each in different}
    found: dict[str, str] = {}
    for each in sorted(different, key=lambda one: len(words[one]), reverse=True):
        found[each] = next((longer for longer in found if words[each] in words[longer]), each)
    return found


def _named(document: Document, wholes: Mapping[str, str]) -> Document:
    whole = wholes.get(document.text or "")
    if whole is None:
        return document
    own = [found for found in _told_under(_CHUNK_KEYS, document) if found != document.id]
    return document._replace(id=own[0] if own else content_id(whole))


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
