"""Traces put straight into the store, so that a test can say what is asked of it and nothing else."""

from typing import Any

from tracing import store
from tracing.columns import TraceRow, trace_columns
from tracing.records import Candidate, LaneHit, Span, StageRecord, Trace
from tracing.shelf import Shelf, text_hash
from tracing.span_columns import SpanRow, packed, span_columns

NOW_NS = 1_795_000_000 * 10**9  # 2026-11-18
SECOND = 10**9
LONG_AGO_NS = NOW_NS - 3600 * SECOND


def trace_id(number: int) -> str:
    """32 hex digits."""
    return f"{number:032x}"


def a_trace(number: int = 1, *, age_s: float = 3600, **fields: Any) -> Trace:
    """A trace that began so long before NOW_NS and took two seconds."""
    start = NOW_NS - int(age_s * SECOND)
    given = {"trace_id": trace_id(number), "started_ns": start, "ended_ns": start + 2 * SECOND, "rooted": True}
    return Trace(**(given | fields))


def keep(*traces: Trace, project: str = "atlas", arrived_ns: int = LONG_AGO_NS, version: int = 1, **mark: Any) -> None:
    """Store traces, their candidates' texts, and marks that say the same of each."""
    texts = {c.text: text_hash(c.text) for trace in traces for c in trace.candidates if c.text}
    rows = [TraceRow(project, trace.started_ns, version, arrived_ns, trace, Shelf.of(trace)) for trace in traces]
    store.insert("traces", trace_columns(rows))
    store.insert("chunks", {"project": [project] * len(texts), "hash": list(texts.values()), "text": list(texts)})
    keep_marks(*traces, project=project, version=version, **mark)


def keep_marks(*traces: Trace, project: str = "atlas", version: int = 1, **mark: Any) -> None:
    """Store what is said of these traces."""
    said = {"flags": list(traces[0].flags)} | mark
    store.insert(
        "marks",
        {
            "project": [project] * len(traces),
            "key_ts": [trace.started_ns for trace in traces],
            "trace_id": [trace.trace_id for trace in traces],
            "version": [version] * len(traces),
            "started_at": [trace.started_ns for trace in traces],
        }
        | {name: [value] * len(traces) for name, value in said.items()},
    )


def keep_signal(of: str, kind: str, value: str, *, project: str = "atlas", **fields: Any) -> None:
    """Store one signal."""
    given = {"identity": f"{of}{kind}{fields.get('name', '')}{fields.get('user', '')}", "version": 1, "at": NOW_NS}
    row = {"project": project, "trace_id": of, "kind": kind, "value": value, "source": "user"} | given | fields
    store.insert("signals", {name: [content] for name, content in row.items()})


def keep_spans(*spans: Span, of: Trace, project: str = "atlas") -> None:
    """Store the spans of a trace that was kept."""
    shelf = Shelf.of(of)
    store.insert(
        "spans",
        span_columns([SpanRow(project, of.started_ns, 1, "batch", span, packed(span, shelf)) for span in spans]),
    )


def candidate(chunk_id: str, anchor: str, **fields: Any) -> Candidate:
    """A chunk that the lexical lane ranked first."""
    return Candidate(chunk_id, anchor=anchor, hits=(LaneHit("lexical", 1, 9.5),), **fields)


def stage(name: str, **fields: Any) -> StageRecord:
    """One stage's record."""
    return StageRecord(name, **fields)
