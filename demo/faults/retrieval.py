"""Faults from retrieval to the prompt."""

from demo.faults.fault import World, fault, listed
from demo.faults.upstream import wanted
from demo.pipeline.context import deduplicate, fill, render
from demo.pipeline.rerank import cut_reranked
from demo.pipeline.retrieve import cut_fused
from demo.pipeline.turn import FUSED_DEPTH, KEEP, Candidate, Turn


def _targets_last(ordered: list[Candidate], world: World) -> tuple[list[Candidate], list[Candidate]]:
    others = [candidate for candidate in ordered if candidate.chunk.anchor not in world.targets]
    return others, [candidate for candidate in ordered if candidate.chunk.anchor in world.targets]


@fault("retrieve:miss", "before:retrieve", "No lane finds the section, though it is in the index")
def miss(turn: Turn, world: World) -> str | None:
    turn.conditions.hidden_anchors |= world.targets
    return f"no lane returns {listed(world.targets)}" if world.targets else None


@fault("retrieve:lane_down", "before:retrieve", "One lane returns nothing", named="miss")
def lane_down(turn: Turn, world: World) -> str | None:
    lane = turn.random("lane_down").choice(["lexical", "vector"])
    turn.conditions.lanes_down.add(lane)
    return f"lane {lane} returned nothing"


@fault("retrieve:thin", "before:retrieve", "Only weak matches come back, and an answer is made of them all the same")
def thin(turn: Turn, world: World) -> str | None:
    if world.targets:
        return None
    turn.conditions.weak_scores = turn.conditions.gate_off = True
    return "nothing reaches a lane's floor, and the gate is off"


@fault("retrieve:fusion_drop", "after:retrieve", "Fusion pushes the section below the cut")
def fusion_drop(turn: Turn, world: World) -> str | None:
    others, targets = _targets_last(turn.fused, world)
    if not targets or not others:
        return None
    for candidate in targets:
        candidate.fused_score = 0.001
    turn.fused, turn.conditions.fused_depth = others + targets, min(FUSED_DEPTH, len(others))
    turn.checks.pop("retrieve", None)
    cut_fused(turn)
    return f"{len(targets)} chunks fused below rank {turn.conditions.fused_depth}"


@fault("rerank:reverse", "after:rerank", "The reranker's order is upside down", named="dropped")
def reverse(turn: Turn, world: World) -> str | None:
    if len(turn.reranked) <= turn.conditions.keep:
        return None
    for candidate in turn.reranked:
        candidate.rerank_score = round(1.0 - (candidate.rerank_score or 0.0), 4)
    turn.reranked.reverse()
    turn.checks.pop("rerank", None)
    cut_reranked(turn)
    return "the order of all scores was turned round"


@fault("rerank:dropped", "after:rerank", "The reranker scores the section too low to be kept")
def dropped(turn: Turn, world: World) -> str | None:
    others, targets = _targets_last(turn.reranked, world)
    if not targets or not others:
        return None
    lowest = others[-1].rerank_score or 0.0
    for candidate in targets:
        candidate.rerank_score = round(lowest - 0.01, 4)
    turn.reranked, turn.conditions.keep = others + targets, min(KEEP, len(others))
    turn.checks.pop("rerank", None)
    cut_reranked(turn)
    return f"{len(targets)} chunks reranked below {turn.conditions.keep}"


def _survivors(turn: Turn, world: World) -> tuple[list[Candidate], list[Candidate]]:
    return _targets_last([candidate for candidate in turn.reranked if candidate.dropped_at in (None, "context")], world)


@fault("context:budget_drop", "after:context", "The token budget leaves the section out")
def budget_drop(turn: Turn, world: World) -> str | None:
    others, targets = _survivors(turn, world)
    if not targets or not others:
        return None
    smallest = min(candidate.tokens for candidate in targets)
    turn.budget["docs"] = min(turn.budget["docs"], sum(candidate.tokens for candidate in others) + smallest - 1)
    for candidate in others:
        candidate.dropped_at = candidate.dropped_why = None
    turn.kept = fill(others, turn.budget["docs"])
    for candidate in targets:
        candidate.drop("context", "budget")
    turn.prompt = render(turn)
    return f"docs budget {turn.budget['docs']}, {len(targets)} chunks left out"


@fault("context:dedupe_drop", "after:context", "A wrong content hash takes the section for a duplicate")
def dedupe_drop(turn: Turn, world: World) -> str | None:
    others, targets = _survivors(turn, world)
    if not targets or not others:
        return None
    for candidate in targets:
        candidate.content_hash = others[0].content_hash
    turn.kept = fill(deduplicate(others + targets), turn.budget["docs"])
    turn.prompt = render(turn)
    return f"{len(targets)} chunks hashed like {others[0].chunk.chunk_id}"


@fault("context:truncated", "after:context", "The prompt is cut off before the section")
def truncated(turn: Turn, world: World) -> str | None:
    others, targets = _survivors(turn, world)
    if not targets or not others or not wanted(turn, world):
        return None
    turn.kept = fill(others, turn.budget["docs"])
    for candidate in targets:
        candidate.drop("context", "truncated")
    turn.prompt = render(turn)
    return f"cut after {len(turn.kept)} chunks"
