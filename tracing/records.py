"""What one protocol's bytes become, and what a trace is: frozen, typed, and the same whoever sent it.

Times are integers in nanoseconds since 1970 UTC, durations floats in milliseconds, costs US dollars.
Ranks count from 1. None means that the sender did not say; scores are as sent and never compared across lanes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Literal, NamedTuple, TypeAlias

from tracing.frozen import dataclass

Value: TypeAlias = "str | bool | int | float | list[Value] | dict[str, Value] | None"
Attributes: TypeAlias = Mapping[str, Value]
Lists: TypeAlias = Mapping[str, Sequence[Value]]

Source = Literal["declared", "recovered", "inferred"]
Seen = Literal["declared", "inferred", "no"]
SurvivedSource = Literal["declared", "prompt", "inferred", "unknown"]
StageStatus = Literal["ok", "error", "timeout", "missing"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened within a span, at `at_ns`."""

    name: str
    at_ns: int
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Link:
    """A span's pointer to a span of another trace."""

    trace_id: str
    span_id: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Span:
    """One operation as its sender described it; `trace_id` is 32 and `span_id` 16 lower-case hex digits.

    Documents that came flattened are in `lists` and not among `attributes`: see `tracing.document_lists`.
    """

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    start_ns: int
    end_ns: int
    attributes: Attributes
    resource: Attributes = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    links: tuple[Link, ...] = ()
    kind: int = 0
    status: int = 0  # OpenTelemetry's: 0 unset, 1 ok, 2 error
    status_message: str = ""
    scope: str = ""
    scope_version: str = ""
    dropped_attributes: int = 0
    lists: Lists = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """True where the sender set the status to error."""
        return self.status == 2


@dataclass(frozen=True, slots=True)
class Entity:
    """A name found in the query, and what it was resolved to."""

    text: str
    type: str | None = None
    product: str | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """One retriever that feeds fusion, as it was asked in one round."""

    name: str
    round: int = 1
    query: str | None = None
    top_k: int | None = None
    returned: int = 0
    floor: float | None = None
    score_kind: Literal["similarity", "distance", "unknown"] = "unknown"


class LaneHit(NamedTuple):
    """A candidate's place in one lane's list."""

    lane: str
    rank: int
    score: float | None
    round: int = 1


class Candidate(NamedTuple):
    """One chunk in one trace, followed through every stage. A tuple: many are made, and turned into columns."""

    chunk_id: str
    anchor: str | None = None
    product: str | None = None
    title: str | None = None
    text: str | None = None
    source_hash: str | None = None
    hits: tuple[LaneHit, ...] = ()
    fused_rank: int | None = None
    fused_score: float | None = None
    rerank_in: bool = False
    rerank_rank: int | None = None
    rerank_score: float | None = None
    survived: bool | None = None
    survived_source: SurvivedSource = "unknown"
    dropped_at: str | None = None  # retrieve | rerank | context
    dropped_why: str | None = None  # cut | top_k | threshold | budget | duplicate | truncated | unknown
    tokens: int | None = None
    kept_tokens: int | None = None
    slot: str | None = None
    cited: bool = False
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """A named share of the context's token budget."""

    name: str
    cap_tokens: int | None = None
    used_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What went into the prompt beside the question."""

    cap_tokens: int | None = None
    used_tokens: int | None = None
    slots: tuple[Slot, ...] = ()
    text: str | None = None
    source: Literal["declared", "prompt", "unknown"] = "unknown"


@dataclass(frozen=True, slots=True)
class Citation:
    """What the answer points at; its status is judged against a manifest later."""

    claim: str | None = None
    anchor: str | None = None
    title: str | None = None
    product: str | None = None
    chunk_id: str | None = None
    status: str = "unchecked"


@dataclass(frozen=True, slots=True)
class Check:
    """One test that a stage made of its own result."""

    name: str
    value: float | str | None = None
    threshold: float | None = None
    passed: bool | None = None


@dataclass(frozen=True, slots=True)
class StageRecord:
    """What one stage did in one round."""

    stage: str
    round: int = 1
    status: StageStatus = "ok"
    start_ns: int = 0
    duration_ms: float | None = None
    slow: bool = False
    model: str | None = None
    attempts: int | None = None
    cache: Literal["hit", "miss"] | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cost_usd: float | None = None
    cost_source: Literal["sent", "computed", "unknown"] = "unknown"
    error: str | None = None
    source: Literal["declared", "inferred"] = "declared"
    checks: tuple[Check, ...] = ()
    span_id: str = ""


@dataclass(frozen=True, slots=True)
class Versions:
    """Which builds of the pipeline's parts answered."""

    release: str | None = None
    prompt: str | None = None
    index: str | None = None
    embedding: str | None = None
    reranker: str | None = None
    corpus: str | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """Which lists of the chunk journey were seen: a loss counts only between two that were."""

    lanes: Seen = "no"
    fused: Seen = "no"
    rerank_input: Seen = "no"
    reranked: Seen = "no"
    context: Seen = "no"


