"""One question on its way through the pipeline."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from demo.corpus.chunks import Chunk

FUSED_DEPTH = 24
KEEP = 8


class StageError(RuntimeError):
    """A stage could not do its work."""


class StageTimeoutError(TimeoutError):
    """A stage ran past its deadline."""


@dataclass
class Candidate:
    chunk: Chunk
    lanes: dict[str, dict[str, float]] = field(default_factory=dict)
    fused_rank: int | None = None
    fused_score: float | None = None
    rerank_in: bool = False
    rerank_rank: int | None = None
    rerank_score: float | None = None
    survived: bool = False
    dropped_at: str | None = None
    dropped_why: str | None = None
    tokens: int = 0
    kept_tokens: int = 0
    slot: str | None = None
    cited: bool = False
    content_hash: str | None = None

    def drop(self, stage: str, why: str) -> None:
        self.survived, self.dropped_at, self.dropped_why, self.kept_tokens = False, stage, why, 0


@dataclass
class Entity:
    text: str
    type: str
    product: str | None


@dataclass
class Citation:
    claim: str
    anchor: str
    title: str
    product: str
    chunk_id: str | None


@dataclass
class Check:
    name: str
    value: float
    threshold: float
    passed: bool


@dataclass
class Conditions:
    """What a broken component does differently. All off in a healthy pipeline."""

    hidden_anchors: set[str] = field(default_factory=set)
    lanes_down: set[str] = field(default_factory=set)
    weak_scores: bool = False
    gate_off: bool = False
    fused_depth: int = FUSED_DEPTH
    keep: int = KEEP
    rename: Callable[[Chunk], Chunk] | None = None
    versions: dict[str, str] = field(default_factory=dict)


@dataclass
class Turn:
    question: str
    history: list[tuple[str, str]] = field(default_factory=list)
    session_id: str = "live"
    user_id: str = "someone"
    surface: str = "search"
    seed: str = "live"
    attributes: dict[str, str] = field(default_factory=dict)
    intent: str = "concept"
    product: str | None = None
    entities: list[Entity] = field(default_factory=list)
    rewritten: str = ""
    terms: list[str] = field(default_factory=list)
    vector: np.ndarray | None = None
    candidates: dict[str, Candidate] = field(default_factory=dict)
    lanes: dict[str, list[Candidate]] = field(default_factory=dict)
    fused: list[Candidate] = field(default_factory=list)
    reranked: list[Candidate] = field(default_factory=list)
    kept: list[Candidate] = field(default_factory=list)
    budget: dict[str, int] = field(default_factory=lambda: {"docs": 1800, "history": 300})
    prompt: str = ""
    output: str = ""
    attempts: int = 1
    model: str = "extractive-1"
    usage: dict[str, int] = field(default_factory=dict)
    answer: str = ""
    citations: list[Citation] = field(default_factory=list)
    confidence: float | None = None
    refused: bool = False
    missing: list[str] = field(default_factory=list)
    outcome: str | None = None
    checks: dict[str, list[Check]] = field(default_factory=dict)
    conditions: Conditions = field(default_factory=Conditions)
    error: str | None = None
    trace_id: str = ""

    @property
    def survivors(self) -> set[str]:
        return {candidate.chunk.anchor for candidate in self.kept}

    @property
    def cited(self) -> set[str]:
        return {citation.anchor for citation in self.citations}

    def random(self, purpose: str) -> random.Random:
        """The same turn always rolls the same dice, whatever was rolled before."""
        return random.Random(f"{self.seed}|{purpose}")

    def check(self, stage: str, name: str, value: float, threshold: float, passed: bool | None = None) -> bool:
        ok = bool(value >= threshold) if passed is None else passed
        self.checks.setdefault(stage, []).append(Check(name, round(float(value), 4), threshold, ok))
        return ok
