"""Records to columns of the store, and back. Columns, not rows: an insert of many traces is built a list a column.

In arrays 0 stands for no rank, NaN for no score, `NO_COUNT` for no number of tokens, and 16 zero bytes for no text.
"""

import hashlib
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any, TypeAlias

import orjson

from tracing.records import (
    Candidate,
    Check,
    Citation,
    Context,
    Entity,
    Lane,
    LaneHit,
    Observed,
    Slot,
    StageRecord,
    Trace,
    Versions,
)
from tracing.shelf import Shelf, unpack

NO_COUNT = 2**32 - 1
NO_TEXT = bytes(16)
NAN = math.nan
UNKNOWN_SURVIVAL = 2
_SPACES = re.compile(r"\s+")


def canonical(query: str) -> int:
    """64 bits that are equal for queries which differ in case, width, spacing or closing punctuation only."""
    normal = _SPACES.sub(" ", unicodedata.normalize("NFKC", query)).strip(" ?!.\n").casefold()
    return int.from_bytes(hashlib.blake2b(normal.encode("utf-8", "replace"), digest_size=8).digest(), "big")


@dataclass(frozen=True, slots=True)
class TraceRow:
    """A trace with what the store knows beside it; times in ns."""

    project: str
    key_ns: int
    version: int
    arrived_ns: int
    trace: Trace
    shelf: Shelf


def _sum(trace: Trace, field: str) -> int:
    return sum(getattr(stage, field) or 0 for stage in trace.stages)


def _detail(row: TraceRow) -> bytes:
    t = row.trace
    return orjson.dumps(
        {
            "rewritten": t.rewritten,
            "entities": t.entities,
            "missing": t.missing,
            "lanes": t.lanes,
            "observed": t.observed,
            "context": t.context if t.context.text is None else replace(t.context, text=None),
            "text": row.shelf.pack(t.context.text),
            "citations": t.citations,
            "stages": t.stages,
            "said": {name: getattr(t, name) for name in _SAID},
        }
    )


_PLAIN: dict[str, Callable[[TraceRow], Any]] = {
    "project": lambda r: r.project,
    "key_ts": lambda r: r.key_ns,
    "version": lambda r: r.version,
    "arrived_at": lambda r: r.arrived_ns // 1_000_000,
    "detail": _detail,
}
_OPTIONAL_TEXTS = (
    "external_id",
    "environment",
    "service",
    "surface",
    "variant",
    "run_id",
    "item_id",
    "query",
    "query_shape",
    "intent",
    "product",
    "outcome",
    "answer",
    "session_id",
    "user_id",
)
_VERSIONS = {
    "release": "release",
    "prompt_version": "prompt",
    "index_version": "index",
    "embedding_version": "embedding",
    "reranker_version": "reranker",
    "corpus_version": "corpus",
}
_TRACE: dict[str, Callable[[Trace], Any]] = {
    "trace_id": lambda t: t.trace_id,
    "kind": lambda t: t.kind,
    "started_at": lambda t: t.started_ns,
    "ended_at": lambda t: t.ended_ns,
    "duration_ms": lambda t: t.duration_ms,
    "first_token_ms": lambda t: t.first_token_ms,
    "rooted": lambda t: t.rooted,
    "root_name": lambda t: t.root_name,
    "repeat": lambda t: t.repeat,
    "canonical": lambda t: canonical(t.query) if t.query else 0,
    "entities": lambda t: [e.text for e in t.entities],
    "confidence": lambda t: t.confidence,
    "refused": lambda t: t.refused,
    "metadata": lambda t: dict(t.metadata),
    "lanes": lambda t: sorted({lane.name for lane in t.lanes}),
    "models": lambda t: sorted({s.model for s in t.stages if s.model}),
    "errors": lambda t: [f"{s.stage}: {s.error or s.status}" for s in t.stages if s.status in ("error", "timeout")],
    "cost_usd": lambda t: t.cost_usd,
    "input_tokens": lambda t: _sum(t, "input_tokens"),
    "output_tokens": lambda t: _sum(t, "output_tokens"),
    "attempts": lambda t: min(65535, max((s.attempts or 0 for s in t.stages), default=0)),
    "caches": lambda t: sorted({f"{s.stage}:{s.cache}" for s in t.stages if s.cache}),
    "flags": lambda t: list(t.flags),
    "warnings": lambda t: list(t.warnings),
    "span_count": lambda t: t.span_count,
    "stage": lambda t: [s.stage for s in t.stages],
    "stage_round": lambda t: _ranks([s.round for s in t.stages]),
    "stage_status": lambda t: [s.status for s in t.stages],
    "stage_ms": lambda t: [NAN if s.duration_ms is None else s.duration_ms for s in t.stages],
    "cited": lambda t: [c.anchor for c in t.citations if c.anchor],
}


