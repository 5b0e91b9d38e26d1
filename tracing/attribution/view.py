"""A case as the rules read it: what the user got, what was expected, what was lost; each worked out once."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from tracing.attribution.case import Case
from tracing.attribution.citing import BAD, Anchors, Routing, statuses
from tracing.attribution.journey import Journey, Loss, furthest
from tracing.attribution.refusals import is_apology, is_refusal
from tracing.attribution.telling import path_of, shown
from tracing.records import Assessment, Candidate, ManifestEntry, Signal, StageRecord
from tracing.stages import Fault, Stage

Kind = Literal["gold", "mechanical", "judge", "heuristic"]
Certainty = Literal["certain", "likely", "suspected"]
ENDED_IN_ERROR = "ended_in_error"
PROMPT = 5  # how far a chunk has come that is in the prompt
_BY = ("human", "judge", "client", "lexical")
_LETTERS, _FIGURES = re.compile(r"[^\W\d_]+"), re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule found; `through` as in a loss."""

    stage: Stage
    fault: Fault
    kind: Kind
    certainty: Certainty
    evidence: tuple[str, ...]
    through: Stage | None = None
    hint: str | None = None

    @property
    def name(self) -> str:
        return f"{self.stage.label}.{self.fault.label}"


@dataclass(frozen=True, slots=True)
class Followed:
    """An expected anchor, the chunk of it that came furthest, and how far: -2 not in the manifest, -1 not indexed."""

    anchor: str
    candidate: Candidate | None
    reached: int
    loss: Loss | None

    @property
    def rank(self) -> tuple[bool, bool, int, int]:
        """Which of several came further; one whose end was not seen may have come through, and is not lost."""
        untold = 0 < self.reached < PROMPT and self.loss is None
        return self.reached >= PROMPT, untold, self.loss.stage.order if self.loss else 0, self.reached


