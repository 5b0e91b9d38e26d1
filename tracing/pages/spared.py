"""Which dropped chunks were lost without harm: another one of what was expected is in the prompt."""

from collections.abc import Collection

from tracing.pages.journey_rows import page_of
from tracing.records import Candidate, Expectation, Trace

SAME_PAGE = "another chunk of an expected page"
OTHER_PAGE = "expected too; another expected page was kept"


class Spared:
    """What survived of what was expected. Of several expected anchors any one is enough, unless all are required."""

    def __init__(self, trace: Trace, expected: Collection[int], expectation: Expectation | None) -> None:
        self.candidates, self.expected = trace.candidates, expected
        self.kept = {page_of(one) for place, one in enumerate(trace.candidates) if place in expected and one.survived}
        self.one_is_enough = bool(self.kept) and not (expectation and expectation.all_required)

    def words(self, place: int) -> str:
        """Why nothing was lost with the expected chunk at this place; empty where it is kept, or where it was lost."""
        one: Candidate = self.candidates[place]
        if one.survived or place not in self.expected:
            return ""
        return SAME_PAGE if page_of(one) in self.kept else OTHER_PAGE if self.one_is_enough else ""
