"""Does the engine blame the stage that was broken? `python -m bench.attribution`; `--times 10` for a quick look.

The demo's pipeline answers each question clean, and again with one fault injected; both traces go through the decoder
and the normaliser as they would over the network. A run is faulty where it lost what the clean run of the same question
kept, and clean where the clean run met its expectation; how many were left out is said. Where gold is unknown, a thumb
down says that the answer failed, for without a failure there is no verdict; the figures without it are printed too.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterable, Sequence

from bench.blame import captures
from bench.blame.demo_pipeline import Bench, Sample, is_faulty, samples
from bench.blame.facts import Shelf
from bench.blame.tables import Outcome, by_fault, by_stage, confusion, share, summary
from demo.settings import load_settings
from demo.workshop import open_library
from tracing.attribution.case import Case
from tracing.attribution.engine import RULES_VERSION, judge
from tracing.attribution.lexical import assess
from tracing.records import Assessment, Signal, Verdict
from tracing.stages import Stage

STAGES = tuple(stage.label for stage in Stage)


def judged(sample: Sample, assessment: Assessment, shelf: Shelf, *, gold: bool, thumb: bool = False) -> Verdict | None:
    """The verdict on one run."""
    expectation = sample.expectation if gold else None
    down = thumb and is_faulty(sample)
    signals = (Signal(sample.trace.trace_id, "thumb", "down", sample.trace.ended_ns),) if down else ()
    facts = shelf.facts(sample.trace, expectation)
    return judge(Case(sample.trace, signals, (assessment,), expectation, facts)).verdict


def report(found: Sequence[Sample], shelf: Shelf) -> None:
    """Everything that the demo's pipeline has to show."""
    assessments, milliseconds = _assessed(found)
    _say_counts(found)
    for title, gold, thumb in (
        ("GOLD KNOWN", True, False),
        ("GOLD UNKNOWN, a thumb down on what failed", False, True),
        ("GOLD UNKNOWN, and nobody complained", False, False),
    ):
        print(f"\n{title} (rules {RULES_VERSION})")
        pairs = [
            (one, judged(one, said, shelf, gold=gold, thumb=thumb))
            for one, said in zip(found, assessments, strict=True)
        ]
        outcomes = [
            Outcome(one.injected or "", one.stage or "", one.fault or "", verdict)
            for one, verdict in pairs
            if is_faulty(one)
        ]
        _say(summary(outcomes))
        clean = [(one, verdict) for one, verdict in pairs if one.injected is None and one.met]
        alarms = Counter(f"{verdict.stage}.{verdict.fault}" for _, verdict in clean if verdict is not None)
        print(f"  false alarms on clean traces     {share(sum(alarms.values()), len(clean))} {dict(alarms) or ''}")
        if gold or thumb:
            _say(confusion(outcomes, STAGES))
            _say(by_stage(outcomes, STAGES))
            _say(by_fault(outcomes))
    _say_cost(found, assessments, shelf, milliseconds)


def _assessed(found: Sequence[Sample]) -> tuple[list[Assessment], float]:
    began = time.process_time()
    assessments = [assess(one.trace) for one in found]
    return assessments, (time.process_time() - began) * 1000 / max(len(found), 1)


def _say_counts(found: Sequence[Sample]) -> None:
    broken = [one for one in found if one.injected is not None]
    unmet = sum(not one.met for one in broken)
    whole = sum(one.met and not is_faulty(one) for one in broken)
    clean = [one for one in found if one.injected is None]
    print(f"faulty {sum(map(is_faulty, broken))} of {len(broken)} injected runs that changed something; left out:")
    print(f"  {unmet} where the clean run did not meet its expectation, {whole} that lost nothing of what it kept")
    left = Counter(one.injected for one in broken if one.met and not is_faulty(one))
    print(f"  the latter: {', '.join(f'{key} {times}' for key, times in left.most_common())}")
    print(f"clean {sum(one.met for one in clean)} of {len(clean)} questions")


def _say_cost(found: Sequence[Sample], assessments: Sequence[Assessment], shelf: Shelf, milliseconds: float) -> None:
    cases = [
        Case(one.trace, (), (said,), one.expectation, shelf.facts(one.trace, one.expectation))
        for one, said in zip(found, assessments, strict=True)
    ]
    began = time.process_time()
    for case in cases:
        judge(case)
    each = (time.process_time() - began) * 1000 / max(len(cases), 1)
    print(f"\nCPU a trace: judge {each:.3f} ms (bar 0.3), assess {milliseconds:.2f} ms; n = {len(cases)}")


def report_captures() -> None:
    """The same rules on other frameworks' traces."""
    if not captures.FOLDER.is_dir():
        print(f"\nno captures at {captures.FOLDER}: they lie beside the checkout")
        return
    shelf = captures.shelf_of()
    right: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    alarms: Counter[str] = Counter()
    for one in captures.captured():
        facts = shelf.facts(one.trace, one.expectation)
        verdict = judge(Case(one.trace, (), (assess(one.trace),), one.expectation, facts)).verdict
        if one.blamed:
            lost[one.client] += 1
            right[one.client] += verdict is not None and verdict.stage in one.blamed
        elif one.sound:
            kept[one.client] += 1
            alarms[one.client] += verdict is not None
    print("\nCAPTURED TRACES OF OTHER PIPELINES (gold: the page that answers; truth: another program's reading)")
    for client in sorted(lost | kept):
        blamed = share(right[client], lost[client])
        print(f"  {client:<18} stage right {blamed:<30} false alarms {share(alarms[client], kept[client])}")
    print(f"  {'all':<18} stage right {share(right.total(), lost.total()):<30} false alarms", end=" ")
    print(share(alarms.total(), kept.total()))


def _say(lines: Iterable[str]) -> None:
    print("\n".join(lines))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.attribution", description=__doc__)
    parser.add_argument("--times", type=int, default=100, help="faulty runs of each fault")
    parser.add_argument("--fault", action="append", default=[], help="stage:name, may be repeated; all by default")
    options = parser.parse_args()
    bench = Bench(open_library(load_settings()))
    report(list(samples(bench, options.times, options.fault)), bench.shelf)
    report_captures()


if __name__ == "__main__":
    main()
