"""`reattribute [--project NAME] [--q FILTER] [--from TIME] [--to TIME]`: traces judged anew by this release's rules."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from tracing import address, jobs, store
from tracing.filters import FilterError, parse_range
from tracing.models import Job, Lease, Project

EVERY_SECONDS = 1.0
ENDINGS = {Job.Status.FAILED: "failed", Job.Status.CANCELLED: "was cancelled"}


class Command(BaseCommand):
    """Ask for the job, and follow it. Where `serve` holds the store, `serve` does the work."""

    help = "Judge a range of traces anew; earlier verdicts stay in each trace's history."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which traces: all of the only project without any."""
        parser.add_argument("--project", default="", help="its name in addresses; needed where there are several")
        parser.add_argument("--q", default="", help="a filter, as in the filter bar")
        parser.add_argument("--from", dest="begin", default="", help="began at or after: 24h, 2026-11-20, RFC 3339")
        parser.add_argument("--to", dest="end", default="", help="began before; a date includes its whole day")

    def handle(self, *args: Any, **options: Any) -> None:
        """A line whenever it has got on."""
        project = _project(options["project"])
        try:
            start_ns, end_ns = parse_range(options["begin"], options["end"])
            job = jobs.ask(project, None, options["q"], start_ns, end_ns)
        except FilterError as error:
            raise CommandError(f"{error.field}: {error}") from error
        self.stdout.write(f"Job {job.pk}: {address.known()}{reverse('tracing:jobs', args=[project.slug])}")
        while job.status in jobs.OPEN:
            self._get_on(job, project)
            job.refresh_from_db()
        if job.status in ENDINGS:
            raise CommandError(f"Job {job.pk} {ENDINGS[Job.Status(job.status)]} after {_progress(job)}. {job.error}")
        self.stdout.write(f"Judged anew: {_progress(job)}.")

    def _get_on(self, job: Job, project: Project) -> None:
        if self._may_work():
            jobs.run_project(project, self._tell)
        before = _progress(job)
        job.refresh_from_db()
        if job.status in jobs.OPEN:
            if _progress(job) != before:
                self._tell(job)
            time.sleep(EVERY_SECONDS)

    def _may_work(self) -> bool:
        """False where another process holds the embedded store: that one does the work then."""
        path = store.embedded_path()
        if path is None:
            return True
        try:
            if store.hold(path):
                Lease.give_all_back()  # who took one is gone with the store
        except store.StoreInUseError:
            return False
        return True

    def _tell(self, job: Job) -> None:
        self.stdout.write(_progress(job))
        self.stdout.flush()


def _progress(job: Job) -> str:
    of = "?" if job.total is None else f"{job.total:,}"
    failed = f", {job.failed:,} could not be judged" if job.failed else ""
    skipped = f", {job.skipped:,} left out that still arrive" if job.skipped else ""
    return f"{job.done:,} of {of} traces{failed}{skipped}"


def _project(slug: str) -> Project:
    known = list(Project.objects.order_by("slug"))
    chosen = [one for one in known if slug in ("", one.slug)]
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(one.slug for one in known) or "none"
    raise CommandError(f"say which project with --project: there is {names}")
