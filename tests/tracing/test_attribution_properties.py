"""What holds of every verdict, whatever the trace: generated journeys, manifests, expectations and failures."""

import random
import re
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracing.made_cases import FOREIGN, OTHERS, RIGHT, STAGES, entry, facts, judged, said, thumb, trace
from tracing.attribution.case import Case, Judgement
from tracing.attribution.engine import RULES, judge, sentence
from tracing.attribution.telling import ordinal
from tracing.records import (
    Candidate,
    Citation,
    Expectation,
    LaneHit,
    ManifestFacts,
    Observed,
    StageRecord,
    Trace,
    Verdict,
)
from tracing.stages import Fault, Stage

GONE = "doc_guide#gone"
MADE_UP = "doc_guide#made-up"
ANCHORS = (RIGHT, *OTHERS, FOREIGN, GONE, MADE_UP)
LOSABLE = {"fusion_drop": ("fused", "rerank_input"), "dropped": ("reranked",)}
MANY = settings(max_examples=150, deadline=None)

seen = st.sampled_from(("declared", "inferred", "no"))
observed = st.builds(Observed, seen, seen, seen, seen, seen)
rank = st.one_of(st.none(), st.integers(1, 12))


@st.composite
def chunks(draw: Any, number: int) -> Candidate:
    """A chunk of any anchor, on any of the lists."""
    anchor = draw(st.sampled_from(ANCHORS))
    survived = draw(st.sampled_from((True, False, None)))
    lanes = draw(st.lists(st.sampled_from(("vector", "lexical")), unique=True, max_size=2))
    return Candidate(
        chunk_id=f"{anchor}~{number}",
        anchor=anchor,
        hits=tuple(LaneHit(lane, draw(st.integers(1, 20)), None) for lane in lanes),
        fused_rank=draw(rank),
        rerank_in=draw(st.booleans()),
        rerank_rank=draw(rank),
        survived=survived,
        survived_source="unknown" if survived is None else "declared",
        dropped_why=None
        if survived
        else draw(st.sampled_from((None, "unknown", "budget", "duplicate", "truncated", "cut"))),
        dropped_at=None if survived else draw(st.sampled_from((None, "retrieve", "rerank", "context"))),
        cited=bool(survived) and draw(st.booleans()),
    )


@st.composite
def traces(draw: Any) -> Trace:
    """Anything between a sound trace and nonsense."""
    candidates = [draw(chunks(number)) for number in range(draw(st.integers(0, 6)))]
    failing = draw(st.lists(st.sampled_from(STAGES), unique=True, max_size=2))
    stages = tuple(
        StageRecord(stage, status=draw(st.sampled_from(("error", "timeout"))) if stage in failing else "ok")
        for stage in draw(st.lists(st.sampled_from(STAGES), unique=True))
    )
    outcome = draw(st.sampled_from((None, "answer", "suggest", "refuse", "direct")))
    return replace(
        trace(),
        candidates=tuple(candidates),
        observed=draw(observed),
        stages=stages,
        outcome=outcome,
        refused=None if outcome is None else outcome == "refuse",
        answer=draw(st.sampled_from((None, "It doubles the wait.", "I don't know."))),
        citations=tuple(
            Citation(anchor=one, product="atlas") for one in draw(st.lists(st.sampled_from(ANCHORS), max_size=3))
        ),
        product=draw(st.sampled_from((None, "atlas", "borealis"))),
        flags=draw(st.sampled_from(((), ("ended_in_error",)))),
    )


expectations = st.one_of(
    st.none(),
    st.builds(
        Expectation,
        st.sampled_from(("answer", "refuse", "direct", None)),
        st.lists(st.sampled_from(ANCHORS), max_size=3, unique=True).map(tuple),
        st.booleans(),
        st.sampled_from((None, "atlas", "borealis")),
        st.sampled_from((None, "howto", "greeting")),
    ),
)
manifests = st.sampled_from((None, facts(former={GONE: entry(GONE)}), facts(former={GONE: entry(GONE)}, indexed=None)))
assessments = st.lists(
    st.builds(
        said,
        by=st.sampled_from(("judge", "lexical")),
        groundedness=st.sampled_from((None, 0.1, 0.9)),
        context_sufficient=st.sampled_from((None, True, False)),
        complete=st.sampled_from((None, True, False)),
    ),
    max_size=2,
).map(tuple)


def verdict_of(made: Trace, **given_case: Any) -> Verdict | None:
    return judge(Case(made, **given_case)).verdict


def essence(judgement: Judgement) -> Any:
    found = judgement.verdict
    if found is None:
        return judgement.flags
    return found.stage, found.fault, found.certainty, found.rule, frozenset(found.symptoms), judgement.flags


@MANY
@given(traces(), expectations, manifests, assessments, st.booleans(), st.randoms())
def test_the_order_of_what_arrived_changes_nothing(
    made: Trace,
    expected: Expectation | None,
    manifest: ManifestFacts | None,
    words: Any,
    down: bool,
    dice: random.Random,
) -> None:
    signals = (thumb(id="1"), thumb("up", id="2")) if down else ()

    def mixed(items: Any) -> Any:
        return tuple(dice.sample(items, len(items)))

    shuffled = replace(
        made, candidates=mixed(made.candidates), citations=mixed(made.citations), stages=mixed(made.stages)
    )
    one = judge(Case(made, signals, words, expected, manifest))
    distinct = tuple(replace(word, at_ns=number) for number, word in enumerate(words))
    one = judge(Case(made, signals, distinct, expected, manifest))
    other = judge(Case(shuffled, mixed(signals), mixed(distinct), expected, manifest))
    assert essence(one) == essence(other)


