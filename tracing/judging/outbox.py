"""Decisions on their way to the trace store: at once after the commit, and by a sweep where that did not happen.

A copy is made under the decision's own time, so that copying it twice, or late, changes nothing.
"""

import time
from collections.abc import Sequence

import structlog

from tracing import marks, store
from tracing.judging import verdicts
from tracing.keyed import TraceKey
from tracing.models import HumanVerdict, Outbox

log = structlog.get_logger()

MOST = 500  # a sweep


def sweep() -> int:
    """Copy what still waits, the oldest first; returns how many were copied."""
    return send(list(Outbox.objects.select_related("verdict__project").order_by("attempts", "pk")[:MOST]))


def send(waiting: Sequence[Outbox]) -> int:
    """Copy these; one that cannot be copied stays, and stops no other unless the store takes nothing at all."""
    copied = 0
    for one in waiting:
        try:
            _copy(one.verdict)
        except Exception as error:  # whatever it is, the decision is kept and the sweep comes again
            log.warning("a decision could not be copied", verdict=one.verdict_id, exc_info=True)
            Outbox.objects.filter(pk=one.pk).update(attempts=one.attempts + 1, error=repr(error)[:500])
            if one is not waiting[-1] and not store.takes_writes():
                break
        else:
            Outbox.objects.filter(pk=one.pk).delete()
            copied += 1
    return copied


def _copy(said: HumanVerdict) -> None:
    project = said.project.slug
    key = TraceKey(said.key_ns, said.trace_id)
    verdicts.keep(project=project, found=[(key, row_of(said))], version=said.said_ns)
    facts = marks.facts_of(project=project, trace_ids=[said.trace_id])
    is_due = said.fault == verdicts.WITHDRAWN or None  # the engine may have judged with that word before it
    marks.refresh(facts, time.time_ns(), due=is_due)


def row_of(said: HumanVerdict) -> verdicts.Row:
    """The decision as the store keeps it."""
    verdict = verdicts.said_by_a_person(said.stage or None, said.fault)
    return verdicts.Row(verdict, said.said_ns, person=said.name, note=said.note)
