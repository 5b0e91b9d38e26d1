"""What is said of a trace now, one row a trace: made by one function from the appended rows, so it can be rebuilt."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tracing import store
from tracing.dialects.evaluations import SUPPORT_NAMES
from tracing.judging.assessments import Grade, grades_of
from tracing.judging.verdicts import Standing, standing_of
from tracing.keyed import TraceKey, picked

WORST_FIRST = ("unknown", "false", "stale", "not_in_context", "redirected", "ok", "unchecked")
ASSESSORS = ("human", "judge", "client", "lexical")  # whose word on groundedness counts first


@dataclass(frozen=True, slots=True)
class Facts:
    """What a mark needs of its trace; times in ns. Of one that is `new` nothing was said before."""

    project: str
    key_ns: int
    trace_id: str
    started_ns: int
    flags: tuple[str, ...]
    new: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """One signal, as far as marks care."""

    kind: str
    name: str
    value: str
    number: float | None


@dataclass(frozen=True, slots=True)
class Mark:
    """The current state of one trace; one that is `due` waits to be judged, for the first time or again."""

    stage: str = ""
    fault: str = ""
    kind: str = ""
    certainty: str = ""
    groundedness: float | None = None
    grounded_by: str = ""
    thumb: str = ""
    anchors: str = ""
    flags: tuple[str, ...] = ()
    judged: str = ""
    review: str = ""
    false_anchor: bool | None = None
    due: bool = False


def mark(flags: Sequence[str], said: Sequence[Said], standing: Standing, grades: Sequence[Grade]) -> Mark:
    """The worst thumb counts; a person's verdict stands above the engine's; groundedness is the best assessor's."""
    thumbs = {one.value for one in said if one.kind == "thumb"}
    verdict, engine = standing.verdict, standing.engine
    grounded_by, groundedness = _groundedness(said, grades)
    return Mark(
        stage=(verdict.stage or "") if verdict else "",
        fault=verdict.fault if verdict else "",
        kind=verdict.kind if verdict else "",
        certainty=verdict.certainty if verdict else "",
        groundedness=groundedness,
        grounded_by=grounded_by,
        thumb="down" if "down" in thumbs else "up" if "up" in thumbs else "",
        anchors=worst(engine.citations) if engine else "",
        flags=tuple(dict.fromkeys((*flags, *(engine.flags if engine else ())))),
        judged="judged" if any(grade.by == "judge" for grade in grades) else "",
        false_anchor=engine.false_anchor if engine else None,
    )


def worst(statuses: Sequence[str]) -> str:
    """The worst of the citations' statuses; empty where there is none."""
    return min(statuses, key=WORST_FIRST.index, default="")


def _groundedness(said: Sequence[Said], grades: Sequence[Grade]) -> tuple[str, float | None]:
    found = {grade.by: grade.groundedness for grade in grades if grade.groundedness is not None}
    for one in said:
        if one.kind == "score" and one.number is not None and one.name.lower() in SUPPORT_NAMES:
            found.setdefault("client", one.number)
    return next(((by, found[by]) for by in ASSESSORS if by in found), ("", None))


def refresh(found: Sequence[Facts], version: int, token: str = "", *, due: bool | None = None) -> None:
    """Write the marks of these traces anew. Unless told, due stays as it is, and what was never judged is due."""
    if not found:
        return
    by_project: dict[str, list[Facts]] = defaultdict(list)
    for facts in found:
        by_project[facts.project].append(facts)
    ordered = [facts for some in by_project.values() for facts in some]
    made = [one for project, some in by_project.items() for one in _made(project, some, due)]
    store.insert("marks", _columns(ordered, made, version), token)


def _made(project: str, found: Sequence[Facts], due: bool | None) -> list[Mark]:
    keys = [TraceKey(facts.key_ns, facts.trace_id) for facts in found if not facts.new]
    said = said_of(project=project, trace_ids=[facts.trace_id for facts in found])
    standing = standing_of(project=project, keys=keys)
    grades = grades_of(project=project, keys=keys)
    before = marks_of(project=project, keys=keys, names=("due",)) if due is None else {}
    made = []
    for facts in found:
        stands = standing.get(facts.trace_id, Standing())
        one = mark(facts.flags, said.get(facts.trace_id, ()), stands, grades.get(facts.trace_id, ()))
        was_due = before.get(facts.trace_id, Mark()).due
        is_due = due if due is not None else was_due or stands.engine is None
        made.append(replace(one, due=is_due))
    return made


def marks_of(*, project: str, keys: Sequence[TraceKey], names: Sequence[str] = ()) -> dict[str, Mark]:
    """By trace its mark, or as much of it as is named."""
    read = names or _SAID
    found: dict[str, Mark] = {}
    for some in store.pieces(keys):
        condition, found_by = picked(project, some)
        rows = store.rows(
            f"SELECT trace_id, {', '.join(read)} FROM marks"  # noqa: S608 (a clause of ours)
            f" PREWHERE {condition}"
            " ORDER BY version DESC LIMIT 1 BY trace_id",
            **found_by,
        )
        for trace_id, *said in rows:
            mark = Mark(**dict(zip(read, said, strict=True)))
            found[trace_id] = replace(mark, flags=tuple(mark.flags))
    return found


def said_of(*, project: str, trace_ids: Sequence[str]) -> Mapping[str, list[Said]]:
    """By trace the signals that marks are made of, each person's latest, the newest first."""
    found: dict[str, list[Said]] = defaultdict(list)
    for some in store.pieces(trace_ids):
        for trace_id, kind, name, value, number in store.rows(
            "SELECT trace_id, kind, name, value, number FROM signals FINAL WHERE project = {project:String}"
            " AND trace_id IN {ids:Array(String)} AND kind IN ('thumb', 'score') ORDER BY at DESC, identity",
            project=project,
            ids=some,
        ):
            found[trace_id].append(Said(kind, name, value, number))
    return found


def facts_of(*, project: str, trace_ids: Sequence[str]) -> list[Facts]:
    """What the store knows of those traces that it has."""
    return [
        Facts(project, key_ns, trace_id, started, tuple(flags))
        for some in store.pieces(trace_ids)
        for key_ns, trace_id, started, flags in store.rows(
            "SELECT key_ts, trace_id, started_at, flags FROM traces FINAL"
            " WHERE project = {project:String} AND trace_id IN {ids:Array(String)}",
            project=project,
            ids=some,
        )
    ]


_SAID = tuple(Mark.__dataclass_fields__)


def _columns(facts: Sequence[Facts], marks: Sequence[Mark], version: int) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {
        "project": [f.project for f in facts],
        "key_ts": [f.key_ns for f in facts],
        "trace_id": [f.trace_id for f in facts],
        "version": [version] * len(marks),
        "started_at": [f.started_ns for f in facts],
    }
    return columns | {name: [getattr(m, name) for m in marks] for name in _SAID}
