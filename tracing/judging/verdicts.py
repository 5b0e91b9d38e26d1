"""Verdicts in the store: a row a run of the engine, also when it found nothing, and a row a word of a person."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from tracing import store
from tracing.attribution.case import Judgement
from tracing.keyed import AT, TraceKey, picked
from tracing.records import Trace, Verdict

NOTHING = "none"  # the fault of a row that blames nobody
UNKNOWN = "unknown"  # the fault where something went wrong, and it can't be told what
WITHDRAWN = "withdrawn"  # the fault of a person's row that takes the one before it back
MOST_SHOWN = 200
WOULD_DECIDE = "Name the anchors that the right answer rests on: they can then be followed through the stages."
Word = TypeVar("Word")


@dataclass(frozen=True, slots=True)
class Row:
    """One run of the engine, or one word of a person; what it said beside its verdict is the engine's alone."""

    verdict: Verdict  # its fault is `none` where nothing is to blame
    at_ns: int
    person: str = ""
    note: str = ""
    flags: tuple[str, ...] = ()
    citations: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    expected: tuple[int, ...] = ()
    stale: tuple[int, ...] = ()
    lost: Mapping[str, str] | None = None
    false_anchor: bool | None = None

    @property
    def blames(self) -> bool:
        """True where it says that something went wrong."""
        return self.verdict.fault != NOTHING


@dataclass(frozen=True, slots=True)
class Standing:
    """What counts of a trace's rows: the newest of the engine, and the newest of a person, which stands above it."""

    engine: Row | None = None
    human: Row | None = None

    @property
    def row(self) -> Row | None:
        """What counts."""
        return self.human or self.engine

    @property
    def verdict(self) -> Verdict | None:
        """The verdict to show; None where the trace has not failed, or a person cleared it."""
        return self.row.verdict if self.row is not None and self.row.blames else None


def said_by_a_person(stage: str | None, fault: str) -> Verdict:
    """The verdict of a person's words: it is certain, unless they say that the cause can't be told."""
    if fault == UNKNOWN:
        return Verdict(None, fault, "human", "unknown", "human", 0, would_decide=WOULD_DECIDE)
    return Verdict(stage, fault, "human", "certain", "human", 0)


def applied(trace: Trace, engine: Row | None) -> Trace:
    """The trace with the statuses of its citations, and its stale chunks, as the engine last found them."""
    if engine is None:
        return trace
    citations, stale = trace.citations, set(engine.stale)
    if len(engine.citations) == len(citations):
        citations = tuple(replace(c, status=status) for c, status in zip(citations, engine.citations, strict=True))
    candidates = tuple(c._replace(stale=True) if at in stale else c for at, c in enumerate(trace.candidates))
    return replace(trace, citations=citations, candidates=candidates)


def row_of(judgement: Judgement, rules_version: int, at_ns: int) -> Row:
    """What the engine found, as it is kept."""
    found = judgement.found or Verdict(None, NOTHING, "mechanical", "certain", NOTHING, rules_version)
    return Row(
        verdict=found,
        at_ns=at_ns,
        flags=judgement.flags,
        citations=judgement.statuses,
        failed=judgement.failed,
        expected=tuple(place for place, is_so in enumerate(judgement.expected) if is_so),
        stale=tuple(place for place, is_so in enumerate(judgement.stale) if is_so),
        lost=dict(judgement.lost_at),
        false_anchor=judgement.false_anchor,
    )


_VERDICT = ("fault", "kind", "certainty", "rule", "rules_version", "evidence", "symptoms")
_BESIDE = ("person", "note", "flags", "citations", "failed", "expected", "stale", "false_anchor")
_READ = ("stage", *_VERDICT, "would_decide", *_BESIDE, "lost", "at")


def keep(*, project: str, found: Sequence[tuple[TraceKey, Row]], version: int, token: str = "") -> None:
    """Append them; of two rows of a trace the one of the greater version is the newer."""
    rows = [row for _, row in found]
    columns: dict[str, list[Any]] = {
        "project": [project] * len(found),
        "key_ts": [key.key_ns for key, _ in found],
        "trace_id": [key.trace_id for key, _ in found],
        "version": [version] * len(found),
        "stage": [row.verdict.stage or "" for row in rows],
        "would_decide": [row.verdict.would_decide or "" for row in rows],
        "lost": [dict(row.lost or {}) for row in rows],
        "at": [row.at_ns for row in rows],
    }
    for name in _VERDICT:
        columns[name] = [getattr(row.verdict, name) for row in rows]
    for name in _BESIDE:
        columns[name] = [getattr(row, name) for row in rows]
    store.insert("verdicts", columns, token)


def standing_of(*, project: str, keys: Sequence[TraceKey]) -> Mapping[str, Standing]:
    """By trace what counts now."""
    found: dict[str, list[Row]] = defaultdict(list)
    for some in store.pieces(keys):
        condition, found_by = picked(project, some)
        rows = store.rows(
            f"SELECT trace_id, {', '.join(_READ)} FROM verdicts"
            f" PREWHERE {condition}"
            " ORDER BY version DESC LIMIT 1 BY trace_id, person != ''",
            **found_by,
        )
        for trace_id, *values in rows:
            found[trace_id].append(_row(values))
    for key in keys:
        if any(_takes_back(row) for row in found.get(key.trace_id, ())):
            found[key.trace_id] = list(history(project=project, key=key))
    return {trace_id: standing(rows) for trace_id, rows in found.items()}


def history(*, project: str, key: TraceKey) -> tuple[Row, ...]:
    """All rows of a trace, the newest first; at most 200 of the engine and 200 of people. One copied twice is one."""
    rows = store.rows(
        f"SELECT version, {', '.join(_READ)} FROM verdicts PREWHERE {AT}"
        f" ORDER BY version DESC LIMIT {MOST_SHOWN} BY person != ''",
        project=project,
        key_ns=key.key_ns,
        trace_id=key.trace_id,
    )
    found: dict[tuple[int, str], Row] = {}
    for version, *values in rows:
        row = _row(values)
        found.setdefault((version, row.person), row)
    return tuple(found.values())


def standing(rows: Sequence[Row]) -> Standing:
    """What counts of a trace's rows, given the newest first; a person's word that was taken back does not."""
    engine = next((row for row in rows if not row.person), None)
    return Standing(engine, last_word((row.verdict.fault, row) for row in rows if row.person))


def last_word(words: Iterable[tuple[str, Word]]) -> Word | None:
    """Of words with their faults, the newest first, the one that counts: a withdrawal takes one before it back."""
    taken_back = 0
    for fault, word in words:
        if fault != WITHDRAWN and not taken_back:
            return word
        taken_back += 1 if fault == WITHDRAWN else -1
    return None


def _takes_back(row: Row) -> bool:
    return bool(row.person) and row.verdict.fault == WITHDRAWN


def _row(values: Sequence[Any]) -> Row:
    read = dict(zip(_READ, values, strict=True))
    said = {name: read[name] for name in _VERDICT}
    verdict = Verdict(
        **said
        | {
            "stage": read["stage"] or None,
            "would_decide": read["would_decide"] or None,
            "evidence": tuple(read["evidence"]),
            "symptoms": tuple(read["symptoms"]),
        }
    )
    lists = {name: tuple(read[name]) for name in ("flags", "citations", "failed", "expected", "stale")}
    return Row(
        verdict=verdict,
        at_ns=read["at"],
        person=read["person"],
        note=read["note"],
        lost=read["lost"],
        false_anchor=read["false_anchor"],
        **lists,
    )
