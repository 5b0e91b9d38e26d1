"""What the engine says of a stranger's run, and what is known to be true of it."""

from __future__ import annotations

from bench.blame.tables import Outcome
from bench.stranger.runs import ANCHORS, Case, Subject
from tracing.attribution.case import Case as Evidence
from tracing.attribution.case import ProjectRules
from tracing.attribution.engine import judge
from tracing.attribution.lexical import assess
from tracing.records import Signal, Trace, Verdict

RULES = ProjectRules(anchor_pattern=ANCHORS)


def verdict_of(
    subject: Subject, case: Case, *, gold: bool, thumb: bool = False, trace: Trace | None = None
) -> Verdict | None:
    """The verdict; `trace` stands in for the run's own where something of it was left out."""
    made = trace or case.trace
    expectation = case.expectation if gold else None
    signals = (Signal(made.trace_id, "thumb", "down", made.ended_ns),) if thumb else ()
    facts = subject.evidence(case, made, expectation)
    return judge(Evidence(made, signals, (assess(made),), expectation, facts, RULES, usual=subject.usual)).verdict


def outcome_of(case: Case, verdict: Verdict | None) -> Outcome:
    """A faulty run's."""
    assert case.injector is not None
    return Outcome(case.injector.key, case.injector.stage, case.fault, verdict)


def named(verdict: Verdict | None) -> str:
    """`stage.fault (certainty)`, `unknown` or `nothing`."""
    if verdict is None or verdict.stage is None:
        return "unknown" if verdict else "nothing"
    return f"{verdict.stage}.{verdict.fault} ({verdict.certainty})"
