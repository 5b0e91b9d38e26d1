"""Cases for tests of the attribution: a page of `atlas` that answers, among pages of `atlas` and one of `borealis`."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tracing.attribution.case import Case, Judgement, ProjectRules
from tracing.attribution.engine import judge
from tracing.records import (
    Assessment,
    Candidate,
    Citation,
    Context,
    Entity,
    Expectation,
    Lane,
    LaneHit,
    ManifestEntry,
    ManifestFacts,
    Observed,
    Signal,
    StageRecord,
    Trace,
)

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
RIGHT = "doc_guide#retries"
OTHERS = tuple(f"doc_guide#other-{number}" for number in range(1, 6))
FOREIGN = "doc_borealis#retries"
QUERY = "How does retry_backoff work?"
SEEN = Observed("declared", "declared", "declared", "declared", "declared")
STAGES = ("route", "resolve", "embed", "retrieve", "rerank", "context", "generate", "validate")
EXPECTED = Expectation("answer", (RIGHT,), product="atlas", intent="howto")


def entry(anchor: str, product: str = "atlas", **more: Any) -> ManifestEntry:
    return ManifestEntry(anchor, product, f"{anchor.partition('#')[0]}.md", anchor, f"hash-{anchor}", **more)


def facts(**changes: Any) -> ManifestFacts:
    """Every anchor known and indexed; `retry_backoff` is a name that the right page defines."""
    entries = {anchor: entry(anchor) for anchor in OTHERS}
    entries[RIGHT] = entry(RIGHT, entities=("retry_backoff",))
    entries[FOREIGN] = entry(FOREIGN, "borealis")
    known = ManifestFacts(
        version="m1",
        entries=entries,
        entities={"retry_backoff": frozenset(("atlas",))},
        products=frozenset(("atlas", "borealis")),
        indexed=frozenset(entries),
    )
    return replace(known, **changes)


def chunk(anchor: str, rank: int, **changes: Any) -> Candidate:
    """A chunk that one lane found and that came through to the prompt."""
    found = Candidate(
        chunk_id=f"{anchor}~0",
        anchor=anchor,
        product="atlas",
        hits=(LaneHit("vector", rank, 0.9 - rank / 100),),
        fused_rank=rank,
        rerank_in=True,
        rerank_rank=rank,
        survived=True,
        survived_source="declared",
        tokens=100,
    )
    return found._replace(**changes)


def lost(at: str, why: str | None = None) -> Mapping[str, Any]:
    """What a chunk lacks that was lost at that stage."""
    gone: dict[str, Any] = {"survived": False, "dropped_why": why, "dropped_at": at if why else None}
    if at in ("retrieve", "rerank"):
        gone |= {"rerank_rank": None}
    if at == "retrieve":
        gone |= {"rerank_in": False, "fused_rank": None}
    return gone


def trace(right: Mapping[str, Any] | None = None, **changes: Any) -> Trace:
    """A sound trace, the right page first and cited; `right=None` with `lost` leaves changes to that page's chunk."""
    chunks = (
        [chunk(RIGHT, 1, cited=True, **(right or {}))] if "cited" not in (right or {}) else [chunk(RIGHT, 1, **right)]
    )
    chunks += [chunk(anchor, rank) for rank, anchor in enumerate(OTHERS, 2)]
    made = Trace(
        trace_id=TRACE_ID,
        started_ns=10**18,
        ended_ns=10**18 + 10**9,
        rooted=True,
        query=QUERY,
        rewritten=(QUERY,),
        intent="howto",
        product="atlas",
        entities=(Entity("retry_backoff", product="atlas"),),
        outcome="answer",
        refused=False,
        answer="It doubles the wait after each attempt. [1]",
        lanes=(Lane("vector", top_k=20, returned=6, floor=0.2),),
        observed=SEEN,
        candidates=tuple(chunks),
        context=Context(cap_tokens=1000, used_tokens=600),
        citations=(Citation(anchor=RIGHT, product="atlas", chunk_id=f"{RIGHT}~0"),),
        stages=tuple(StageRecord(stage) for stage in STAGES),
    )
    return replace(made, **changes)


def without_right(**changes: Any) -> Trace:
    """The right page in no list; another one is cited."""
    made = trace(**changes)
    candidates = tuple(one for one in made.candidates if one.anchor != RIGHT)
    lanes = tuple(replace(lane, returned=len(candidates)) for lane in made.lanes)
    return replace(made, candidates=candidates, lanes=lanes, citations=cite(OTHERS[0]))


def lost_right(at: str, why: str | None = None, **changes: Any) -> Trace:
    """The right page lost at that stage; another one is cited."""
    return trace({**lost(at, why), "cited": False}, **({"citations": cite(OTHERS[0])} | changes))


def cite(*anchors: str) -> tuple[Citation, ...]:
    return tuple(Citation(anchor=anchor, chunk_id=f"{anchor}~0") for anchor in anchors)


def judged(made: Trace, **case: Any) -> Judgement:
    """By default the right page is expected, and the manifest known."""
    given: dict[str, Any] = {"expectation": EXPECTED, "manifest": facts(), "rules": ProjectRules()}
    return judge(Case(made, **(given | case)))


def blamed(made: Trace, **case: Any) -> str | None:
    """`stage.fault (certainty)`, or None where there is no verdict."""
    verdict = judged(made, **case).verdict
    return None if verdict is None else f"{verdict.stage}.{verdict.fault} ({verdict.certainty})"


def thumb(value: str = "down", **more: Any) -> Signal:
    return Signal(TRACE_ID, "thumb", value, more.pop("at_ns", 1), **more)


def said(**changes: Any) -> Assessment:
    """A judge's word."""
    return Assessment(**({"by": "judge", "version": "j1", "groundedness": 0.4, "at_ns": 1} | changes))


Made = Callable[..., Trace]
