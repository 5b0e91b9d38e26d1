"""Where one chunk was lost on its way into the prompt: the first gap between two lists that were both seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from tracing.attribution.usual import Shape
from tracing.records import Candidate, Trace
from tracing.stages import Fault, Stage

_BY_WHY = {
    "budget": Fault.BUDGET_DROP,
    "duplicate": Fault.DEDUPE_DROP,
    "truncated": Fault.TRUNCATED,
}
NOTHING_USUAL = Shape(frozenset())
_DENSE = 0.6  # of the places down to the last one that was kept


@dataclass(frozen=True, slots=True)
class Loss:
    """A stage and what it did; `through` is the last stage that may have done it, where a list was not seen."""

    fault: Fault
    stage: Stage
    sure: bool
    through: Stage | None = None


class Journey:
    """The lists of one trace, ready to be asked about its chunks."""

    def __init__(self, trace: Trace, usual: Shape | None = None) -> None:
        self.trace = trace
        self.usual = usual or NOTHING_USUAL
        self.candidates = trace.candidates
        self.observed = trace.observed

    @cached_property
    def kept(self) -> list[Candidate]:
        return [candidate for candidate in self.candidates if candidate.survived]

    @cached_property
    def lane_names(self) -> set[str]:
        return {lane.name for lane in self.trace.lanes} or {hit.lane for one in self.candidates for hit in one.hits}

    @cached_property
    def has_reranker(self) -> bool | None:
        """False only where what came before and after it was seen, and it was not."""
        seen = {record.stage for record in self.trace.stages}
        if "rerank" in seen | self.usual.stages or self.observed.reranked != "no" or self.observed.rerank_input != "no":
            return True
        return False if {"retrieve", "generate"} <= seen else None

    @cached_property
    def is_cut_short(self) -> bool:
        """True where the sender's limits took some of the lists away."""
        if any(
            "attributes were dropped" in warning or "end in the middle" in warning for warning in self.trace.warnings
        ):
            return True
        listed = Counter(hit.lane for candidate in self.candidates for hit in candidate.hits)
        returned: Counter[str] = Counter()
        for lane in self.trace.lanes:
            returned[lane.name] += lane.returned
        return any(number > listed[name] for name, number in returned.items())

    @cached_property
    def was_searched(self) -> bool:
        """True where any list of what was retrieved was seen, or a lane says itself that it returned nothing."""
        seen = self.observed
        if any(each != "no" for each in (seen.lanes, seen.fused, seen.rerank_input, seen.reranked)):
            return True
        # A retriever's span without documents may only keep them to itself; one that declares its floor counts them.
        return any(lane.floor is not None or lane.score_kind == "similarity" for lane in self.trace.lanes)

    @cached_property
    def unseen_lanes(self) -> frozenset[str]:
        """The lanes that other traces of the pipeline show, where this one shows any at all."""
        return self.usual.lanes - self.lane_names if self.lane_names else frozenset()

    @cached_property
    def lacks_a_lane(self) -> bool:
        """True where a usual lane was not seen, or later lists hold what no lane that was seen returned."""
        if self.unseen_lanes:
            return True
        return any(not one.hits and (one.fused_rank or one.rerank_in or one.rerank_rank) for one in self.candidates)

    @cached_property
    def prompt_seen(self) -> bool:
        """True where what was kept is more than the last list before the prompt."""
        told = any(one.survived_source in ("declared", "prompt") for one in self.kept)
        return told or self.observed.context != "no"

    @cached_property
    def unseen_before(self) -> tuple[str, ...]:
        """What of the lists was not seen that a chunk which is on none of them may have been lost from."""
        said = []
        if self.observed.lanes == "no":
            last = "retrieve"
            if self.observed.fused == self.observed.rerank_input == "no":
                last = "retrieve or rerank" if self.observed.reranked != "no" else "retrieve, rerank or context"
            said.append(f"what the lanes returned was not seen: {last}")
        elif self.unseen_lanes:
            named = ", ".join(sorted(self.unseen_lanes)[:5])
            said.append(f"not seen, though other traces of this pipeline have it: the lane {named}")
        elif self.lacks_a_lane:
            said.append("a lane was not seen: later lists hold what no lane returned")
        if self.is_cut_short:
            said.append("the sender's limits cut the lists short")
        return tuple(said)

    def reached(self, candidate: Candidate) -> int:
        """How far it came: 0 nowhere, 1 a lane, 2 fused, 3 into the reranker, 4 out of it, 5 the prompt, 6 cited."""
        if candidate.survived:
            return 6 if candidate.cited else 5
        if candidate.rerank_rank is not None:
            return 4
        if candidate.rerank_in:
            return 3
        if candidate.fused_rank is not None:
            return 2
        return 1 if candidate.hits else 0

    def loss(self, candidate: Candidate) -> Loss | None:
        """What took it out; None where it is in the prompt, or where nothing tells."""
        if candidate.survived or self.reached(candidate) == 0:
            return None
        told = self._told(candidate)
        if told is not None:
            return told
        if candidate.rerank_rank is not None:
            return self._after_reranking(candidate)
        if candidate.rerank_in:
            return self._in_reranking()
        if candidate.fused_rank is not None:
            return self._after_fusion(candidate, candidate.fused_rank)
        return self._after_lanes(candidate)

    def _told(self, candidate: Candidate) -> Loss | None:
        """A reason that its sender names, where it does not gainsay the lists."""
        at, why = candidate.dropped_at, candidate.dropped_why
        if why in _BY_WHY and at in (None, "context"):
            return Loss(_BY_WHY[why], Stage.CONTEXT, True)
        if (
            at == "rerank"
            and (candidate.rerank_in or candidate.rerank_rank is not None)
            and why not in (None, "unknown")
        ):
            return Loss(Fault.DROPPED, Stage.RERANK, True)
        if (
            at == "retrieve"
            and not candidate.rerank_in
            and candidate.rerank_rank is None
            and why not in (None, "unknown")
        ):
            return Loss(Fault.FUSION_DROP, Stage.RETRIEVE, True)
        return None

    def _after_reranking(self, candidate: Candidate) -> Loss | None:
        if candidate.survived is None and self.observed.context == "no":
            return None
        placed = was_placed(candidate)
        if not placed and self._is_below_cut(candidate):
            if self._fits(candidate) is False:
                return Loss(Fault.BUDGET_DROP, Stage.CONTEXT, False)
            return Loss(Fault.DROPPED, Stage.RERANK, self.observed.context == "declared")
        return self._in_context(candidate, sure=placed and self.observed.context == "declared")

    def _is_below_cut(self, candidate: Candidate) -> bool:
        """True where every chunk that went in came out ranked, and exactly the best of them got to the context."""
        if any(one.rerank_in and one.rerank_rank is None for one in self.candidates):
            return False
        got = sorted(
            one.rerank_rank
            for one in self.candidates
            if one.rerank_rank is not None and (one.survived or was_placed(one) or one.dropped_why in _BY_WHY)
        )
        return got == list(range(1, len(got) + 1)) and (candidate.rerank_rank or 0) > len(got) > 0

    def _fits(self, candidate: Candidate) -> bool | None:
        context = self.trace.context
        cap, used = context.cap_tokens, context.used_tokens
        named = next((slot for slot in context.slots if slot.name == candidate.slot), None)
        if named is not None and named.cap_tokens is not None and named.used_tokens is not None:
            cap, used = named.cap_tokens, named.used_tokens
        if cap is None or used is None or not candidate.tokens:
            return None
        return used + candidate.tokens <= cap

    def _in_context(self, candidate: Candidate, sure: bool) -> Loss:
        if any(one.text and one.text == candidate.text for one in self.kept):
            return Loss(Fault.DEDUPE_DROP, Stage.CONTEXT, sure)
        if self._fits(candidate) is False:
            return Loss(Fault.BUDGET_DROP, Stage.CONTEXT, sure)
        return Loss(Fault.TRUNCATED, Stage.CONTEXT, False)

    def _in_reranking(self) -> Loss | None:
        if self.observed.reranked != "no":
            return Loss(Fault.DROPPED, Stage.RERANK, True)
        if self.observed.context == "no":
            return None
        return Loss(Fault.DROPPED, Stage.RERANK, False, Stage.CONTEXT)

    def _after_fusion(self, candidate: Candidate, rank: int) -> Loss | None:
        if self.observed.rerank_input != "no":
            return Loss(Fault.FUSION_DROP, Stage.RETRIEVE, True)
        if self.observed.reranked != "no":
            return self._before_reranked(rank)
        if self.observed.context == "no":
            return None
        if self.has_reranker is False and not self._was_reordered and was_placed(candidate):
            return self._in_context(candidate, sure=self.observed.context == "declared")
        if self.has_reranker is not True and not self._was_reordered and self._was_demoted(candidate, rank):
            return Loss(Fault.FUSION_DROP, Stage.RETRIEVE, False, Stage.CONTEXT)
        if self.has_reranker is not False or self._was_reordered:
            return Loss(Fault.DROPPED, Stage.RERANK, False, Stage.CONTEXT)
        return self._in_context(candidate, sure=False)

    def _was_demoted(self, candidate: Candidate, rank: int) -> bool:
        """True where fusion put it behind all that was kept, and much further back than the best lane had it."""
        lanes = len(self.lane_names) + self.lacks_a_lane
        last = max((_place(one) for one in self.kept), default=0)
        if candidate.fused_rank is None or lanes < 2 or not rank > last > 0:
            return False
        return self.lacks_a_lane or rank > lanes * min((hit.rank for hit in candidate.hits), default=0)

    @cached_property
    def _was_reordered(self) -> bool:
        """True where what was kept is strewn over the list: a reranker that was not seen may have chosen it."""
        places = [place for one in self.kept if (place := _place(one))]
        return bool(places) and len(places) < _DENSE * max(places)

    def _before_reranked(self, rank: int) -> Loss:
        """The reranker's input was not seen: it was given this chunk where it was given worse ones."""
        places = [_place(one) for one in self.candidates if one.rerank_rank is not None]
        if any(place > rank for place in places):
            return Loss(Fault.DROPPED, Stage.RERANK, False)
        return Loss(Fault.FUSION_DROP, Stage.RETRIEVE, False, Stage.RERANK)

    def _after_lanes(self, candidate: Candidate) -> Loss | None:
        if self.observed.fused != "no" or self.observed.rerank_input != "no":
            return Loss(Fault.FUSION_DROP, Stage.RETRIEVE, True)
        if len(self.lane_names) < 2:
            return self._after_fusion(candidate, min(hit.rank for hit in candidate.hits))
        if self.observed.reranked != "no":
            return Loss(Fault.FUSION_DROP, Stage.RETRIEVE, False, Stage.RERANK)
        if self.observed.context == "no":
            return None
        return Loss(Fault.FUSION_DROP, Stage.RETRIEVE, False, Stage.CONTEXT)


def was_placed(candidate: Candidate) -> bool:
    """True where the context's own list has it: it was given to the context, whatever came of it there."""
    return candidate.slot is not None or candidate.kept_tokens is not None


def _place(candidate: Candidate) -> int:
    ranks = [hit.rank for hit in candidate.hits]
    return candidate.fused_rank or (min(ranks) if ranks else 0)


def furthest(journey: Journey, candidates: Sequence[Candidate]) -> Candidate | None:
    """The chunk of them that came furthest, the best ranked of equals."""

    def came(one: Candidate) -> tuple[bool, bool, int, int, int, str]:
        reached, loss = journey.reached(one), journey.loss(one)
        untold = 0 < reached < 5 and loss is None
        order = loss.stage.order if loss else 0
        return reached >= 5, untold, order, reached, -(one.rerank_rank or _place(one)), one.chunk_id

    return max(candidates, key=came, default=None)
