"""A small pipeline of another make: other lanes, rounds, cuts and words than the demo's, no telemetry of its own."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bench.stranger.library import PRODUCTS, Ask, Passage

_CODE = re.compile(r"\b[a-z]{2}\.[a-z_]+\b")
_WORD = re.compile(r"[a-z]+")
_PLAIN = frozenset(
    "what which who when how long does is are the a an in on of for to and there do you it take not".split()
)
GREETED = "Hello! Ask me anything about your workspace."
SORRY = "I could not find anything about that in the help centre."
ENOUGH = 0.34  # of the question's weight in the best chunk kept: under it the gate refuses


QUIRKS = {
    "own words": "answers are told in other words than the articles'",
    "no product": "nothing is routed to a product",
    "flaky reranker": "the reranker is down, and the fused order stands",
    "retries": "the model answers at the second attempt",
    "nothing said": "neither outcome nor confidence is sent",
}


@dataclass(frozen=True)
class Plan:
    """How one pipeline is built."""

    lanes: tuple[str, ...]
    depth: int  # of each lane
    fused: int | None  # how many are fused; None: no such step
    rerank: str | None  # "all": ranks all that it is given; "top": returns the best alone
    keep: int
    budget: int
    rounds: int = 1
    quirks: frozenset[str] = frozenset()  # of QUIRKS


@dataclass
class Hit:
    """One chunk on one list."""

    passage: Passage
    score: float


@dataclass
class Search:
    """One round: every list of it."""

    query: str
    lanes: dict[str, list[Hit]] = field(default_factory=dict)
    fused: list[Hit] | None = None
    given: list[Hit] | None = None
    ranked: list[Hit] | None = None  # as the reranker returned it

    @property
    def last(self) -> list[Hit]:
        for found in (self.ranked, self.fused):
            if found is not None:
                return found
        return [hit for hits in self.lanes.values() for hit in hits]


@dataclass
class Placed:
    """One chunk that was considered for the prompt."""

    passage: Passage
    kept: int  # tokens
    why: str | None = None


@dataclass
class Run:
    """One answered question, and everything that happened on the way."""

    ask: Ask
    plan: Plan
    product: str | None = None
    intent: str = "question"
    entities: list[tuple[str, str]] = field(default_factory=list)
    rewritten: str = ""
    searches: list[Search] = field(default_factory=list)
    placed: list[Placed] = field(default_factory=list)
    prompt: str = ""
    answer: str = ""
    refused: bool = False
    confidence: float = 0.0
    outcome: str | None = None
    citations: list[tuple[str, str | None]] = field(default_factory=list)  # anchor, product
    claims: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)  # step -> exception
    ended: bool = True
    reached: list[str] = field(default_factory=list)  # the steps that were run
    valid: bool = True
    attempts: int = 1
    index: str = "full"

    @property
    def kept(self) -> list[Passage]:
        return [one.passage for one in self.placed if one.kept]


Break = Callable[[str, Run], None]


class Down(Exception):
    """What an injector raises at a step."""


def _nothing(moment: str, run: Run) -> None:
    return None


class Pipeline:
    """Answers questions from one library."""

    def __init__(self, library: Sequence[Passage], plan: Plan) -> None:
        self.library = library
        self.plan = plan
        self.by_code = {one.code: one for one in library}
        self.words = {one.id: Counter(_words(f"{one.title} {one.text}")) for one in library}
        self.titles = {one.id: Counter(_words(one.title)) for one in library}
        counted = Counter(word for words in self.words.values() for word in words)
        self.rarity = {word: math.log(1 + len(library) / count) for word, count in counted.items()}

    def ask(self, ask: Ask, broken: Break = _nothing) -> Run:
        """The answer; `broken` is told of every moment, and may change the run or raise."""
        run = Run(ask, self.plan)
        try:
            for step in (self._route, self._resolve, self._search, self._fill, self._speak, self._check):
                if run.intent == "greeting" and step in (self._resolve, self._search, self._fill):
                    continue
                step(run, broken)
        except Down as down:
            run.failed[run.reached[-1]] = str(down)
            run.ended = False
            run.answer, run.outcome, run.citations = "", None, []
        return run

    def _route(self, run: Run, broken: Break) -> None:
        _enter(run, broken, "route")
        text = run.ask.text
        named = [name.lower() for name in PRODUCTS if name.lower() in text.lower()]
        run.product = named[0] if named and "no product" not in self.plan.quirks else None
        run.intent = "greeting" if len(text.split()) < 6 and "?" not in text else "question"
        broken("after route", run)

    def _resolve(self, run: Run, broken: Break) -> None:
        _enter(run, broken, "resolve")
        run.entities = [
            (code, self.by_code[code].product) for code in _CODE.findall(run.ask.text) if code in self.by_code
        ]
        run.rewritten = run.ask.text.rstrip("?").strip()
        broken("after resolve", run)

    def _search(self, run: Run, broken: Break) -> None:
        queries = [run.rewritten, f"{run.rewritten} documentation"][: self.plan.rounds]
        for query in queries:
            search = Search(query)
            run.searches.append(search)
            _enter(run, broken, "embed")
            _enter(run, broken, "retrieve")
            meant = _words(query) + [
                word
                for code, _ in run.entities
                if code in _CODE.findall(query) or code not in run.ask.text
                for word in _words(self.by_code[code].title)
            ]
            for lane in self.plan.lanes:
                search.lanes[lane] = self._lane(lane, meant, run.product)
            broken("after lanes", run)
            if self.plan.fused is not None:
                search.fused = fuse(search.lanes)[: self.plan.fused]
            broken("after fusion", run)
            if self.plan.rerank:
                self._rerank(run, search, broken)

    def _rerank(self, run: Run, search: Search, broken: Break) -> None:
        search.given = list(search.last)
        _enter(run, broken, "rerank")
        asked = _words(search.query) + [word for code, _ in run.entities for word in _words(self.by_code[code].title)]
        ranked = sorted(
            (Hit(one.passage, self._cover(asked, self.words[one.passage.id])) for one in search.given),
            key=lambda hit: (-hit.score, hit.passage.number),
        )
        search.ranked = ranked if self.plan.rerank == "all" else ranked[: self.plan.keep]
        if "flaky reranker" in self.plan.quirks:
            search.ranked, run.failed["rerank"] = None, "ConnectionError: the reranker does not answer"
            return
        broken("after rerank", run)

    def _lane(self, lane: str, meant: Sequence[str], product: str | None) -> list[Hit]:
        found = []
        for one in self.library:
            if product is not None and one.product != product:
                continue
            if lane in ("titles", "headline"):
                score = self._cover(meant, self.titles[one.id])
            elif lane in ("dense", "semantic"):
                score = _grams(" ".join(meant), one)
            else:
                score = sum(self.rarity.get(word, 0.0) for word in meant if word in self.words[one.id])
            found.append(Hit(one, round(score, 4)))
        found.sort(key=lambda hit: (-hit.score, hit.passage.number))
        return [hit for hit in found if hit.score > 0][: self.plan.depth]

    def _cover(self, asked: Iterable[str], held: Mapping[str, int]) -> float:
        weights = {word: self.rarity.get(word, 6.0) for word in asked}
        whole = sum(weights.values()) or 1.0
        return round(sum(weight for word, weight in weights.items() if word in held) / whole, 4)

    def _fill(self, run: Run, broken: Break) -> None:
        _enter(run, broken, "context")
        best: dict[str, Passage] = {}
        for search in run.searches:
            for hit in search.last[: self.plan.keep]:
                best.setdefault(hit.passage.id, hit.passage)
        room = self.plan.budget
        for passage in best.values():
            fits = passage.tokens <= room
            room -= passage.tokens if fits else 0
            run.placed.append(Placed(passage, passage.tokens if fits else 0, None if fits else "budget"))
        broken("after context", run)
        run.prompt = render(run)

    def _speak(self, run: Run, broken: Break) -> None:
        _enter(run, broken, "generate")
        if run.intent == "greeting":
            run.answer, run.confidence = GREETED, 1.0
        else:
            asked = _words(run.ask.text) + [word for code in run.ask.codes for word in _words(self.by_code[code].title)]
            scored = sorted(
                ((self._cover(asked, Counter(_words(shown(one)))), one.passage) for one in run.placed if one.kept),
                key=lambda pair: (-pair[0], pair[1].number),
            )
            run.confidence = scored[0][0] if scored else 0.0
            for value, passage in scored[: max(2, len(run.ask.anchors))]:
                if value > (0.5 if run.ask.all_required else 0.9) * run.confidence:
                    retold = "own words" in self.plan.quirks
                    run.claims += [passage.retold] if retold else re.split(r"(?<=[.]) ", passage.text)[:2]
                    run.citations.append((passage.anchor, passage.product))
            speak(run)
        broken("after generate", run)

    def _check(self, run: Run, broken: Break) -> None:
        _enter(run, broken, "validate")
        greeted = run.intent == "greeting"
        if not run.valid:
            run.answer, run.outcome = "", None
            run.citations = []
        elif greeted:
            run.outcome = "direct"
        else:
            run.refused = run.refused or run.confidence < ENOUGH
            run.outcome = "refuse" if run.refused else "answer"
            if run.refused:
                run.answer, run.citations, run.claims = SORRY, [], []
        broken("after validate", run)


def _enter(run: Run, broken: Break, step: str) -> None:
    run.reached.append(step)
    broken(f"in {step}", run)


def _words(text: str) -> list[str]:
    return [word[:6] for word in _WORD.findall(_CODE.sub(" ", text.lower())) if word not in _PLAIN]


def _grams(text: str, passage: Passage) -> float:
    def of(words: str) -> set[str]:
        return {words[at : at + 4] for at in range(len(words) - 3)}

    asked, held = of(text.lower()), of(f"{passage.title} {passage.text}".lower())
    return round(len(asked & held) / (math.sqrt(len(asked) * len(held)) or 1.0), 4)


def fuse(lanes: Mapping[str, Sequence[Hit]]) -> list[Hit]:
    """Reciprocal ranks, summed."""
    summed: dict[str, Hit] = {}
    for hits in lanes.values():
        for place, hit in enumerate(hits, 1):
            known = summed.setdefault(hit.passage.id, Hit(hit.passage, 0.0))
            known.score = round(known.score + 1 / (20 + place), 5)
    return sorted(summed.values(), key=lambda hit: (-hit.score, hit.passage.number))


def shown(one: Placed) -> str:
    """What of the chunk stands in the prompt."""
    return one.passage.text if one.kept >= one.passage.tokens else " ".join(one.passage.text.split()[: one.kept])


def render(run: Run) -> str:
    """The prompt as it is sent."""
    parts = [
        f"[{place}] {one.passage.title}\n{shown(one)}" for place, one in enumerate((p for p in run.placed if p.kept), 1)
    ]
    return "You answer from the articles below.\n\n" + "\n\n".join(parts) + f"\n\nQuestion: {run.ask.text}"


def speak(run: Run) -> None:
    """The answer's text, made of its claims and citations."""
    cited = " ".join(f"[{anchor}]" for anchor, _ in run.citations)
    run.answer = f"{' '.join(run.claims)} {cited}".strip()


def older(passage: Passage, **changes: str) -> Passage:
    return replace(passage, **changes)
