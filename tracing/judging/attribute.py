"""Traces judged in batches: evidence in, verdicts and marks out."""

import time
from collections.abc import MutableMapping, Sequence

import structlog

from tracing import in_hand, marks, receive
from tracing.attribution.case import Case, Judgement
from tracing.attribution.engine import RULES_VERSION, judge
from tracing.judging import assessments, verdicts
from tracing.judging.evidence import Evidence, gather
from tracing.keyed import TraceKey
from tracing.models import Project
from tracing.queries.many import due_keys
from tracing.records import Trace
from tracing.unswept import unswept

log = structlog.get_logger()

BATCH = 300
# Traces at a time: each piece has fixed costs of some 50 ms, look-ups and inserts. While more than GIVE_WAY_BYTES wait
# in the spool, small pieces are judged, and after each judging pauses GIVE_WAY times as long as it took. While more
# than REST_BYTES wait, it rests, but after LONGEST_REST seconds it judges a whole piece all the same, in each process.
PIECE, SMALL_PIECE = 300, 60
GIVE_WAY_BYTES = 512 * 1024
REST_BYTES = 8 * 1024 * 1024
LONGEST_REST = 20.0
GIVE_WAY = 3.0
AT_ONCE = ("error", "timeout")


_looked_after: dict[str, float] = {}  # when, by project


def attribute_due(project: Project, most: int = 100 * BATCH) -> int:
    """Judge what is due and has settled, the oldest first; returns how many were judged. Gives way to arrivals."""
    done = 0
    while done < most and not _rests(project):
        began = time.monotonic()
        waiting = receive.spool().backlog()
        small = GIVE_WAY_BYTES < waiting <= REST_BYTES
        found = attribute(project, due_keys(project=project.slug, limit=SMALL_PIECE if small else PIECE))
        done += found
        _looked_after[project.slug] = time.monotonic()
        if found == 0:
            break
        if small:
            time.sleep(min(5.0, GIVE_WAY * (time.monotonic() - began)))
    return done


def _rests(project: Project) -> bool:
    """True while so much arrives that whoever waits to see an answer would wait for the verdicts on others."""
    rested = time.monotonic() - _looked_after.get(project.slug, -LONGEST_REST)
    return receive.spool().backlog() > REST_BYTES and rested < LONGEST_REST


Failures = MutableMapping[str, str]  # trace id -> why the engine could not judge it


def attribute(project: Project, keys: Sequence[TraceKey], failures: Failures | None = None) -> int:
    """Judge those of the traces that have settled; returns how many. What arrives meanwhile makes them due again."""
    failures = {} if failures is None else failures
    return sum(_attribute(project, keys[start : start + BATCH], failures) for start in range(0, len(keys), BATCH))


def _attribute(project: Project, keys: Sequence[TraceKey], failures: Failures) -> int:
    with unswept():
        version = time.time_ns()  # before reading: what the drain writes from now on wins
        found = gather(project, keys, version)
        _write(project.slug, found, version, failures)
        in_hand.let_go(project.slug, [one.key for one in found])
    return len(found)


def _write(project: str, found: Sequence[Evidence], version: int, failures: Failures) -> None:
    read = [(one.key, one.fresh) for one in found if one.fresh is not None]
    assessments.keep(project=project, found=read, version=version)
    rows = [(one.key, judged) for one in found if (judged := judged_row(one.case, version, failures))]
    verdicts.keep(project=project, found=rows, version=version)
    facts = [
        marks.Facts(project, one.key.key_ns, one.key.trace_id, one.case.trace.started_ns, one.case.trace.flags)
        for one in found
    ]
    marks.refresh(facts, version, due=False)


def judged_row(case: Case, at_ns: int, failures: Failures | None = None) -> verdicts.Row | None:
    """What the engine says, as it is kept; None of what is no query, and where one odd trace made the engine fail."""
    if case.trace.kind != "query":
        return None
    try:
        judgement: Judgement = judge(case)
    except Exception as error:
        log.exception("a trace could not be judged", trace_id=case.trace.trace_id)
        if failures is not None:
            failures[case.trace.trace_id] = repr(error)[:300]
        return None
    return verdicts.row_of(judgement, RULES_VERSION, at_ns)


def failed_at_once(trace: Trace, at_ns: int) -> verdicts.Row | None:
    """The verdict on a stage that raised or ran out of time, which does not wait until the trace has settled."""
    if not trace.rooted or trace.kind != "query":
        return None
    if all(record.status not in AT_ONCE for record in trace.stages):
        return None
    row = judged_row(Case(trace, settled=False), at_ns)
    return row if row is not None and row.verdict.fault in AT_ONCE else None