class View:
    """One case, read lazily."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.trace = case.trace
        self.manifest = case.manifest
        self.expectation = case.expectation
        self.rules = case.rules
        self.anchors = Anchors(case.manifest, case.rules.anchor_pattern)
        self.journey = Journey(case.trace, case.usual)
        self._found: dict[Rule, Finding | None] = {}

    def by(self, rule: Rule) -> Finding | None:
        """What a rule finds, asked once."""
        if rule not in self._found:
            self._found[rule] = rule(self)
        return self._found[rule]

    # What the user got

    @cached_property
    def assessment(self) -> Assessment | None:
        """The word that counts: a person's, else a judge's, a client's, the words alone; the newest of each."""
        for by in _BY:
            said = [one for one in self.case.assessments if one.by == by]
            if said:
                return max(said, key=lambda one: one.at_ns)
        return None

    @cached_property
    def lexical(self) -> Assessment | None:
        said = [one for one in self.case.assessments if one.by == "lexical"]
        return max(said, key=lambda one: one.at_ns) if said else None

    @cached_property
    def refused(self) -> bool:
        trace = self.trace
        if trace.outcome is not None:
            return trace.outcome == "refuse"
        if trace.refused is not None:
            return trace.refused
        if self.lexical is not None and self.lexical.refused is not None:
            return self.lexical.refused
        return bool(trace.answer) and is_refusal(trace.answer or "")

    @cached_property
    def answered(self) -> bool:
        if self.refused or (self.failures and is_apology(self.trace.answer or "")):
            return False
        return bool(self.trace.answer) or self.trace.outcome in ("answer", "suggest", "direct")

    @cached_property
    def failures(self) -> tuple[StageRecord, ...]:
        return tuple(record for record in self.trace.stages if record.status in ("error", "timeout"))

    @cached_property
    def failed_unanswered(self) -> bool:
        """True where something raised or timed out, and the user got neither an answer nor an honest refusal."""
        flags = self.trace.flags
        if not self.failures and not {"unstaged_error", "unstaged_timeout"}.intersection(flags):
            return False
        return ENDED_IN_ERROR in flags or not (self.answered or self.refused or self._went_on)

    @property
    def _went_on(self) -> bool:
        """True where no words were sent at all, and the model answered after what had failed."""
        if self.trace.answer or not self.failures:
            return False
        last = max(record.start_ns for record in self.failures)
        return any(
            one.stage == Stage.GENERATE.label and one.status == "ok" and one.model and one.start_ns > last
            for one in self.trace.stages
        )

    @cached_property
    def retrieved(self) -> bool:
        return bool(self.trace.candidates) or self.journey.was_searched

    @property
    def from_cache(self) -> bool:
        """True where a stage that would have searched or answered found its result in a cache."""
        return any(record.cache == "hit" and record.stage != Stage.EMBED.label for record in self.trace.stages)

    # What is said of the citations

    @cached_property
    def routing(self) -> Routing:
        allowed = {self.trace.product or "", *self.expected_products, *self.rules.shared_products}
        return Routing(self.routed, frozenset(each.casefold() for each in allowed), frozenset(self.expected_places))

    @cached_property
    def routed(self) -> str | None:
        """The routed product, where it is one: a label that no page carries, such as `general`, routes nowhere."""
        routed, products = self.trace.product, self.manifest.products if self.manifest else ()
        known = not products or (routed or "").casefold() in {product.casefold() for product in products}
        return routed if known else None

    @cached_property
    def statuses(self) -> tuple[str, ...]:
        if not self.trace.citations:
            return ()
        kept = None
        if self.trace.observed.context != "no" or any(one.survived_source == "prompt" for one in self.journey.kept):
            kept = {one.chunk_id for one in self.journey.kept}
            named = [anchor for one in self.journey.kept if (anchor := self.anchors.of(one)) is not None]
            kept.update(named, [self.anchors.place(anchor) for anchor in named])
        return statuses(self.trace.citations, self.anchors, self.routing, kept)

    @cached_property
    def has_bad_citation(self) -> bool:
        return any(status in BAD for status in self.statuses)

    # What was expected

    @cached_property
    def outdated(self) -> tuple[str, ...]:
        """Expected anchors that are gone: they blame nobody."""
        given = self.expectation.anchors if self.expectation else ()
        return tuple(anchor for anchor in given if self.anchors.is_gone(anchor))

    @cached_property
    def expected_places(self) -> tuple[str, ...]:
        given = self.expectation.anchors if self.expectation else ()
        return tuple(dict.fromkeys(self.anchors.place(anchor) for anchor in given if anchor not in self.outdated))

    @cached_property
    def expected_products(self) -> frozenset[str]:
        """The expected product; where none was named, the products of the expected places."""
        if self.expectation is None:
            return frozenset()
        if self.expectation.product:
            return frozenset((self.expectation.product,))
        entries = [self.anchors.entry(place) for place in self.expected_places]
        return frozenset(entry.product for entry in entries if entry is not None and entry.product)

    @cached_property
    def followed(self) -> tuple[Followed, ...]:
        return tuple(self.follow(place) for place in self.expected_places)

    def follow(self, place: str) -> Followed:
        """How far a place came, by any of its chunks."""
        found = furthest(self.journey, self.chunks_of(place))
        cited = any(
            citation.anchor and self.anchors.place(citation.anchor) == place for citation in self.trace.citations
        )
        if cited:
            return Followed(place, found, PROMPT + 1, None)
        if found is not None and (reached := self.journey.reached(found)):
            return Followed(place, found, reached, self.journey.loss(found))
        facts = self.manifest
        if facts is not None and place not in facts.entries:
            return Followed(place, None, -2, None)
        if facts is not None and facts.indexed is not None and not self._is_indexed(place, facts.indexed):
            return Followed(place, None, -1, None)
        return Followed(place, None, 0, None)

    def _is_indexed(self, place: str, indexed: frozenset[str]) -> bool:
        """True where the index holds the place, by its own name or one that leads to it."""
        return place in indexed or any(self.anchors.place(one) == place for one in indexed)

    def is_cited(self, candidate: Candidate) -> bool:
        """True where the answer cites the chunk, or its anchor without saying which chunk of it."""
        if candidate.cited:
            return True
        if not self._cited_anchors:
            return False
        anchor = self.anchors.of(candidate)
        return anchor is not None and anchor in self._cited_anchors

    @cached_property
    def _cited_anchors(self) -> frozenset[str]:
        return frozenset(one.anchor for one in self.trace.citations if one.anchor and one.chunk_id is None)

    def chunks_of(self, place: str) -> list[Candidate]:
        """The candidates that carry the place: by anchor, by a redirect to it, or by their id."""
        return [
            one
            for one, at in zip(self.trace.candidates, self.places, strict=True)
            if at == place or one.chunk_id == place
        ]

    @cached_property
    def places(self) -> tuple[str | None, ...]:
        """Where each candidate's anchor leads; one that is gone, to the expected place that it was before."""
        place = self.anchors.place
        return tuple(
            None if anchor is None else self._former(anchor, one) if gone else place(anchor)
            for one, anchor, gone in zip(self.trace.candidates, self.own_anchors, self.stale, strict=True)
        )

    @cached_property
    def stale(self) -> tuple[bool, ...]:
        """Which candidates point at a place that is gone."""
        return tuple(anchor is not None and self.anchors.is_gone(anchor) for anchor in self.own_anchors)

    def _former(self, anchor: str, candidate: Candidate) -> str:
        facts = self.manifest
        if facts is None or not self.expected_places:
            return anchor
        wanted = [entry for place in self.expected_places if (entry := facts.entries.get(place)) is not None]
        old = facts.former.get(anchor)
        return next((entry.anchor for entry in wanted if _is_same_place(candidate, old, entry)), anchor)

    @cached_property
    def own_anchors(self) -> tuple[str | None, ...]:
        return tuple(self.anchors.of(one) for one in self.trace.candidates)

    @cached_property
    def decisive(self) -> Followed | None:
        """Of several expected places the one that got furthest; where all are required, the one lost first."""
        if not self.followed:
            return None
        choose = min if self.expectation is not None and self.expectation.all_required else max
        return choose(self.followed, key=lambda one: one.rank)

    @cached_property
    def evidence_kept(self) -> bool:
        """True where what was expected is in the prompt, as far as can be told, or is cited all the same."""
        return self.decisive is not None and self.decisive.reached >= PROMPT

    @cached_property
    def evidence_seen(self) -> bool:
        """The same, but not where the last list before the prompt is all that was seen."""
        decisive = self.decisive
        if decisive is None or decisive.reached < PROMPT:
            return False
        if decisive.reached > PROMPT or self.trace.observed.context != "no":
            return True
        return decisive.candidate is not None and decisive.candidate.survived_source in ("declared", "prompt")

    @cached_property
    def lost(self) -> bool:
        """True where the answer should have rested on a place, and it was seen not to be in the prompt."""
        decisive = self.decisive
        if decisive is None or not self.wants_answer or decisive.reached >= PROMPT:
            return False
        if decisive.reached > 0:
            return decisive.loss is not None
        if decisive.reached < 0:
            return True
        if self.has_nameless:
            return False
        if self.retrieved or self.failures:
            return True
        return self.trace.outcome == "direct" and not self.from_cache

    @cached_property
    def has_nameless(self) -> bool:
        """True where chunks in the prompt lead to no known place: any may be the expected one.

        Without a manifest, ids of the form of the expected places are names, and others are not.
        """
        forms = {form_of(place) for place in self.expected_places} if self.manifest is None else frozenset()
        pairs = zip(self.trace.candidates, self.own_anchors, strict=True)
        return any(
            one.survived
            and one.anchor in (None, one.chunk_id)
            and (anchor is None or not self.anchors.is_known(anchor))
            and form_of(one.chunk_id) not in forms
            for one, anchor in pairs
        )

    @property
    def wants_answer(self) -> bool:
        return self.expectation is not None and self.expectation.behaviour in (None, "answer")

    @property
    def should_have_refused(self) -> bool:
        """True where a refusal was expected and an answer given."""
        return self.expectation is not None and self.expectation.behaviour == "refuse" and self.answered

    # Whether it failed

    @cached_property
    def complaint(self) -> Signal | None:
        """The newest thumb down that was not taken back."""
        newest = {}
        for signal in sorted(self.case.signals, key=lambda one: one.at_ns):
            newest[signal.identity] = signal
        down = [one for one in newest.values() if one.kind == "thumb" and one.value == "down"]
        return max(down, key=lambda one: (one.at_ns, one.identity), default=None)

    @cached_property
    def judged_ungrounded(self) -> bool:
        said = self.assessment
        if said is None or said.by not in ("human", "judge") or said.groundedness is None:
            return False
        return said.groundedness < self.rules.groundedness_cut


