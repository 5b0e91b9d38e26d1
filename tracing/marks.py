"""What is said of a trace now, one row a trace: made by one function from the appended rows, so it can be rebuilt."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracing import store

UNSAID = ("stage", "fault", "kind", "certainty", "grounded_by", "anchors", "judged", "review")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a mark needs of its trace; times in ns."""

    project: str
    key_ns: int
    trace_id: str
    started_ns: int
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """The current state of one trace."""

    facts: Facts
    thumb: str


def mark(facts: Facts, thumbs: Iterable[str]) -> Mark:
    """The worst thumb counts."""
    given = set(thumbs)
    return Mark(facts, "down" if "down" in given else "up" if "up" in given else "")


def refresh(found: Sequence[Facts], version: int, token: str = "") -> None:
    """Write the marks of these traces anew."""
    if not found:
        return
    thumbs = _thumbs(found)
    marks = [mark(facts, thumbs.get((facts.project, facts.trace_id), ())) for facts in found]
    store.insert("marks", _columns(marks, version), token)


def _thumbs(found: Sequence[Facts]) -> Mapping[tuple[str, str], list[str]]:
    ids: dict[str, list[str]] = defaultdict(list)
    for facts in found:
        ids[facts.project].append(facts.trace_id)
    thumbs: dict[tuple[str, str], list[str]] = defaultdict(list)
    for project, trace_ids in ids.items():
        for trace_id, value in thumbs_of(project=project, trace_ids=trace_ids):
            thumbs[project, trace_id].append(value)
    return thumbs


def thumbs_of(*, project: str, trace_ids: Sequence[str]) -> Sequence[tuple[str, str]]:
    """(trace, up or down) for each person's latest thumb."""
    return [
        (trace_id, value)
        for ids in store.pieces(trace_ids)
        for trace_id, value in store.rows(
            "SELECT trace_id, value FROM signals FINAL"
            " WHERE project = {project:String} AND trace_id IN {ids:Array(String)} AND kind = 'thumb'",
            project=project,
            ids=ids,
        )
    ]


def facts_of(*, project: str, trace_ids: Sequence[str]) -> list[Facts]:
    """What the store knows of those traces that it has."""
    return [
        Facts(project, key_ns, trace_id, started, tuple(flags))
        for ids in store.pieces(trace_ids)
        for key_ns, trace_id, started, flags in store.rows(
            "SELECT key_ts, trace_id, started_at, flags FROM traces FINAL"
            " WHERE project = {project:String} AND trace_id IN {ids:Array(String)}",
            project=project,
            ids=ids,
        )
    ]


def _columns(marks: Sequence[Mark], version: int) -> dict[str, list[Any]]:
    facts = [m.facts for m in marks]
    empty = [""] * len(marks)
    said: dict[str, list[Any]] = {
        "project": [f.project for f in facts],
        "key_ts": [f.key_ns for f in facts],
        "trace_id": [f.trace_id for f in facts],
        "version": [version] * len(marks),
        "started_at": [f.started_ns for f in facts],
        "flags": [list(f.flags) for f in facts],
        "thumb": [m.thumb for m in marks],
    }
    return said | dict.fromkeys(UNSAID, empty)
