"""Re-attribution of a range of traces: asked for, done in batches, gone on with where it stopped."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import structlog
from django.db.models import F
from django.utils import timezone

from tracing import receive
from tracing.filters import parse
from tracing.judging.attribute import BATCH, GIVE_WAY, GIVE_WAY_BYTES, attribute
from tracing.keyed import TraceKey
from tracing.langfuse import pushing
from tracing.models import Job, Lease, Project
from tracing.queries.many import how_many, keys_after
from tracing.queries.scope import Scope

log = structlog.get_logger()

LEASE_SECONDS = 120.0
MOST_ATTEMPTS = 3
KEYS_AT_ONCE = 10 * BATCH
FAILURES_KEPT = 20
OPEN = (Job.Status.WAITING, Job.Status.RUNNING)
ENDED_EARLY = (Job.Status.FAILED, Job.Status.CANCELLED)

Told = Callable[[Job], None]
Work = Callable[[Project, Sequence[TraceKey], dict[str, str]], int]  # notes what failed, returns how many were done
WORK: dict[str, Work] = {"reattribute": attribute, pushing.KIND: pushing.push}


def ask(
    project: Project, person: Any, q: str, start_ns: int | None, end_ns: int | None, kind: str = "reattribute"
) -> Job:
    """A job that waits; raises FilterError. What it will be of is counted when it begins, or by `count`."""
    parse(q)
    return Job.objects.create(project=project, person=person, q=q, start_ns=start_ns, end_ns=end_ns, kind=kind)


def count(job: Job) -> None:
    """Find out how many traces it is of."""
    job.total = how_many(scope=_scope(job), until_ns=job.until_ns)
    job.save(update_fields=["total"])


def cancel(job: Job) -> bool:
    """End it after the batch that it is at; what was judged stays judged. False where it has ended already."""
    found = Job.objects.filter(pk=job.pk, status__in=OPEN)
    return bool(found.update(status=Job.Status.CANCELLED, ended_at=timezone.now()))


def resume(job: Job) -> bool:
    """Go on with one that failed or was cancelled, from where it stopped. False where it did not end early."""
    found = Job.objects.filter(pk=job.pk, status__in=ENDED_EARLY)
    return bool(found.update(status=Job.Status.WAITING, attempts=0, error="", ended_at=None))


def run_open(told: Told | None = None) -> int:
    """Run the jobs that wait, and those whose worker is gone, one a project at a time; returns how many ended."""
    projects = Project.objects.filter(job__status__in=OPEN).distinct().order_by("pk")
    return sum(run_project(project, told) for project in projects)


def run_project(project: Project, told: Told | None = None) -> int:
    """Run the project's jobs in the order in which they were asked for; none where another worker is at it."""
    ended = 0
    with lease(_lease(project)) as taken:
        for job in Job.objects.filter(project=project, status__in=OPEN).order_by("pk") if taken else ():
            ended += _run(job, told)
    return ended


def _run(job: Job, told: Told | None) -> bool:
    found = Job.objects.filter(pk=job.pk, status__in=OPEN)
    if not found.update(status=Job.Status.RUNNING, started_at=job.started_at or timezone.now()):
        return False
    running = Job.objects.filter(pk=job.pk, status=Job.Status.RUNNING)
    try:
        _sweep(job, told)
    except Exception as error:  # whatever it is, it is shown; a later try goes on from the last batch
        log.exception("a job failed", job=job.pk)
        job.refresh_from_db()
        failed = job.attempts + 1 >= MOST_ATTEMPTS
        running.update(
            attempts=job.attempts + 1,
            error=repr(error)[:500],
            status=Job.Status.FAILED if failed else Job.Status.WAITING,
            ended_at=timezone.now() if failed else None,
        )
    else:
        running.update(status=Job.Status.DONE, error="", ended_at=timezone.now())
    job.refresh_from_db()
    if told:
        told(job)
    return job.status not in OPEN


def _sweep(job: Job, told: Told | None) -> None:
    if job.total is None:
        count(job)
    for keys in _batches(job):
        began, failures = time.monotonic(), dict[str, str]()
        judged = WORK[job.kind](job.project, keys, failures)
        if not _advance(job, keys, judged, failures):
            return
        Lease.extend(_lease(job.project), LEASE_SECONDS)
        if told:
            told(job)
        if receive.spool().backlog() > GIVE_WAY_BYTES:  # arrivals come first
            time.sleep(min(5.0, GIVE_WAY * (time.monotonic() - began)))


def _batches(job: Job) -> Iterator[tuple[TraceKey, ...]]:
    scope, after = _scope(job), TraceKey(job.after_ns, job.after_id)
    while keys := keys_after(scope=scope, after=after, limit=KEYS_AT_ONCE, until_ns=job.until_ns):
        yield from (keys[start : start + BATCH] for start in range(0, len(keys), BATCH))
        after = keys[-1]


def _advance(job: Job, keys: Sequence[TraceKey], judged: int, failures: Mapping[str, str]) -> bool:
    """Note the batch; False where the job was cancelled, or another worker went on with it meanwhile."""
    last, kept = keys[-1], dict([*job.failures.items(), *failures.items()][:FAILURES_KEPT])
    at_it = {"status": Job.Status.RUNNING, "after_ns": job.after_ns, "after_id": job.after_id}
    found = Job.objects.filter(pk=job.pk, **at_it).update(
        done=F("done") + judged,
        skipped=F("skipped") + len(keys) - judged,
        failed=F("failed") + len(failures),
        failures=kept,
        after_ns=last.key_ns,
        after_id=last.trace_id,
        attempts=0,
        error="",
    )
    job.refresh_from_db()
    return bool(found)


def _scope(job: Job) -> Scope:
    return Scope.of(job.project, parse(job.q), job.start_ns, job.end_ns)


def _lease(project: Project) -> str:
    return f"jobs of {project.slug}"


@contextmanager
def lease(name: str, seconds: float = LEASE_SECONDS) -> Iterator[bool]:
    """True where nobody else has it; it is given back at the end."""
    taken = Lease.take(name, seconds)
    try:
        yield taken
    finally:
        if taken:
            Lease.give_back(name)
