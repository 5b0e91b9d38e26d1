"""The stage strip as a page shows it: nine cells, always all of them and always in order."""

from collections.abc import Iterable
from dataclasses import dataclass

from tracing.pages.check_words import told_of
from tracing.pages.lane_view import lane_counts
from tracing.pages.trace_view import reworded
from tracing.records import StageRecord, Trace, Verdict
from tracing.stages import Stage

WHOLE = 1000  # a share of the trace's time is in thousandths
STATES = {
    "ok": "ok",
    "error": "raised an error",
    "timeout": "ran out of time",
    "missing": "left out",
    "unseen": "not seen",
}


@dataclass(frozen=True, slots=True)
class StripCell:
    """One stage of one trace; `share` is its part of the trace's time, in thousandths."""

    stage: Stage
    state: str
    duration_ms: float | None
    cost_usd: float | None
    facts: tuple[str, ...]
    error: str | None
    slow: bool
    inferred: bool
    blamed: bool
    symptom: bool
    share: int

    @property
    def words(self) -> str:
        """The state as a reader says it."""
        return STATES[self.state]


def strip(trace: Trace, verdict: Verdict | None = None) -> tuple[StripCell, ...]:
    """A cell for each stage, whether or not the trace has a record of it."""
    symptoms = {symptom.split(".")[0] for symptom in verdict.symptoms} if verdict else set()
    return tuple(
        _cell(trace, stage, [record for record in trace.stages if record.stage == stage.label], verdict, symptoms)
        for stage in Stage
    )


def _cell(
    trace: Trace, stage: Stage, records: list[StageRecord], verdict: Verdict | None, symptoms: set[str]
) -> StripCell:
    duration_ms = _total(record.duration_ms for record in records)
    return StripCell(
        stage=stage,
        state=_state(records),
        duration_ms=duration_ms,
        cost_usd=_total(record.cost_usd for record in records),
        facts=tuple(_facts(trace, stage, records)),
        error=next((record.error for record in records if record.error), None),
        slow=any(record.slow for record in records),
        inferred=bool(records) and all(record.source == "inferred" for record in records),
        blamed=verdict is not None and verdict.stage == stage.label,
        symptom=stage.label in symptoms,
        share=share(duration_ms, trace.duration_ms),
    )


def share(part_ms: float | None, whole_ms: float) -> int:
    """Thousandths of the whole, visible where there is anything to see; parallel rounds count as the whole at most."""
    if not part_ms or whole_ms <= 0:
        return 0
    return max(6, min(WHOLE, int(part_ms * WHOLE / whole_ms)))


def _state(records: list[StageRecord]) -> str:
    if not records:
        return "unseen"
    statuses = [record.status for record in records]
    return next((worst for worst in ("error", "timeout", "ok") if worst in statuses), "missing")


def _total(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _facts(trace: Trace, stage: Stage, records: list[StageRecord]) -> Iterable[str]:
    yield from _FACTS[stage](trace, records)
    if len(records) > 1:
        yield f"{len(records)} rounds"
    attempts = max((record.attempts or 1 for record in records), default=1)
    if attempts > 1:
        yield f"{attempts} attempts"
    if any(record.cache == "hit" for record in records):
        yield "from cache"
    yield from told_of(records)


def _index(trace: Trace, records: list[StageRecord]) -> Iterable[str]:
    if trace.versions.index:
        yield f"version {trace.versions.index[:40]}"


def _route(trace: Trace, records: list[StageRecord]) -> Iterable[str]:
    if trace.product:
        yield f"to {trace.product[:40]}"
    if trace.intent:
        yield trace.intent[:40]


def _resolve(trace: Trace, records: list[StageRecord]) -> Iterable[str]:
    if trace.entities:
        yield f"{len(trace.entities)} name{'s' if len(trace.entities) > 1 else ''}"
    if reworded(trace):
        yield "rewritten"


def _embed(trace: Trace, records: list[StageRecord]) -> Iterable[str]:
    yield from {record.model[:40] for record in records if record.model}


def _retrieve(trace: Trace, records: list[StageRecord]) -> Iterable[str]:
    counts, found = lane_counts(trace), len(trace.candidates)
    if records or found or counts:
        yield f"{found} chunk{'' if found == 1 else 's'}"
    if counts:
        yield counts


def _rerank(trace: Trace, records: list[StageRecord]) -> Iterable[str]:
    given = sum(1 for item in trace.candidates if item.rerank_in)
    ranked = [item for item in trace.candidates if item.rerank_rank is not None]
    passed = sum(1 for item in ranked if item.dropped_at != "rerank")
    if given or ranked:
        yield f"{given or len(ranked)} → {passed}"


def _context(trace: Trace, records: list[StageRecord]) -> Iterable[str]:
    context = trace.context
    if context.used_tokens is not None and context.cap_tokens:
        yield f"{context.used_tokens:,} of {context.cap_tokens:,} tokens"
    elif context.used_tokens is not None:
        yield f"{context.used_tokens:,} tokens"
    kept = sum(1 for item in trace.candidates if item.survived)
    if kept:
        yield f"{kept} chunk{'s' if kept > 1 else ''}"


def _generate(trace: Trace, records: list[StageRecord]) -> Iterable[str]:
    sent = _total(record.input_tokens for record in records)
    made = _total(record.output_tokens for record in records)
    if sent is not None or made is not None:
        yield f"{int(sent or 0):,} → {int(made or 0):,} tokens"


def _validate(trace: Trace, records: list[StageRecord]) -> Iterable[str]:
    if trace.citations:
        yield f"{len(trace.citations)} citation{'s' if len(trace.citations) > 1 else ''}"


_FACTS = {
    Stage.INDEX: _index,
    Stage.ROUTE: _route,
    Stage.RESOLVE: _resolve,
    Stage.EMBED: _embed,
    Stage.RETRIEVE: _retrieve,
    Stage.RERANK: _rerank,
    Stage.CONTEXT: _context,
    Stage.GENERATE: _generate,
    Stage.VALIDATE: _validate,
}
