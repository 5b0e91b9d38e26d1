"""One run as spans of one convention: what each carries of it, and nothing that it has no word for."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from bench.stranger.library import Passage
from bench.stranger.pipeline import Hit, Run, Search
from tracing.records import Event, Span

START_NS = 1_795_100_000 * 10**9
Sent = tuple[str, dict[str, Any]] | None
FLOORS = {"keyword": 2.0, "terms": 2.0, "dense": 0.05, "semantic": 0.05, "titles": 0.05, "headline": 0.05}


class Wire(ABC):
    """The steps of a run that a convention has a word for; None is a span that it does not send."""

    floors = False  # does it say which scores are too low
    checks = False  # does it say what a check came to

    @abstractmethod
    def root(self, run: Run) -> Sent: ...

    def route(self, run: Run) -> Sent:
        return None

    def resolve(self, run: Run) -> Sent:
        return None

    def embed(self, run: Run, search: Search | None) -> Sent:
        return None

    def lane(self, run: Run, name: str, search: Search, number: int) -> Sent:
        return None

    def fuse(self, run: Run, search: Search, number: int) -> Sent:
        return None

    def rerank(self, run: Run, search: Search, number: int) -> Sent:
        return None

    def context(self, run: Run) -> Sent:
        return None

    def generate(self, run: Run) -> Sent:
        return None

    def validate(self, run: Run) -> Sent:
        return None


def spans(run: Run, wire: Wire, key: str) -> list[Span]:
    """The spans of the run, the root first."""
    trace_id = hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()
    steps = [(step, sent) for step, sent in _steps(run, wire) if sent is not None]
    if not run.valid and not wire.checks and any(step == "validate" for step, _ in steps):
        run = replace(run, ended=False, failed={"validate": "OutputParserException: Failed to parse the answer"})
    failing = None if run.ended else run.reached[-1]
    at, made = START_NS, []
    for number, (step, (name, attributes)) in enumerate(steps, start=2):
        began, at = at + 10**6, at + 9 * 10**6
        again = any(later == step for later, _ in steps[number - 1 :])
        error = "" if step == failing and again else run.failed.get(step, "")
        if step == "attempt":
            error = "RateLimitError: come again"
        made.append(_span(trace_id, number, 1, name, (began, at), attributes, error))
    found = wire.root(run)
    if found is not None:
        over = run.failed[failing] if failing else ""
        made.insert(0, _span(trace_id, 1, 0, found[0], (START_NS, at + 10**6), found[1], over))
    return made


def _span(
    trace_id: str, number: int, parent: int, name: str, at: tuple[int, int], attributes: dict[str, Any], error: str
) -> Span:
    events = ()
    if error:
        kind, _, said = error.partition(": ")
        events = (Event("exception", at[1], {"exception.type": kind, "exception.message": said}),)
    return Span(
        trace_id=trace_id,
        span_id=f"{number:016x}",
        parent_id=f"{parent:016x}" if parent else "",
        name=name,
        start_ns=at[0],
        end_ns=at[1],
        attributes={key: value for key, value in attributes.items() if value is not None},
        events=events,
        status=2 if error else 0,
        status_message=error,
    )


def _steps(run: Run, wire: Wire) -> Iterator[tuple[str, Sent]]:
    reached = set(run.reached)
    if "route" in reached:
        yield "route", wire.route(run)
    if "resolve" in reached:
        yield "resolve", wire.resolve(run)
    if "embed" in reached and not run.searches:
        yield "embed", wire.embed(run, None)
    for number, search in enumerate(run.searches, start=1):
        yield "embed", wire.embed(run, search)
        if "retrieve" not in reached:
            continue
        for name in search.lanes or dict.fromkeys(run.plan.lanes):
            yield "retrieve", wire.lane(run, name, search, number)
        if search.fused is not None:
            yield "fuse", wire.fuse(run, search, number)
        if search.given is not None:
            yield "rerank", wire.rerank(run, search, number)
    for step, sent in (("context", wire.context), ("generate", wire.generate), ("validate", wire.validate)):
        if step not in reached:
            continue
        if step == "generate" and "retries" in run.plan.quirks:
            yield "attempt", sent(run)
        yield step, sent(run)


def as_json(value: Any) -> str:
    return json.dumps(value)


def facts_of(one: Passage) -> dict[str, Any]:
    said = {"anchor": one.anchor, "product": one.product, "title": one.title, "source_hash": one.digest}
    return {key: value for key, value in said.items() if key != "anchor" or not one.is_opaque}


def routed(run: Run) -> dict[str, Any]:
    return {"product": run.product, "intent": run.intent}


def resolved(run: Run) -> dict[str, Any]:
    named = [{"text": code, "type": "setting", "product": product} for code, product in run.entities]
    return {"entities": named, "rewritten": [search.query for search in run.searches] or [run.rewritten]}


def listed_hits(found: Sequence[Hit] | None) -> list[Hit]:
    return list(found or ())
