"""What people said afterwards: twenty thumbs down, and some up."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from demo.past.plan import Visit
from demo.pipeline.turn import Turn
from demo.workshop import Truth

THUMBS_DOWN, THUMBS_UP = 20, 34
COMPLAINTS = (
    "Not what I asked.",
    "This is about something else entirely.",
    "The page it cites does not say that.",
    "Wrong section.",
    "It worked yesterday, same question.",
    "Did not answer the question.",
    "The link goes to the wrong product.",
    "Half of the answer is missing.",
    "I know that it is in the docs!",
    "Misleading, cost me an hour.",
)
PRAISE = ("Exactly what I needed.", "Spot on.", "", "", "Thanks, the quote helped.", "")


@dataclass(frozen=True)
class Told:
    visit: Visit
    turn: Turn
    truth: Truth


def is_sour(told: Told) -> bool:
    harmed = bool(told.truth.fault) and told.truth.clean_met
    lost_all = bool(told.truth.anchors) and not set(told.truth.anchors) & told.turn.survivors
    return harmed and (lost_all or told.truth.stage in ("generate", "validate"))


def thumbs(told: list[Told], until: datetime, seed: str) -> list[dict[str, object]]:
    """Most complaints come from the people whom a fault hit, which is why Tuesday has so many."""
    dice = random.Random(f"{seed}|thumbs")
    sour = [one for one in told if is_sour(one)]
    content = [one for one in told if not one.truth.fault and one.truth.clean_met and one.truth.behaviour == "answer"]
    # Without the documentation hardly a question meets its expectation: then those who got no answer complain.
    rest = [one for one in told if one not in sour and one not in content]
    down = sorted(_some(dice, sour, rest, THUMBS_DOWN), key=lambda one: one.visit.at)
    up = _some(dice, content, [one for one in rest if one not in down], THUMBS_UP)
    said = [_thumb(one, "down", dice.choice(COMPLAINTS), until, dice) for one in down]
    return said + [_thumb(one, "up", dice.choice(PRAISE), until, dice) for one in up]


def _some(dice: random.Random, first: list[Told], then: list[Told], wanted: int) -> list[Told]:
    chosen = dice.sample(first, min(wanted, len(first)))
    return chosen + dice.sample(then, min(wanted - len(chosen), len(then)))


def _thumb(told: Told, value: str, comment: str, until: datetime, dice: random.Random) -> dict[str, object]:
    at = min(told.visit.at + timedelta(seconds=dice.randrange(20, 600)), until)
    said: dict[str, object] = {"trace_id": told.turn.trace_id, "kind": "thumb", "value": value, "user": told.visit.user}
    said |= {"id": f"thumb-{told.turn.trace_id[:12]}", "at": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    return said | ({"comment": comment} if comment else {})
