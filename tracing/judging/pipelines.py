"""What the traces of a pipeline usually show: of one service, release and root, on two days."""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tracing import store
from tracing.attribution.usual import NO_ENTITIES, Shape, shape, usual_of
from tracing.queries.many import Stored
from tracing.records import Trace

DAY_NS = 86_400 * 10**9
NEWEST = 500  # traces of a project that are looked at, a day
LASTS_S, AGAIN_S = 30.0, 1.0  # the second where a pipeline was not seen often enough yet

Pipeline = tuple[str, str, str]  # service, release and name of the root


@dataclass(slots=True)
class _Day:
    read_s: float
    found: Mapping[Pipeline, Shape | None]


_days: dict[tuple[str, int], _Day] = {}


def usual_shapes(*, project: str, traces: Sequence[Stored]) -> Mapping[str, Shape | None]:
    """By trace what other traces of its pipeline show; None where they are too few to tell."""
    by_day: dict[int, list[Trace]] = defaultdict(list)
    for one in traces:
        by_day[one.key.key_ns // DAY_NS].append(one.trace)
    found: dict[str, Shape | None] = {}
    for day, some in by_day.items():
        known = _on(project, day, {_pipeline(trace) for trace in some})
        found |= {trace.trace_id: known.get(_pipeline(trace)) for trace in some}
    return found


def forget() -> None:
    """Read everything anew."""
    _days.clear()


def _pipeline(trace: Trace) -> Pipeline:
    return trace.service or "", trace.versions.release or "", trace.root_name


def _on(project: str, day: int, asked: set[Pipeline]) -> Mapping[Pipeline, Shape | None]:
    now, known = time.monotonic(), _days.get((project, day))
    if known is not None:
        lasts = LASTS_S if all(known.found.get(pipeline) for pipeline in asked) else AGAIN_S
        if now - known.read_s < lasts:
            return known.found
    for old in [at for at, one in list(_days.items()) if now - one.read_s > LASTS_S]:
        _days.pop(old, None)
    found = _read(project, day)
    _days[project, day] = _Day(now, found)
    return found


def _read(project: str, day: int) -> Mapping[Pipeline, Shape | None]:
    shapes: dict[Pipeline, list[Shape]] = defaultdict(list)
    for service, release, root, *row in shape_rows(project=project, day=day):
        shapes[service, release, root].append(_shape(*row))
    return {pipeline: usual_of(some) for pipeline, some in shapes.items()}


def shape_rows(*, project: str, day: int) -> Sequence[tuple[Any, ...]]:
    """What the newest traces show that are of that day since 1970 or the one before."""
    return store.rows(
        "SELECT service, release, root_name, product, flags, detail FROM (SELECT service, release, root_name, product,"
        " flags, detail, trace_id, version FROM traces WHERE project = {project:String} AND kind = 'query'"
        " AND key_ts >= fromUnixTimestamp64Nano({since:Int64}) AND key_ts < fromUnixTimestamp64Nano({until:Int64})"
        " ORDER BY toStartOfHour(key_ts) DESC LIMIT {limit:UInt32})"
        " ORDER BY version DESC LIMIT 1 BY trace_id",
        project=project,
        since=(day - 1) * DAY_NS,
        until=(day + 1) * DAY_NS,
        limit=NEWEST,
    )


def _shape(product: str, flags: Sequence[str], detail: str) -> Shape:
    said = orjson.loads(detail)
    told = product, said["entities"] or NO_ENTITIES in flags, said["rewritten"]
    return shape((one["stage"] for one in said["stages"]), ((one["name"], one["floor"]) for one in said["lanes"]), told)
