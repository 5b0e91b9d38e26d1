"""Manifests and inventories in the store: pushed whole or not at all, read as they were at a time."""

import fcntl
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from tracing import store
from tracing.corpus.lines import STILL, Difference, Entry, Holding, Interval, anchors_of, changes, difference
from tracing.models import Project

APART_NS = 1_000  # two versions at one time would leave nothing of the first
FIELDS = ("product", "path", "title", "source_hash", "redirect_to")


@dataclass(frozen=True, slots=True)
class Manifest:
    """A version of the list of anchors, with how it differs from the one before it in counts."""

    version: str
    effective_ns: int
    pushed_ns: int
    pushed_by: str
    against: str
    anchors: int
    added: int
    removed: int
    moved: int
    changed: int
    redirected: int


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did; `changed` are the times, from and before which, in which traces are judged otherwise now."""

    version: str
    effective_ns: int
    anchors: int
    against: str
    difference: Difference
    changed: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Inventory:
    """A version of what the index holds."""

    version: str
    push: int
    pushed_ns: int
    chunks: int


def manifests(*, project: str) -> tuple[Manifest, ...]:
    """The project's manifests, the newest in force first."""
    rows = store.rows(
        "SELECT version, effective_at, pushed_at, pushed_by, against, anchors,"
        " added, removed, moved, changed, redirected"
        " FROM manifests FINAL WHERE project = {project:String} ORDER BY effective_at DESC, version",
        project=project,
    )
    return tuple(Manifest(*row) for row in rows)


def in_force(known: Sequence[Manifest]) -> Manifest | None:
    """The one of these, the newest first, that is in force now."""
    now = time.time_ns()
    return next((one for one in known if one.effective_ns <= now), None)


def inventories(*, project: str) -> tuple[Inventory, ...]:
    """The project's inventories, the newest first."""
    rows = store.rows(
        "SELECT version, push, pushed_at, chunks FROM inventories FINAL WHERE project = {project:String}"
        " ORDER BY pushed_at DESC, version",
        project=project,
    )
    return tuple(Inventory(*row) for row in rows)


def intervals_at(*, project: str, at_ns: int) -> dict[str, Interval]:
    """What existed at that time, by anchor."""
    rows = store.rows(
        "SELECT anchor, since, until, product, path, title, source_hash, redirect_to, entities"
        " FROM anchors FINAL WHERE project = {project:String} AND since <= {at:Int64} AND until > {at:Int64}",
        project=project,
        at=at_ns,
    )
    return anchors_of([_interval(*row) for row in rows])


def _interval(anchor: str, since: int, until: int, *said: Any) -> Interval:
    product, path, title, source_hash, redirect_to, entities = said
    return Interval(anchor, since, until, Entry(product, path, title, source_hash, redirect_to, tuple(entities)))


def entries_at(*, project: str, at_ns: int) -> dict[str, Entry]:
    """The entries that were in force at that time."""
    return _entries(intervals_at(project=project, at_ns=at_ns))


def _entries(intervals: Mapping[str, Interval]) -> dict[str, Entry]:
    return {anchor: interval.entry for anchor, interval in intervals.items()}


def push(project: Project, version: str, entries: Mapping[str, Entry], effective_ns: int | None, by: str) -> Pushed:
    """Put the version in force from its time on; a known version is replaced, and keeps its time unless told."""
    with _one_at_a_time(project):
        known = {one.version: one for one in manifests(project=project.slug)}
        _mend(project.slug, [one.effective_ns for one in known.values()])
        before = known.pop(version, None)
        others = tuple(known.values())
        at_ns = effective_ns if effective_ns is not None else before.effective_ns if before else time.time_ns()
        left: tuple[tuple[int, int], ...] = ()
        if before is not None and before.effective_ns != at_ns:
            left = (_leave(project.slug, before.effective_ns, others),)
        at_ns = _free(at_ns, {one.effective_ns for one in others})
        pushed = _put(project.slug, version, entries, at_ns, others, by)
        return replace(pushed, changed=(*pushed.changed, *left))


def _free(at_ns: int, taken: set[int]) -> int:
    while at_ns in taken:
        at_ns += APART_NS
    return at_ns


def _neighbours(at_ns: int, others: Iterable[Manifest]) -> tuple[Manifest | None, Manifest | None]:
    """The last one before that time, and the first one after it."""
    earlier = [one for one in others if one.effective_ns < at_ns]
    later = [one for one in others if one.effective_ns > at_ns]
    when = attrgetter("effective_ns")
    return max(earlier, key=when, default=None), min(later, key=when, default=None)


