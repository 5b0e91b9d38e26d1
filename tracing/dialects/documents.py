"""Documents out of JSON and representations, and what a document's metadata says."""

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from tracing.dialects.reading import Document, Documents
from tracing.dialects.values import json_of, loaded, mapping, number, text
from tracing.records import Value

HIGHEST_RANK = 65535
CONTENT = "content:"
_LIST_KEYS = (
    "documents",
    "docs",
    "source_nodes",
    "nodes",
    "results",
    "chunks",
    "hits",
    "matches",
    "passages",
    "context",
    "outputs",
    "output",
)
_TEXT_KEYS = ("page_content", "content", "text", "document", "chunk")
SCORE_KEYS = (  # a reranked document may still carry its lane's score: the later one counts
    "rerank_score", "reranker_score", "relevance_score", "relevanceScore", "score", "_score", "similarity",
)  # fmt: skip
_ID_KEYS = ("id", "doc_id", "document_id", "chunk_id", "id_", "node_id")
_NODE = re.compile(r"<\w{1,80}\(node=\w{1,80}\(id_=([^<>]{1,500}?)\), score=([^()\s]{1,40})\)>")
_PRINTED = re.compile(r"Document\(id=([^,\s()]{1,200})[,)]")
_SCORED = re.compile(r", score: ([-+.\deE]{1,30})[,)]")
_TAIL = 200


class Facts(NamedTuple):
    """What a document's metadata says of it."""

    id: str | None = None
    score: float | None = None
    anchor: str | None = None
    product: str | None = None
    title: str | None = None
    path: str | None = None
    source_hash: str | None = None
    tokens: int | None = None
    fragment: str | None = None

    @property
    def place(self) -> str | None:
        """Path and fragment."""
        if self.path is None or self.fragment is None or "#" in self.path:
            return self.path
        return f"{self.path}#{self.fragment.removeprefix('#')}"


_NO_FACTS = Facts()
_LONGEST_REMEMBERED = 300  # characters
_TOLD_IN: Mapping[str, tuple[str, ...]] = {
    "id": ("doc_id", "chunk_id", "id", "source"),
    "score": SCORE_KEYS,
    "anchor": ("anchor", "anchor_id"),
    "product": ("product",),
    "title": ("title", "section"),
    "path": ("path", "file_path", "url"),
    "source_hash": ("source_hash",),
    "tokens": ("tokens",),
    "fragment": ("fragment",),
}  # by fact the keys that may tell it, the first that does


def facts_of(metadata: "str | Mapping[str, Value] | None") -> Facts:
    """The facts in a document's metadata, which may be JSON text."""
    if not metadata:
        return _NO_FACTS
    if isinstance(metadata, str):
        return _facts_of_text(metadata) if len(metadata) <= _LONGEST_REMEMBERED else _facts(mapping(metadata))
    return _facts(metadata)


@lru_cache(maxsize=65_536)  # some 20 MB
def _facts_of_text(metadata: str) -> Facts:
    found = json_of(metadata)
    return _facts(found) if isinstance(found, dict) else _NO_FACTS


def _facts(metadata: Mapping[str, Value]) -> Facts:
    found: dict[str, Any] = {}
    for key, (fact, read) in _READ.items():
        if key in metadata and fact not in found and (value := read(metadata[key])) is not None:
            found[fact] = value
    return Facts(**found) if found else _NO_FACTS


def _count(value: Value) -> int | None:
    found = number(value)
    return int(found) if found is not None and 0 <= found < 2**31 else None


_READERS = {"score": number, "tokens": _count}
_READ = {key: (fact, _READERS.get(fact, text)) for fact, keys in _TOLD_IN.items() for key in keys}


def anchor_of(chunk_id: str, facts: Facts) -> str | None:
    """A document's anchor as far as it can be told without a manifest: its metadata's, its own id, or its page's."""
    return facts.anchor or (chunk_id if not chunk_id.startswith(CONTENT) else facts.place or facts.id)


def settled(document: Document) -> Document:
    """The document with an id and a score, from its metadata or its text where it has none of its own."""
    if document.id and document.score is not None:
        return document
    facts = facts_of(document.metadata)
    score = document.score if document.score is not None else facts.score
    if document.id:
        return document._replace(score=score)
    return document._replace(
        id=facts.id or content_id(document.text), score=score, id_from_metadata=facts.id is not None
    )


def content_id(content: str | None) -> str | None:
    """The id of a chunk that came without one: the same text has the same id."""
    if not content:
        return None
    return CONTENT + hashlib.blake2b(content.encode("utf-8", "replace"), digest_size=12).hexdigest()


def recovered(value: Value) -> Documents | None:
    """The documents in an input or output text, each with an id where it can have one; None where it is no list."""
    found = listed(value)
    return None if found is None else tuple([settled(document) for document in found])


def listed(value: Value) -> Documents | None:
    """The documents in a text as they stand there: JSON, or the representations of nodes."""
    found = _search(loaded(value), 0)
    if found is None and isinstance(value, str) and "(node=" in value:
        found = _nodes(value)
    return None if found is None else tuple(found[:HIGHEST_RANK])


def _search(value: Value, depth: int) -> list[Document] | None:
    if isinstance(value, list):
        return _listed(value)
    if isinstance(value, dict) and depth < 3:
        for key in _LIST_KEYS:
            if (found := _search(value.get(key), depth + 1)) is not None:
                return found
    return None


def are_distances(value: Value) -> bool:
    """True where the documents of a list say how far off they are, and not how near."""
    found = loaded(value)
    first = found[0] if isinstance(found, list) and found else None
    return isinstance(first, dict) and first.get("score") is None and number(first.get("distance")) is not None


def _listed(values: list[Value]) -> list[Document] | None:
    if values and all(isinstance(value, str) and value.startswith("{") for value in values):
        values = [loaded(value) for value in values]
    if values and all(isinstance(value, str) for value in values):
        return _nodes("".join(str(value) for value in values)) or _printed([str(value) for value in values]) or None
    documents = [_document(rank, value) for rank, value in enumerate(values, 1)]
    known = [document for document in documents if document is not None]
    return known if len(known) == len(documents) else None


def _nodes(representation: str) -> list[Document]:
    return [
        Document(rank, chunk_id, None, number(score))
        for rank, (chunk_id, score) in enumerate(_NODE.findall(representation), 1)
    ]


def _printed(values: list[str]) -> list[Document] | None:
    """Documents as Haystack prints them, which cuts their texts short; None where one is something else."""
    found = []
    for rank, value in enumerate(values, 1):
        named = _PRINTED.match(value)
        if named is None:
            return None
        scored = _SCORED.search(value[-_TAIL:])
        found.append(Document(rank, named[1], None, number(scored[1]) if scored else None))
    return found


def _document(rank: int, value: Value) -> Document | None:
    if not isinstance(value, dict):
        return None
    node = value.get("node") or value.get("kwargs") or value
    inner = node if isinstance(node, dict) else value
    chunk_id = next((found for key in _ID_KEYS if (found := text(inner.get(key)))), None)
    content = next((found for key in _TEXT_KEYS if (found := text(inner.get(key)))), None)
    if chunk_id is None and content is None:
        return None
    score = next((given for key in (*SCORE_KEYS, "distance") if (given := number(value.get(key))) is not None), None)
    metadata = inner.get("metadata") or inner.get("meta")
    return Document(rank, chunk_id, content, score, metadata if isinstance(metadata, str | dict) else None)
