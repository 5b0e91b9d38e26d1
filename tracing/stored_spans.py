"""Spans out of the store, whole, for the drain and whatever reads a trace anew."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from tracing import store
from tracing.arrivals import Key
from tracing.records import Span
from tracing.span_columns import READ, read_span, referred

SINGLE = ":single"  # in the token of a frame that is stored by itself, after that of its batch


def key_times(*, project: str, trace_ids: Sequence[str]) -> Sequence[tuple[str, int]]:
    """(trace, sort time in ns) of those that the store has."""
    return [
        (trace_id, key_ns)
        for ids in store.pieces(trace_ids)
        for trace_id, key_ns in store.rows(
            "SELECT trace_id, any(key_ts) FROM traces"
            " WHERE project = {project:String} AND trace_id IN {ids:Array(String)} GROUP BY trace_id",
            project=project,
            ids=ids,
        )
    ]


def stored_spans(keys: Sequence[tuple[Key, int]], token: str) -> dict[Key, dict[str, Span]]:
    """The spans of these traces, by their sort times, but those that this batch wrote itself in an earlier try."""
    by_project: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for (project, trace_id), key_ns in keys:
        by_project[project].append((trace_id, key_ns))
    return {
        (project, trace_id): spans
        for project, wanted in by_project.items()
        for trace_id, spans in spans_of(project=project, keys=wanted, but_batch=token).items()
    }


def stored_by_id(keys: Iterable[Key], token: str) -> dict[Key, dict[str, Span]]:
    """The same, of those among these traces that the store has."""
    projects: dict[str, list[str]] = defaultdict(list)
    for project, trace_id in keys:
        projects[project].append(trace_id)
    known = [
        ((project, trace_id), key_ns)
        for project, trace_ids in projects.items()
        for trace_id, key_ns in key_times(project=project, trace_ids=trace_ids)
    ]
    return stored_spans(known, token) if known else {}


def spans_of(*, project: str, keys: Sequence[tuple[str, int]], but_batch: str = "") -> dict[str, dict[str, Span]]:
    """The stored spans of these (trace, sort time in ns), whole, by trace and span id."""
    found = [row for some in store.pieces(keys) for row in _span_rows(project=project, keys=some, but_batch=but_batch)]
    texts = chunk_texts(project=project, hashes=referred(row[READ.index("attributes")] for row in found))
    spans: dict[str, dict[str, Span]] = defaultdict(dict)
    for row in found:
        span = read_span(row, texts)
        spans[span.trace_id][span.span_id] = span
    return spans


def _span_rows(*, project: str, keys: Sequence[tuple[str, int]], but_batch: str) -> Sequence[tuple[Any, ...]]:
    return store.rows(
        f"SELECT {', '.join(READ)} FROM spans FINAL"  # noqa: S608 (column names of ours)
        " WHERE project = {project:String}"
        " AND key_ts IN {times:Array(DateTime64(9, 'UTC'))} AND trace_id IN {ids:Array(String)}"
        " AND toStartOfHour(key_ts) IN arrayMap(t -> toStartOfHour(t), {times:Array(DateTime64(9, 'UTC'))})"
        " AND batch NOT IN ({batch:String}, {whole:String})",
        project=project,
        ids=[trace_id for trace_id, _ in keys],
        times=[_decimal(key_ns) for _, key_ns in keys],
        batch=but_batch,
        whole=but_batch.partition(SINGLE)[0],
    )


def _decimal(at_ns: int) -> str:
    return f"{at_ns // 10**9}.{at_ns % 10**9:09d}"


def chunk_texts(*, project: str, hashes: Iterable[bytes]) -> dict[bytes, str]:
    """The texts under these hashes."""
    return {
        value: text
        for wanted in store.pieces(hashes)
        for value, text in store.rows(
            "SELECT hash, text FROM chunks WHERE project = {project:String}"
            " AND hash IN (SELECT toFixedString(unhex(arrayJoin({hashes:Array(String)})), 16))",
            project=project,
            hashes=[value.hex() for value in wanted],
        )
    }
