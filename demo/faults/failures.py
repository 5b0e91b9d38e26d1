"""Any stage can raise, or run past its deadline."""

import time

from demo.faults.fault import Apply, World, fault
from demo.pipeline.turn import StageError, StageTimeoutError, Turn
from demo.telemetry.clock import LiveClock

SPAN_STAGES = ("route", "resolve", "embed", "retrieve", "rerank", "context", "generate", "validate")
CAUSES = {
    "route": "classifier returned no label",
    "resolve": "entity table is locked",
    "embed": "embedding service answered 500",
    "retrieve": "vector store closed the connection",
    "rerank": "reranker out of memory",
    "context": "tokenizer rejected the text",
    "generate": "model overloaded (529)",
    "validate": "schema registry unreachable",
}


def _raising(stage: str) -> Apply:
    def apply(turn: Turn, world: World) -> str | None:
        raise StageError(CAUSES[stage])

    return apply


def _late(stage: str) -> Apply:
    def apply(turn: Turn, world: World) -> str | None:
        world.clock.work("timeout")
        if isinstance(world.clock, LiveClock):
            time.sleep(0.25)
        raise StageTimeoutError(f"{stage} ran past its deadline")

    return apply


for _stage in SPAN_STAGES:
    _moment = "during:vector" if _stage == "retrieve" else f"before:{_stage}"
    fault(f"{_stage}:error", _moment, f"The {_stage} stage raises")(_raising(_stage))
    fault(f"{_stage}:timeout", _moment, f"The {_stage} stage runs past its deadline")(_late(_stage))
