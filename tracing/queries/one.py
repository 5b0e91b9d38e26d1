"""One trace, and what stands beside it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracing import store
from tracing.columns import canonical, read_trace
from tracing.corpus.expectations import expectations_of
from tracing.filters.sql import KEY
from tracing.judging.assessments import assessments_of
from tracing.judging.verdicts import Row, Standing, applied, history, standing
from tracing.keyed import AT, BY_ID, TraceKey
from tracing.marks import Mark, marks_of
from tracing.queries.pages import trace_page
from tracing.queries.rows import is_live, is_settled, trace_rows
from tracing.queries.scope import LIVE, Scope
from tracing.queries.summaries import SHOWN, Summary, summaries
from tracing.queries.together import together
from tracing.records import Assessment, Expectation, Signal, Trace, Verdict
from tracing.shelf import references

MOST_SIGNALS = 1_000
NOTHING_SAID = Standing()
_MARKED = ("groundedness", "grounded_by", "thumb", "flags", "judged")  # of a mark what nothing else read here says
SIGNAL = "trace_id, kind, value, number, at, id, name, comment, anchor, session_id, user, source, span_id"


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Other traces of one question: the newest of them, and how many there are."""

    rows: tuple[Summary, ...] = ()
    total: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """A trace with what the store knows of it; times in ns."""

    project: str
    trace: Trace
    key_ns: int
    arrived_ns: int
    settled: bool
    live: bool
    mark: Mark
    signals: tuple[Signal, ...]
    standing: Standing = NOTHING_SAID
    expectation: Expectation | None = None
    assessments: tuple[Assessment, ...] = ()
    history: tuple[Row, ...] = ()
    neighbours: Neighbours = Neighbours()

    @property
    def verdict(self) -> Verdict | None:
        """What counts now; None where the trace has not failed."""
        return self.standing.verdict

    @property
    def expected(self) -> frozenset[int]:
        """The places of the candidates that hold an expected anchor."""
        return frozenset(self.standing.engine.expected if self.standing.engine else ())

    @property
    def lost(self) -> Mapping[str, str]:
        """The stage that lost an expected anchor, by anchor."""
        return (self.standing.engine.lost if self.standing.engine else None) or {}

    @property
    def thumb(self) -> str:
        """The worst thumb: up, down, or empty."""
        return self.mark.thumb


def trace(*, project: str, trace_id: str, live: Sequence[str] = LIVE, for_page: bool = False) -> Found | None:
    """The trace with all that is known of it; None where the project has none of that id.

    A page shows candidates without their texts, and beside them the other traces of the same question.
    """
    begun = _begun(project=project, trace_id=trace_id)
    if begun is None:
        return None
    key, said = begun
    found, known, rows, mark, assessments, signalled, expected, others = together(
        lambda: trace_rows(project=project, keys=[key]),
        lambda: {} if for_page else _texts_of_candidates(project=project, key=key),
        lambda: history(project=project, key=key),
        lambda: marks_of(project=project, keys=[key], names=_MARKED),
        lambda: assessments_of(project=project, keys=[key]),
        lambda: signals(project=project, trace_id=trace_id, session_id=said.session_id or ""),
        lambda: expectations_of(project=project, traces=[said]),
        lambda: neighbours(project=project, trace=said, live=live) if for_page else Neighbours(),
    )
    if not found:
        return None
    [row] = found
    if for_page:
        known = texts(project=project, hashes=list(references(row["detail"]["text"])))
    stands, arrived_ns = standing(rows), row["arrived_at"] * 1_000_000
    subject = applied(read_trace(row, known), stands.engine)
    return Found(
        project=project,
        trace=subject,
        key_ns=key.key_ns,
        arrived_ns=arrived_ns,
        settled=is_settled(subject.rooted, arrived_ns, time.time_ns()),
        live=is_live(subject, live),
        mark=mark.get(trace_id, Mark()),
        signals=signalled,
        standing=stands,
        expectation=expected.get(trace_id),
        assessments=assessments.get(trace_id, ()),
        history=rows,
        neighbours=others,
    )


def _begun(*, project: str, trace_id: str) -> tuple[TraceKey, Trace] | None:
    """A trace's key, and as much of it as finds what was said of it."""
    rows = store.rows(
        "SELECT key_ts, query, item_id, session_id FROM traces"
        " WHERE project = {project:String} AND trace_id = {trace_id:String} ORDER BY version DESC LIMIT 1",
        BY_ID,
        project=project,
        trace_id=trace_id,
    )
    if not rows:
        return None
    key_ns, *said = rows[0]
    query, item_id, session_id = (text or None for text in said)
    return TraceKey(key_ns, trace_id), Trace(trace_id, 0, 0, query=query, item_id=item_id, session_id=session_id)


def _texts_of_candidates(*, project: str, key: TraceKey) -> dict[bytes, str]:
    rows = store.rows(
        "SELECT hash, text FROM chunks WHERE project = {project:String}"
        f" AND hash IN (SELECT arrayJoin(c_text) FROM traces PREWHERE {AT}) LIMIT 1 BY hash",
        project=project,
        key_ns=key.key_ns,
        trace_id=key.trace_id,
    )
    return {bytes(value): text for value, text in rows}


