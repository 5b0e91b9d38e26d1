"""What a sender says outright, in our own words: `rag.*` attributes on any span, or a native document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tracing.records import Candidate, Check, Citation, Context, Entity, Lane, StageRecord, Value


@dataclass(frozen=True, slots=True, eq=False)
class Declared:
    """None or empty where nothing is said; it wins over whatever is derived."""

    stage: str | None = None
    round: int | None = None
    attempts: int | None = None
    cache: Literal["hit", "miss"] | None = None
    checks: tuple[Check, ...] = ()
    lane: str | None = None
    lanes: tuple[Lane, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    found_nothing: bool = False  # says that nothing was retrieved
    context: Context | None = None
    chunks: tuple[Candidate, ...] = ()  # the context's, with tokens, slot and why dropped
    rewritten: tuple[str, ...] = ()
    entities: tuple[Entity, ...] | None = None
    citations: tuple[Citation, ...] | None = None
    missing: tuple[str, ...] = ()
    confidence: float | None = None
    refused: bool | None = None
    repeat: int | None = None
    words: Mapping[str, str] | None = None  # those of `WORDS` that were said
    versions: Mapping[str, str] | None = None
    stages: tuple[StageRecord, ...] = ()
    metadata: Mapping[str, Value] | None = None
    first_token_ms: float | None = None
    cost_usd: float | None = None
    misread: tuple[str, ...] = ()  # what was left out or changed, in sentences

    def word(self, name: str) -> str | None:
        """One of `WORDS`, where it is given."""
        return self.words.get(name) if self.words else None


WORDS = (
    "intent",
    "product",
    "outcome",
    "surface",
    "variant",
    "run_id",
    "item_id",
    "query",
    "answer",
    "query_shape",
    "session_id",
    "user_id",
    "environment",
    "external_id",
    "service",
)