def _text_of(name: str) -> Callable[[Trace], str]:
    return lambda t: getattr(t, name) or ""


def _version_of(name: str) -> Callable[[Trace], str]:
    return lambda t: getattr(t.versions, name) or ""


_TRACE |= {name: _text_of(name) for name in _OPTIONAL_TEXTS}
_TRACE |= {column: _version_of(name) for column, name in _VERSIONS.items()}


Values: TypeAlias = tuple[Any, ...]  # of one field, of all candidates or hits of a trace


def _texts(values: Values) -> list[str]:
    return [value or "" for value in values] if any(values) else [""] * len(values)


def _bounded(values: Sequence[int], most: int) -> Sequence[int]:
    if not values or (min(values) >= 0 and max(values) <= most):
        return values
    return [max(0, min(most, value)) for value in values]


def _ranks(values: Sequence[int | None]) -> Sequence[int]:
    return _bounded([value or 0 for value in values], 65535) if any(values) else [0] * len(values)


def _counts(values: Values) -> Sequence[int]:
    return _bounded([NO_COUNT if value is None else value for value in values], NO_COUNT)


def _scores(values: Values) -> list[float]:
    return [NAN if value is None else value for value in values]


def _survival(values: Values) -> list[int]:
    return [UNKNOWN_SURVIVAL if value is None else int(value) for value in values]


def _same(values: Values) -> Values:
    return values


# a whole column at a time: 40 candidates in 20 columns are most of a trace
_CANDIDATE: dict[str, tuple[str, Callable[[Values], Sequence[Any]]]] = {
    "c_id": ("chunk_id", _same),
    "c_anchor": ("anchor", _texts),
    "c_product": ("product", _texts),
    "c_title": ("title", _texts),
    "c_source_hash": ("source_hash", _texts),
    "c_fused_rank": ("fused_rank", _ranks),
    "c_fused_score": ("fused_score", _scores),
    "c_rerank_in": ("rerank_in", _same),
    "c_rerank_rank": ("rerank_rank", _ranks),
    "c_rerank_score": ("rerank_score", _scores),
    "c_survived": ("survived", _survival),
    "c_survived_source": ("survived_source", _same),
    "c_dropped_at": ("dropped_at", _texts),
    "c_dropped_why": ("dropped_why", _texts),
    "c_tokens": ("tokens", _counts),
    "c_kept_tokens": ("kept_tokens", _counts),
    "c_slot": ("slot", _texts),
    "c_cited": ("cited", _same),
}
_HIT: dict[str, tuple[str, Callable[[Values], Sequence[Any]]]] = {
    "h_lane": ("lane", _same),
    "h_round": ("round", _ranks),
    "h_rank": ("rank", _ranks),
    "h_score": ("score", _scores),
}


def trace_columns(rows: Sequence[TraceRow]) -> dict[str, list[Any]]:
    """Columns of `traces`."""
    columns: dict[str, list[Any]] = {name: [read(row) for row in rows] for name, read in _PLAIN.items()}
    traces = [row.trace for row in rows]
    for name, read in _TRACE.items():
        columns[name] = [read(trace) for trace in traces]
    candidates = [_by_field(Candidate, trace.candidates) for trace in traces]
    for name, (field, convert) in _CANDIDATE.items():
        columns[name] = [convert(found[field]) for found in candidates]
    columns["c_text"] = [_text_hashes(row) for row in rows]
    columns["h_candidate"] = [[i for i, c in enumerate(trace.candidates) for _ in c.hits] for trace in traces]
    hits = [_by_field(LaneHit, [hit for c in trace.candidates for hit in c.hits]) for trace in traces]
    for name, (field, convert) in _HIT.items():
        columns[name] = [convert(found[field]) for found in hits]
    return columns


def _by_field(kind: Any, found: Sequence[tuple[Any, ...]]) -> dict[str, Values]:
    """Of many tuples of one kind the values of each field, in one pass."""
    return dict(zip(kind._fields, zip(*found, strict=True) if found else repeat(()), strict=False))


def _text_hashes(row: TraceRow) -> list[bytes]:
    hashes = row.shelf.hashes
    return [hashes[c.text] if c.text else NO_TEXT for c in row.trace.candidates]


# Each column costs 0.3 ms to read of one row: `detail` says again what is short, for whoever wants all of a trace.
_ALIKE = (
    "kind",
    "rooted",
    "root_name",
    "first_token_ms",
    "repeat",
    "confidence",
    "refused",
    "cost_usd",
    "span_count",
    "flags",
    "warnings",
)
_SHORT_TEXTS = tuple(name for name in _OPTIONAL_TEXTS if name not in ("query", "answer"))
_SAID = ("started_ns", "ended_ns", "versions", "query_shape_source", "span_stages", *_ALIKE, *_SHORT_TEXTS)
_LONG = ("query", "answer", "metadata", *_CANDIDATE, "c_text", "h_candidate", *_HIT, "detail")
READ = ("key_ts", "version", "arrived_at", "trace_id", *_LONG)
READ_BEFORE = ("started_at", "ended_at", *_VERSIONS, *_ALIKE, *_SHORT_TEXTS)  # of rows from before `detail` said it


