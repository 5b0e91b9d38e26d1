"""Pipelines under conventions, each question clean and broken: traces with their truth."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from bench.blame.facts import Shelf
from bench.stranger.declared import native_spans
from bench.stranger.faults import ALL, EVIDENCE, Injector, World
from bench.stranger.frameworks import WIRES
from bench.stranger.library import Ask, asks, manifest, passages
from bench.stranger.pipeline import Hit, Pipeline, Plan, Run
from bench.stranger.wires import FLOORS, spans
from tracing.attribution.usual import Shape, shape_of, usual_of
from tracing.normalise import normalise
from tracing.normalising.outcome import Cuts
from tracing.records import Expectation, ManifestFacts, Span, Trace

ANCHORS = r"kb/\d+\w*|https://help\.\S+#\w+|doc_[^#\s]+#\S+|\d{6,10}"
CUTS = Cuts(anchor_pattern=ANCHORS)
PLANS = {
    "three lanes": Plan(("keyword", "dense", "titles"), 12, 16, "all", 6, 400),
    "two lanes, best alone": Plan(("terms", "semantic"), 15, 12, "top", 5, 300),
    "one lane": Plan(("semantic",), 6, None, None, 6, 400),
    "one lane, reranked": Plan(("terms",), 15, None, "all", 5, 300),
    "two lanes, fused": Plan(("keyword", "headline"), 10, 12, None, 5, 300),
    "two rounds": Plan(("keyword", "semantic"), 8, 10, "top", 4, 400, rounds=2),
}


# What a convention has no word for: there a fault can't be told, and must not be told wrong.
UNTOLD = {
    "rag": (),
    "native": ("retrieve.thin",),
    "openinference": ("retrieve.thin", "context.error", "context.timeout"),
    "langfuse": ("retrieve.thin", "context.error", "context.timeout"),
    "mlflow": (
        "retrieve.thin",
        "retrieve.fusion_drop",
        "retrieve.demoted",
        "embed.",
        "context.error",
        "context.timeout",
        "validate.error",
        "validate.timeout",
        "generate.bad_format",
    ),
    "genai": (
        "index.stale",
        "index.content",
        "route.",
        "resolve.",
        "retrieve.thin",
        "retrieve.fusion_drop",
        "retrieve.demoted",
        "rerank.",
        "context.",
        "validate.error",
        "validate.timeout",
        "generate.bad_format",
    ),
}


@dataclass(frozen=True)
class Case:
    """One run's spans with its truth."""

    subject: str
    ask: Ask
    injector: Injector | None
    spans: tuple[Span, ...]
    expectation: Expectation
    met: bool  # the clean run's
    lost: frozenset[str]
    index: str = "full"
    wire: str = ""

    @property
    def is_told(self) -> bool:
        """True where the convention carries what the fault shows itself in."""
        return self.injector is None or not self.injector.key.startswith(UNTOLD[self.wire] or ("-",))

    @property
    def fault(self) -> str:
        """As far as the convention can say it: few say why a chunk was left out of the prompt."""
        fault = self.injector.fault if self.injector else ""
        return "truncated" if fault in ("budget_drop", "dedupe_drop") and self.wire not in ("rag", "native") else fault

    @cached_property
    def trace(self) -> Trace:
        return normalise(list(self.spans), CUTS)

    @property
    def is_faulty(self) -> bool:
        """The run lost what a fault of that kind takes; upstream of the lanes, what no lane found."""
        if self.injector is None or not self.met or not self.injector.takes & self.lost:
            return False
        upstream = self.injector.stage in ("route", "resolve", "index") and self.injector.takes is EVIDENCE
        return not upstream or "found" in self.lost


