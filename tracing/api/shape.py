"""The JSON of the API: one trace with every key always there, null or [] where not known."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from tracing.document_lists import sent
from tracing.judging.verdicts import Row
from tracing.queries import Found, SpanOutline, Summary
from tracing.records import Assessment, Candidate, Context, Expectation, Signal, Span, StageRecord, Verdict

Json = dict[str, Any]
SAME = ("external_id", "first_token_ms", "environment", "surface", "variant", "run_id", "item_id", "repeat")
SAID = ("query", "query_shape", "intent", "product", "outcome", "confidence", "answer", "refused")
VERSIONS = {
    "release": "release",
    "prompt": "prompt_version",
    "index": "index_version",
    "embedding": "embedding_version",
    "reranker": "reranker_version",
    "corpus": "corpus_version",
}


def rfc3339(ns: int) -> str:
    """A time in UTC, to the microsecond."""
    seconds, rest = divmod(ns, 10**9)
    return f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%Y-%m-%dT%H:%M:%S}.{rest // 1000:06d}Z"


def trace_json(found: Found) -> Json:
    """One trace, as the API gives it."""
    t, mark = found.trace, found.mark
    return {
        "trace_id": t.trace_id,
        "project": found.project,
        "started_at": rfc3339(t.started_ns),
        "ended_at": rfc3339(t.ended_ns),
        "duration_ms": t.duration_ms,
        **{name: getattr(t, name) for name in (*SAME, *SAID, "session_id", "user_id", "cost_usd")},
        "settled": found.settled,
        "live": found.live,
        "versions": asdict(t.versions),
        "rewritten": list(t.rewritten),
        "entities": [asdict(entity) for entity in t.entities],
        "missing": list(t.missing),
        "metadata": dict(t.metadata),
        "lanes": [asdict(lane) for lane in t.lanes],
        "observed": asdict(t.observed),
        "candidates": [_candidate(c, place in found.expected) for place, c in enumerate(t.candidates)],
        "context": _context(t.context),
        "citations": [asdict(citation) for citation in t.citations],
        "stages": [_stage(record) for record in t.stages],
        "groundedness": {
            "value": mark.groundedness,
            "by": mark.grounded_by or None,
            "version": _assessor_version(found),
        },
        "assessments": [_assessment(one) for one in found.assessments],
        "judging": {"stream": None, "decision": mark.judged or None, "weight": None},
        "expectation": _expectation(found.expectation),
        "verdict": _verdict(found.standing.row),
        "flags": list(mark.flags or t.flags),
        "signals": [signal_json(signal) for signal in found.signals],
        "warnings": list(t.warnings),
    }


def _candidate(c: Candidate, expected: bool) -> Json:
    best = {hit.lane: hit for hit in sorted(c.hits, key=lambda hit: -hit.rank)}
    return {
        "chunk_id": c.chunk_id,
        "anchor": c.anchor,
        "product": c.product,
        "title": c.title,
        "text": c.text,
        "source_hash": c.source_hash,
        "expected": expected,
        "lanes": {
            lane: {"rank": hit.rank, "score": hit.score, "round": hit.round} for lane, hit in sorted(best.items())
        },
        **{name: getattr(c, name) for name in CANDIDATE},
    }


CANDIDATE = (
    "fused_rank",
    "fused_score",
    "rerank_in",
    "rerank_rank",
    "rerank_score",
    "survived",
    "survived_source",
    "dropped_at",
    "dropped_why",
    "tokens",
    "kept_tokens",
    "slot",
    "cited",
    "stale",
)


def _context(context: Context) -> Json:
    return {**asdict(context), "slots": [asdict(slot) for slot in context.slots]}


def _stage(record: StageRecord) -> Json:
    shown = asdict(record)
    del shown["start_ns"], shown["span_id"]
    return {**shown, "checks": list(shown["checks"])}


def _verdict(row: Row | None) -> Json | None:
    if row is None or not row.blames:
        return None
    return {**_said(row.verdict), "at": rfc3339(row.at_ns), "by": row.person or None, "note": row.note or None}


def _said(verdict: Verdict) -> Json:
    return {**asdict(verdict), "evidence": list(verdict.evidence), "symptoms": list(verdict.symptoms)}


def verdict_row_json(row: Row) -> Json:
    """One run of the engine or one word of a person, with what was noticed beside its verdict."""
    return {
        **_said(row.verdict),
        "at": rfc3339(row.at_ns),
        "by": row.person or None,
        "note": row.note or None,
        "failed": list(row.failed),
        "flags": list(row.flags),
        "citations": list(row.citations),
        "lost": dict(row.lost or {}),
    }


def _assessment(one: Assessment) -> Json:
    said = asdict(one)
    del said["at_ns"], said["refused"]
    return {**said, "claims": list(said["claims"]), "better": list(said["better"]), "at": rfc3339(one.at_ns)}


def _expectation(one: Expectation | None) -> Json | None:
    if one is None:
        return None
    said = asdict(one)
    source = said.pop("source")
    return {**said, "anchors": list(one.anchors), "from": source}


def _assessor_version(found: Found) -> str | None:
    by = found.mark.grounded_by
    return next((one.version for one in found.assessments if one.by == by), None)


def signal_json(signal: Signal) -> Json:
    """What was said of a trace."""
    return {
        "id": signal.id,
        "kind": signal.kind,
        "name": signal.name,
        "value": signal.value,
        "source": signal.source,
        "user": signal.user,
        "comment": signal.comment,
        "at": rfc3339(signal.at_ns),
        "anchor": signal.anchor,
        "session_id": signal.session_id,
        "span_id": signal.span_id,
    }


def summary_json(row: Summary, project: str) -> Json:
    """One trace of a list: the same names as one trace, without what only its own page needs."""
    return {
        "trace_id": row.trace_id,
        "project": project,
        "started_at": rfc3339(row.started_ns),
        "ended_at": rfc3339(row.ended_ns),
        "duration_ms": row.duration_ms,
        **{name: _known(getattr(row, name)) for name in (*SAME, *SAID, "session_id", "user_id", "cost_usd")},
        "settled": row.settled,
        "live": row.live,
        "versions": {name: _known(getattr(row, column)) for name, column in VERSIONS.items()},
        "groundedness": {"value": row.groundedness, "by": row.grounded_by or None, "version": None},
        "verdict": _short_verdict(row),
        "feedback": row.thumb or None,
        "models": row.models,
        "errors": row.errors,
        "tokens": row.tokens,
        "span_count": row.span_count,
        "flags": row.flags,
        "warnings": row.warnings,
    }


def _known(value: Any) -> Any:
    return None if value == "" else value


def _short_verdict(row: Summary) -> Json | None:
    if not row.fault:
        return None
    return {"stage": row.stage or None, "fault": row.fault, "kind": row.kind, "certainty": row.certainty}


def outline_json(span: Span | SpanOutline) -> Json:
    """A span's structure; times are integers in ns, because senders' clocks are that fine."""
    return {
        "span_id": span.span_id,
        "parent_id": span.parent_id or None,
        "name": span.name,
        "start_ns": span.start_ns,
        "end_ns": span.end_ns,
        "kind": span.kind,
        "status": span.status,
        "status_message": span.status_message,
        "dropped_attributes": span.dropped_attributes,
    }


def span_json(span: Span) -> Json:
    """One span as its sender described it."""
    return outline_json(span) | {
        "scope": span.scope,
        "scope_version": span.scope_version,
        "resource": span.resource,
        "attributes": sent(span),
        "events": _parts(span.events),
        "links": _parts(span.links),
    }


def _parts(parts: Iterable[Any]) -> list[Json]:
    return [asdict(part) for part in parts]
