"""What one span says, in our words, whatever convention its sender follows."""

import re
from collections.abc import Mapping
from dataclasses import field
from enum import Enum
from typing import NamedTuple

from tracing.frozen import dataclass
from tracing.records import Check, Span, Value


class Role(Enum):
    """What kind of operation a span is."""

    STEP = "step"
    RETRIEVER = "retriever"
    RERANKER = "reranker"
    EMBEDDER = "embedder"
    MODEL = "model"
    EVALUATOR = "evaluator"
    GUARDRAIL = "guardrail"
    TOOL = "tool"
    MERGER = "merger"  # makes one list of several lanes'
    WRITER = "writer"  # puts into the index; no part of answering
    UNKNOWN = "unknown"  # no known convention: it has a name, times and errors, and no stage

    __hash__ = object.__hash__  # as of `Stage`


RERANKS = re.compile(r"rerank|(?<![a-z])re[-_ ]rank", re.IGNORECASE)  # in the name of a tool that does


class Document(NamedTuple):
    """One entry of a list as sent; `metadata` is JSON text or the mapping itself."""

    rank: int
    id: str | None
    text: str | None = None
    score: float | None = None
    metadata: "str | Mapping[str, Value] | None" = None
    id_from_metadata: bool = False


Documents = tuple[Document, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """The documents that went into a retriever or reranker, and those that came out."""

    documents: Documents = ()
    inputs: Documents = ()
    sent: bool = True  # as attributes; False where they were dug out of a text
    seen: bool = True  # False where nothing tells an empty list from none
    query: str | None = None
    lane: str | None = None
    top_k: int | None = None
    lower_is_better: bool = False
    by_place: bool = False  # the ids are no more than places in the list that was given
    unnamed_kind: bool = False  # its convention has one kind for retrieving and reranking


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """What went to a model, and what it cost."""

    model: str | None = None
    prompt: str = ""
    reply: str | None = None
    called_with: str = ""  # what it gives to the tools that it calls
    prompt_version: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cost_usd: float | None = None
    first_token_ns: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One span, read; None or empty where its sender did not say."""

    span: Span
    role: Role = Role.UNKNOWN
    name: str | None = None  # what the operation is called, where the span's own name does not tell
    input: str | None = None
    output: str | None = None
    lists: Lists | None = None
    call: Call | None = None
    session: str | None = None
    user: str | None = None
    metadata: Mapping[str, Value] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    feedback: bool = False  # says something of another trace
    version: str | None = None  # the build of this very step
    cut_off: int = 0  # JSON values that end in the middle
    root: bool = False  # the outermost of its application, whatever called that
