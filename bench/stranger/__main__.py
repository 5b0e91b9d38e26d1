"""The engine on pipelines, corpora and conventions that it was not made for: `python -m bench.stranger`.

`--times` faulty runs of each fault and pipeline; `--only` a part of the pipelines' names; `--missing` leaves out each
span and each declared list in turn, and counts the wrong stages.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence

from bench.blame.tables import MECHANICAL, Outcome, by_fault, confusion, share, summary
from bench.stranger import missing
from bench.stranger.runs import Case, Subject, subjects
from bench.stranger.verdicts import named, outcome_of, verdict_of
from tracing.stages import Stage

STAGES = tuple(stage.label for stage in Stage)
Found = Sequence[tuple[Subject, Case]]


def report(found: Found, *, verbose: bool) -> None:
    for title, gold, thumb in (
        ("GOLD KNOWN", True, False),
        ("GOLD UNKNOWN, a thumb down on what failed", False, True),
        ("GOLD UNKNOWN, nobody complained", False, False),
    ):
        print(f"\n{title}")
        faulty = [
            (case, outcome_of(case, verdict_of(one, case, gold=gold, thumb=thumb)))
            for one, case in found
            if case.is_faulty
        ]
        told = [(case, outcome) for case, outcome in faulty if case.is_told]
        outcomes = [outcome for _, outcome in told]
        print("\n".join(summary(outcomes)))
        _say_alarms(found, gold=gold)
        _say_untold([outcome for case, outcome in faulty if not case.is_told])
        if gold or thumb:
            print("\n".join(confusion(outcomes, STAGES)))
            print("\n".join(by_fault(outcomes)))
        _say_subjects(told, gold=gold, verbose=verbose)


def _say_alarms(found: Found, *, gold: bool) -> None:
    clean = [(one, case) for one, case in found if case.injector is None and case.met]
    said = [(case, verdict_of(one, case, gold=gold)) for one, case in clean]
    alarms = Counter((case.subject, named(verdict)) for case, verdict in said if verdict is not None)
    print(f"  false alarms on clean traces     {share(alarms.total(), len(clean))} {dict(alarms) or ''}")


def _say_untold(outcomes: Sequence[Outcome]) -> None:
    wrong = Counter(
        f"{one.injected} > {named(one.verdict)}"
        for one in outcomes
        if one.verdict is not None and one.verdict.stage and not one.right_stage
    )
    print(f"  beside these, {len(outcomes)} that their convention has no word for; of them named wrong: {dict(wrong)}")


def _say_subjects(told: Sequence[tuple[Case, Outcome]], *, gold: bool, verbose: bool) -> None:
    for name in dict.fromkeys(case.subject for case, _ in told):
        mine = [outcome for case, outcome in told if case.subject == name and (gold or outcome.fault in MECHANICAL)]
        print(f"  {name:<40} stage {share(sum(one.right_stage for one in mine), len(mine))}")
        wrong = Counter(f"{one.injected} > {named(one.verdict)}" for one in mine if not one.right_fault)
        if verbose and wrong:
            print(f"      {dict(wrong)}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.stranger", description=__doc__)
    parser.add_argument("--times", type=int, default=6, help="faulty runs of each fault and pipeline")
    parser.add_argument("--only", default="", help="pipelines whose name holds this")
    parser.add_argument("--missing", type=int, default=0, help="show as many kinds of what is named wrong then")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    chosen = [one for one in subjects() if options.only in one.name]
    found = [(one, case) for one in chosen for case in one.cases(options.times)]
    if options.missing:
        missing.report("GOLD KNOWN", missing.measured(found), options.missing)
        missing.report(
            "GOLD UNKNOWN, a thumb down on what failed", missing.measured(found, gold=False), options.missing
        )
    else:
        report(found, verbose=options.verbose)


if __name__ == "__main__":
    main()