class Subject:
    """One pipeline with one corpus, under one convention."""

    def __init__(
        self, plan: str, wire: str, naming: str, ids: str, *quirks: str, both: bool = False, questions: int = 24
    ) -> None:
        self.name = ", ".join((wire, plan, naming, ids, *quirks, *(("both required",) if both else ())))
        self.wire = wire
        self.library = passages(naming, ids)
        self.pipeline = Pipeline(self.library, replace(PLANS[plan], quirks=frozenset(quirks)))
        self.asks = list(asks(self.library, questions, both=both))
        self.required = all if both else any
        self.old = {one.anchor: f"{one.anchor}old" if naming != "number" else f"7{one.anchor}" for one in self.library}
        asked = {anchor for ask in self.asks for anchor in ask.anchors}
        held = frozenset(one.anchor for one in self.library)
        before, now = manifest(self.library, self.old)
        self.shelf = Shelf(
            (before, now), {"full": held, "gap": held - asked}, {one.id: one.anchor for one in self.library}
        )
        self._clean: dict[str, Run] = {}

    def evidence(self, case: Case, trace: Trace, expectation: Expectation | None) -> ManifestFacts:
        """What is known of the trace's places; one that names no index is judged by the one that was in use."""
        named = trace if trace.versions.index else replace(trace, versions=replace(trace.versions, index=case.index))
        return self.shelf.facts(named, expectation)

    def clean(self, ask: Ask) -> Run:
        if ask.id not in self._clean:
            self._clean[ask.id] = self.pipeline.ask(ask)
        return self._clean[ask.id]

    @cached_property
    def usual(self) -> Shape | None:
        """What its sound traces show."""
        return usual_of(shape_of(self._case(ask, None, self.clean(ask)).trace) for ask in self.asks)

    def broken(self, ask: Ask, injector: Injector) -> Run | None:
        if injector.needs != ask.behaviour:
            return None
        if injector.key == "validate.missed_refusal" and self.wire == "rag" and _is_thin(self.clean(ask)):
            return None  # an answer on thin retrieval: the earlier of the two faults is `thin`
        world = World(self.pipeline, self.clean(ask), frozenset(ask.anchors), self.old)

        def strike(moment: str, run: Run) -> None:
            for at, inject in injector.strikes:
                if at == moment:
                    inject(run, world)

        return self.pipeline.ask(ask, strike)

    def cases(self, most: int) -> Iterator[Case]:
        for ask in self.asks:
            yield self._case(ask, None, self.clean(ask))
        for key, injector in ALL.items():
            found = 0
            mixed = random.Random(key).sample(self.asks, len(self.asks))
            for ask in mixed:
                run = self.broken(ask, injector) if found < most else None
                if run is not None:
                    case = self._case(ask, injector, run)
                    found += case.is_faulty
                    if case.is_faulty:
                        yield case

    def _case(self, ask: Ask, injector: Injector | None, run: Run) -> Case:
        key = f"{self.name}|{ask.id}|{injector.key if injector else ''}"
        sent = native_spans(run, key) if self.wire == "native" else spans(run, WIRES[self.wire](), key)
        clean, had = self.facts(self.clean(ask), ask), self.facts(run, ask)
        lost = frozenset(name for name, held in clean.items() if held and not had[name])
        if ask.behaviour == "answer":
            met = clean["behaved"] and clean["evidence"] and clean["cited"]
        else:
            met = clean["behaved"]
        expected = Expectation(
            ask.behaviour,
            ask.anchors,
            all_required=ask.all_required,
            product=ask.product,
            intent="greeting" if ask.behaviour == "direct" else "question",
            source="query",
        )
        return Case(self.name, ask, injector, tuple(sent), expected, met, lost, run.index, self.wire)

    def _has(self, wanted: set[str], held: set[str]) -> bool:
        return bool(wanted) and self.required(one in held for one in wanted)

    def facts(self, run: Run, ask: Ask) -> dict[str, bool]:
        """What the run has of a right answer."""
        places = {one.anchor: one for one in self.library}
        cited = {anchor for anchor, _ in run.citations}
        wanted = set(ask.anchors)
        kept = [one for one in run.placed if one.kept]
        outcome = {"answer": "answer", "refuse": "refuse", "direct": "direct"}[ask.behaviour]
        return {
            "ended": run.ended,
            "behaved": run.outcome == outcome,
            "found": self._has(wanted, {hit.passage.anchor for hit in _hits(run)}),
            "evidence": self._has(wanted, {one.passage.anchor for one in kept}),
            "whole": any(one.passage.anchor in wanted and one.kept >= one.passage.tokens for one in kept),
            "cited": self._has(wanted, cited),
            "known": all(anchor in places for anchor in cited),
            "own": all(run.product in (None, places[anchor].product) for anchor in cited if anchor in places),
            "fresh": all(
                one.passage.digest == places[one.passage.anchor].digest
                for one in kept
                if one.passage.anchor in cited and one.passage.anchor in places
            ),
            "true": all(any(claim in f"{one.text} {one.retold}" for one in self.library) for claim in run.claims),
        }


def _hits(run: Run) -> list[Hit]:
    return [hit for search in run.searches for hits in search.lanes.values() for hit in hits]


def _is_thin(run: Run) -> bool:
    lanes = [(name, hits) for search in run.searches for name, hits in search.lanes.items()]
    return all(hit.score < FLOORS[name] for name, hits in lanes for hit in hits)


def subjects() -> list[Subject]:
    return [
        Subject("three lanes", "rag", "kb", "split"),
        Subject("two lanes, best alone", "rag", "url", "same"),
        Subject("two rounds", "rag", "number", "split"),
        Subject("one lane", "rag", "doc", "split"),
        Subject("two lanes, fused", "rag", "kb", "same"),
        Subject("three lanes", "native", "url", "split"),
        Subject("one lane, reranked", "native", "number", "same"),
        Subject("two rounds", "native", "kb", "split"),
        Subject("three lanes", "openinference", "url", "split"),
        Subject("one lane, reranked", "openinference", "kb", "split"),
        Subject("two rounds", "openinference", "doc", "split"),
        Subject("two lanes, fused", "openinference", "number", "same"),
        Subject("three lanes", "langfuse", "kb", "split"),
        Subject("one lane", "langfuse", "doc", "split"),
        Subject("one lane, reranked", "mlflow", "kb", "split"),
        Subject("two lanes, best alone", "mlflow", "url", "same"),
        Subject("one lane", "genai", "url", "same"),
        Subject("three lanes", "rag", "url", "split", "own words"),
        Subject("two lanes, best alone", "openinference", "kb", "split", "own words", "retries"),
        Subject("three lanes", "rag", "kb", "opaque", "no product"),
        Subject("one lane, reranked", "langfuse", "url", "opaque"),
        Subject("two lanes, best alone", "rag", "doc", "split", "flaky reranker"),
        Subject("three lanes", "openinference", "doc", "split", both=True),
        Subject("two lanes, best alone", "native", "kb", "split", "nothing said", both=True),
        Subject("two lanes, best alone", "genai", "kb", "same"),
    ]
