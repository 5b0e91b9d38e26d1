"""The API's JSON shapes of a trace's parts, read leniently into records; what can't be read is left out."""

from collections.abc import Mapping, Sequence
from typing import Literal

from tracing.dialects.documents import HIGHEST_RANK
from tracing.dialects.values import is_broken, is_half, items, mapping, number, text, truth, whole
from tracing.records import (
    Candidate,
    Check,
    Citation,
    Context,
    Entity,
    Lane,
    LaneHit,
    Slot,
    StageRecord,
    StageStatus,
    Value,
)
from tracing.stages import Stage

Given = Mapping[str, Value]
OUTCOMES = ("answer", "suggest", "refuse", "direct")
REASONS = ("cut", "top_k", "threshold", "budget", "duplicate", "truncated", "unknown")
STATUSES: tuple[StageStatus, ...] = ("ok", "error", "timeout", "missing")
DROPPED_AT = ("retrieve", "rerank", "context")
_LONGEST_NAME = 200
_HIGHEST_ROUND = 65535
_PLACES = frozenset(("rank", "lanes", "fused_rank", "rerank_rank"))
_CITATION = ("claim", "anchor", "title", "product", "chunk_id")


def texts(value: Value) -> tuple[str, ...]:
    """A list of texts, or one, which may begin like a list."""
    listed = [value] if is_broken(value) and not is_half(value) else items(value)
    return tuple(found for item in listed if (found := text(item)))


def count(value: Value) -> int | None:
    """A whole number that fits the store's counters."""
    found = None if value is None else whole(value)
    return min(found, 2**31 - 1) if found is not None else None


def rank(value: Value) -> int | None:
    """A rank, counted from 1."""
    found = None if value is None else whole(value)
    return min(found, HIGHEST_RANK) if found else None


def round_number(value: Value) -> int | None:
    """Which round of retrieval, counted from 1."""
    found = whole(value)
    return min(found, _HIGHEST_ROUND) if found else None


def outcome(value: Value) -> str | None:
    """One of the four outcomes."""
    found = (text(value) or "").lower()
    return found if found in OUTCOMES else None


def entities(value: Value) -> tuple[Entity, ...]:
    """Objects with `text`, or bare names."""
    found = []
    for item in items(value):
        if isinstance(item, dict):
            named = text(item.get("text")) or text(item.get("name"))
            if named:
                found.append(Entity(named, text(item.get("type")), text(item.get("product"))))
        elif named := text(item):
            found.append(Entity(named))
    return tuple(found)


def citations(value: Value) -> tuple[Citation, ...]:
    """Objects with `anchor` or `chunk_id`, or bare anchors."""
    found = []
    for item in items(value):
        if isinstance(item, dict):
            claim, anchor, title, product, chunk_id = (text(item.get(key)) for key in _CITATION)
            if anchor or chunk_id or claim:
                found.append(Citation(claim, anchor, title, product, chunk_id))
        elif anchor := text(item):
            found.append(Citation(anchor=anchor))
    return tuple(found)


def checks(value: Value) -> tuple[Check, ...]:
    """Tests that a stage made of its own result."""
    found = []
    for item in items(value):
        if isinstance(item, dict) and (name := text(item.get("name"))):
            score = number(item.get("value"))
            shown = score if score is not None else text(item.get("value"))
            found.append(Check(name, shown, number(item.get("threshold")), truth(item.get("passed"))))
    return tuple(found)


def lanes(value: Value, span_round: int | None = None) -> tuple[Lane, ...]:
    """Objects with `name`, or bare names."""
    found = []
    for item in items(value):
        given: Given = item if isinstance(item, dict) else {"name": item}
        name = text(given.get("name"))
        if name:
            found.append(
                Lane(
                    name=name[:_LONGEST_NAME],
                    round=round_number(given.get("round")) or span_round or 1,
                    query=text(given.get("query")),
                    top_k=count(given.get("top_k")),
                    returned=count(given.get("returned")) or 0,
                    floor=number(given.get("floor")),
                    score_kind=_score_kind(given.get("score_kind")),
                )
            )
    return tuple(found)


def _score_kind(value: Value) -> Literal["similarity", "distance", "unknown"]:
    return "similarity" if value == "similarity" else "distance" if value == "distance" else "unknown"


def candidates(value: Value, lane: str | None = None, span_round: int | None = None) -> tuple[Candidate, ...]:
    """Candidates as the API shows them; a bare `rank` and `score` are those of the span's own lane.

    Where a lane's list names no place at all, the order is the rank.
    """
    rows = [item for item in items(value) if isinstance(item, dict)]
    ordered = lane is not None and not any(_PLACES.intersection(row) for row in rows)
    found = (_candidate(row, lane, span_round, at if ordered else None) for at, row in enumerate(rows, 1))
    return tuple(candidate for candidate in found if candidate is not None)


