"""What runs by the clock: sweeps over durable rows, so that a lost message loses no work."""

import structlog
from celery import Task, shared_task
from django.core.management import call_command

from tracing import jobs, joining
from tracing.corpus import drift
from tracing.judging import attribute, outbox
from tracing.models import Lease, Project

log = structlog.get_logger()

DUE = "attribute what is due"
A_TURN = 500  # traces: well within a lease, on a slow machine too


@shared_task(name="tracing.forget_ended_sign_ins")
def forget_ended_sign_ins() -> None:
    """Delete sessions that have ended."""
    call_command("clearsessions")


@shared_task(name="tracing.attribute_due")
def attribute_due() -> None:
    """Judge what has settled, and what something new was said of: each project a turn, until none has more."""
    with jobs.lease(DUE) as taken:
        waiting = list(Project.objects.all()) if taken else []
        while waiting:
            waiting = [one for one in waiting if attribute.attribute_due(one, most=A_TURN) >= A_TURN]
            Lease.extend(DUE, jobs.LEASE_SECONDS)


@shared_task(name="tracing.copy_decisions")
def copy_decisions() -> None:
    """Bring to the trace store what people decided, where that did not happen at once."""
    with jobs.lease("copy decisions") as taken:
        if taken:
            outbox.sweep()


@shared_task(name="tracing.join_detached")
def join_detached() -> None:
    """Have detached rerankers joined to their questions."""
    with jobs.lease("join what is detached") as taken:
        for project in Project.objects.all() if taken else ():
            joining.join_detached(project.slug)


@shared_task(name="tracing.run_jobs")
def run_jobs() -> None:
    """Run what was asked for and is not done."""
    jobs.run_open()


@shared_task(name="tracing.look_at_drift")
def look_at_drift(project: str = "") -> None:
    """Compare what was retrieved with what exists: each night, and after a push."""
    for found in Project.objects.filter(slug=project) if project else Project.objects.all():
        drift.look(found.slug)


def ring(task: Task, *given: str) -> None:
    """Call a sweep now; where the queue does not answer, the clock will."""
    try:
        task.apply_async(given, expires=60, retry=False)
    except Exception:  # each broker has errors of its own
        log.warning("the task queue does not answer", task=task.name, exc_info=True)
