"""Faults before retrieval: the index, the router, the resolver."""

import re
from dataclasses import replace

from demo.corpus.chunks import Chunk, short_hash
from demo.corpus.moves import former
from demo.faults.fault import World, fault, listed
from demo.pipeline.route import ALIASES, known_identifiers, mentioned_products
from demo.pipeline.turn import Candidate, Entity, Turn


def wanted(turn: Turn, world: World) -> list[Candidate]:
    return [candidate for candidate in turn.candidates.values() if candidate.chunk.anchor in world.targets]


def _others(turn: Turn, world: World) -> list[str]:
    own = {turn.product} | {anchor.split("_", 1)[1].split("-")[0] for anchor in world.targets}
    return sorted(set(map(str, world.index.products)) - own)


def _hide(turn: Turn, world: World) -> None:
    turn.conditions.hidden_anchors |= world.targets


@fault(
    "index:not_indexed", "before:retrieve", "The section was never indexed; the manifest has it, the inventory lacks it"
)
def not_indexed(turn: Turn, world: World) -> str | None:
    if not world.targets:
        return None
    _hide(turn, world)
    turn.conditions.versions["index"] = f"{world.index.version}-gap"
    return f"not in the index: {listed(world.targets)}"


@fault("index:stale_chunk", "before:retrieve", "The index still holds the page under an anchor that is gone")
def stale_chunk(turn: Turn, world: World) -> str | None:
    if not world.targets:
        return None

    def as_it_was(chunk: Chunk) -> Chunk:
        return replace(chunk, anchor=former(chunk.anchor)) if chunk.anchor in world.targets else chunk

    turn.conditions.rename = as_it_was
    return f"anchors as they were: {listed(former(anchor) for anchor in world.targets)}"


@fault("index:content_drift", "before:retrieve", "The indexed text is older than the page")
def content_drift(turn: Turn, world: World) -> str | None:
    if not world.targets:
        return None

    def older(chunk: Chunk) -> Chunk:
        changed = replace(chunk, source_hash=short_hash(f"before|{chunk.source_hash}"))
        return changed if chunk.anchor in world.targets else chunk

    turn.conditions.rename = older
    return f"older hash on {listed(world.targets)}"


@fault("route:wrong_product", "after:route", "The router sends the question to another product's documentation")
def wrong_product(turn: Turn, world: World) -> str | None:
    others = _others(turn, world)
    if not world.targets or not others:
        return None
    before, turn.product = turn.product, turn.random("wrong_product").choice(others)
    return f"product {before} -> {turn.product}"


@fault("route:wrong_intent", "after:route", "The router takes a question for small talk, or small talk for a question")
def wrong_intent(turn: Turn, world: World) -> str | None:
    before = turn.intent
    turn.intent = "howto" if before == "greeting" else "greeting"
    return f"intent {before} -> {turn.intent}"


@fault("resolve:entity_missed", "after:resolve", "The identifier in the question is not recognised")
def entity_missed(turn: Turn, world: World) -> str | None:
    if not turn.entities or not world.targets:
        return None
    missed = [entity.text for entity in turn.entities]
    turn.entities = []
    _hide(turn, world)
    return f"not resolved: {listed(missed)}"


@fault("resolve:entity_wrong", "after:resolve", "The identifier is taken for one of another product")
def entity_wrong(turn: Turn, world: World) -> str | None:
    if not turn.entities or not world.targets:
        return None
    product = turn.random("entity_wrong").choice(_others(turn, world))
    names = sorted(name for name, owners in world.index.entity_products.items() if owners == [product])
    if not names:
        return None
    taken = world.index.entity_names[turn.random("entity_name").choice(names)]
    missed = turn.entities[0].text
    turn.entities = [Entity(taken, "symbol", product), *turn.entities[1:]]
    _hide(turn, world)
    return f"{missed} resolved to {taken} of {product}"


@fault("resolve:bad_rewrite", "after:resolve", "The rewriting loses the identifier or the product's name")
def bad_rewrite(turn: Turn, world: World) -> str | None:
    lost = known_identifiers(turn.question, world.index)
    lost += [
        word
        for word in re.findall(r"\w+", turn.question)
        if word.lower() in ALIASES and mentioned_products(turn.question)
    ]
    if not lost or not world.targets:
        return None
    for word in lost:
        turn.rewritten = re.sub(rf"(?<![\w.]){re.escape(word)}(?![\w.])", " ", turn.rewritten, flags=re.IGNORECASE)
    turn.rewritten = " ".join(turn.rewritten.split()) or "general help"
    _hide(turn, world)
    return f"lost from the query: {listed(lost)}"
