"""One trace as one flat row: the columns of CSV and Parquet, in their order."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tracing.api.shape import VERSIONS, rfc3339
from tracing.queries import Found
from tracing.records import StageRecord

Type = Literal["text", "texts", "time", "number", "whole", "truth"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name, its type, what it says, and how it is read of a trace; None where that is not known."""

    name: str
    type: Type
    words: str
    read: Callable[[Found], Any]


def _trace(name: str, type_: Type, words: str) -> Column:
    return Column(name, type_, words, lambda found: getattr(found.trace, name))


def _version(name: str) -> Column:
    return Column(
        f"{name}_version", "text", f"version of the {name}", lambda found: getattr(found.trace.versions, name)
    )


def _mark(name: str, attribute: str, words: str) -> Column:
    return Column(name, "text", words, lambda found: getattr(found.mark, attribute) or None)


def _sum(found: Found, name: str) -> int | None:
    sent = [value for record in found.trace.stages if (value := getattr(record, name)) is not None]
    return sum(sent) if sent else None


def _distinct(values: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))


def _error(record: StageRecord) -> str | None:
    return f"{record.stage}: {record.error or record.status}" if record.status in ("error", "timeout") else None


COLUMNS: tuple[Column, ...] = (
    _trace("trace_id", "text", "32 hex digits"),
    _trace("external_id", "text", "the sender's own id, where that is no trace id"),
    Column("project", "text", "the project", lambda found: found.project),
    Column("started_at", "time", "when it began, UTC", lambda found: found.trace.started_ns),
    Column("ended_at", "time", "when it ended, UTC", lambda found: found.trace.ended_ns),
    _trace("duration_ms", "number", "how long it took"),
    _trace("first_token_ms", "number", "until the first token"),
    Column("settled", "truth", "nothing came for a while", lambda found: found.settled),
    Column("live", "truth", "of live traffic: of no run, in a live environment", lambda found: found.live),
    _trace("environment", "text", "as sent"),
    _trace("surface", "text", "as sent"),
    _trace("variant", "text", "as sent"),
    _trace("run_id", "text", "the run that it is a result of"),
    _trace("item_id", "text", "the eval item that it answers"),
    _trace("repeat", "whole", "which repeat of the item"),
    *(_version(name) for name in VERSIONS),
    _trace("query", "text", "the question"),
    Column("rewritten", "texts", "the question as it was rewritten", lambda found: list(found.trace.rewritten)),
    _trace("query_shape", "text", "the kind of question"),
    _trace("intent", "text", "the routed intent"),
    _trace("product", "text", "the routed product"),
    _trace("outcome", "text", "answer, suggest, refuse or direct"),
    _trace("confidence", "number", "as sent"),
    _trace("answer", "text", "the answer"),
    _trace("refused", "truth", "it refused"),
    Column("missing", "texts", "what the answer says the context lacked", lambda found: list(found.trace.missing)),
    Column("lanes", "texts", "the retrievers", lambda found: _distinct(lane.name for lane in found.trace.lanes)),
    Column("retrieved", "whole", "how many chunks any lane found", lambda found: len(found.trace.candidates)),
    Column(
        "kept",
        "texts",
        "anchors, or chunks where they have none, that were in the prompt",
        lambda found: _distinct(c.anchor or c.chunk_id for c in found.trace.candidates if c.survived),
    ),
    Column("cited", "texts", "anchors that it cited", lambda found: _distinct(c.anchor for c in found.trace.citations)),
    Column(
        "citation_status",
        "texts",
        "what became of each citation, in order",
        lambda found: [citation.status for citation in found.trace.citations],
    ),
    Column("models", "texts", "the models", lambda found: _distinct(s.model for s in found.trace.stages)),
    Column(
        "errors",
        "texts",
        "stages in error or past their deadline, with why",
        lambda found: _distinct(map(_error, found.trace.stages)),
    ),
    Column("input_tokens", "whole", "sum over the stages", lambda found: _sum(found, "input_tokens")),
    Column("output_tokens", "whole", "sum over the stages", lambda found: _sum(found, "output_tokens")),
    _trace("cost_usd", "number", "what it cost"),
    _mark("stage", "stage", "the stage to blame"),
    _mark("fault", "fault", "what went wrong there"),
    _mark("kind", "kind", "what the verdict rests on"),
    _mark("certainty", "certainty", "how sure the verdict is"),
    Column("groundedness", "number", "how far the context supports the answer", lambda found: found.mark.groundedness),
    _mark("grounded_by", "grounded_by", "who said so"),
    _mark("feedback", "thumb", "the worst thumb"),
    Column("flags", "texts", "what was noticed", lambda found: list(found.mark.flags or found.trace.flags)),
    _trace("session_id", "text", "as sent"),
    _trace("user_id", "text", "as sent"),
    Column("warnings", "texts", "what the trace lacks, and why", lambda found: list(found.trace.warnings)),
    _trace("span_count", "whole", "how many spans it has"),
)


def row_of(found: Found) -> Mapping[str, Any]:
    """The values by column; times in ns."""
    return {column.name: column.read(found) for column in COLUMNS}


def written(column: Column, value: Any) -> Any:
    """A value as a text file has it: times as RFC 3339."""
    return rfc3339(value) if column.type == "time" and value is not None else value
