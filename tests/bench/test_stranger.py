"""The engine on pipelines, corpora and conventions that it was not made for, and with parts of them missing."""

from collections.abc import Sequence

import pytest

from bench.blame.tables import MECHANICAL, Outcome
from bench.stranger.missing import measured
from bench.stranger.runs import Case, Subject
from bench.stranger.verdicts import outcome_of, verdict_of

SUBJECTS = (
    ("two lanes, best alone", "rag", "url", "same"),
    ("two rounds", "native", "kb", "opaque"),
    ("three lanes", "openinference", "doc", "split"),
    ("one lane, reranked", "langfuse", "number", "same"),
)
Found = list[tuple[Subject, Case]]


@pytest.fixture(scope="module")
def found() -> Found:
    subjects = [Subject(*given, questions=8) for given in SUBJECTS]
    return [(subject, case) for subject in subjects for case in subject.cases(1)]


def outcomes(found: Found, *, gold: bool) -> list[Outcome]:
    return [
        outcome_of(case, verdict_of(subject, case, gold=gold, thumb=not gold))
        for subject, case in found
        if case.is_faulty and case.is_told
    ]


def wrong(found: Sequence[Outcome]) -> list[Outcome]:
    return [one for one in found if not one.right_fault]


def test_every_fault_strikes_somewhere(found: Found) -> None:
    struck = {case.injector.key for _, case in found if case.injector is not None and case.is_faulty}
    assert len(struck) >= 38


def test_with_gold_known_the_broken_stage_is_blamed(found: Found) -> None:
    said = outcomes(found, gold=True)
    assert sum(one.right_stage for one in said) >= 0.97 * len(said)
    assert len(wrong(said)) <= 0.07 * len(said)


def test_with_gold_unknown_mechanical_faults_are_found_and_the_rest_is_named_with_care(found: Found) -> None:
    said = outcomes(found, gold=False)
    mechanical = [one for one in said if one.fault in MECHANICAL]
    rest = [one for one in said if one.fault not in MECHANICAL]
    named = [one for one in rest if one.verdict is not None and one.verdict.stage is not None]
    assert len(wrong(mechanical)) <= 0.03 * len(mechanical)
    assert len(named) >= 0.4 * len(rest)
    assert sum(one.right_stage for one in named) >= 0.6 * len(named)


def test_what_is_certain_is_right(found: Found) -> None:
    for gold in (True, False):
        sure = [one for one in outcomes(found, gold=gold) if one.verdict and one.verdict.certainty == "certain"]
        assert len(wrong(sure)) <= 0.01 * len(sure)


def test_clean_traces_raise_no_alarm(found: Found) -> None:
    clean = [(subject, case) for subject, case in found if case.injector is None and case.met]
    assert len(clean) >= 40
    for gold in (True, False):
        assert [case for subject, case in clean if verdict_of(subject, case, gold=gold) is not None] == []


@pytest.mark.parametrize("gold", [True, False])
def test_with_a_span_or_a_list_missing_nothing_wrong_is_certain_and_hardly_anything_is_wrong_at_all(
    found: Found, gold: bool
) -> None:
    counted = measured(found[::4], gold=gold)
    assert counted.total > 300
    assert counted.certain == 0
    assert counted.wrong.total() <= 0.005 * counted.total
    assert counted.alarms == 0