def _is_same_place(candidate: Candidate, old: ManifestEntry | None, entry: ManifestEntry) -> bool:
    hashes = {candidate.source_hash, old.source_hash if old else None} - {None}
    if entry.source_hash and entry.source_hash in hashes:
        return True
    if old is None or not old.path or (old.product, old.path) != (entry.product, entry.path):
        return False
    return not old.title or not entry.title or old.title == entry.title


def form_of(name: str) -> str:
    """The name with each run of letters as one letter and each number as one figure."""
    return _FIGURES.sub("9", _LETTERS.sub("a", name[:500]))


def line_of(view: View, followed: Followed) -> tuple[str, ...]:
    """Where an expected place was seen, or that it was not."""
    if followed.candidate is not None:
        return (path_of(followed.anchor, followed.candidate, view.journey.kept),)
    names = sorted(view.journey.lane_names)
    where = f"in none of {len(view.trace.candidates)} candidates"
    return (f"{shown(followed.anchor)}: {where}" + (f" of {', '.join(names[:5])}" if names else ""),)


def gold(stage: Stage, fault: Fault, certainty: Certainty, *evidence: str) -> Finding:
    """A finding that rests on the expectation."""
    return Finding(stage, fault, "gold", certainty, evidence)


Rule = Callable[[View], Finding | None]