@dataclass(frozen=True, slots=True)
class Trace:
    """One answered query, end to end."""

    trace_id: str
    started_ns: int
    ended_ns: int
    rooted: bool = False  # a span without a parent has ended
    root_name: str = ""
    external_id: str | None = None
    first_token_ms: float | None = None
    environment: str | None = None
    service: str | None = None
    surface: str | None = None
    variant: str | None = None
    run_id: str | None = None
    item_id: str | None = None
    repeat: int | None = None
    versions: Versions = Versions()
    query: str | None = None
    rewritten: tuple[str, ...] = ()
    query_shape: str | None = None
    query_shape_source: Seen = "no"
    intent: str | None = None
    product: str | None = None
    entities: tuple[Entity, ...] = ()
    outcome: str | None = None
    confidence: float | None = None
    answer: str | None = None
    refused: bool | None = None
    missing: tuple[str, ...] = ()
    session_id: str | None = None
    user_id: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    lanes: tuple[Lane, ...] = ()
    observed: Observed = Observed()
    candidates: tuple[Candidate, ...] = ()
    context: Context = Context()
    citations: tuple[Citation, ...] = ()
    stages: tuple[StageRecord, ...] = ()
    cost_usd: float | None = None
    flags: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    span_count: int = 0
    # By span id its stage, of spans that no record in `stages` points to.
    span_stages: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["query", "feedback", "indexing", "joined"] = "query"

    @property
    def duration_ms(self) -> float:
        """First start to last end, children included."""
        return (self.ended_ns - self.started_ns) / 1e6


@dataclass(frozen=True, slots=True)
class Signal:
    """Something said of a trace after the fact. Append-only; a newer one of the same identity replaces it."""

    trace_id: str
    kind: str  # thumb | comment | score | ticket | resolved | citation_broken
    value: str | float | bool | None
    at_ns: int
    id: str | None = None
    name: str | None = None
    comment: str | None = None
    anchor: str | None = None
    session_id: str | None = None
    user: str | None = None
    source: str = "user"
    span_id: str | None = None  # the observation that it is about, where it is about one
    said_ns: int | None = None  # orders those of one identity, where their sender's clock does; else their arrival does

    @property
    def identity(self) -> str:
        """Its id where given, else (trace, kind, name, source, user)."""
        return self.id or "\x1f".join((self.trace_id, self.kind, self.name or "", self.source, self.user or ""))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which stage is to blame, how sure, and on what evidence."""

    stage: str | None
    fault: str
    kind: Literal["human", "gold", "mechanical", "judge", "heuristic"]
    certainty: Literal["certain", "likely", "suspected", "unknown"]
    rule: str
    rules_version: int
    evidence: tuple[str, ...] = ()
    symptoms: tuple[str, ...] = ()
    would_decide: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement of an answer, and whether the context bears it out."""

    text: str
    support: Literal["supported", "unsupported", "contradicted"]
    chunk_id: str | None = None


@dataclass(frozen=True, slots=True)
class Better:
    """A dropped candidate that supports the answer better than what was kept."""

    chunk_id: str
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a judge, a person or the lexical assessor said of an answer; None where it did not say."""

    by: Literal["human", "judge", "client", "lexical"]
    version: str
    at_ns: int = 0
    groundedness: float | None = None
    relevance: float | None = None
    complete: bool | None = None
    context_sufficient: bool | None = None
    should_refuse: bool | None = None
    product_right: bool | None = None
    refused: bool | None = None  # the answer reads as a refusal
    claims: tuple[Claim, ...] = ()
    better: tuple[Better, ...] = ()


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the right answer would have rested on."""

    behaviour: Literal["answer", "refuse", "direct"] | None = None
    anchors: tuple[str, ...] = ()
    all_required: bool = False
    product: str | None = None
    intent: str | None = None
    source: Literal["trace", "item", "query", "reviewer"] = "trace"
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """One citable place, as one version of the manifest has it."""

    anchor: str
    product: str | None = None
    path: str | None = None
    title: str | None = None
    source_hash: str | None = None
    redirect_to: str | None = None
    entities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ManifestFacts:
    """What the manifest in force says of the anchors and words that one trace mentions."""

    version: str
    # The mentioned anchors, those of `defined_at`, and what they redirect to, to the end of each chain of redirects.
    entries: Mapping[str, ManifestEntry] = field(default_factory=dict)
    former: Mapping[str, ManifestEntry] = field(default_factory=dict)  # gone: as the last version that had them
    later: frozenset[str] = frozenset()  # only versions after the one in force have these
    entities: Mapping[str, frozenset[str]] = field(default_factory=dict)  # case-folded name -> products that own it
    # Case-folded name that looks like code -> anchors, not all where they are many; may be left out.
    defined_at: Mapping[str, frozenset[str]] = field(default_factory=dict)
    products: frozenset[str] = frozenset()  # as the manifest spells them
    chunk_anchors: Mapping[str, str] = field(default_factory=dict)  # the candidates' ids -> anchors, by the inventory
    indexed: frozenset[str] | None = None  # of the same anchors, those that the index holds; None without an inventory
