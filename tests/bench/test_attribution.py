"""The engine on the demo's pipeline, each fault injected ten times, over a corpus that needs no network."""

from collections.abc import Iterator

import pytest

from bench.attribution import judged
from bench.blame.demo_pipeline import Bench, Sample, is_faulty, samples
from bench.blame.tables import MECHANICAL, Outcome, wilson
from demo.corpus.library import build_corpus
from demo.faults import REGISTRY
from demo.questions import Question
from demo.search.index import build_index
from demo.workshop import Library
from tests.demo.conftest import SUBJECTS, UNANSWERABLE, pages
from tracing.attribution.lexical import assess
from tracing.records import Assessment

TIMES = 10


def questions() -> Iterator[Question]:
    """One a sentence of the corpus, and some that it cannot answer."""
    for product, subjects in SUBJECTS.items():
        for title, text in subjects.items():
            anchors = tuple(
                f"doc_{product}-guide-{title.lower()}#{part}" for part in (title.lower(), f"notes-on-{title.lower()}")
            )
            for number, sentence in enumerate(text.split(". ")):
                words = sentence.rstrip(".")
                yield Question(
                    f"{product}-{title}-{number}", f"In {product}, {words}?", "answer", anchors, product, None, "plain"
                )
    for number, greeting in enumerate(("hello", "thanks", "good morning")):
        yield Question(f"hi-{number}", greeting, "direct", (), None, "greeting", "greeting")
    for number, place in enumerate(("nearby", "in Rome", "by the sea", "in Oslo", "open now")):
        asked = UNANSWERABLE.replace("nearby", place)
        yield Question(f"no-{number}", asked, "refuse", (), None, None, "unanswerable")


@pytest.fixture(scope="module")
def bench() -> Bench:
    corpus = build_corpus("tiny", "test", pages())
    return Bench(Library(corpus, build_index(corpus)), questions=list(questions()))


@pytest.fixture(scope="module")
def found(bench: Bench) -> list[tuple[Sample, Assessment]]:
    return [(one, assess(one.trace)) for one in samples(bench, TIMES, sorted(REGISTRY))]


def outcomes(bench: Bench, found: list[tuple[Sample, Assessment]], *, gold: bool) -> list[Outcome]:
    return [
        Outcome(
            one.injected or "",
            one.stage or "",
            one.fault or "",
            judged(one, said, bench.shelf, gold=gold, thumb=not gold),
        )
        for one, said in found
        if is_faulty(one)
    ]


def test_most_faults_struck_often_enough_to_count(found: list[tuple[Sample, Assessment]]) -> None:
    struck = {one.injected for one, _ in found if is_faulty(one)}
    assert len(struck) >= 35


def test_with_gold_known_the_broken_stage_is_blamed(bench: Bench, found: list[tuple[Sample, Assessment]]) -> None:
    said = outcomes(bench, found, gold=True)
    assert sum(one.right_stage for one in said) >= 0.97 * len(said)
    assert sum(one.right_fault for one in said) >= 0.93 * len(said)


def test_what_is_certain_is_right(bench: Bench, found: list[tuple[Sample, Assessment]]) -> None:
    for gold in (True, False):
        sure = [one for one in outcomes(bench, found, gold=gold) if one.verdict and one.verdict.certainty == "certain"]
        assert sum(not one.right_fault for one in sure) <= 0.01 * len(sure)


def test_without_gold_mechanical_faults_are_found_and_the_rest_is_named_with_care(
    bench: Bench, found: list[tuple[Sample, Assessment]]
) -> None:
    said = outcomes(bench, found, gold=False)
    mechanical = [one for one in said if one.fault in MECHANICAL]
    rest = [one for one in said if one.fault not in MECHANICAL]
    named = [one for one in rest if one.verdict is not None and one.verdict.stage is not None]
    assert sum(one.right_fault for one in mechanical) >= 0.97 * len(mechanical)
    assert len(named) >= 0.4 * len(rest)
    assert sum(one.right_stage for one in named) >= 0.6 * len(named)


def test_clean_traces_raise_no_alarm(bench: Bench, found: list[tuple[Sample, Assessment]]) -> None:
    for gold in (True, False):
        clean = [judged(one, said, bench.shelf, gold=gold) for one, said in found if one.injected is None and one.met]
        assert len(clean) >= 30
        assert sum(verdict is not None for verdict in clean) <= 0.02 * len(clean)


def test_an_interval_of_nothing_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(97, 100)
    assert (round(low, 3), round(high, 3)) == (0.915, 0.990)
