"""What must not matter to a verdict, and what must: generated traces, and whole pipelines with their spans mixed."""

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bench.stranger.runs import CUTS, Subject
from bench.stranger.verdicts import verdict_of
from tests.tracing.made_cases import OTHERS, chunk, entry, facts, judged, thumb
from tests.tracing.test_attribution_properties import (
    GONE,
    MANY,
    assessments,
    essence,
    expectations,
    manifests,
    traces,
)
from tests.tracing.test_attribution_properties import (
    verdict_of as engine_verdict,
)
from tracing.attribution.case import Case
from tracing.attribution.engine import judge
from tracing.normalise import normalise
from tracing.records import Candidate, Expectation, Lane, LaneHit, ManifestFacts, Trace, Verdict
from tracing.stages import Fault, Stage

NOISE = "doc_guide#noise"
OF_THE_ANSWER = ("over_refusal", "incomplete", "truncated", "ungrounded", "contradicts")
verdicts = st.sampled_from([fault for fault in Fault if fault.stage is not None]).map(
    lambda fault: Verdict(fault.stage.label if fault.stage else None, fault.label, "human", "certain", "human", 0)
)


@MANY
@given(traces(), expectations, manifests, assessments, st.booleans())
def test_the_same_evidence_gives_the_same_verdict(
    made: Trace, expected: Expectation | None, manifest: ManifestFacts | None, words: Any, down: bool
) -> None:
    case = Case(made, (thumb(),) if down else (), words, expected, manifest)
    assert judge(case) == judge(case)


@MANY
@given(traces(), expectations, manifests, assessments, verdicts)
def test_a_persons_verdict_stands_whatever_else_is_known(
    made: Trace, expected: Expectation | None, manifest: ManifestFacts | None, words: Any, person: Verdict
) -> None:
    case = Case(made, (thumb(),), words, expected, manifest, human=person)
    assert judge(case).verdict == person
    cleared = replace(person, stage=None, fault="none")
    assert judge(replace(case, human=cleared)).verdict is None


def one_more(lanes: tuple[Lane, ...], hit: LaneHit) -> tuple[Lane, ...]:
    """The lane of the hit says that it returned one more."""
    at = next((at for at, lane in enumerate(lanes) if (lane.name, lane.round) == (hit.lane, hit.round)), None)
    return tuple(replace(lane, returned=lane.returned + (number == at)) for number, lane in enumerate(lanes))


@MANY
@given(traces(), expectations, assessments, st.booleans())
def test_a_chunk_that_nobody_expected_and_nobody_kept_changes_nothing(
    made: Trace, expected: Expectation | None, words: Any, down: bool
) -> None:
    known = facts(former={GONE: entry(GONE)})
    manifest = replace(known, entries={**known.entries, NOISE: entry(NOISE)})
    hits = [hit for one in made.candidates for hit in one.hits]
    assume(hits)
    last = hits[0]._replace(rank=99, score=hits[0].score)
    noise = Candidate(f"{NOISE}~9", anchor=NOISE, hits=(last,), survived=False, survived_source="declared")
    more = replace(made, candidates=(*made.candidates, noise), lanes=one_more(made.lanes, last))
    signals = (thumb(),) if down else ()
    assert essence(judge(Case(more, signals, words, expected, manifest))) == essence(
        judge(Case(made, signals, words, expected, manifest))
    )


@MANY
@given(traces(), manifests, assessments)
def test_words_alone_make_no_failure(made: Trace, manifest: ManifestFacts | None, words: Any) -> None:
    lexical = tuple(replace(one, by="lexical") for one in words)
    with_words = judge(Case(made, (), lexical, None, manifest))
    assert with_words.failed == judge(Case(made, (), (), None, manifest)).failed


@MANY
@given(traces(), expectations, manifests)
def test_gold_blames_the_answer_only_where_the_prompt_was_seen_or_its_sender_says_what_was_cut(
    made: Trace, expected: Expectation | None, manifest: ManifestFacts | None
) -> None:
    found = engine_verdict(made, expectation=expected, manifest=manifest)
    if found is None or found.kind != "gold" or found.fault not in OF_THE_ANSWER:
        return
    told = any(one.survived_source in ("declared", "prompt") for one in made.candidates)
    told = told or (found.fault == "truncated" and any(one.dropped_why == "truncated" for one in made.candidates))
    assert told or made.observed.context != "no" or made.citations


@MANY
@given(traces(), expectations, manifests, assessments)
def test_symptoms_come_after_their_cause(
    made: Trace, expected: Expectation | None, manifest: ManifestFacts | None, words: Any
) -> None:
    found = engine_verdict(made, signals=(thumb(),), assessments=words, expectation=expected, manifest=manifest)
    if found is None:
        return
    stages = [Stage.named(symptom.partition(".")[0]) for symptom in found.symptoms]
    if found.stage is None:  # what was seen of a cause that was not: no earlier than the first step that may be it
        assert all(stage is not None and stage.order > Stage.ROUTE.order for stage in stages)
        assert found.would_decide or not stages
        return
    cause = Stage.named(found.stage)
    assert cause is not None
    assert all(stage is not None and stage.order >= cause.order for stage in stages)
    assert f"{found.stage}.{found.fault}" not in found.symptoms


@MANY
@given(st.permutations(["a", "b", "c"]), st.integers(1, 9))
def test_lanes_may_be_called_anything(names: list[str], rank: int) -> None:
    def made(lane: str) -> Trace:
        hit = LaneHit(lane, rank, 0.5)
        return replace(
            Trace("0" * 32, 0, 1, rooted=True, answer="It doubles."),
            candidates=(chunk(OTHERS[0], 1, hits=(hit,)), chunk(OTHERS[1], 2, hits=(hit,), survived=False)),
        )

    verdict = [judged(made(name), expectation=Expectation("answer", (OTHERS[1],))).verdict for name in names]
    assert len({(one.stage, one.fault, one.certainty) for one in verdict if one is not None}) == 1


@pytest.mark.parametrize(
    "given", [("two rounds", "rag", "kb", "split"), ("three lanes", "openinference", "url", "same")]
)
def test_the_order_in_which_spans_came_changes_no_verdict(given: tuple[str, str, str, str]) -> None:
    subject, dice = Subject(*given, questions=4), random.Random(7)
    for case in subject.cases(1):
        whole = verdict_of(subject, case, gold=True)
        mixed = normalise(dice.sample(case.spans, len(case.spans)), CUTS)
        assert verdict_of(subject, case, gold=True, trace=mixed) == whole
