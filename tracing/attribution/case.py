"""What a trace is judged on, and what comes out: `judge(case)` in engine.py turns the one into the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tracing.attribution.usual import Shape
from tracing.records import Assessment, Expectation, ManifestFacts, Signal, Trace, Verdict

DEFAULT_ANCHOR_PATTERN = r"doc_[^#\s]+#\S+"


@dataclass(frozen=True, slots=True)
class ProjectRules:
    """A project's own thresholds."""

    groundedness_cut: float = 0.7
    shared_products: frozenset[str] = frozenset()
    lane_floors: Mapping[str, float] = field(default_factory=dict)  # where the trace itself names none
    anchor_pattern: str = DEFAULT_ANCHOR_PATTERN  # the whole anchor must match
    slow_ms: Mapping[str, float] = field(default_factory=dict)  # by stage


@dataclass(frozen=True, slots=True)
class Case:
    """All evidence at once. Of `signals`, the newest of an identity counts; of `assessments`, the newest by a judge.

    `human` is the newest verdict that a person gave: it stands, and one with the fault `none` clears the trace.
    """

    trace: Trace
    signals: tuple[Signal, ...] = ()
    assessments: tuple[Assessment, ...] = ()
    expectation: Expectation | None = None
    manifest: ManifestFacts | None = None
    rules: ProjectRules = ProjectRules()
    settled: bool = True
    human: Verdict | None = None
    usual: Shape | None = None  # what other traces of its pipeline show; None where that is not known


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be said of the trace now; tuples run parallel to the trace's own citations and candidates."""

    verdict: Verdict | None  # what counts: a person's where there is one, else `found`; None: it has not failed
    found: Verdict | None  # what the rules found, whoever else said something
    failed: tuple[str, ...] = ()  # why it counts as failed, in words
    flags: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()  # of each citation
    expected: tuple[bool, ...] = ()  # of each candidate
    stale: tuple[bool, ...] = ()  # of each candidate
    lost_at: Mapping[str, str] = field(default_factory=dict)  # expected anchor -> the stage that lost it
    false_anchor: bool | None = None  # does it count in the false-anchor rate; None where that can't be told
