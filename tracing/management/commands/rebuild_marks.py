"""`rebuild_marks [--project NAME]`: every mark anew, from the appended rows."""

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tracing import rebuild, store


class Command(BaseCommand):
    """Recompute what is said of every trace; can be ended and started again at any time."""

    help = "Recompute every trace's mark from the stored traces, signals and verdicts."

    def add_arguments(self, parser: CommandParser) -> None:
        """All projects, or one."""
        parser.add_argument("--project", help="the name of one project; without it, all that have traces")

    def handle(self, *args: Any, **options: Any) -> None:
        """A line a batch, and the sum."""
        try:
            self._rebuild(options["project"])
        except store.StoreInUseError as error:
            raise CommandError(str(error)) from error

    def _rebuild(self, wanted: str | None) -> None:
        known = rebuild.projects_with_traces()
        if wanted is not None and wanted not in known:
            raise CommandError(f"no trace of a project {wanted!r} is stored; stored are: {', '.join(known) or 'none'}")
        done = 0
        for project in known if wanted is None else [wanted]:
            for step in rebuild.rebuild(project):
                done += step.marks
                hour = dt.datetime.fromtimestamp(step.hour, dt.UTC)
                self.stderr.write(f"{project}: up to {hour:%Y-%m-%d %H:%M} UTC, {done} marks")
        self.stdout.write(f"{done} marks are rebuilt.")
