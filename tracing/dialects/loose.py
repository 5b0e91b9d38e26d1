"""Documents in JSON of whatever shape an application or a search engine gives back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tracing.dialects.documents import HIGHEST_RANK, SCORE_KEYS, listed, settled
from tracing.dialects.printed import printed
from tracing.dialects.reading import Document, Documents
from tracing.dialects.values import loaded, number, text
from tracing.records import Value

_DEPTH = 5
_LONGEST_ID = 200
_LIST_KEYS = (
    "documents", "docs", "source_nodes", "source_documents", "nodes", "results", "result", "chunks", "hits", "matches",
    "points", "objects", "passages", "candidates", "items", "data", "output", "value", "response", "context",
)  # fmt: skip
_INNER_KEYS = ("node", "document", "doc", "kwargs", "payload", "_source", "properties", "entity", "item", "chunk")
_ID_KEYS = ("id", "_id", "doc_id", "document_id", "chunk_id", "id_", "node_id", "uuid", "point_id", "pk", "key")
_TEXT_KEYS = ("page_content", "content", "text", "document", "chunk", "passage", "snippet", "body", "chunk_text")
_SCORE_KEYS = (*SCORE_KEYS, "@search.score", "certainty")
_DISTANCE_KEYS = ("distance", "_distance")
_METADATA_KEYS = ("metadata", "meta", "meta_data", "_additional", "payload", "properties", "_source", "entity")
_PLACE_KEYS = ("index", "originalIndex", "original_index", "corpus_id")
_NAMES_A_PLACE = re.compile(r'"(index|originalIndex|original_index|corpus_id)"')
_READ = frozenset((*_ID_KEYS, *_TEXT_KEYS, *_SCORE_KEYS, *_DISTANCE_KEYS, "rank", "index", "lane"))


class Found(NamedTuple):
    """Documents in their order; a distance says that the lowest score is the best."""

    documents: Documents
    lower_is_better: bool = False
    lane: str | None = None


def found_in(value: Value) -> Found | None:
    """The documents, each with an id where it can have one; None where it is no list of them."""
    decoded = loaded(value)
    rows = _rows(decoded, 0)
    if rows is None:
        read = listed(value)
        return None if read is None else Found(tuple(settled(document) for document in read))
    documents: list[Document] = []
    distances = 0
    for rank, row in enumerate(rows[:HIGHEST_RANK], 1):
        document = _document(rank, row)
        if document is None:
            return None
        distances += document.score is not None and _score(row, _SCORE_KEYS) is None
        documents.append(settled(document))
    lanes = {text(row.get("lane")) for row in rows if isinstance(row, dict)}
    return Found(tuple(documents), bool(distances), lanes.pop() if len(lanes) == 1 else None)


def found_by_place(value: Value, given: Found | None) -> Found | None:
    """The documents of rows that are no more than places in a list that was given, as reranking services answer."""
    if given is None or (isinstance(value, str) and not _NAMES_A_PLACE.search(value)):
        return None
    decoded = loaded(value)
    listed_in = (decoded.get(key) for key in _LIST_KEYS) if isinstance(decoded, dict) else (decoded,)
    rows = next((rows for rows in listed_in if isinstance(rows, list) and rows), [])
    documents: list[Document] = []
    places: set[int] = set()
    for rank, row in enumerate(rows[:HIGHEST_RANK], 1):
        held = row if isinstance(row, dict) else {}
        place = next((held[key] for key in _PLACE_KEYS if key in held), None)
        if type(place) is not int or not 0 <= place < len(given.documents) or place in places:
            return None
        places.add(place)
        documents.append(given.documents[place]._replace(rank=rank, score=_score(row, _SCORE_KEYS)))
    return Found(tuple(documents)) if documents else None


def given_back(value: str | None) -> Found | None:
    """The documents that a tool gave back: as such, in the one block of its content, or as Python prints them."""
    decoded = loaded(value)
    blocks = decoded.get("content") if isinstance(decoded, dict) else decoded
    only = blocks[0] if isinstance(blocks, list) and len(blocks) == 1 else None
    inner = text(only.get("text")) if isinstance(only, dict) else None
    for told in (inner, value):
        if told and (found := found_in(printed(told) if told.startswith("[{'") else told)) is not None:
            return found
    return None


def _rows(value: Value, depth: int) -> list[Value] | None:
    if depth > _DEPTH:
        return None
    if isinstance(value, list):
        return _rows_of_list(value, depth)
    if not isinstance(value, dict):
        return None
    columns = _columns(value)
    if columns is not None:
        return columns
    for key in _LIST_KEYS:
        inner = value.get(key)
        if isinstance(inner, list | dict) and (found := _rows(inner, depth + 1)) is not None:
            return found
    return None


def _rows_of_list(values: list[Value], depth: int) -> list[Value] | None:
    if all(isinstance(value, dict) for value in values):
        return values if not values or any(_document(1, value) for value in values) else None
    if all(isinstance(value, str) for value in values):
        return None if "(node=" in str(values[0]) else values
    if all(_is_pair(value) for value in values):
        return [{"document": pair[0], "score": pair[1]} for pair in values if isinstance(pair, list)]
    if len(values) == 1 and isinstance(values[0], list):
        return _rows(values[0], depth + 1)
    return None


def _is_pair(value: Value) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], dict | str)
        and number(value[1]) is not None
        and not isinstance(value[1], str)
    )


def _columns(value: Mapping[str, Value]) -> list[Value] | None:
    """A column a property, as Chroma answers: lists of one list a query, or lists of values."""
    ids = _column(value.get("ids"))
    if ids is None:
        return None
    columns = {
        name: column
        for name, key in (
            ("text", "documents"), ("distance", "distances"), ("score", "scores"), ("metadata", "metadatas"),
        )
        if (column := _column(value.get(key))) is not None and len(column) == len(ids)
    }  # fmt: skip
    return [{"id": each, **{name: column[at] for name, column in columns.items()}} for at, each in enumerate(ids)]


def _column(value: Value) -> list[Value] | None:
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        value = value[0]
    return value if isinstance(value, list) else None


def _document(rank: int, row: Value) -> Document | None:
    if isinstance(row, str):
        named = 0 < len(row) <= _LONGEST_ID and not any(character.isspace() for character in row)
        return Document(rank, row if named else None, None if named else row) if row else None
    if not isinstance(row, dict):
        return None
    inner = next((part for key in _INNER_KEYS if isinstance(part := row.get(key), dict)), row)
    chunk_id = _first((row, inner), _ID_KEYS)
    content = _first((inner, row), _TEXT_KEYS)
    metadata = _metadata(row, inner)
    if content is None:
        content = _first((metadata,), _TEXT_KEYS)
    if chunk_id is None and isinstance(row.get("document"), str) and content == row["document"] and len(row) == 2:
        return _scored_text(rank, row)
    if chunk_id is None and content is None:
        return None
    score = _score(row, _SCORE_KEYS)
    if score is None:
        score = _score(row, _DISTANCE_KEYS)
    return Document(rank, chunk_id, content, score, metadata)


def _scored_text(rank: int, row: Mapping[str, Value]) -> Document | None:
    bare = _document(rank, row["document"])
    return None if bare is None else bare._replace(score=number(row.get("score")))


def _first(places: Iterable[Mapping[str, Value]], keys: tuple[str, ...]) -> str | None:
    return next((found for place in places for key in keys if (found := text(place.get(key)))), None)


def _score(row: Value, keys: tuple[str, ...]) -> float | None:
    if not isinstance(row, dict):
        return None
    for key in keys:
        if key in row and (found := number(row[key])) is not None:
            return found
    for inner in _METADATA_KEYS:
        if isinstance(part := row.get(inner), dict):
            for key in keys:
                if (found := number(part.get(key))) is not None:
                    return found
    return None


def _metadata(row: Mapping[str, Value], inner: Mapping[str, Value]) -> dict[str, Value]:
    """Its own metadata, and whatever else stands beside the text."""
    described: dict[str, Value] = {
        key: each for key, each in row.items() if key not in _READ and isinstance(each, str | int | float)
    }
    for place in (row,) if inner is row else (row, inner):
        for key in _METADATA_KEYS:
            if key in place and isinstance(part := loaded(place[key]), dict):
                described |= part
    return described
