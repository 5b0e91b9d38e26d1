"""Faults of the answer and of its validation."""

import json
import re
from dataclasses import replace

from demo.faults.fault import World, fault
from demo.pipeline.generate import Quote, choose, refusal, sentences
from demo.pipeline.turn import Turn

OPPOSITES = (
    (r"\bis not\b", "is"),
    (r"\bcannot\b", "can"),
    (r"\bmust not\b", "must"),
    (r"\bdoes not\b|\bdoesn't\b", "does"),
    (r"\bis\b", "is not"),
    (r"\bare\b", "are not"),
    (r"\bcan\b", "cannot"),
    (r"\bmust\b", "must not"),
    (r"\bwill\b", "will not"),
    (r"\bshould\b", "should not"),
    (r"\bTrue\b", "False"),
    (r"\bbefore\b", "after"),
)
INVENTED = (
    "Since release 9.4 {subject} is switched on by installing the separate helios-bridge package on every node",
    "{subject} then reads its licence from /etc/quasar.ini, and stops after 37 attempts unless its flag is purple",
)


def _parsed(turn: Turn) -> dict[str, object] | None:
    """The answer as generated, where there is one to spoil."""
    try:
        parsed = json.loads(turn.output)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) and not parsed.get("refused") and turn.kept else None


def _say(turn: Turn, parsed: dict[str, object], answer: str) -> None:
    turn.output = json.dumps(parsed | {"answer": answer, "refused": False})


@fault("generate:ungrounded", "after:generate", "The model claims what no source says")
def ungrounded(turn: Turn, world: World) -> str | None:
    parsed = _parsed(turn)
    if parsed is None:
        return None
    subject = turn.kept[0].chunk.title.rsplit(" > ", 1)[-1]
    _say(turn, parsed, " ".join(f"{claim.format(subject=subject)}. [1]" for claim in INVENTED))
    return "both claims are invented"


@fault("generate:contradicts", "after:generate", "The model says the opposite of its source")
def contradicts(turn: Turn, world: World) -> str | None:
    parsed = _parsed(turn)
    if parsed is None:
        return None
    spoiled = []
    for claim in re.findall(r".+?\[\d+\]", str(parsed["answer"])):
        turned = next((re.sub(old, new, claim, count=1) for old, new in OPPOSITES if re.search(old, claim)), "")
        spoiled.append(turned.strip() or f"It is not true that {claim.strip()}")
    if not spoiled:
        return None
    _say(turn, parsed, " ".join(spoiled))
    return f"{len(spoiled)} claims turned into their opposite"


@fault("generate:incomplete", "after:generate", "The answer leaves out what the context says")
def incomplete(turn: Turn, world: World) -> str | None:
    parsed = _parsed(turn)
    elsewhere = [
        (number, candidate)
        for number, candidate in enumerate(turn.kept, start=1)
        if candidate.chunk.anchor not in world.targets
    ]
    if parsed is None or not elsewhere or not world.targets & turn.survivors:
        return None
    for number, candidate in reversed(elsewhere):
        said = sentences(candidate.chunk.text)
        if said:
            _say(turn, parsed, f"{Quote(number, said[-1], 0.0, candidate).text} [{number}]")
            return f"only chunk {candidate.chunk.chunk_id} is quoted"
    return None


@fault("generate:over_refusal", "after:generate", "It refuses although the context holds the answer")
def over_refusal(turn: Turn, world: World) -> str | None:
    parsed = _parsed(turn)
    if parsed is None or not world.targets & turn.survivors:
        return None
    turn.output = json.dumps({"answer": refusal([]), "confidence": 0.3, "refused": True, "missing": []})
    return "refused with the evidence in the prompt"


@fault("generate:bad_format", "after:generate", "The model's output is no valid JSON, three times")
def bad_format(turn: Turn, world: World) -> str | None:
    if not turn.output:
        return None
    turn.output, turn.attempts = turn.output[: max(20, len(turn.output) // 2)].rstrip('"}'), 3
    return "output cut off in the middle, retried twice"


@fault("validate:unknown_anchor", "after:validate", "A citation names an anchor that never existed")
def unknown_anchor(turn: Turn, world: World) -> str | None:
    if not turn.citations:
        return None
    first = turn.citations[0]
    made_up = f"{first.anchor.split('#')[0]}#advanced-{turn.random('unknown').randrange(100, 999)}"
    turn.citations = [replace(first, anchor=made_up, title="Advanced topics", chunk_id=None), *turn.citations[1:]]
    _without_checks(turn)
    return f"{first.anchor} cited as {made_up}"


@fault("validate:false_anchor", "after:validate", "A citation is real, but of another product")
def false_anchor(turn: Turn, world: World) -> str | None:
    if not turn.citations or turn.product is None:
        return None
    scores = world.index.lexical_scores(turn.terms).copy()
    scores[world.index.products == turn.product] = -1.0
    other = world.index.chunks[int(scores.argmax())]
    first = turn.citations[0]
    false = replace(first, anchor=other.anchor, title=other.title, product=other.product, chunk_id=None)
    turn.citations = [false, *turn.citations[1:]]
    _without_checks(turn)
    return f"{first.anchor} cited as {other.anchor}"


def _without_checks(turn: Turn) -> None:
    """A validator that lets this pass is one that did not look."""
    kept = [check for check in turn.checks.get("validate", []) if not check.name.startswith("citations")]
    turn.checks["validate"] = kept
    for candidate in turn.candidates.values():
        candidate.cited = any(citation.chunk_id == candidate.chunk.chunk_id for citation in turn.citations)


@fault("validate:missed_refusal", "before:generate", "The refusal gate is open: it answers what it should have refused")
def missed_refusal(turn: Turn, world: World) -> str | None:
    """Only where a lane reached its floor: below it, the fault would be thin retrieval."""
    thick = any(check.passed for check in turn.checks.get("retrieve", []))
    if world.targets or not thick or not turn.kept or not choose(turn, world.index):
        return None
    turn.conditions.gate_off = True
    return "the gate let it through"