def _put(
    project: str, version: str, entries: Mapping[str, Entry], at_ns: int, others: Sequence[Manifest], by: str
) -> Pushed:
    against, following = _neighbours(at_ns, others)
    until_ns = following.effective_ns if following else STILL
    current = intervals_at(project=project, at_ns=at_ns)
    previous = entries_at(project=project, at_ns=against.effective_ns) if against else {}
    found = difference(previous, entries)
    since_ns = at_ns if against else 0  # what is older than all is judged by the first
    named = against.version if against else ""
    pushed = Pushed(version, at_ns, len(entries), named, found, ((since_ns, until_ns),))
    _write(project, changes(current, entries, at_ns, until_ns))
    _note(project, pushed, time.time_ns(), by)  # what is not noted is not in force, and taken back by the next push
    if following is not None:
        _note_following(project, following, version, entries)
    return pushed


def _leave(project: str, at_ns: int, others: Sequence[Manifest]) -> tuple[int, int]:
    """A version goes to another time: what was before goes on in its old one. Returns from and before which time."""
    earlier, following = _neighbours(at_ns, others)
    until_ns = following.effective_ns if following else STILL
    _take_back(project, at_ns, until_ns)
    if following is not None:
        before = entries_at(project=project, at_ns=earlier.effective_ns) if earlier else {}
        _note_following(project, following, earlier.version if earlier else "", before)
    return (at_ns if earlier else 0, until_ns)


def _take_back(project: str, at_ns: int, until_ns: int) -> None:
    current = intervals_at(project=project, at_ns=at_ns)
    _write(project, changes(current, entries_at(project=project, at_ns=at_ns - 1), at_ns, until_ns))


def _mend(project: str, known: Sequence[int]) -> None:
    """Take back what a push wrote that ended before it was noted: a manifest is taken whole or not at all."""
    rows = store.rows(
        "SELECT DISTINCT since FROM anchors FINAL WHERE project = {project:String} AND since < until"
        " AND since NOT IN {known:Array(Int64)} ORDER BY since DESC",
        project=project,
        known=list(known),
    )
    for (at_ns,) in rows:
        _take_back(project, at_ns, min((one for one in known if one > at_ns), default=STILL))


def _note_following(project: str, following: Manifest, version: str, entries: Mapping[str, Entry]) -> None:
    after = entries_at(project=project, at_ns=following.effective_ns)
    again = Pushed(following.version, following.effective_ns, len(after), version, difference(entries, after))
    _note(project, again, following.pushed_ns, following.pushed_by)


def _note(project: str, pushed: Pushed, pushed_ns: int, by: str) -> None:
    row: dict[str, Any] = {
        "project": project,
        "version": pushed.version,
        "stamp": time.time_ns(),
        "effective_at": pushed.effective_ns,
        "pushed_at": pushed_ns,
        "pushed_by": by,
        "against": pushed.against,
        "anchors": pushed.anchors,
        **pushed.difference.counts,
    }
    store.insert("manifests", {name: [value] for name, value in row.items()})


def _write(project: str, changed: Iterable[Interval]) -> None:
    rows = list(changed)
    columns: dict[str, Sequence[Any]] = {
        "project": [project] * len(rows),
        "anchor": [row.anchor for row in rows],
        "since": [row.since for row in rows],
        "until": [row.until for row in rows],
        "stamp": [time.time_ns()] * len(rows),
        "entities": [row.entry.entities for row in rows],
    }
    for name in FIELDS:
        columns[name] = [getattr(row.entry, name) for row in rows]
    store.insert("anchors", columns)


def push_inventory(project: Project, version: str, holdings: Sequence[Holding]) -> Inventory:
    """What the index of that version holds from now on."""
    push = time.time_ns()
    columns: dict[str, Sequence[Any]] = {
        "project": [project.slug] * len(holdings),
        "push": [push] * len(holdings),
        "anchor": [holding.anchor for holding in holdings],
        "chunk_id": [holding.chunk_id for holding in holdings],
        "source_hash": [holding.source_hash for holding in holdings],
    }
    store.insert("inventory", columns)
    made = Inventory(version, push, push, len(holdings))
    row = {"project": project.slug, "version": version, "push": push, "pushed_at": push, "chunks": len(holdings)}
    store.insert("inventories", {name: [value] for name, value in row.items()})
    return made


@contextmanager
def _one_at_a_time(project: Project) -> Iterator[None]:
    """Pushes of a project wait for each other: by its row, or by a file where the database cannot lock rows."""
    lock = _row_lock if connection.features.has_select_for_update else _file_lock
    with lock(project):
        yield


@contextmanager
def _row_lock(project: Project) -> Iterator[None]:
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)
        yield


@contextmanager
def _file_lock(project: Project) -> Iterator[None]:
    path = Path(settings.DATA_DIR) / f"corpus-{project.pk}.lock"
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
