"""Faults put into a run at one moment of it, and what each may take from it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from bench.stranger.library import Passage
from bench.stranger.pipeline import Down, Hit, Pipeline, Run, older, speak


@dataclass
class World:
    """What an injector may look at."""

    pipeline: Pipeline
    clean: Run
    wanted: frozenset[str]
    old: dict[str, str]

    def other(self) -> str:
        return next(p for p in ("tidal", "quill", "harbor") if p != self.clean.product)

    def stranger(self) -> Passage:
        """A real page of another product that was not in the prompt."""
        kept = {one.id for one in self.clean.kept}
        return next(one for one in self.pipeline.library if one.product != self.clean.product and one.id not in kept)


Inject = Callable[[Run, World], None]


@dataclass(frozen=True)
class Injector:
    """What it does at which moment; it counts where the run lost one of `takes` that the clean run had."""

    key: str
    stage: str
    fault: str
    strikes: tuple[tuple[str, Inject], ...]
    takes: frozenset[str]
    needs: str = "answer"  # the behaviour of the questions that it is for


ALL: dict[str, Injector] = {}
EVIDENCE = frozenset(("evidence", "behaved", "ended"))
ANSWER = frozenset(("cited", "behaved", "true", "ended"))
PAGES = frozenset(("known", "own"))


def _register(
    key: str, moment: str, takes: frozenset[str], needs: str = "answer", fault: str | None = None
) -> Callable[[Inject], Inject]:
    def put(inject: Inject) -> Inject:
        stage, _, name = key.partition(".")
        before = ALL[key].strikes if key in ALL else ()
        ALL[key] = Injector(key, stage, fault or name, (*before, (moment, inject)), takes, needs)
        return inject

    return put


def _without(run: Run, world: World) -> None:
    for lane, hits in run.searches[-1].lanes.items():
        run.searches[-1].lanes[lane] = [hit for hit in hits if hit.passage.anchor not in world.wanted]


@_register("index.not_indexed", "after lanes", EVIDENCE)
def not_indexed(run: Run, world: World) -> None:
    run.index = "gap"
    _without(run, world)


def _renamed(run: Run, world: World, change: Callable[[Passage], Passage]) -> None:
    for hits in run.searches[-1].lanes.values():
        for hit in hits:
            if hit.passage.anchor in world.wanted:
                hit.passage = change(hit.passage)


@_register("index.stale_chunk", "after lanes", frozenset(("known", "evidence")))
def stale_chunk(run: Run, world: World) -> None:
    _renamed(run, world, lambda one: older(one, anchor=world.old[one.anchor]))


@_register("index.content_drift", "after lanes", frozenset(("fresh",)))
def content_drift(run: Run, world: World) -> None:
    _renamed(run, world, lambda one: older(one, digest=f"0{one.digest[1:]}x"))


@_register("route.wrong_product", "after route", EVIDENCE)
def wrong_product(run: Run, world: World) -> None:
    run.product = world.other() if run.product else None


@_register("route.wrong_intent", "after route", frozenset(("behaved", "evidence")))
def wrong_intent(run: Run, world: World) -> None:
    run.intent = "greeting"


@_register("route.greeting_searched", "after route", frozenset(("behaved",)), "direct", "wrong_intent")
def greeting_searched(run: Run, world: World) -> None:
    run.intent = "question"


@_register("resolve.entity_missed", "after resolve", EVIDENCE)
def entity_missed(run: Run, world: World) -> None:
    run.entities = []


@_register("resolve.entity_wrong", "after resolve", EVIDENCE)
def entity_wrong(run: Run, world: World) -> None:
    if run.entities:
        taken = next(one for one in world.pipeline.library if one.product != world.clean.ask.product)
        run.entities = [(taken.code, taken.product)]


@_register("resolve.bad_rewrite", "after resolve", EVIDENCE)
def bad_rewrite(run: Run, world: World) -> None:
    for code, _ in run.entities:
        run.rewritten = run.rewritten.replace(code, "it")
    for name in ("Harbor", "Lantern", "Quill", "Tidal"):
        run.rewritten = run.rewritten.replace(name, "the product")


@_register("retrieve.miss", "after lanes", EVIDENCE)
def miss(run: Run, world: World) -> None:
    _without(run, world)


@_register("retrieve.fusion_drop", "after fusion", EVIDENCE)
def fusion_drop(run: Run, world: World) -> None:
    search = run.searches[-1]
    if search.fused is not None:
        search.fused = [hit for hit in search.fused if hit.passage.anchor not in world.wanted]


@_register("retrieve.thin", "after lanes", frozenset(("behaved",)), "refuse")
def thin(run: Run, world: World) -> None:
    for hits in run.searches[-1].lanes.values():
        for hit in hits:
            hit.score = round(hit.score * 0.01, 5)


@_register("retrieve.thin", "after validate", frozenset(("behaved",)), "refuse")
def thin_answer(run: Run, world: World) -> None:
    missed_refusal(run, world)


@_register("retrieve.demoted", "after fusion", EVIDENCE, fault="fusion_drop")
def demoted(run: Run, world: World) -> None:
    search = run.searches[-1]
    if search.fused is None or world.pipeline.plan.rerank:
        return
    others = [hit for hit in search.fused if hit.passage.anchor not in world.wanted]
    search.fused = others + [hit for hit in search.fused if hit.passage.anchor in world.wanted]
    for place, hit in enumerate(search.fused):
        hit.score = round(0.09 - place / 1000, 4)


def _rank(run: Run, world: World, order: Callable[[list[Hit]], list[Hit]]) -> None:
    search = run.searches[-1]
    if search.ranked is None:
        return
    whole = order(list(search.ranked))
    for place, hit in enumerate(whole):
        hit.score = round(0.95 - place / 50, 3)
    search.ranked = whole


@_register("rerank.dropped", "after rerank", EVIDENCE)
def dropped(run: Run, world: World) -> None:
    def last(hits: list[Hit]) -> list[Hit]:
        others = [hit for hit in hits if hit.passage.anchor not in world.wanted]
        if world.pipeline.plan.rerank == "top":
            return others
        return others + [hit for hit in hits if hit.passage.anchor in world.wanted]

    _rank(run, world, last)


@_register("rerank.upside_down", "after rerank", EVIDENCE, fault="dropped")
def upside_down(run: Run, world: World) -> None:
    if world.pipeline.plan.rerank == "all":
        _rank(run, world, lambda hits: hits[::-1])


def _out(why: str) -> Inject:
    def inject(run: Run, world: World) -> None:
        for one in run.placed:
            if one.passage.anchor in world.wanted and one.kept:
                one.kept, one.why = 0, why

    return inject


for _name, _why in (("budget_drop", "budget"), ("dedupe_drop", "duplicate"), ("truncated", "truncated")):
    _register(f"context.{_name}", "after context", EVIDENCE)(_out(_why))


@_register("context.cut_short", "after context", frozenset(("whole",)), fault="truncated")
def cut_short(run: Run, world: World) -> None:
    for one in run.placed:
        if one.passage.anchor in world.wanted and one.kept:
            one.kept, one.why = 4, "truncated"


@_register("context.cut_short", "after generate", frozenset(("whole",)), fault="truncated")
def refuse_cut(run: Run, world: World) -> None:
    over_refusal(run, world)


@_register("generate.ungrounded", "after generate", ANSWER)
def ungrounded(run: Run, world: World) -> None:
    if run.citations:
        run.claims = [
            "Ask your administrator to purchase the Platinum supplement from a certified reseller.",
            "It ships with 512 spare tokens and glows orange whenever the moon is full.",
        ]
        speak(run)


@_register("generate.contradicts", "after generate", ANSWER)
def contradicts(run: Run, world: World) -> None:
    turns = (
        (r"\bis not\b", "is"),
        (r"\bcannot\b", "can"),
        (r"\bcaps\b", "never caps"),
        (r"\bkeeps\b", "does not keep"),
        (r"\bcan\b", "cannot"),
        (r"\bis\b", "is not"),
        (r"\bopen\b", "do not open"),
    )
    turned = [
        next((re.sub(old, new, claim, count=1) for old, new in turns if re.search(old, claim)), claim)
        for claim in run.claims
    ]
    if turned != run.claims:
        run.claims = turned
        speak(run)


@_register("generate.incomplete", "after generate", ANSWER)
def incomplete(run: Run, world: World) -> None:
    others = [one.passage for one in run.placed if one.kept and one.passage.anchor not in world.wanted]
    if others and run.citations:
        run.citations = [(others[-1].anchor, others[-1].product)]
        run.claims = [others[-1].text.split(". ")[-1]]
        speak(run)


@_register("generate.over_refusal", "after generate", ANSWER)
def over_refusal(run: Run, world: World) -> None:
    run.refused = True


@_register("generate.bad_format", "after generate", ANSWER)
def bad_format(run: Run, world: World) -> None:
    run.valid, run.attempts = False, 3


@_register("validate.unknown_anchor", "after validate", PAGES)
def unknown_anchor(run: Run, world: World) -> None:
    if run.citations:
        anchor, product = run.citations[0]
        run.citations[0] = (f"{anchor}9917", product)
        speak(run)


@_register("validate.false_anchor", "after validate", PAGES)
def false_anchor(run: Run, world: World) -> None:
    if run.citations and run.product:
        other = world.stranger()
        run.citations.append((other.anchor, other.product))
        speak(run)


@_register("validate.missed_refusal", "after validate", frozenset(("behaved",)), "refuse")
def missed_refusal(run: Run, world: World) -> None:
    if run.refused and run.kept:
        first = run.kept[0]
        run.refused, run.outcome, run.confidence = False, "answer", 0.9
        run.claims, run.citations = first.text.split(". ")[:1], [(first.anchor, first.product)]
        speak(run)


def _raising(step: str, said: str) -> None:
    kind = "timeout" if "Timeout" in said or "deadline" in said else "error"

    def inject(run: Run, world: World) -> None:
        raise Down(said)

    _register(f"{step}.{kind}", f"in {step}", frozenset(("ended",)))(inject)


for _step in ("route", "resolve", "embed", "retrieve", "rerank", "context", "generate", "validate"):
    _raising(_step, "ConnectionError: refused by peer")
    _raising(_step, "ReadTimeout: no reply in 10 s")


def fallback_lane(run: Run, world: World) -> None:
    """The lane that had found the page is down, and the pipeline goes on without it."""
    search = run.searches[-1]
    for lane in search.lanes:
        search.lanes[lane] = []
    run.failed["retrieve"] = "ConnectionError: the index is not reachable"


_register("retrieve.handled", "after lanes", EVIDENCE, fault="error")(fallback_lane)
