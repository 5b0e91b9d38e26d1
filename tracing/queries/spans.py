"""The spans of a trace: their structure at once, their content one by one."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tracing import store
from tracing.columns import read_stages
from tracing.dialects.values import plain
from tracing.document_lists import sent
from tracing.keyed import AT, BY_ID
from tracing.langfuse.events import SCOPE, assembled
from tracing.queries.one import key_time, texts
from tracing.records import Span, StageRecord
from tracing.span_columns import READ, read_span, referred

MOST_SPANS = 20_000
TOGETHER = 100
TOGETHER_BYTES = MOST_EVENT_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class SpanOutline:
    """A span without its content; `size` is what its attributes take, in bytes."""

    span_id: str
    parent_id: str
    name: str
    start_ns: int
    end_ns: int
    kind: int
    status: int
    status_message: str
    size: int
    dropped_attributes: int = 0


def span_tree(*, project: str, trace_id: str) -> tuple[SpanOutline, ...]:
    """The outlines of a trace's spans in the order in which they began; at most 20,000."""
    key_ns = key_time(project=project, trace_id=trace_id)
    return () if key_ns is None else _tree(project=project, key_ns=key_ns, trace_id=trace_id)


def _tree(*, project: str, key_ns: int, trace_id: str) -> tuple[SpanOutline, ...]:
    outlines, of_events = _outlines(project=project, key_ns=key_ns, trace_id=trace_id)
    if not of_events:
        return outlines
    return tuple(_outline(each) for each in _assembled(project=project, key_ns=key_ns, trace_id=trace_id))


def span_tree_with_stages(*, project: str, trace_id: str) -> tuple[tuple[SpanOutline, ...], dict[str, str]] | None:
    """The tree, and the stage that was read from a span, by its id; None where the project has no such trace."""
    rows = store.rows(
        "SELECT key_ts, detail FROM traces WHERE project = {project:String} AND trace_id = {trace_id:String}"
        " ORDER BY version DESC LIMIT 1",
        BY_ID,
        project=project,
        trace_id=trace_id,
    )
    if not rows:
        return None
    key_ns, detail = rows[0]
    return _tree(project=project, key_ns=key_ns, trace_id=trace_id), stages_of_spans(*read_stages(detail))


def stages_of_spans(stages: Iterable[StageRecord], others: Mapping[str, str]) -> dict[str, str]:
    """The stage that each span is an operation of, by the span's id."""
    return {**others, **{record.span_id: record.stage for record in stages if record.span_id}}


def _outlines(*, project: str, key_ns: int, trace_id: str) -> tuple[tuple[SpanOutline, ...], bool]:
    """The outlines as stored, and whether some carry events that make spans only together."""
    rows = store.rows(
        "SELECT span_id, parent_id, name, started_at, ended_at, kind, status, status_message, size, dropped_attributes,"
        f" scope FROM (SELECT * FROM spans PREWHERE {AT} ORDER BY version DESC LIMIT 1 BY span_id)"
        f" ORDER BY started_at, span_id LIMIT {MOST_SPANS}",
        project=project,
        key_ns=key_ns,
        trace_id=trace_id,
    )
    outlines = tuple(SpanOutline(*row[:-1]) for row in rows)
    small = sum(outline.size for outline in outlines) <= MOST_EVENT_BYTES
    return outlines, small and any(row[-1] == SCOPE for row in rows)


def _outline(span: Span) -> SpanOutline:
    size = sum(len(key) + len(plain(value)) for key, value in sent(span).items())
    times = span.start_ns, span.end_ns
    return SpanOutline(
        span.span_id, span.parent_id, span.name, *times, span.kind, span.status, span.status_message, size
    )


def _assembled(*, project: str, key_ns: int, trace_id: str) -> list[Span]:
    outlines, _ = _outlines(project=project, key_ns=key_ns, trace_id=trace_id)
    ids = [outline.span_id for outline in outlines]
    found = [
        span
        for some in store.pieces(ids)
        for span in _whole(project=project, key_ns=key_ns, trace_id=trace_id, span_ids=some)
    ]
    return sorted(assembled(found), key=lambda span: (span.start_ns, span.span_id))


def span(*, project: str, trace_id: str, span_id: str) -> Span | None:
    """One span with its content."""
    key_ns = key_time(project=project, trace_id=trace_id)
    if key_ns is None:
        return None
    found = _whole(project=project, key_ns=key_ns, trace_id=trace_id, span_ids=[span_id])
    if not found and _outlines(project=project, key_ns=key_ns, trace_id=trace_id)[1]:
        made = _assembled(project=project, key_ns=key_ns, trace_id=trace_id)
        found = [each for each in made if each.span_id == span_id]
    return found[0] if found else None


def spans(*, project: str, trace_id: str) -> Iterator[Span]:
    """All spans with their content, in the order in which they began; no more than some 16 MB are held at once."""
    key_ns = key_time(project=project, trace_id=trace_id)
    if key_ns is None:
        return
    outlines, of_events = _outlines(project=project, key_ns=key_ns, trace_id=trace_id)
    if of_events:
        yield from _assembled(project=project, key_ns=key_ns, trace_id=trace_id)
        return
    gathered: list[str] = []
    size = 0
    for outline in outlines:
        if gathered and (len(gathered) == TOGETHER or size + outline.size > TOGETHER_BYTES):
            yield from _whole(project=project, key_ns=key_ns, trace_id=trace_id, span_ids=gathered)
            gathered, size = [], 0
        gathered.append(outline.span_id)
        size += outline.size
    if gathered:
        yield from _whole(project=project, key_ns=key_ns, trace_id=trace_id, span_ids=gathered)


def _whole(*, project: str, key_ns: int, trace_id: str, span_ids: list[str]) -> list[Span]:
    rows = store.rows(
        f"SELECT {', '.join(READ)} FROM (SELECT * FROM spans PREWHERE {AT} AND span_id IN {{span_ids:Array(String)}}"
        " ORDER BY version DESC LIMIT 1 BY span_id) ORDER BY started_at, span_id",
        project=project,
        key_ns=key_ns,
        trace_id=trace_id,
        span_ids=span_ids,
    )
    at = READ.index("attributes")
    known = texts(project=project, hashes=list(referred(row[at] for row in rows)))
    return [read_span(row, known) for row in rows]