@MANY
@given(traces(), expectations, manifests, assessments, st.booleans())
def test_more_evidence_never_moves_a_failed_stage(
    made: Trace, expected: Expectation | None, manifest: ManifestFacts | None, words: Any, down: bool
) -> None:
    before = verdict_of(made)
    if before is None or before.fault not in ("error", "timeout"):
        return
    signals = (thumb(),) if down else ()
    after = verdict_of(made, signals=signals, assessments=words, expectation=expected, manifest=manifest)
    assert after is not None
    assert (after.stage, after.fault) == (before.stage, before.fault)


@MANY
@given(traces(), expectations, manifests, assessments)
def test_an_expectation_moves_a_bad_citation_to_an_earlier_stage_only_where_the_evidence_was_lost(
    made: Trace, expected: Expectation | None, manifest: ManifestFacts | None, words: Any
) -> None:
    before = verdict_of(made, manifest=manifest)
    if before is None or before.fault not in ("unknown_anchor", "false_anchor", "stale_chunk"):
        return
    after = judge(Case(made, (), words, expected, manifest))
    assert after.verdict is None or after.verdict.stage is None or before.stage is not None
    if after.verdict is None or (after.verdict.stage, after.verdict.fault) == (before.stage, before.fault):
        return
    behaves = expected is not None and expected.behaviour in ("refuse", "direct")
    cleared = expected is not None and not any(status in ("unknown", "false", "stale") for status in after.statuses)
    assert after.lost_at or behaves or cleared or made.outcome == "direct"


@MANY
@given(traces(), expectations, manifests, assessments, st.booleans())
def test_evidence_is_true_of_the_trace(
    made: Trace, expected: Expectation | None, manifest: ManifestFacts | None, words: Any, down: bool
) -> None:
    found = verdict_of(
        made, signals=(thumb(),) if down else (), assessments=words, expectation=expected, manifest=manifest
    )
    if found is None:
        return
    kept = sum(bool(one.survived) for one in made.candidates)
    for line in found.evidence:
        name, _, steps = line.partition(": ")
        mine = [one for one in made.candidates if name in (one.anchor, one.chunk_id)]
        for lane, place in re.findall(r"(\w+) rank (\d+)", steps):
            assert any(hit.lane == lane and hit.rank == int(place) for one in mine for hit in one.hits)
        for place in re.findall(r"fused (\w+)", steps):
            assert any(one.fused_rank is not None and ordinal(one.fused_rank) == place for one in mine)
        for place in re.findall(r"reranked (\d+\w+)", steps):
            assert any(one.rerank_rank is not None and ordinal(one.rerank_rank) == place for one in mine)
        if count := re.search(r"(\d+) kept", steps):
            assert int(count.group(1)) == kept
        if "in none of" in steps:
            assert not any(one.hits for one in mine)


@MANY
@given(traces(), manifests)
def test_a_certain_loss_lies_between_two_lists_that_were_seen(made: Trace, manifest: ManifestFacts | None) -> None:
    expected = Expectation("answer", (RIGHT,))
    found = verdict_of(made, expectation=expected, manifest=manifest)
    if found is None or found.certainty != "certain" or found.fault not in LOSABLE:
        return
    mine = [one for one in made.candidates if one.anchor == RIGHT]
    told = any(one.dropped_at == found.stage and one.dropped_why not in (None, "unknown") for one in mine)
    lists = (*LOSABLE[found.fault], "context")
    assert told or any(getattr(made.observed, name) != "no" for name in lists)


@MANY
@given(traces(), manifests, assessments)
def test_what_has_not_failed_has_no_verdict(made: Trace, manifest: ManifestFacts | None, words: Any) -> None:
    judgement = judge(Case(made, (), words, None, manifest))
    assert (judgement.verdict is None) == (not judgement.failed)


@MANY
@given(traces(), expectations, manifests, assessments)
def test_a_verdict_names_a_fault_of_its_stage_and_a_rule_with_a_sentence(
    made: Trace, expected: Expectation | None, manifest: ManifestFacts | None, words: Any
) -> None:
    found = verdict_of(made, signals=(thumb(),), assessments=words, expectation=expected, manifest=manifest)
    assert found is not None
    if found.stage is None:
        assert (found.fault, found.certainty) == ("unknown", "unknown")
        assert found.would_decide
        return
    fault = Fault.named(found.fault)
    assert fault is not None
    assert fault.stage in (None, Stage.named(found.stage))
    assert sentence(found.rule)
    assert found.evidence


def test_every_rule_has_a_sentence_and_every_fault_a_rule() -> None:
    assert all(rule.__doc__ and rule.__doc__.strip().endswith(".") for rule in RULES)
    assert all(sentence(f"{fault.stage.label if fault.stage else 'embed'}.{fault.label}") for fault in Fault)


def test_hostile_text_is_bounded_in_evidence() -> None:
    long = "doc_x#" + "<b>" * 5000
    found = judged(replace(trace(), citations=(Citation(anchor=long),)), expectation=None).verdict
    assert found is not None
    assert all(len(line) < 1000 for line in found.evidence)
