"""What senders lost before it came here, and what they sent that nobody here reads."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from tracing import store
from tracing.dialects.known import is_known, numbered

SAMPLE = 2_000
DAYS = 7


@dataclass(frozen=True, slots=True)
class Loss:
    """What one sender lost in the last days: attributes to a limit of its SDK, and texts that were cut."""

    service: str
    sdk: str
    spans: int
    attributes: int
    trace_id: str


@dataclass(frozen=True, slots=True)
class Cut:
    """How many traces of a service hold JSON that ends in the middle."""

    service: str
    traces: int
    trace_id: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A name of attributes that nothing here reads, and in how many of the spans that were looked at it stood."""

    name: str
    spans: int
    trace_id: str


def attributes_lost(*, project: str, days: int = DAYS, limit: int = 50) -> tuple[Loss, ...]:
    """Attributes that SDKs dropped at their limit, by service and SDK, the most first."""
    rows: Any = store.rows(
        "SELECT JSONExtractString(resource, 'service.name') AS service,"
        " arrayStringConcat(arrayFilter(part -> part != '', [JSONExtractString(resource, 'telemetry.sdk.name'),"
        " JSONExtractString(resource, 'telemetry.sdk.version'), JSONExtractString(resource, 'telemetry.sdk.language')"
        " ]), ' ') AS sdk, count(), sum(dropped_attributes) AS lost, any(trace_id) FROM spans FINAL"
        " WHERE project = {project:String} AND dropped_attributes > 0"
        " AND key_ts > now64(3) - toIntervalDay({days:UInt16})"
        " GROUP BY service, sdk ORDER BY lost DESC, service, sdk LIMIT {limit:UInt32}",
        project=project,
        days=days,
        limit=limit,
    )
    return tuple(Loss(*row) for row in rows)


def texts_cut(*, project: str, days: int = DAYS, limit: int = 50) -> tuple[Cut, ...]:
    """Traces whose JSON ends in the middle, by service, the most first."""
    rows: Any = store.rows(
        "SELECT service, count() AS n, any(trace_id) FROM traces FINAL"
        " WHERE project = {project:String} AND key_ts > now64(3) - toIntervalDay({days:UInt16})"
        " AND arrayExists(warning -> warning LIKE '%OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT%', warnings)"
        " GROUP BY service ORDER BY n DESC, service LIMIT {limit:UInt32}",
        project=project,
        days=days,
        limit=limit,
    )
    return tuple(Cut(*row) for row in rows)


def unread_attributes(*, project: str, days: int = DAYS, limit: int = 50) -> tuple[tuple[Unread, ...], int]:
    """(the names, how many spans were looked at): a bounded sample of the last days, by the hash of their traces."""
    rows: Any = store.rows(
        "SELECT names, trace_id FROM (SELECT JSONExtractKeys(attributes, 1) AS names, trace_id FROM spans"
        " WHERE project = {project:String} AND key_ts > now64(3) - toIntervalDay({days:UInt16})"
        " AND scope NOT LIKE 'stagelight.%' AND cityHash64(trace_id) % {one_in:UInt32} = 0 LIMIT {sample:UInt32})",
        project=project,
        days=days,
        one_in=_one_in(project, days),
        sample=SAMPLE,
    )
    counted: Counter[str] = Counter()
    seen_in: dict[str, str] = {}
    for names, trace_id in rows:
        for name in {numbered(name[:200]) for name in names if not is_known(name)}:
            counted[name] += 1
            seen_in.setdefault(name, trace_id)
    return tuple(Unread(name, spans, seen_in[name]) for name, spans in counted.most_common(limit)), len(rows)


def _one_in(project: str, days: int) -> int:
    """Of how many traces one is looked at, so that the sample is of the whole time and not of its beginning."""
    [(spans,)] = store.rows(
        "SELECT count() FROM spans WHERE project = {project:String}"
        " AND key_ts > now64(3) - toIntervalDay({days:UInt16})",
        project=project,
        days=days,
    )
    return max(1, int(spans) // SAMPLE)
