"""What a list says of a trace: no candidates, no texts but the beginning of the question and of the answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from tracing import store
from tracing.filters.sql import LIVE, SETTLED
from tracing.keyed import HOUR_NS, KEYS, TraceKey
from tracing.marks import marks_of

PREVIEW = 200
SAID = ("stage", "fault", "kind", "certainty", "groundedness", "grounded_by", "thumb", "judged")


@dataclass(frozen=True, slots=True)
class Summary:
    """One row of a list; times in ns, empty texts where the sender said nothing."""

    trace_id: str
    key_ns: int
    started_ns: int
    ended_ns: int
    duration_ms: float
    first_token_ms: float | None
    settled: bool
    live: bool
    root_name: str
    external_id: str
    environment: str
    service: str
    surface: str
    variant: str
    run_id: str
    item_id: str
    repeat: int | None
    release: str
    prompt_version: str
    index_version: str
    embedding_version: str
    reranker_version: str
    corpus_version: str
    query: str
    query_shape: str
    intent: str
    product: str
    outcome: str
    confidence: float | None
    answer: str
    refused: bool | None
    session_id: str
    user_id: str
    models: list[str]
    errors: list[str]
    cost_usd: float | None
    tokens: int
    flags: list[str]
    warnings: list[str]
    span_count: int
    stage: str = ""
    fault: str = ""
    kind: str = ""
    certainty: str = ""
    groundedness: float | None = None
    grounded_by: str = ""
    thumb: str = ""
    judged: str = ""

    @property
    def failed_stage(self) -> str:
        """The stage of the first error, empty where nothing raised."""
        return self.errors[0].partition(":")[0] if self.errors else ""


def summaries(
    *, project: str, keys: Sequence[tuple[int, str]], live: Sequence[str], now_ns: int
) -> tuple[Summary, ...]:
    """The summaries of these (key time, trace id), in their order.

    By key, the newest version costs half of what FINAL does: PREWHERE leaves the other columns of other rows unread.
    """
    if not keys:
        return ()
    hours = [key_ns // HOUR_NS * 3600 for key_ns, _ in keys]
    ids = [trace_id for _, trace_id in keys]
    happened = store.rows(
        "SELECT trace_id, key_ts, started_at, ended_at, duration_ms, first_token_ms,"
        f" toBool({SETTLED}), toBool({LIVE}),"
        " root_name, external_id, environment, service, surface, variant, run_id, item_id, repeat,"
        " release, prompt_version, index_version, embedding_version, reranker_version, corpus_version,"
        f" substringUTF8(query, 1, {PREVIEW}), query_shape, intent, product, outcome, confidence,"
        f" substringUTF8(answer, 1, {PREVIEW}), refused, session_id, user_id, models, errors, cost_usd,"
        " input_tokens + output_tokens, flags, warnings, span_count"
        f" FROM traces PREWHERE project = {{project:String}} AND (toStartOfHour(key_ts), trace_id) IN {KEYS}"
        " ORDER BY version DESC LIMIT 1 BY trace_id",
        project=project,
        hours=hours,
        ids=ids,
        live=list(live),
        now_ms=now_ns // 1_000_000,
    )
    marks = marks_of(project=project, keys=[TraceKey(*key) for key in keys])
    said = {trace_id: [getattr(mark, name) for name in SAID] for trace_id, mark in marks.items()}
    found = {row[0]: Summary(*row, *said.get(row[0], ())) for row in happened}
    return tuple(found[trace_id] for trace_id in ids if trace_id in found)
