"""Where the index, the manifest and the expectations have come apart: looked at as a whole, once a night and a push."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tracing import store
from tracing.corpus.manifests import inventories, manifests

DAYS = 30
MOST = 500  # findings that are kept of a kind; all are counted
LONG = {"max_execution_time": 120, "max_memory_usage": 400_000_000}
WORDS = {
    "gone": "retrieved, and gone from the manifest without a redirect",
    "moved": "retrieved, and moved to another anchor without a redirect",
    "drifted": "retrieved with other content than the manifest's",
    "not_indexed": "in the manifest, and not in the index",
    "expected_gone": "expected by somebody, and not in the manifest",
    "never": "never retrieved",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """An anchor that is not as it should be; `n` is how often it was retrieved (or, of an expected one, how many
    expectations name it), and `other` where it went, or which hash was seen."""

    kind: str
    anchor: str
    product: str
    n: int
    other: str


@dataclass(frozen=True, slots=True)
class Run:
    """One look at a project's corpus; times in ns."""

    run: int
    manifest: str
    inventory: str
    days: int
    anchors: int
    counts: dict[str, int]
    manifest_ns: int
    seen_ns: int | None  # when the newest content that was retrieved came into force

    @property
    def lag_s(self) -> float | None:
        """How far the newest content that was retrieved is behind the manifest."""
        return None if self.seen_ns is None else max(0, self.manifest_ns - self.seen_ns) / 1e9


NOW = (
    "now AS (SELECT anchor, product, source_hash, redirect_to FROM anchors FINAL"
    " WHERE project = {project:String} AND since <= {now:Int64} AND until > {now:Int64})"
)
SEEN = (
    "seen AS (SELECT pair.1 AS anchor, pair.2 AS hash, count() AS n FROM"
    " (SELECT arrayJoin(arrayDistinct(arrayZip(c_anchor, c_source_hash))) AS pair FROM traces FINAL"
    " WHERE project = {project:String} AND kind = 'query'"
    " AND started_at >= fromUnixTimestamp64Nano({from:Int64})) WHERE anchor != '' GROUP BY anchor, hash)"
)
FORMER = (
    "former AS (SELECT anchor, argMax(product, until) AS product, argMax(source_hash, until) AS source_hash"
    " FROM anchors FINAL WHERE project = {project:String} AND since < until AND until <= {now:Int64} GROUP BY anchor)"
)
PLACES = "(SELECT anyLast(anchor) AS place, source_hash FROM now WHERE source_hash != '' GROUP BY source_hash)"
COUNTS = "sum(seen.n) AS times"
SQL = {
    "gone": f"WITH {NOW}, {SEEN}, {FORMER}, places AS {PLACES}"
    f" SELECT seen.anchor, any(former.product), {COUNTS}, any(places.place) AS other FROM seen"
    " INNER JOIN former ON former.anchor = seen.anchor LEFT JOIN places ON places.source_hash = former.source_hash"
    " WHERE seen.anchor NOT IN (SELECT anchor FROM now) GROUP BY seen.anchor ORDER BY times DESC, seen.anchor",
    "drifted": f"WITH {NOW}, {SEEN} SELECT seen.anchor, any(now.product), {COUNTS}, any(seen.hash) AS other FROM seen"
    " INNER JOIN now ON now.anchor = seen.anchor WHERE seen.hash != '' AND now.source_hash != ''"
    " AND seen.hash != now.source_hash GROUP BY seen.anchor ORDER BY times DESC, seen.anchor",
    "never": f"WITH {NOW}, {SEEN} SELECT anchor, product, 0 AS times, '' AS other FROM now"
    " WHERE redirect_to = '' AND anchor NOT IN (SELECT anchor FROM seen) ORDER BY product, anchor",
    "not_indexed": f"WITH {NOW} SELECT anchor, product, 0 AS times, '' AS other FROM now WHERE redirect_to = ''"
    " AND anchor NOT IN (SELECT anchor FROM inventory WHERE project = {project:String} AND push = {push:UInt64})"
    " ORDER BY product, anchor",
    "expected_gone": f"WITH {NOW} SELECT one AS anchor, any(product), count() AS times, any(query) AS other"
    " FROM expectations FINAL ARRAY JOIN anchors AS one WHERE project = {project:String}"
    " AND one NOT IN (SELECT anchor FROM now) GROUP BY one ORDER BY times DESC, one",
}
SEEN_AT = (
    f"WITH {SEEN} SELECT max(since) FROM anchors FINAL"
    " WHERE project = {project:String} AND since < until AND since <= {now:Int64} AND source_hash != ''"
    " AND (anchor, source_hash) IN (SELECT anchor, hash FROM seen)"
)


