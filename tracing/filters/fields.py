"""The fields of the filter grammar: the only place that lists them."""

from dataclasses import dataclass
from enum import Enum

from tracing.stages import Fault, Stage


class Table(Enum):
    """Where a field's column lives: what happened, what is said of it now, or what was said one by one."""

    TRACES = "traces"
    MARKS = "marks"
    SIGNALS = "signals"


class Holds(Enum):
    """What a field's column holds, which decides what may be asked of it."""

    TEXT = "a text; `*` at its end matches any ending"
    TEXTS = "any number of texts; `*` at the end matches any ending"
    CHUNKS = "a chunk's id or an anchor; `*` at its end matches any ending"
    PARTS = "any number of texts, found by a part of one, in any case"
    WORD = "one of its words"
    NUMBER = "a number: `5`, `<5`, `>=5`, `1..5`"
    MILLISECONDS = "a duration in ms, or with its unit: `>1500`, `>1.5s`, `1s..5s`"
    CONFIDENCE = "a number from 0 to 1, or `high`, `middle`, `low` by the project's cuts"
    ANCHOR = "the worst status of the citations, or an anchor among candidates and citations"
    TIME = "a time: `>=24h`, `2026-11-20`, `2026-11-01..2026-11-08`"
    YES_NO = "`true` or `false`"
    CACHE = "`hit` or `miss`"
    SEARCH = "whole words, in any case; in quotes they stand side by side; `*` at the end matches any ending"
    SIGNAL = "a signal's value: a text, a number, `true` or `false`"
    META = "the sender's metadata under that key: a text or a number"


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name, what it holds and where; `keyed` fields are written `name.<key>`."""

    name: str
    holds: Holds
    column: str
    doc: str
    table: Table = Table.TRACES
    aliases: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    keyed: bool = False


STAGES = tuple(stage.label for stage in Stage)
FAULTS = (*(fault.label for fault in Fault), "unknown")
ANCHOR_STATUSES = ("ok", "redirected", "unknown", "false", "stale", "not_in_context", "unchecked")
JUDGED = ("judged", "waiting", "not_sampled", "throttled", "over_budget", "no_key", "error")
WORDS = Field("", Holds.SEARCH, "query answer", "words of the question or the answer; a trace's id finds it as well")
TEXT, TEXTS, NUMBER, CHUNKS, MARKS = Holds.TEXT, Holds.TEXTS, Holds.NUMBER, Holds.CHUNKS, Table.MARKS

FIELDS: tuple[Field, ...] = (
    Field("stage", Holds.WORD, "stage", "the stage to blame", MARKS, ("verdict.stage",), STAGES),
    Field("fault", Holds.WORD, "fault", "what went wrong there", MARKS, ("verdict", "verdict.fault"), FAULTS),
    Field(
        "kind",
        Holds.WORD,
        "kind",
        "what the verdict rests on",
        MARKS,
        ("verdict.kind",),
        ("human", "gold", "mechanical", "judge", "heuristic"),
    ),
    Field(
        "certainty",
        Holds.WORD,
        "certainty",
        "how sure the verdict is",
        MARKS,
        ("verdict.certainty",),
        ("certain", "likely", "suspected", "unknown"),
    ),
    Field("flag", TEXTS, "flags", "what was noticed and is no failure", MARKS, ("flags",)),
    Field("outcome", Holds.WORD, "outcome", "how it ended", words=("answer", "suggest", "refuse", "direct")),
    Field(
        "confidence", Holds.CONFIDENCE, "confidence", "the confidence that was sent", words=("high", "middle", "low")
    ),
    Field("groundedness", NUMBER, "groundedness", "how far the context supports the answer, 0 to 1", MARKS),
    Field("judged", Holds.WORD, "judged", "whether a judge read it, or why not", MARKS, ("judging",), JUDGED),
    Field("feedback", Holds.WORD, "thumb", "the worst thumb", MARKS, ("thumb",), ("up", "down", "none")),
    Field("anchor", Holds.ANCHOR, "anchors", "its citations' worst status, or an anchor", words=ANCHOR_STATUSES),
    Field("product", TEXT, "product", "the product it was routed to"),
    Field("intent", TEXT, "intent", "the intent it was routed by"),
    Field(
        "shape",
        TEXT,
        "query_shape",
        "the kind of question: as sent, else `exact_symbol` (names one thing written as code), `cross_source` "
        "(compares, or names several), `conceptual` (three words or more), `other`",
        aliases=("query_shape",),
    ),
    Field("entity", TEXTS, "entities", "a name found in the question", aliases=("entities",)),
    Field("lane", TEXTS, "lanes", "a lane that was asked", aliases=("lanes",)),
    Field("chunk", CHUNKS, "", "the same as `retrieved`", aliases=("chunk_id", "candidates")),
    Field("retrieved", CHUNKS, "", "what is among the candidates"),
    Field("kept", CHUNKS, "c_survived = 1", "what reached the prompt", aliases=("survived",)),
    Field("cited", CHUNKS, "c_cited = 1", "what the answer cites", aliases=("citations",)),
    Field("dropped", CHUNKS, "c_dropped_at != ''", "what was dropped on the way"),
    Field("env", TEXT, "environment", "the environment", aliases=("environment",)),
    Field("release", TEXT, "release", "the application's release", aliases=("versions.release",)),
    Field("prompt", TEXT, "prompt_version", "the prompt's version", aliases=("versions.prompt",)),
    Field("index", TEXT, "index_version", "the index's version", aliases=("versions.index",)),
    Field("embedding", TEXT, "embedding_version", "the embedding model's version", aliases=("versions.embedding",)),
    Field("reranker", TEXT, "reranker_version", "the reranker's version", aliases=("versions.reranker",)),
    Field("corpus", TEXT, "corpus_version", "the corpus manifest's version", aliases=("versions.corpus",)),
    Field("model", TEXTS, "models", "a model that was called", aliases=("models",)),
    Field("surface", TEXT, "surface", "where the question was asked"),
    Field("variant", TEXT, "variant", "the experiment's variant"),
    Field("service", TEXT, "service", "the service that sent it"),
    Field("session", TEXT, "session_id", "the session", aliases=("session_id",)),
    Field("user", TEXT, "user_id", "the user", aliases=("user_id",)),
    Field("run", TEXT, "run_id", "the run over a cut", aliases=("run_id",)),
    Field("item", TEXT, "item_id", "the eval item", aliases=("item_id",)),
    Field("cost", NUMBER, "cost_usd", "US dollars", aliases=("cost_usd",)),
    Field("latency", Holds.MILLISECONDS, "duration_ms", "first start to last end", aliases=("duration_ms", "duration")),
    Field("first_token", Holds.MILLISECONDS, "first_token_ms", "start to first token", aliases=("first_token_ms",)),
    Field("tokens", NUMBER, "(input_tokens + output_tokens)", "tokens in and out"),
    Field("cache", Holds.CACHE, "caches", "a stage's cache", words=("hit", "miss")),
    Field("attempts", NUMBER, "attempts", "the most attempts that a stage made"),
    Field("error", Holds.PARTS, "errors", "a stage that raised, or a part of what it said", aliases=("errors",)),
    Field("warning", Holds.PARTS, "warnings", "what was odd about the data sent", aliases=("warnings",)),
    Field("signal", Holds.SIGNAL, "value", "a signal of that kind or name", Table.SIGNALS, ("signals",), keyed=True),
    Field("meta", Holds.META, "metadata", "the sender's metadata", aliases=("metadata",), keyed=True),
    Field("trace", TEXT, "trace_id", "the trace's id, or the sender's own", aliases=("trace_id", "external_id")),
    Field("time", Holds.TIME, "started_at", "when it started", aliases=("started_at",)),
    Field("query", Holds.SEARCH, "query", "words of the question"),
    Field("answer", Holds.SEARCH, "answer", "words of the answer"),
    Field("refused", Holds.YES_NO, "refused", "whether it refused", words=("true", "false")),
    Field("live", Holds.YES_NO, "live", "no run's, and from a live environment", words=("true", "false")),
    Field("settled", Holds.YES_NO, "settled", "whether all of it has come", words=("true", "false")),
    Field(
        "record",
        Holds.WORD,
        "kind",
        "what the trace records; only queries are shown unless this is asked",
        words=("query", "feedback", "indexing", "joined"),
    ),
)

BY_NAME: dict[str, Field] = {name: field for field in FIELDS for name in (field.name, *field.aliases)}
