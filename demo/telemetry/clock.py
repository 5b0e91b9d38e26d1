"""The time that spans carry: the real one, or a past one that passes as slowly as the work would have."""

import math
import random
import time

TYPICAL_MILLISECONDS = {
    "route": 14.0,
    "resolve": 9.0,
    "embed": 38.0,
    "lexical": 22.0,
    "vector": 41.0,
    "retrieve": 6.0,
    "rerank": 190.0,
    "context": 7.0,
    "first_token": 620.0,
    "generate": 1150.0,
    "validate": 26.0,
    "timeout": 5000.0,
}


class LiveClock:
    def now(self) -> int:
        return time.time_ns()

    def work(self, kind: str, factor: float = 1.0) -> None:
        """A real stage takes the time that it takes."""


class PastClock:
    """Starts at a moment of the past; each piece of work moves it by a plausible time, the same for the same seed."""

    def __init__(self, start_nanoseconds: int, seed: str) -> None:
        self._now = start_nanoseconds
        self._random = random.Random(f"clock|{seed}")

    def now(self) -> int:
        return self._now

    def work(self, kind: str, factor: float = 1.0) -> None:
        spread = math.exp(self._random.gauss(0.0, 0.32))
        self._now += int(TYPICAL_MILLISECONDS[kind] * spread * factor * 1_000_000)
