"""Who asked what and when in the last fortnight: the same plan for the same end and seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle

from demo.questions import Question

DAYS = 14
SESSIONS_ON_A_WEEKDAY, SESSIONS_ON_A_DAY_OFF = 24, 8
HOURS = (1, 1, 1, 1, 1, 2, 4, 8, 15, 20, 21, 17, 12, 16, 20, 19, 15, 10, 7, 6, 5, 4, 3, 2)
SURFACES = ("search", "search", "search", "chat", "chat", "ide")
FIRST_RELEASE, SECOND_RELEASE = "2026.11.1", "2026.11.2"
BAD_SHARE, BACKGROUND_SHARE = 0.7, 0.08
BACKGROUND = (
    "retrieve:miss",
    "context:budget_drop",
    "generate:ungrounded",
    "validate:false_anchor",
    "embed:timeout",
    "generate:error",
    "generate:over_refusal",
    "route:wrong_product",
    "resolve:entity_missed",
    "validate:unknown_anchor",
    "generate:incomplete",
    "index:content_drift",
    "rerank:dropped",
    "context:dedupe_drop",
    "generate:contradicts",
    "retrieve:lane_down",
)
# Chance alone may give the fault of the first link to a greeting, which cites nothing: it also falls on this question.
SHOWN_QUESTION, SHOWN_FAULT = "How do I retry a failed Celery task?", "validate:false_anchor"


@dataclass(frozen=True)
class Story:
    """When things happened. The bad reranker went out on a Tuesday morning and was rolled back that evening."""

    until: datetime

    @property
    def since(self) -> datetime:
        return (self.until - timedelta(days=DAYS - 1)).replace(hour=0, minute=0, second=0, microsecond=0)

    @property
    def tuesday(self) -> datetime:
        latest = self.until.replace(hour=9, minute=30, second=0, microsecond=0) - timedelta(days=2)
        return latest - timedelta(days=(latest.weekday() - 1) % 7)

    @property
    def pages_moved(self) -> datetime:
        return (self.since + timedelta(days=7)).replace(hour=6)

    @property
    def index_rebuilt(self) -> datetime:
        return self.pages_moved + timedelta(hours=30)

    @property
    def shown_at(self) -> datetime:
        """Yesterday: after the bad reranker, the moved pages and the rebuilt index, whatever day it is."""
        return (self.until - timedelta(days=1)).replace(hour=11, minute=20, second=0, microsecond=0)

    def is_bad(self, at: datetime) -> bool:
        return self.tuesday <= at < self.tuesday + timedelta(hours=8, minutes=10)

    def release(self, at: datetime) -> str:
        """Rolled out, rolled back, and out again the next morning with the reranker mended."""
        mended = self.tuesday + timedelta(hours=22, minutes=45)
        return SECOND_RELEASE if self.is_bad(at) or at >= mended else FIRST_RELEASE


@dataclass(frozen=True)
class Visit:
    at: datetime
    number: int
    question: Question
    user: str
    session: str
    surface: str
    fault: str | None

    @property
    def key(self) -> str:
        return f"past|{self.at:%Y-%m-%d}|{self.number}"


def visits(story: Story, questions: list[Question], seed: str) -> Iterator[Visit]:
    """Oldest first, a day at a time, numbered within the day."""
    popular = random.Random(f"{seed}|popular").sample(questions, len(questions))
    background = cycle(random.Random(f"{seed}|background").sample(BACKGROUND, len(BACKGROUND)))
    for offset in range(DAYS):
        day = story.since + timedelta(days=offset)
        drawn = sorted(_day(day, popular, random.Random(f"{seed}|{day:%Y-%m-%d}")), key=lambda row: row[0])
        planned = [
            Visit(at, number, *asked, _fault(story, at, random.Random(f"{seed}|{day:%Y-%m-%d}|{number}"), background))
            for number, (at, *asked) in enumerate(drawn)
            if at < story.until - timedelta(minutes=2)
        ]
        if story.shown_at.date() == day.date():
            planned = sorted([*planned, _shown(story, questions, len(drawn))], key=lambda visit: visit.at)
        yield from planned


def _shown(story: Story, questions: list[Question], number: int) -> Visit:
    """The visit that the first link of the demo opens: alone in its session, so that nothing said before changes it."""
    question = next(one for one in questions if one.question == SHOWN_QUESTION)
    return Visit(story.shown_at, number, question, "user-07", f"{story.shown_at:%m%d}-shown", "search", SHOWN_FAULT)


def _day(
    day: datetime, popular: list[Question], dice: random.Random
) -> Iterator[tuple[datetime, Question, str, str, str]]:
    sessions = SESSIONS_ON_A_DAY_OFF if day.weekday() >= 5 else SESSIONS_ON_A_WEEKDAY
    weights = [1.0 / (rank + 12) for rank in range(len(popular))]
    for number in range(sessions + dice.randrange(-2, 3)):
        hour = dice.choices(range(24), weights=HOURS)[0]
        at = day + timedelta(hours=hour, seconds=dice.randrange(3600))
        user = f"user-{min(int(dice.expovariate(0.09)) + 1, 60):02}"
        surface = dice.choice(SURFACES)
        for question in dice.choices(popular, weights, k=dice.choices((1, 2, 3, 4), weights=(42, 30, 18, 10))[0]):
            yield at, question, user, f"{day:%m%d}-{number:02}", surface
            at += timedelta(seconds=dice.randrange(25, 140))


def _fault(story: Story, at: datetime, dice: random.Random, background: Iterator[str]) -> str | None:
    if story.is_bad(at):
        return "rerank:reverse" if dice.random() < BAD_SHARE else None
    return next(background) if dice.random() < BACKGROUND_SHARE else None
