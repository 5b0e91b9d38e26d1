"""What judges, people and the lexical assessor said, in the store."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from tracing import store
from tracing.keyed import TraceKey, picked
from tracing.records import Assessment, Better, Claim

PLAIN = (
    "groundedness",
    "relevance",
    "complete",
    "context_sufficient",
    "should_refuse",
    "product_right",
)


def keep(*, project: str, found: Sequence[tuple[TraceKey, Assessment]], version: int, token: str = "") -> None:
    """Append them."""
    said = [assessment for _, assessment in found]
    columns: dict[str, list[Any]] = {
        "project": [project] * len(found),
        "key_ts": [key.key_ns for key, _ in found],
        "trace_id": [key.trace_id for key, _ in found],
        "version": [version + order for order in range(len(found))],
        "assessor": [one.by for one in said],
        "assessor_version": [one.version for one in said],
        "detail": [_detail(one) for one in said],
        "at": [one.at_ns or version for one in said],
    }
    for name in PLAIN:
        columns[name] = [getattr(one, name) for one in said]
    store.insert("assessments", columns, token)


def _detail(one: Assessment) -> bytes:
    return orjson.dumps(
        {"refused": one.refused, "claims": [asdict(c) for c in one.claims], "better": [asdict(b) for b in one.better]}
    )


def assessments_of(*, project: str, keys: Sequence[TraceKey]) -> Mapping[str, tuple[Assessment, ...]]:
    """By trace the newest of each assessor and version, the newest first."""
    found: dict[str, list[Assessment]] = defaultdict(list)
    for some in store.pieces(keys):
        condition, found_by = picked(project, some)
        rows = store.rows(
            "SELECT trace_id, assessor, assessor_version, detail, at, groundedness, relevance, complete,"
            " context_sufficient, should_refuse, product_right FROM assessments"
            f" PREWHERE {condition}"
            " ORDER BY version DESC LIMIT 1 BY trace_id, assessor, assessor_version",
            **found_by,
        )
        for trace_id, *row in rows:
            found[trace_id].append(_assessment(*row))
    return {trace_id: tuple(said) for trace_id, said in found.items()}


def _assessment(by: Any, version: str, detail: str, at_ns: int, *plain: Any) -> Assessment:
    more = orjson.loads(detail)
    return Assessment(
        by=by,
        version=version,
        at_ns=at_ns,
        refused=more["refused"],
        claims=tuple(Claim(**claim) for claim in more["claims"]),
        better=tuple(Better(**better) for better in more["better"]),
        **dict(zip(PLAIN, plain, strict=True)),
    )


@dataclass(frozen=True, slots=True)
class Grade:
    """An assessor's number alone."""

    by: str
    groundedness: float | None


def grades_of(*, project: str, keys: Sequence[TraceKey]) -> Mapping[str, list[Grade]]:
    """By trace the newest number of each assessor."""
    found: dict[str, list[Grade]] = defaultdict(list)
    for some in store.pieces(keys):
        condition, found_by = picked(project, some)
        rows = store.rows(
            "SELECT trace_id, assessor, groundedness FROM assessments"
            f" PREWHERE {condition}"
            " ORDER BY version DESC LIMIT 1 BY trace_id, assessor",
            **found_by,
        )
        for trace_id, by, groundedness in rows:
            found[trace_id].append(Grade(by, groundedness))
    return found
