"""Vector databases as OpenLLMetry instruments them: `db.system`, and an event a result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tracing.dialects.documents import HIGHEST_RANK, settled
from tracing.dialects.printed import printed
from tracing.dialects.reading import Document, Lists, Reading, Role
from tracing.dialects.values import mapping, number, text, whole
from tracing.records import Attributes, Event, Span, Value

_SYSTEMS = frozenset(
    ("chroma", "pinecone", "qdrant", "weaviate", "milvus", "lancedb", "marqo", "vespa", "turbopuffer", "pgvector")
)
_ASKS = ("query", "search", "get", "recommend", "discover", "scroll", "find", "near", "fetch", "peek", "hybrid")
_WRITES = ("add", "upsert", "insert", "update", "delete", "create", "index", "modify", "upload", "batch", "drop")
_TEXT_KEYS = ("text", "page_content", "content")
_TOP_K = ("n_results", "top_k", "limit", "k")


def recognises(span: Span) -> bool:
    """True where a vector database was called."""
    attributes = span.attributes
    system = attributes.get("db.system") or attributes.get("db.system.name")
    return isinstance(system, str) and (system.lower() in _SYSTEMS or any(map(_is_result, span.events)))


def read(span: Span) -> Reading:
    """The span in our words: a search is a lane named for the database, a write belongs to indexing."""
    attributes = span.attributes
    operation = (text(attributes.get("db.operation")) or text(attributes.get("db.operation.name")) or "").lower()
    named = operation or span.name.rpartition(".")[2].lower()
    results = [event.attributes for event in span.events if _is_result(event)]
    if not results and not named.startswith(_ASKS):
        return Reading(span, Role.WRITER if named.startswith(_WRITES) else Role.STEP)
    rows = [_row(held) for held in results[:HIGHEST_RANK]]
    documents = [_document(rank, row) for rank, row in enumerate(rows, 1)]
    lists = Lists(
        documents=tuple(document for document in documents if document is not None),
        sent=bool(results),
        seen=bool(results),
        lane=text(attributes.get("db.system")) or text(attributes.get("db.system.name")),
        top_k=_top_k(attributes),
        lower_is_better=_are_distances(rows),
    )
    return Reading(span, Role.RETRIEVER, lists=lists)


def _is_result(event: Event) -> bool:
    return event.name.startswith("db.") and event.name.endswith(".result")


def _row(held: Attributes) -> Mapping[str, Value]:
    return {key.rpartition(".")[2]: value for key, value in held.items()}


def _document(rank: int, row: Mapping[str, Value]) -> Document | None:
    metadata = _described(row.get("metadata") or row.get("entity") or row.get("payload"))
    content = text(row.get("document")) or text(row.get("text"))
    if content is None:
        content = next((words for key in _TEXT_KEYS if (words := text(metadata.get(key)))), None)
    score = number(row.get("score"))
    if score is None:
        score = number(row.get("distance"))
    found = settled(Document(rank, text(row.get("id")), content, score, metadata))
    return found if found.id else None


def _described(held: Value) -> Mapping[str, Value]:
    found = printed(held) if isinstance(held, str) and held.startswith("{'") else None
    return found if isinstance(found, dict) else mapping(held)


def _are_distances(rows: Sequence[Mapping[str, Value]]) -> bool:
    """True where the lower is the better: what does not rise with rank may be a similarity that is called so."""
    unscored = (number(row.get("distance")) for row in rows if row.get("score") is None)
    found = [distance for distance in unscored if distance is not None]
    return bool(found) and found == sorted(found)


def _top_k(attributes: Attributes) -> int | None:
    for key, value in attributes.items():
        if key.startswith("db.") and key.rpartition(".")[2] in _TOP_K and (found := whole(value)) is not None:
            return found
    return None
