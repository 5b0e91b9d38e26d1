"""Put the application together, and ask with or without a fault."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opentelemetry.sdk.trace.export import SpanExporter
from threadpoolctl import threadpool_limits

from demo.corpus.chunks import Chunk
from demo.corpus.library import Corpus, load_corpus, write_lists
from demo.faults import Fault, Injection, World
from demo.pipeline.assistant import Assistant
from demo.pipeline.turn import Conditions, Turn
from demo.questions import Question
from demo.search.index import Index, load_index
from demo.settings import Settings
from demo.telemetry.provider import Collector, Telemetry


@dataclass(frozen=True)
class Library:
    corpus: Corpus
    index: Index

    def assistant(self, exporter: SpanExporter, release: str = "2026.11.2", environment: str = "prod") -> Assistant:
        return Assistant(self.corpus, self.index, Telemetry(exporter, release, environment))


@dataclass(frozen=True)
class Truth:
    """What was really done to a trace. It goes to a file of its own, never into the trace."""

    trace_id: str
    question_id: str
    fault: str | None
    stage: str | None
    domain_fault: str | None
    changed: str | None
    lost: list[str]
    clean_met: bool
    anchors: list[str]
    behaviour: str | None
    seed: str

    def line(self) -> str:
        return json.dumps(self.__dict__)


def open_library(settings: Settings, say: Callable[[str], None] = print) -> Library:
    # On a busy machine, threads that wait for each other make a small product take 9 ms instead of 0.3.
    threadpool_limits(limits=1)
    corpus = load_corpus(settings.corpus_dir, say)
    index = load_index(corpus, settings.demo_dir, say)
    write_lists(corpus, settings.demo_dir)
    return Library(corpus, index)


def rehearse(
    library: Library, question: str, seed: str = "rehearsal", rename: Callable[[Chunk], Chunk] | None = None
) -> Turn:
    """The clean run of a question, traced to nowhere: what an injected run is compared with."""
    turn = Turn(question, seed=seed, conditions=Conditions(rename=rename))
    return library.assistant(Collector()).ask(turn)


def prepare(
    assistant: Assistant, clean: Turn, fault: Fault, expected: tuple[str, ...], behaviour: str | None
) -> Injection:
    """A fault aimed at the expected evidence; where nobody said what that is, at what the clean run cited."""
    exists = any(anchor in assistant.known_anchors for anchor in expected)
    answerable = behaviour is None or bool(expected)
    targets = frozenset(expected) if exists else frozenset(clean.cited) if answerable else frozenset()
    world = World(assistant.index, assistant.known_anchors, targets, assistant.telemetry.clock)
    return Injection(fault, world)


def met(turn: Turn, question: Question) -> bool:
    """Did the turn do what is expected of it, with the evidence in the prompt and cited?"""
    if turn.error or (question.behaviour == "refuse") != (turn.outcome == "refuse"):
        return False
    if question.behaviour == "direct":
        return turn.outcome == "direct"
    return question.behaviour == "refuse" or bool(set(question.anchors) & turn.survivors)


def ask_as(
    assistant: Assistant, library: Library, question: Question, fault: Fault | None, key: str, **about: Any
) -> tuple[Turn, Truth]:
    """One question, with its truth. Clean and injected runs of one seed differ in nothing but the fault."""
    seed = about.pop("seed", key)
    clean = rehearse(library, question.question, seed=seed)
    injection = prepare(assistant, clean, fault, question.anchors, question.behaviour) if fault else None
    turn = Turn(question.question, seed=seed, conditions=Conditions(), **about)
    assistant.ask(turn, injection, key)
    return turn, truth_of(turn, clean, question, injection)


def truth_of(turn: Turn, clean: Turn, question: Question, injection: Injection | None) -> Truth:
    raised = bool(injection and turn.error)
    changed = injection.changed or (turn.error if raised else None) if injection else None
    struck = injection.fault if injection and changed else None
    return Truth(
        trace_id=turn.trace_id,
        question_id=question.id,
        fault=struck.key if struck else None,
        stage=struck.stage if struck else None,
        domain_fault=struck.fault if struck else None,
        changed=changed,
        lost=sorted((clean.survivors - turn.survivors) & set(question.anchors)),
        clean_met=met(clean, question),
        anchors=list(question.anchors),
        behaviour=question.behaviour,
        seed=turn.seed,
    )


def append_truths(file: Path, truths: list[Truth]) -> None:
    """A trace that is sent again is written once."""
    file.parent.mkdir(parents=True, exist_ok=True)
    known = set()
    if file.is_file():
        known = {json.loads(line)["trace_id"] for line in file.read_text(encoding="utf-8").splitlines() if line}
    with file.open("a", encoding="utf-8") as opened:
        for truth in truths:
            if truth.trace_id not in known:
                opened.write(truth.line() + "\n")
