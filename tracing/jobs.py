"""Re-attribution of a range of traces: asked for, done in batches, gone on with where it stopped."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from django.utils import timezone

from tracing.filters import parse
from tracing.judging.attribute import BATCH, attribute
from tracing.keyed import TraceKey
from tracing.models import Job, Lease, Project
from tracing.queries.many import how_many, keys_after
from tracing.queries.scope import Scope

log = structlog.get_logger()

LEASE_SECONDS = 120.0
MOST_ATTEMPTS = 3
OPEN = (Job.Status.WAITING, Job.Status.RUNNING)


def ask(project: Project, person: Any, q: str, start_ns: int | None, end_ns: int | None) -> Job:
    """A job that waits; raises FilterError."""
    total = how_many(scope=Scope.of(project, parse(q), start_ns, end_ns))
    return Job.objects.create(project=project, person=person, q=q, start_ns=start_ns, end_ns=end_ns, total=total)


def run_open() -> int:
    """Run the jobs that wait, and those whose worker is gone; returns how many ended."""
    return sum(_run(job) for job in Job.objects.filter(status__in=OPEN).select_related("project").order_by("pk"))


def _run(job: Job) -> bool:
    with lease(f"job {job.pk}") as taken:
        if not taken:
            return False
        job.refresh_from_db()
        if job.status not in OPEN:
            return False
        job.status, job.started_at = Job.Status.RUNNING, job.started_at or timezone.now()
        job.attempts += 1
        job.save()
        try:
            _sweep(job)
        except Exception as error:  # whatever it is, it is shown; a later try goes on from the last batch
            log.exception("a job failed", job=job.pk)
            job.error = repr(error)[:500]
            job.status = Job.Status.FAILED if job.attempts >= MOST_ATTEMPTS else Job.Status.WAITING
        else:
            job.status, job.error = Job.Status.DONE, ""
        job.ended_at = timezone.now() if job.status not in OPEN else None
        job.save()
    return job.status not in OPEN


def _sweep(job: Job) -> None:
    scope = Scope.of(job.project, parse(job.q), job.start_ns, job.end_ns)
    while keys := keys_after(scope=scope, after=TraceKey(job.after_ns, job.after_id), limit=BATCH):
        judged = attribute(job.project, keys)
        job.done += judged
        job.skipped += len(keys) - judged
        job.after_ns, job.after_id = keys[-1].key_ns, keys[-1].trace_id
        job.save(update_fields=["done", "skipped", "after_ns", "after_id"])
        Lease.extend(f"job {job.pk}", LEASE_SECONDS)


@contextmanager
def lease(name: str, seconds: float = LEASE_SECONDS) -> Iterator[bool]:
    """True where nobody else has it; it is given back at the end."""
    taken = Lease.take(name, seconds)
    try:
        yield taken
    finally:
        if taken:
            Lease.give_back(name)
