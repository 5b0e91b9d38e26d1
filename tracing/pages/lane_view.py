"""How many chunks each lane of a trace returned, so that a lane that returned none is seen."""

from collections import Counter

from tracing.records import Trace
from tracing.stages import Stage

MOST_NAMED = 4
LONGEST = 40


def returned_by_lane(trace: Trace) -> dict[str, int]:
    """Each lane that was declared or seen, with how many chunks it returned in all rounds, as said or as listed."""
    said: Counter[str] = Counter()
    for lane in trace.lanes:
        said[lane.name] += lane.returned
    listed = Counter(hit.lane for candidate in trace.candidates for hit in candidate.hits)
    return {name: max(said[name], listed[name]) for name in dict.fromkeys((*said, *listed))}


def lane_counts(trace: Trace) -> str:
    """`lexical 0, vector 20`; of many lanes the first, and how many more there are."""
    counts = [f"{name[:LONGEST]} {count}" for name, count in returned_by_lane(trace).items()]
    more = [f"{len(counts) - MOST_NAMED} more lanes"] if len(counts) > MOST_NAMED else []
    return ", ".join([*counts[:MOST_NAMED], *more])


def dead_lanes(trace: Trace) -> str:
    """The counts where lanes were seen and no chunk was; empty where there is a chunk, or no lane."""
    return "" if trace.candidates or any(returned_by_lane(trace).values()) else lane_counts(trace)


def ended_at(trace: Trace) -> str:
    """The first stage that failed, where it is no later than retrieval and nothing went well after it; else empty."""
    known = [(stage.order, record) for record in trace.stages if (stage := Stage.named(record.stage))]
    failed = [(order, record.round, record.stage) for order, record in known if record.status in ("error", "timeout")]
    if trace.candidates or not failed:
        return ""
    at, round_, first = min(failed)
    went_on = any(record.status == "ok" and (order, record.round) > (at, round_) for order, record in known)
    return "" if went_on or at > Stage.RETRIEVE.order else first
