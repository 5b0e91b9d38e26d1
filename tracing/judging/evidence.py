"""All evidence of many traces at once, out of the store: what the engine judges them on."""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tracing import anchor_patterns, in_hand, store
from tracing.attribution.case import DEFAULT_ANCHOR_PATTERN, Case, ProjectRules
from tracing.attribution.lexical import VERSION as LEXICAL
from tracing.attribution.lexical import assess
from tracing.corpus import expectations, facts
from tracing.judging import assessments, pipelines, verdicts
from tracing.keyed import TraceKey
from tracing.models import Project
from tracing.queries.many import Stored, stored_traces
from tracing.queries.one import SIGNAL, read_signal
from tracing.queries.rows import is_settled
from tracing.records import Assessment, Signal


@dataclass(frozen=True, slots=True)
class Evidence:
    """A trace's case; `fresh` is the lexical assessor's where it read the trace just now."""

    key: TraceKey
    case: Case
    fresh: Assessment | None = None


def rules_of(project: Project) -> ProjectRules:
    """The project's own thresholds."""
    return ProjectRules(
        groundedness_cut=project.groundedness_cut,
        shared_products=frozenset(map(str, project.shared_products)),
        lane_floors=dict(project.lane_floors),
        anchor_pattern=anchor_patterns.usable(project.anchor_pattern) or DEFAULT_ANCHOR_PATTERN,
        slow_ms=dict(project.slow_ms),
    )


def gather(project: Project, keys: Sequence[TraceKey], now_ns: int) -> tuple[Evidence, ...]:
    """The evidence of those of the traces that have settled."""
    slug = project.slug
    said = assessments.assessments_of(project=slug, keys=keys)
    found = [one for one in _stored(slug, keys, said) if one.settled]
    traces = [one.trace for one in found]
    expected = expectations.expectations_of(project=slug, traces=traces)
    known = facts.facts_of(project=slug, asked=[(trace, expected.get(trace.trace_id)) for trace in traces])
    standing = verdicts.standing_of(project=slug, keys=[one.key for one in found])
    signals = signals_of(project=slug, trace_ids=[trace.trace_id for trace in traces])
    usual = pipelines.usual_shapes(project=slug, traces=found)
    rules = rules_of(project)
    gathered = []
    for one, manifest in zip(found, known, strict=True):
        stands = standing.get(one.key.trace_id, verdicts.Standing())
        assessed, fresh = _assessed(one, said.get(one.key.trace_id, ()), now_ns)
        case = Case(
            trace=one.trace,
            signals=signals.get(one.key.trace_id, ()),
            assessments=assessed,
            expectation=expected.get(one.key.trace_id),
            manifest=manifest,
            rules=rules,
            human=stands.human.verdict if stands.human else None,
            usual=usual[one.trace.trace_id],
        )
        gathered.append(Evidence(one.key, case, fresh))
    return tuple(gathered)


Said = Mapping[str, Sequence[Assessment]]


def _stored(project: str, keys: Sequence[TraceKey], said: Said) -> list[Stored]:
    """Those in hand as they are, the others out of the store."""
    held = in_hand.held(project, keys)
    now_ns = time.time_ns()
    made = [
        Stored(key, one.trace, one.version, is_settled(one.trace.rooted, one.arrived_ns, now_ns))
        for key, one in held.items()
    ]
    return [*made, *_read(project, [key for key in keys if key not in held], said)]


def _read(project: str, keys: Sequence[TraceKey], said: Said) -> list[Stored]:
    """Texts are read for those alone that the lexical assessor has yet to read, or must read again."""
    known = [key for key in keys if _is_read(said.get(key.trace_id, ()), 0)]
    found = stored_traces(project=project, keys=known, with_texts=False)
    kept = [one for one in found if _is_read(said[one.key.trace_id], one.version)]
    ids = {one.key.trace_id for one in kept}
    unread = [key for key in keys if key.trace_id not in ids]
    return [*kept, *stored_traces(project=project, keys=unread)]


def _is_read(said: Sequence[Assessment], version: int) -> bool:
    return any(one.by == "lexical" and one.version == LEXICAL and one.at_ns >= version for one in said)


def _assessed(one: Stored, said: Sequence[Assessment], now_ns: int) -> tuple[tuple[Assessment, ...], Assessment | None]:
    if _is_read(said, one.version):
        return tuple(said), None
    fresh = assess(one.trace, now_ns)
    return (fresh, *(other for other in said if other.by != "lexical")), fresh


def signals_of(*, project: str, trace_ids: Sequence[str]) -> Mapping[str, tuple[Signal, ...]]:
    """What was said of each of these traces after the fact, the newest first."""
    found: dict[str, list[Signal]] = defaultdict(list)
    for some in store.pieces(trace_ids):
        rows = store.rows(
            f"SELECT {SIGNAL} FROM signals FINAL"  # noqa: S608 (columns of ours)
            " WHERE project = {project:String} AND trace_id IN {ids:Array(String)} ORDER BY at DESC, identity",
            project=project,
            ids=some,
        )
        for row in rows:
            found[row[0]].append(read_signal(*row))
    return {trace_id: tuple(said) for trace_id, said in found.items()}
