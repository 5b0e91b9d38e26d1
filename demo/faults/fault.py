"""What a fault is, and what it may see when it strikes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from demo.pipeline.turn import Turn
from demo.search.index import Index
from demo.telemetry.clock import LiveClock, PastClock

Apply = Callable[[Turn, "World"], str | None]


@dataclass(frozen=True)
class World:
    index: Index
    known_anchors: frozenset[str]
    targets: frozenset[str]
    clock: LiveClock | PastClock


@dataclass(frozen=True)
class Fault:
    """`apply` breaks the turn and says what it changed, or returns None where there is nothing to break."""

    key: str
    stage: str
    fault: str
    summary: str
    moment: str
    apply: Apply


@dataclass
class Injection:
    fault: Fault
    world: World
    changed: str | None = field(default=None)

    def at(self, moment: str, turn: Turn) -> None:
        if self.fault.moment == moment:
            self.changed = f"raised in {self.fault.stage}" if self.fault.fault in ("error", "timeout") else None
            self.changed = self.fault.apply(turn, self.world)


def listed(names: Iterable[str]) -> str:
    """Names as a sentence has them."""
    return ", ".join(sorted(names))


REGISTRY: dict[str, Fault] = {}


def fault(key: str, moment: str, summary: str, named: str = "") -> Callable[[Apply], Apply]:
    """Register a fault as `stage:name`; `named` is the fault of the domain where the injector's own name differs."""

    def register(apply: Apply) -> Apply:
        stage, name = key.split(":")
        REGISTRY[key] = Fault(key, stage, named or name, summary, moment, apply)
        return apply

    return register