def _none(text: str | None) -> str | None:
    return text or None


def _unscore(value: float) -> float | None:
    return None if math.isnan(value) else value


def _uncount(value: int) -> int | None:
    return None if value == NO_COUNT else value


def _candidates(row: Mapping[str, Any], texts: Mapping[bytes, str]) -> tuple[Candidate, ...]:
    """Column by column, in the order of Candidate's fields: a sweep reads millions of them."""
    hits: list[list[LaneHit]] = [[] for _ in row["c_id"]]
    scores = map(_unscore, row["h_score"])
    for at, lane, rank, score, round_ in zip(
        row["h_candidate"], row["h_lane"], row["h_rank"], scores, row["h_round"], strict=True
    ):
        hits[at].append(LaneHit(lane, rank, score, round_))
    read: tuple[Iterable[Any], ...] = (
        row["c_id"],
        map(_none, row["c_anchor"]),
        map(_none, row["c_product"]),
        map(_none, row["c_title"]),
        map(texts.get, row["c_text"]),
        map(_none, row["c_source_hash"]),
        map(tuple, hits),
        map(_unrank, row["c_fused_rank"]),
        map(_unscore, row["c_fused_score"]),
        map(bool, row["c_rerank_in"]),
        map(_unrank, row["c_rerank_rank"]),
        map(_unscore, row["c_rerank_score"]),
        map(_SURVIVED.__getitem__, row["c_survived"]),
        row["c_survived_source"],
        map(_none, row["c_dropped_at"]),
        map(_none, row["c_dropped_why"]),
        map(_uncount, row["c_tokens"]),
        map(_uncount, row["c_kept_tokens"]),
        map(_none, row["c_slot"]),
        map(bool, row["c_cited"]),
    )
    return tuple(map(Candidate, *read))


_SURVIVED = (False, True, None)


def _unrank(value: int) -> int | None:
    return value or None


def _stage(fields: dict[str, Any]) -> StageRecord:
    return StageRecord(**{**fields, "checks": tuple(Check(**check) for check in fields["checks"])})


def _context(fields: dict[str, Any]) -> Context:
    return Context(**{**fields, "slots": tuple(Slot(**slot) for slot in fields["slots"])})


def read_stages(detail: str) -> tuple[tuple[StageRecord, ...], dict[str, str]]:
    """The stages in a `detail`, and those of spans that no stage names, where nothing else of the trace is wanted."""
    found = orjson.loads(detail)
    return tuple(_stage(fields) for fields in found["stages"]), found.get("said", {}).get("span_stages", {})


def says_all(detail: Mapping[str, Any]) -> bool:
    """Whether READ is enough for `read_trace`, or READ_BEFORE is wanted as well."""
    return "said" in detail


def _said(row: Mapping[str, Any], detail: Mapping[str, Any]) -> dict[str, Any]:
    said = detail["said"] if says_all(detail) else _said_before(row, detail)
    texts = {name: _none(said[name]) for name in _SHORT_TEXTS}
    tuples = {name: tuple(said[name]) for name in ("flags", "warnings")}
    others = said.get("span_stages", {})
    return {**said, **texts, **tuples, "versions": Versions(**said["versions"]), "span_stages": others}


def _said_before(row: Mapping[str, Any], detail: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "started_ns": row["started_at"],
        "ended_ns": row["ended_at"],
        "versions": {name: _none(row[column]) for column, name in _VERSIONS.items()},
        "query_shape_source": detail.get("shape", "declared" if row["query_shape"] else "no"),
        **{name: row[name] for name in (*_ALIKE, *_SHORT_TEXTS)},
    }


def read_trace(row: Mapping[str, Any], texts: Mapping[bytes, str]) -> Trace:
    """The trace of one row of `traces` by name, its `detail` decoded, with its candidates' texts by hash."""
    detail = row["detail"]
    return Trace(
        trace_id=row["trace_id"],
        query=_none(row["query"]),
        answer=_none(row["answer"]),
        metadata=row["metadata"],
        rewritten=tuple(detail["rewritten"]),
        entities=tuple(Entity(**fields) for fields in detail["entities"]),
        missing=tuple(detail["missing"]),
        lanes=tuple(Lane(**fields) for fields in detail["lanes"]),
        observed=Observed(**detail["observed"]),
        candidates=_candidates(row, texts),
        context=_context(detail["context"] | {"text": unpack(detail["text"], texts)}),
        citations=tuple(Citation(**fields) for fields in detail["citations"]),
        stages=tuple(_stage(fields) for fields in detail["stages"]),
        **_said(row, detail),
    )
