"""What a person at the terminal sees of long work: how many, how far, how fast; on standard error."""

import sys
import time
from dataclasses import dataclass, field

from stagelight_client.sources import Source
from stagelight_client.state import Tally

NAMED = 100
EVERY_SECONDS = 10.0
DRAWN_SECONDS = 0.2


@dataclass(slots=True)
class Progress:
    """A line that is drawn over on a terminal, or one now and then in a log; bad records by name, up to a number."""

    source: Source
    quiet: bool = False
    named: int = 0
    begun: float = field(default_factory=time.monotonic)
    drawn: float = field(default_factory=time.monotonic)
    first: int = 0
    _terminal: bool = field(default_factory=sys.stderr.isatty)

    def bad(self, place: str, why: str) -> None:
        """One record that was not sent, or not taken."""
        self.named += 1
        if self.named <= NAMED:
            self._line(f"{self.source.name}: {place}: {why}")
        elif self.named == NAMED + 1:
            self._line(f"{self.source.name}: more than {NAMED} were bad; from here on they are only counted")

    def now(self, tally: Tally) -> None:
        """How far it is, when it is time to say so."""
        since = time.monotonic() - self.drawn
        if self.quiet or since < (DRAWN_SECONDS if self._terminal else EVERY_SECONDS):
            return
        self.drawn = time.monotonic()
        if self._terminal:
            print(f"\r\x1b[K{self._words(tally)}", end="", file=sys.stderr, flush=True)
        else:
            self._line(self._words(tally))

    def done(self, words: str) -> None:
        """The last line."""
        self._line(f"{self.source.name}: {words}")

    def _words(self, tally: Tally) -> str:
        took = max(time.monotonic() - self.begun, 0.001)
        size, at = self.source.size, self.source.position()
        far = f", {at / 1e6:,.1f} of {size / 1e6:,.1f} MB ({100 * at // size} %)" if size else ""
        bad = f", {tally.bad:,} bad" if tally.bad else ""
        rate = (tally.sent - self.first) / took
        return f"{self.source.name}: {tally.records:,} records, {tally.sent:,} sent{bad}{far}, {rate:,.0f} a second"

    def _line(self, words: str) -> None:
        clear = "\r\x1b[K" if self._terminal else ""
        print(f"{clear}{words}", file=sys.stderr, flush=True)
