"""The demo's pipeline, run clean and broken in this process, and what each broken run lost of what the clean kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

from bench.blame.facts import Shelf, version_of
from demo.corpus.chunks import Place
from demo.corpus.moves import places_after, places_before
from demo.faults import REGISTRY, Fault
from demo.pipeline.assistant import Assistant
from demo.pipeline.turn import Conditions, Turn
from demo.questions import Question, load_questions
from demo.telemetry.clock import PastClock
from demo.telemetry.provider import Collector
from demo.workshop import Library, met, prepare
from tracing import otlp
from tracing.normalise import normalise
from tracing.records import Expectation, ManifestEntry, Span, Trace

BEGAN_NS = 1_795_000_000 * 10**9


@dataclass(frozen=True)
class Kept:
    """What a right answer of this question has; a broken run is faulty where it lost one of them."""

    ended: bool  # nothing raised
    behaved: bool
    evidence_in_prompt: bool
    evidence_cited: bool
    citations_real: bool
    citations_of_product: bool
    fresh: bool  # every cited chunk is as new as its page
    quoted: bool  # the answer says nothing but what the prompt says

    def lost_in(self, other: Kept) -> tuple[str, ...]:
        return tuple(name for name in self.__slots_names() if getattr(self, name) and not getattr(other, name))

    def __slots_names(self) -> Iterable[str]:
        return self.__dataclass_fields__


@dataclass(frozen=True)
class Sample:
    """One run with its truth; a clean one has neither stage nor fault, and counts where `met`."""

    question_id: str
    injected: str | None
    stage: str | None
    fault: str | None
    trace: Trace
    expectation: Expectation
    met: bool  # the clean run's
    lost: tuple[str, ...] = ()


class Bench:
    """The pipeline with a manifest and an inventory beside it."""

    def __init__(
        self,
        library: Library,
        edit: Callable[[list[Span]], list[Span]] = list,
        questions: Sequence[Question] | None = None,
    ) -> None:
        self.questions = questions or load_questions()
        self.edit = edit  # what is lost on the way
        self.library = library
        self.collector = Collector()
        self.assistant: Assistant = library.assistant(self.collector)
        self.shelf = shelf_of(library, self.questions)
        self._clean: dict[str, tuple[Turn, Trace]] = {}

    def clean(self, question: Question) -> Sample:
        turn, trace = self._ask_clean(question)
        return Sample(question.id, None, None, None, trace, expectation_of(question), met(turn, question))

    def broken(self, question: Question, fault: Fault) -> Sample | None:
        """The same question with the fault injected; None where it had nothing to break."""
        clean, _ = self._ask_clean(question)
        injection = prepare(self.assistant, clean, fault, question.anchors, question.behaviour)
        turn = Turn(question.question, seed=question.id, conditions=Conditions())
        self._tick(question)
        self.assistant.ask(turn, injection, f"bench|{question.id}|{fault.key}")
        trace = self._trace()
        if not injection.changed and turn.error is None:
            return None
        lost = self._kept(clean, question).lost_in(self._kept(turn, question))
        return Sample(
            question.id,
            fault.key,
            fault.stage,
            fault.fault,
            trace,
            expectation_of(question),
            met(clean, question),
            lost,
        )

    def _ask_clean(self, question: Question) -> tuple[Turn, Trace]:
        if question.id not in self._clean:
            turn = Turn(question.question, seed=question.id, conditions=Conditions())
            self._tick(question)
            self.assistant.ask(turn, None, f"bench|{question.id}")
            self._clean[question.id] = turn, self._trace()
        return self._clean[question.id]

    def _tick(self, question: Question) -> None:
        self.assistant.telemetry.clock = PastClock(BEGAN_NS, question.id)

    def _trace(self) -> Trace:
        body = encode_spans(self.collector.take()).SerializeToString()
        return normalise(self.edit(otlp.decode(body, "application/x-protobuf")))

    def _kept(self, turn: Turn, question: Question) -> Kept:
        expected, places = set(question.anchors), self.library.corpus.places
        cited = [turn.candidates[one.chunk_id].chunk for one in turn.citations if one.chunk_id in turn.candidates]
        said = " ".join(citation.claim for citation in turn.citations)
        return Kept(
            ended=turn.error is None,
            behaved=met(turn, question) if question.behaviour != "answer" else turn.outcome in ("answer", "suggest"),
            evidence_in_prompt=bool(expected & self._now(turn.survivors)),
            evidence_cited=bool(expected & self._now(turn.cited)),
            citations_real=all(anchor in places for anchor in self._now(turn.cited)),
            citations_of_product=all(turn.product in (None, one.product) for one in turn.citations),
            fresh=all(
                chunk.source_hash == places[chunk.anchor].source_hash for chunk in cited if chunk.anchor in places
            ),
            quoted=all(_is_quoted(sentence, turn) for sentence in said.split(". ") if sentence.strip()),
        )

    def _now(self, anchors: set[str]) -> set[str]:
        """The places that the anchors lead to since the move."""
        entries = self.shelf.versions[-1].entries
        return {(entries[one].redirect_to or one) if one in entries else one for one in anchors}


def _is_quoted(sentence: str, turn: Turn) -> bool:
    words = " ".join(sentence.split())
    return any(words in " ".join(candidate.chunk.text.split()) for candidate in turn.kept)


def expectation_of(question: Question) -> Expectation:
    return Expectation(
        behaviour=question.behaviour,
        anchors=question.anchors,
        product=question.product,
        intent=question.intent,
        source="query",
    )


def shelf_of(library: Library, questions: Sequence[Question]) -> Shelf:
    """The manifests before and after the move, and two inventories: the whole one and the one with a gap."""
    corpus = library.corpus
    expected = [anchor for question in questions for anchor in question.anchors]
    after, redirects = places_after(corpus)
    before = version_of("before", _entries(places_before(corpus, expected), {}))
    now = version_of(corpus.version, _entries(after, redirects))
    held = frozenset(chunk.anchor for chunk in corpus.chunks)
    return Shelf(
        (before, now), {library.index.version: held, f"{library.index.version}-gap": held - frozenset(expected)}
    )


def _entries(places: Iterable[Place], redirects: dict[str, str]) -> Iterator[ManifestEntry]:
    for place in places:
        yield ManifestEntry(
            place.anchor,
            place.product,
            place.path,
            place.title,
            place.source_hash,
            redirects.get(place.anchor),
            place.entities,
        )


def samples(bench: Bench, most: int, keys: Iterable[str] = ()) -> Iterator[Sample]:
    """As many broken runs of each fault as were asked for, the faulty ones counted, and every question clean."""
    for key in keys or sorted(REGISTRY):
        faulty = 0
        for question in bench.questions:
            if faulty >= most:
                break
            sample = bench.broken(question, REGISTRY[key])
            if sample is not None:
                faulty += is_faulty(sample)
                yield sample
    yield from (bench.clean(question) for question in bench.questions)


TAKES = {
    "generate": frozenset(("ended", "behaved", "evidence_cited", "quoted")),
    "validate": frozenset(("ended", "behaved", "citations_real", "citations_of_product")),
}
UPSTREAM_TAKES = frozenset(("ended", "behaved", "evidence_in_prompt", "fresh"))


def is_faulty(sample: Sample) -> bool:
    """The injected run lost what the clean run of the same question kept, and what a fault of that stage can take.

    Left out are runs that no longer are what was injected: a page that the other lane still found is no miss, and a
    chunk under its former name that nothing cites is a flag.
    """
    if sample.injected is None or not sample.met:
        return False
    found = sample.fault == "miss" and any(one.anchor in sample.expectation.anchors for one in sample.trace.candidates)
    uncited = sample.fault == "stale_chunk" and "citations_real" not in sample.lost
    return not found and not uncited and bool(TAKES.get(sample.stage or "", UPSTREAM_TAKES).intersection(sample.lost))