def _candidate(given: Given, lane: str | None, span_round: int | None, order: int | None) -> Candidate | None:
    chunk_id = text(given.get("chunk_id")) or text(given.get("id"))
    if chunk_id is None:
        return None
    survived = truth(given.get("survived"))
    return Candidate(
        chunk_id=chunk_id,
        anchor=text(given.get("anchor")),
        product=text(given.get("product")),
        title=text(given.get("title")),
        text=text(given.get("text")) or text(given.get("content")),
        source_hash=text(given.get("source_hash")),
        hits=_hits(given, lane, span_round or 1, order),
        fused_rank=rank(given.get("fused_rank")),
        fused_score=number(given.get("fused_score")),
        rerank_in=bool(truth(given.get("rerank_in"))),
        rerank_rank=rank(given.get("rerank_rank")),
        rerank_score=number(given.get("rerank_score")),
        survived=survived,
        survived_source="unknown" if survived is None else "declared",
        dropped_at=dropped_at(given.get("dropped_at")),
        dropped_why=dropped_why(given.get("dropped_why")),
        tokens=count(given.get("tokens")),
        kept_tokens=count(given.get("kept_tokens")),
        slot=text(given.get("slot")),
        cited=bool(truth(given.get("cited"))),
    )


def dropped_at(value: Value) -> str | None:
    """The stage that dropped a candidate, where it is one that can."""
    return value if isinstance(value, str) and value in DROPPED_AT else None


def dropped_why(value: Value) -> str | None:
    """One of the reasons that the API knows; any other one is `unknown`."""
    given = text(value)
    return given if given is None or given in REASONS else "unknown"


def _hits(given: Given, lane: str | None, span_round: int, order: int | None) -> tuple[LaneHit, ...]:
    hits = []
    for name, place in mapping(given.get("lanes")).items():
        placed = place if isinstance(place, dict) else {"rank": place}
        at = rank(placed.get("rank"))
        if at is not None:
            hits.append(
                LaneHit(
                    name[:_LONGEST_NAME],
                    at,
                    number(placed.get("score")),
                    round_number(placed.get("round")) or span_round,
                )
            )
    own = rank(given.get("rank")) or rank(order)
    if not hits and lane and own is not None:
        hits.append(LaneHit(lane, own, number(given.get("score")), span_round))
    return tuple(hits)


def context(value: Value) -> tuple[Context | None, tuple[Candidate, ...]]:
    """The declared context, and its chunks with what became of each."""
    given = mapping(value)
    if not given:
        return None, ()
    chunks = tuple(
        chunk for item in items(given.get("chunks")) if isinstance(item, dict) and (chunk := _context_chunk(item))
    )
    used = count(given.get("used_tokens"))
    if used is None and any(chunk.kept_tokens is not None for chunk in chunks):
        used = sum(chunk.kept_tokens or 0 for chunk in chunks)
    slots = _slots(given.get("slots"), chunks)
    return Context(count(given.get("cap_tokens")), used, slots, text(given.get("text")), "declared"), chunks


def _context_chunk(given: Given) -> Candidate | None:
    chunk_id = text(given.get("chunk_id")) or text(given.get("id"))
    if chunk_id is None:
        return None
    tokens, kept = count(given.get("tokens")), count(given.get("kept_tokens"))
    why = dropped_why(given.get("dropped_why"))
    survived = kept > 0 if kept is not None else why is None
    return Candidate(
        chunk_id=chunk_id,
        survived=survived,
        survived_source="declared",
        dropped_at=None if survived else "context",
        dropped_why=why or (None if survived else "unknown"),
        tokens=tokens,
        kept_tokens=kept if kept is not None else tokens if survived else 0,
        slot=text(given.get("slot")),
    )


def _slots(value: Value, chunks: Sequence[Candidate]) -> tuple[Slot, ...]:
    found = []
    listed = mapping(value)
    for item in [{"name": key, "cap_tokens": cap} for key, cap in listed.items()] if listed else items(value):
        given: Given = item if isinstance(item, dict) else {"name": item}
        name = text(given.get("name"))
        if not name:
            continue
        used = count(given.get("used_tokens"))
        inside = [chunk.kept_tokens for chunk in chunks if chunk.slot == name and chunk.kept_tokens is not None]
        found.append(Slot(name, count(given.get("cap_tokens")), sum(inside) if used is None and inside else used))
    return tuple(found)


def stages(value: Value, started_ns: int = 0) -> tuple[StageRecord, ...]:
    """Stage records as the API shows them; an unknown stage is left out."""
    found = (_stage(item, started_ns) for item in items(value) if isinstance(item, dict))
    return tuple(record for record in found if record is not None)


def _stage(given: Given, started_ns: int) -> StageRecord | None:
    stage = Stage.named(text(given.get("stage")) or "")
    if stage is None:
        return None
    cost, hit = number(given.get("cost_usd")), given.get("cache")
    return StageRecord(
        stage=stage.label,
        round=round_number(given.get("round")) or 1,
        status=_status(given.get("status")),
        start_ns=started_ns,
        duration_ms=number(given.get("duration_ms")),
        model=text(given.get("model")),
        attempts=count(given.get("attempts")),
        cache="hit" if hit == "hit" else "miss" if hit == "miss" else None,
        input_tokens=count(given.get("input_tokens")),
        output_tokens=count(given.get("output_tokens")),
        cache_read_tokens=count(given.get("cache_read_tokens")),
        cost_usd=cost,
        cost_source="unknown" if cost is None else "sent",
        error=text(given.get("error")),
        checks=checks(given.get("checks")),
    )


def _status(value: Value) -> StageStatus:
    return next((status for status in STATUSES if status == value), "ok")
