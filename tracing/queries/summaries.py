"""What a list says of a trace: no candidates, no texts but the beginning of the question and of the answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tracing import store
from tracing.filters.sql import LIVE, SETTLED
from tracing.keyed import TraceKey, picked
from tracing.marks import marks_of

PREVIEW = 200
SAID = ("stage", "fault", "kind", "certainty", "groundedness", "grounded_by", "thumb", "judged", "due")


@dataclass(frozen=True, slots=True)
class Summary:
    """One row of a list; times in ns, empty texts where the sender said nothing, or where it was not read."""

    trace_id: str
    key_ns: int
    started_ns: int
    duration_ms: float
    settled: bool
    live: bool
    root_name: str
    query: str
    product: str
    outcome: str
    confidence: float | None
    answer: str
    errors: list[str]
    cost_usd: float | None
    ended_ns: int = 0
    first_token_ms: float | None = None
    external_id: str = ""
    environment: str = ""
    service: str = ""
    surface: str = ""
    variant: str = ""
    run_id: str = ""
    item_id: str = ""
    repeat: int | None = None
    release: str = ""
    prompt_version: str = ""
    index_version: str = ""
    embedding_version: str = ""
    reranker_version: str = ""
    corpus_version: str = ""
    query_shape: str = ""
    intent: str = ""
    refused: bool | None = None
    session_id: str = ""
    user_id: str = ""
    models: list[str] = field(default_factory=list)
    tokens: int = 0
    flags: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    span_count: int = 0
    stage: str = ""
    fault: str = ""
    kind: str = ""
    certainty: str = ""
    groundedness: float | None = None
    grounded_by: str = ""
    thumb: str = ""
    judged: str = ""
    due: bool = True

    @property
    def failed_stage(self) -> str:
        """The stage of the first error, empty where nothing raised."""
        return self.errors[0].partition(":")[0] if self.errors else ""


NAMES = tuple(Summary.__dataclass_fields__)
READ = tuple(name for name in NAMES if name not in SAID)
SHOWN = READ[: READ.index("ended_ns")]  # what a page's list shows
_EXPRESSIONS = {
    "key_ns": "key_ts",
    "started_ns": "started_at",
    "ended_ns": "ended_at",
    "settled": f"toBool({SETTLED})",
    "live": f"toBool({LIVE})",
    "query": f"substringUTF8(query, 1, {PREVIEW})",
    "answer": f"substringUTF8(answer, 1, {PREVIEW})",
    "tokens": "input_tokens + output_tokens",
}


def summaries(
    *,
    project: str,
    keys: Sequence[tuple[int, str]],
    live: Sequence[str],
    now_ns: int,
    names: Sequence[str] = READ,
) -> tuple[Summary, ...]:
    """The summaries of these (key time, trace id), in their order; each of `names` is read of 50 scattered places.

    By key, the newest version costs half of what FINAL does: PREWHERE leaves the other columns of other rows unread.
    """
    if not keys:
        return ()
    placed = [TraceKey(*key) for key in keys]
    condition, found_by = picked(project, placed)
    happened = store.rows(
        f"SELECT {', '.join(_EXPRESSIONS.get(name, name) for name in names)}"
        f" FROM traces PREWHERE {condition}"
        " ORDER BY version DESC LIMIT 1 BY trace_id",
        **found_by,
        live=list(live),
        now_ms=now_ns // 1_000_000,
    )
    marks = marks_of(project=project, keys=placed, names=SAID)
    said = {trace_id: {name: getattr(mark, name) for name in SAID} for trace_id, mark in marks.items()}
    found = {row[0]: Summary(**dict(zip(names, row, strict=True)), **said.get(row[0], {})) for row in happened}
    return tuple(found[trace_id] for _, trace_id in keys if trace_id in found)
