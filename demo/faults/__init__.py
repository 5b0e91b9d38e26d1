"""Every fault that the demo can inject, by `stage:name`."""

from demo.faults import answer, failures, retrieval, upstream
from demo.faults.fault import REGISTRY, Fault, Injection, World

STAGES = ("index", "route", "resolve", "embed", "retrieve", "rerank", "context", "generate", "validate")
__all__ = [
    "REGISTRY",
    "STAGES",
    "Fault",
    "Injection",
    "World",
    "answer",
    "failures",
    "find_fault",
    "retrieval",
    "upstream",
]


def find_fault(key: str) -> Fault:
    if key not in REGISTRY:
        raise SystemExit(f"no fault {key!r}; there are: {', '.join(sorted(REGISTRY))}")
    return REGISTRY[key]