def key_time(*, project: str, trace_id: str) -> int | None:
    """The sort time of a trace: with it, everything else of the trace is found by key."""
    rows = store.rows(
        "SELECT key_ts FROM traces WHERE project = {project:String} AND trace_id = {trace_id:String}"
        " ORDER BY version DESC LIMIT 1",
        BY_ID,
        project=project,
        trace_id=trace_id,
    )
    return int(rows[0][0]) if rows else None


def texts(*, project: str, hashes: Sequence[bytes]) -> dict[bytes, str]:
    """The texts that are kept under these hashes."""
    if not hashes:
        return {}
    rows = store.rows(
        "SELECT hash, text FROM chunks WHERE project = {project:String}"
        " AND hash IN (SELECT toFixedString(unhex(arrayJoin({hashes:Array(String)})), 16)) LIMIT 1 BY hash",
        project=project,
        hashes=[value.hex() for value in hashes],
    )
    return {bytes(value): text for value, text in rows}


def signals(*, project: str, trace_id: str, session_id: str | None = None) -> tuple[Signal, ...]:
    """What was said of the trace, or of its whole session, the newest first; also of one that has not come yet."""
    if session_id is None:
        session_id = _session(project=project, trace_id=trace_id)
    rows = store.rows(
        f"SELECT {SIGNAL} FROM signals FINAL"
        " WHERE project = {project:String} AND (trace_id = {trace_id:String}"
        " OR (trace_id = '' AND session_id != '' AND session_id = {session_id:String}))"
        f" ORDER BY at DESC, identity LIMIT {MOST_SIGNALS}",
        project=project,
        trace_id=trace_id,
        session_id=session_id,
    )
    return tuple(read_signal(*row) for row in rows)


def _session(*, project: str, trace_id: str) -> str:
    rows = store.rows(
        "SELECT session_id FROM traces WHERE project = {project:String} AND trace_id = {trace_id:String}"
        " ORDER BY version DESC LIMIT 1",
        BY_ID,
        project=project,
        trace_id=trace_id,
    )
    return str(rows[0][0]) if rows else ""


def read_signal(trace_id: str, kind: str, value: str, number: float | None, at_ns: int, *optional: str) -> Signal:
    """A row of `signals`."""
    identity, name, comment, anchor, session_id, user, source, *span_id = optional
    typed: str | float | bool | None = value == "True" if value in ("True", "False") else number
    return Signal(
        trace_id=trace_id,
        kind=kind,
        value=typed if number is not None else value or None,
        at_ns=at_ns,
        id=identity or None,
        name=name or None,
        comment=comment or None,
        anchor=anchor or None,
        session_id=session_id or None,
        user=user or None,
        source=source,
        span_id="".join(span_id) or None,
    )


def neighbours(*, project: str, trace: Trace, live: Sequence[str] = LIVE, limit: int = 20) -> Neighbours:
    """Other traces of the same question, but for case, spacing and closing punctuation; the newest ones."""
    asked: dict[str, Any] = {"project": project, "canonical": canonical(trace.query or ""), "trace_id": trace.trace_id}
    if not trace.query or not _asked_again(**asked):
        return Neighbours()
    rows = store.rows(
        f"SELECT key_ts, trace_id, count() OVER () FROM traces FINAL"
        f" WHERE project = {{project:String}} AND kind = 'query' AND {KEY} IN"
        f" (SELECT {KEY} FROM traces WHERE project = {{project:String}} AND canonical = {{canonical:UInt64}})"
        " AND trace_id != {trace_id:String}"
        " ORDER BY key_ts DESC, trace_id DESC LIMIT {limit:UInt32}",
        **asked,
        limit=limit,
    )
    found = [(key_ns, other) for key_ns, other, _ in rows]
    said = summaries(project=project, keys=found, live=live, now_ns=time.time_ns(), names=(*SHOWN, "release"))
    return Neighbours(said, rows[0][2] if rows else 0)


def _asked_again(*, project: str, canonical: int, trace_id: str) -> bool:
    """Whether any row of another trace asks the same: mostly none does, and this costs a third of finding out which."""
    rows = store.rows(
        "SELECT 1 FROM traces PREWHERE project = {project:String} AND canonical = {canonical:UInt64}"
        " WHERE trace_id != {trace_id:String} LIMIT 1",
        BY_ID,
        project=project,
        canonical=canonical,
        trace_id=trace_id,
    )
    return bool(rows)


def latest(*, project: str) -> Summary | None:
    """The newest trace of the project."""
    rows = trace_page(scope=Scope(project), limit=1).rows
    return rows[0] if rows else None


def any_trace(*, project: str) -> bool:
    """True where the project has a trace."""
    return bool(store.rows("SELECT 1 FROM traces WHERE project = {project:String} LIMIT 1", project=project))


def locate(*, trace_id: str, projects: Sequence[str]) -> str | None:
    """Which of these projects has the trace."""
    rows = store.rows(
        "SELECT project FROM traces WHERE project IN {projects:Array(String)} AND trace_id = {trace_id:String} LIMIT 1",
        BY_ID,
        projects=list(projects),
        trace_id=trace_id,
    )
    return str(rows[0][0]) if rows else None
