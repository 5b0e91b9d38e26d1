"""Which traces something new could change the verdict of: their marks say `due`, and the sweep finds them.

The rows are written by the store itself. They are older than whatever the drain writes from now on, and newer than
what a sweep that began earlier will write, so that nothing is taken for judged that was read before the news.
"""

import time
from collections.abc import Iterable
from typing import Any

from tracing import store
from tracing.corpus.expectations import Expected
from tracing.corpus.manifests import Pushed

COLUMNS = (
    "project, key_ts, trace_id, started_at, stage, fault, kind, certainty, groundedness, grounded_by, thumb, anchors,"
    " flags, judged, review"
)
ABOUT = (
    "trace_id IN (SELECT trace_id FROM traces WHERE project = {{project:String}} AND {} IN {{subjects:Array(String)}})"
)
SUBJECTS = {"trace": "trace_id", "item": "item_id", "query": "toString(canonical)"}


def _set_due(where: str, **parameters: Any) -> None:
    store.command(
        f"INSERT INTO marks ({COLUMNS}, version, due)"  # noqa: S608 (clauses of ours)
        f" SELECT {COLUMNS}, {{version:UInt64}}, true FROM marks FINAL WHERE project = {{project:String}}"
        f" AND NOT due AND {where}",
        version=time.time_ns(),
        **parameters,
    )


def after_manifest(*, project: str, pushed: Pushed, others: Iterable[str]) -> None:
    """Those of the times that it changed, those that name it, and those that cite what may be known, or gone, now."""
    _set_due(
        "(anchors IN ('unknown', 'false', 'stale') OR trace_id IN (SELECT trace_id FROM traces"
        " WHERE project = {project:String} AND (corpus_version = {pushed:String}"
        " OR (corpus_version NOT IN {others:Array(String)} AND arrayExists((since, until) ->"
        " started_at >= fromUnixTimestamp64Nano(since) AND started_at < fromUnixTimestamp64Nano(until),"
        " {since:Array(Int64)}, {until:Array(Int64)})))))",
        project=project,
        pushed=pushed.version,
        others=list(others),
        since=[since for since, _ in pushed.changed],
        until=[until for _, until in pushed.changed],
    )


def after_inventory(*, project: str, version: str, first: bool) -> None:
    """Those that name it; where it is the first, also those that name none."""
    _set_due(
        "trace_id IN (SELECT trace_id FROM traces WHERE project = {project:String}"
        " AND (index_version = {pushed:String} OR ({first:Bool} AND index_version = '')))",
        project=project,
        pushed=version,
        first=first,
    )


def after_expectations(*, project: str, found: Iterable[Expected]) -> None:
    """Those that they are about."""
    subjects: dict[str, list[str]] = {about: [] for about in SUBJECTS}
    for one in found:
        subjects[one.about].append(one.subject)
    for about, named in subjects.items():
        for some in store.pieces(named):
            _set_due(ABOUT.format(SUBJECTS[about]), project=project, subjects=some)
