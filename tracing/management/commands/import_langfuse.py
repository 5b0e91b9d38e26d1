"""`manage.py import_langfuse URL --project NAME`: traces, observations, scores and datasets of another instance."""

import datetime as dt
import hashlib
import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tracing import native
from tracing.langfuse import batch as langfuse_batch
from tracing.langfuse.datasets import take_dataset, take_item
from tracing.langfuse.endpoints import keep_batch
from tracing.langfuse.importing import WAYS, Place, Source, SourceError, events_of
from tracing.models import Project
from tracing.receive import RefusedError
from tracing.spool import SpoolFullError


class Command(BaseCommand):
    help = "Import what a Langfuse instance holds; LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY are its keys."

    def add_arguments(self, parser: CommandParser) -> None:
        """URL, project, pace."""
        parser.add_argument("url", help="where the instance is, as in https://cloud.langfuse.com")
        parser.add_argument("--project", required=True, help="the project here that takes it")
        parser.add_argument("--a-second", type=float, default=5.0, help="at most so many requests a second")
        parser.add_argument("--again", action="store_true", help="from the beginning, not from where it stopped")

    def handle(self, *args: Any, **options: Any) -> None:
        """Page by page; ended in the middle, the next call goes on with the page at hand."""
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"there is no project {options['project']!r}")
        public, secret = (os.environ.get(f"LANGFUSE_{half}_KEY", "") for half in ("PUBLIC", "SECRET"))
        if not public or not secret or options["a_second"] <= 0:
            raise CommandError("set LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY; --a-second is above 0")
        source = Source(options["url"], public, secret, options["a_second"])
        state = State.read(project.slug, options["url"], again=options["again"])
        try:
            for kind in WAYS:
                self._import(kind, source, state, project)
        except (SourceError, SpoolFullError) as error:
            raise CommandError(f"{error}. What came so far is kept; the same command goes on from there.") from error
        if not source.answered and not any(place.count for place in state.places.values()):
            state.path.unlink()
            raise CommandError(f"nothing at {options['url']} answers as a Langfuse instance: is the address right?")

    def _import(self, kind: str, source: Source, state: "State", project: Project) -> None:
        refused = 0
        for items, place in source.pages(kind, state.places.get(kind, Place()), state.until):
            refused += _keep(kind, items, project)
            state.write(kind, place)
            self.stdout.write(f"{kind}: {place.count}" + (f", {refused} not taken" if refused else ""))


def _keep(kind: str, items: list[dict[str, Any]], project: Project) -> int:
    """How many were not taken."""
    if kind in ("datasets", "dataset-items"):
        return sum(not _taken(kind, item, project) for item in items)
    if not items:
        return 0
    now_ns = time.time_ns()
    batch = langfuse_batch.read_events(events_of(kind, items), native.trace_id_of, now_ns)
    keep_batch(batch, project.slug, now_ns, "langfuse import")
    return len(batch.faults)


def _taken(kind: str, item: dict[str, Any], project: Project) -> bool:
    try:
        (take_dataset if kind == "datasets" else take_item)(item, project)
    except RefusedError:
        return False
    return True


class State:
    """How far an import came, in a file of the data directory, renamed into place after each page."""

    def __init__(self, path: Path, until: str, places: dict[str, Place]) -> None:
        self.path, self.until, self.places = path, until, places

    @classmethod
    def read(cls, project: str, url: str, *, again: bool) -> "State":
        """What the file says; a new one where there is none, or all of it was done."""
        name = hashlib.sha256(f"{project}\x1f{url}".encode()).hexdigest()[:16]
        path = Path(settings.DATA_DIR) / "imports" / f"{name}.json"
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        if not again and path.exists():
            said = orjson.loads(path.read_bytes())
            places = {kind: Place(**place) for kind, place in said["places"].items()}
            if not all(places.get(kind, Place()).done for kind in WAYS):
                return cls(path, said["until"], places)
        return cls(path, now, {})

    def write(self, kind: str, place: Place) -> None:
        """Keep that a page was taken."""
        self.places[kind] = place
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        fresh.write_bytes(orjson.dumps({"until": self.until, "places": {k: asdict(p) for k, p in self.places.items()}}))
        fresh.replace(self.path)