def look(project: str) -> Run | None:
    """Compare what was retrieved of late with the manifest in force; None where there is no manifest yet."""
    now = time.time_ns()
    known = [one for one in manifests(project=project) if one.effective_ns <= now]
    if not known:
        return None
    held = inventories(project=project)
    asked: dict[str, Any] = {
        "project": project,
        "now": known[0].effective_ns,  # not the moment: a push that ended in the middle is not in force
        "from": now - DAYS * 86_400 * 10**9,
        "push": held[0].push if held else 0,
    }
    found = [one for kind, sql in SQL.items() if kind != "not_indexed" or held for one in _found(kind, sql, asked)]
    counts = {kind: sum(one.kind == kind for one in found) for kind in WORDS}
    newest = int(store.rows(SEEN_AT, LONG, **asked)[0][0] or 0)
    changed = max((one.effective_ns for one in known if one.added or one.changed or one.moved), default=0)
    version = held[0].version if held else ""
    run = Run(now, known[0].version, version, DAYS, known[0].anchors, counts, changed, newest or None)
    _keep(project, run, found)
    return run


def _found(kind: str, sql: str, asked: dict[str, Any]) -> list[Finding]:
    rows = store.rows(sql, LONG, **asked)
    if kind == "gone":
        return [Finding("moved" if other else kind, anchor, product, n, other) for anchor, product, n, other in rows]
    return [Finding(kind, *row) for row in rows]


def _keep(project: str, run: Run, found: Sequence[Finding]) -> None:
    kept: list[tuple[int, Finding]] = []
    for kind in WORDS:
        kept += enumerate([one for one in found if one.kind == kind][:MOST])
    columns: dict[str, list[Any]] = {
        "project": [project] * len(kept),
        "run": [run.run] * len(kept),
        "place": [place for place, _ in kept],
        "other": [one.other[:2_000] for _, one in kept],
    }
    for name in ("kind", "anchor", "product", "n"):
        columns[name] = [getattr(one, name) for _, one in kept]
    store.insert("drift", columns)
    row = {
        "project": project,
        "run": run.run,
        "manifest": run.manifest,
        "inventory": run.inventory,
        "days": run.days,
        "anchors": run.anchors,
        "counts": run.counts,
        "manifest_at": run.manifest_ns,
        "seen_at": run.seen_ns,
    }
    store.insert("drift_runs", {name: [value] for name, value in row.items()})


def latest(*, project: str) -> Run | None:
    """The newest look."""
    rows = store.rows(
        "SELECT run, manifest, inventory, days, anchors, counts, manifest_at, seen_at FROM drift_runs FINAL"
        " WHERE project = {project:String} ORDER BY run DESC LIMIT 1",
        project=project,
    )
    return Run(*rows[0]) if rows else None


def findings(*, project: str, run: int, limit: int = 50) -> dict[str, list[Finding]]:
    """Of each kind the first ones, the most retrieved first."""
    rows = store.rows(
        "SELECT kind, anchor, product, n, other FROM drift FINAL WHERE project = {project:String}"
        " AND run = {run:UInt64} AND place < {limit:UInt32} ORDER BY kind, place",
        project=project,
        run=run,
        limit=limit,
    )
    found: dict[str, list[Finding]] = {kind: [] for kind in WORDS}
    for row in rows:
        found[row[0]].append(Finding(*row))
    return found
