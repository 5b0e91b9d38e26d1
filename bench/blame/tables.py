"""What a set of judgements comes to: counts, shares with their intervals, and a confusion matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from tracing.records import Verdict

MECHANICAL = frozenset(("error", "timeout", "unknown_anchor", "false_anchor", "stale_chunk", "bad_format", "thin"))
Z = 1.959964


@dataclass(frozen=True)
class Outcome:
    """One faulty run: what was done to it, and what was said of it."""

    injected: str
    stage: str
    fault: str
    verdict: Verdict | None

    @property
    def named(self) -> str:
        return self.verdict.stage or "unknown" if self.verdict else "nothing"

    @property
    def right_stage(self) -> bool:
        return self.verdict is not None and self.verdict.stage == self.stage

    @property
    def right_fault(self) -> bool:
        return self.right_stage and self.verdict is not None and self.verdict.fault == self.fault


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share."""
    if not n:
        return 0.0, 1.0
    share = hits / n
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def share(hits: int, n: int) -> str:
    """`97.5 % of 120 [93.0, 99.1]`."""
    low, high = wilson(hits, n)
    return f"{100 * hits / n if n else 0:5.1f} % of {n} [{100 * low:.1f}, {100 * high:.1f}]"


def confusion(outcomes: Sequence[Outcome], stages: Sequence[str]) -> Iterable[str]:
    """Rows are the stage that was broken, columns the one that was blamed."""
    columns = [*stages, "unknown", "nothing"]
    counted = Counter((one.stage, one.named) for one in outcomes)
    yield "  broken \\ blamed " + " ".join(f"{name[:8]:>8}" for name in columns)
    for stage in stages:
        if any(one.stage == stage for one in outcomes):
            yield f"  {stage:<16}" + " ".join(f"{counted[stage, name] or '.':>8}" for name in columns)


def by_fault(outcomes: Sequence[Outcome]) -> Iterable[str]:
    for injected in sorted({one.injected for one in outcomes}):
        group = [one for one in outcomes if one.injected == injected]
        stage, fault = sum(one.right_stage for one in group), sum(one.right_fault for one in group)
        others = Counter(
            f"{one.verdict.stage}.{one.verdict.fault}" if one.verdict else "nothing"
            for one in group
            if not one.right_fault
        )
        wrong = ", ".join(f"{name} {times}" for name, times in others.most_common(3))
        yield f"  {injected:<24} stage {share(stage, len(group)):<32} fault {share(fault, len(group)):<32} {wrong}"


def by_stage(outcomes: Sequence[Outcome], stages: Sequence[str]) -> Iterable[str]:
    for stage in stages:
        group = [one for one in outcomes if one.stage == stage]
        if group:
            right = share(sum(one.right_stage for one in group), len(group))
            yield f"  {stage:<10} stage {right:<32} fault {share(sum(one.right_fault for one in group), len(group))}"


def summary(outcomes: Sequence[Outcome]) -> Iterable[str]:
    """All faults, the mechanical ones apart from the rest, and what was said with certainty."""
    for name, group in (
        ("all faults", list(outcomes)),
        ("mechanical", [one for one in outcomes if one.fault in MECHANICAL]),
        ("the rest", [one for one in outcomes if one.fault not in MECHANICAL]),
    ):
        named = [one for one in group if one.verdict is not None and one.verdict.stage is not None]
        yield f"  {name:<12} stage right    {share(sum(one.right_stage for one in group), len(group))}"
        yield f"  {'':<12} fault right    {share(sum(one.right_fault for one in group), len(group))}"
        yield f"  {'':<12} named          {share(len(named), len(group))}"
        yield f"  {'':<12} named, right   {share(sum(one.right_stage for one in named), len(named))}"
    sure = [one for one in outcomes if one.verdict is not None and one.verdict.certainty == "certain"]
    yield f"  certain, and wrong               {share(sum(not one.right_fault for one in sure), len(sure))}"
    wrong = [
        one for one in outcomes if not one.right_stage and one.verdict is not None and one.verdict.stage is not None
    ]
    yield f"  a wrong stage named              {share(len(wrong), len(outcomes))}"
    for stage in ("retrieve", "generate"):
        hits = sum(one.stage == stage for one in outcomes)
        yield f"  baseline: always {stage:<9}       {share(hits, len(outcomes))}"
