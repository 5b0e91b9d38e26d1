"""Each trace with one of its spans, or one of its declared lists, left out: what is said must not be a wrong stage.

Right is the stage that was broken, `unknown`, nothing, or an earlier stage that is `likely` at most and says that
something was not seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench.blame.tables import share
from bench.stranger.runs import CUTS, Case, Subject
from bench.stranger.verdicts import named, verdict_of
from tracing.normalise import normalise
from tracing.records import Span, Verdict
from tracing.stages import Stage

DECLARED = (
    "rag.candidates",
    "rag.context",
    "rag.lanes",
    "rag.entities",
    "rag.rewritten",
    "rag.product",
    "rag.citations",
)
NATIVE = ("fused_rank", "rerank_in", "rerank_rank", "lanes", "survived")


@dataclass(frozen=True)
class Cut:
    """A trace that lacks something."""

    lacks: str
    spans: tuple[Span, ...]


def cuts(case: Case) -> Iterator[Cut]:
    """One after the other, each span and each declared list is missing."""
    for at, span in enumerate(case.spans):
        rest = case.spans[:at] + case.spans[at + 1 :]
        if rest:
            yield Cut(span.name, rest)
        for name in DECLARED:
            if name in span.attributes:
                less = replace(span, attributes={key: value for key, value in span.attributes.items() if key != name})
                yield Cut(f"{span.name} {name}", (*case.spans[:at], less, *case.spans[at + 1 :]))
        document = span.attributes.get("native")
        if isinstance(document, dict):
            for name in NATIVE:
                yield Cut(f"native {name}", (replace(span, attributes={"native": _without(document, name)}),))


def _without(document: dict[str, Any], name: str) -> dict[str, Any]:
    rows = [{key: value for key, value in row.items() if key != name} for row in document["candidates"]]
    return document | {"candidates": rows}


def is_wrong(case: Case, verdict: Verdict | None) -> bool:
    """True where a stage is named that is neither the broken one nor an earlier one, said with care."""
    if case.injector is None or verdict is None or verdict.stage is None or verdict.stage == case.injector.stage:
        return False
    named, broken = Stage.named(verdict.stage), Stage.named(case.injector.stage)
    if named is None or broken is None:
        return True
    return named.order > broken.order or verdict.certainty == "certain"


@dataclass
class Measured:
    """What came of it; the keys of `wrong` say what was broken, what was missing, and what was named."""

    wrong: Counter[str]
    certain: int = 0
    total: int = 0
    alarms: int = 0  # on clean traces
    clean: int = 0


def measured(found: Sequence[tuple[Subject, Case]], *, gold: bool = True) -> Measured:
    """Every cut of every trace; gold unknown, of those that somebody complained of and that whole are not misnamed."""
    counted = Measured(Counter())
    for subject, case in found:
        thumb = not gold and case.injector is not None
        if not case.is_told or (thumb and is_wrong(case, verdict_of(subject, case, gold=False, thumb=True))):
            continue
        for cut in cuts(case):
            verdict = verdict_of(subject, case, gold=gold, thumb=thumb, trace=normalise(list(cut.spans), CUTS))
            named_stage = verdict is not None and verdict.stage is not None
            if case.injector is None:
                counted.clean += case.met
                counted.alarms += case.met and named_stage
                continue
            counted.total += 1
            if is_wrong(case, verdict):
                counted.certain += verdict is not None and verdict.certainty == "certain"
                counted.wrong[f"{case.injector.key} without {cut.lacks} > {named(verdict)} in {case.wire}"] += 1
    return counted


def report(title: str, counted: Measured, most: int) -> None:
    print(f"\n{title}")
    wrong = counted.wrong.total()
    print(f"a span or list missing: a wrong stage in {share(wrong, counted.total)}, {counted.certain} of them certain")
    print(f"  a stage named on clean traces: {share(counted.alarms, counted.clean)}")
    for key, times in counted.wrong.most_common(most):
        print(f"  {times:4} {key}")
