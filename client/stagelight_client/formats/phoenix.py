"""Phoenix: its dataframe of spans as JSON Lines or CSV, and its API's list of spans; sent as OTLP.

Columns as `attributes.retrieval.documents` hold lists of objects: they are flattened again as OpenInference has them.
"""

import ast
import datetime as dt
import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from stagelight_client.errors import BadRecordError
from stagelight_client.formats import tables
from stagelight_client.records import Layout, Made, Part, Record, compact, object_of
from stagelight_client.sources import Source

SIGNS = frozenset({"context.trace_id", "context.span_id", "context", "span_kind"})
_STATUS = {"OK": 1, "ERROR": 2}
_WHOLE = ("metadata", "llm.invocation_parameters", "llm.prompt_template.variables", "document.metadata", "json_schema")
_TEXTS = (
    ".value",
    ".query",
    ".content",
    ".text",
    ".template",
    "name",
    "status_message",
)  # may look like JSON, and is text
_NUMBERS = re.compile(r"token_count|\.cost\b|top_k")
_HEX = re.compile(r"[0-9a-f]+")
_UNITS = ((1e17, 1), (1e14, 10**3), (1e11, 10**6), (0, 10**9))  # from which number on, ns a unit
_DEEPEST = 20


class Phoenix:
    """See the module."""

    name = "phoenix"
    words = "Phoenix spans: the dataframe as JSON Lines or CSV, or the list that get_spans returns"
    layouts: tuple[Layout, ...] = ("lines", "document", "table")

    def records(self, source: Source, layout: Layout) -> Iterator[Record]:
        """A record a span."""
        return tables.rows_or_objects(source, layout)

    def made(self, record: Record) -> Iterator[Made]:
        """The span, as an element of a request."""
        if record.data is None:
            raise BadRecordError("too long, or another number of cells than the header")
        of_table = isinstance(record.data, dict)
        row = _read(tables.cells(record.data)) if of_table else object_of(record.data)
        scope = {"scope": {"name": "phoenix.export"}, "spans": [span_of(row)]}
        yield Part("otlp", compact({"scopeSpans": [scope]}))


def span_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as a span of OTLP; raises BadRecordError."""
    told = row.get("context")
    context: Mapping[str, Any] = told if isinstance(told, dict) else {}
    trace_id = row.get("context.trace_id") or context.get("trace_id")
    span_id = row.get("context.span_id") or context.get("span_id")
    if not trace_id or not span_id:
        raise BadRecordError("context.trace_id or context.span_id is missing")
    started = _time(row.get("start_time"))
    if started is None:
        raise BadRecordError("start_time is missing, or is no time")
    parent = row.get("parent_id")
    ended = _time(row.get("end_time"))
    message = row.get("status_message")
    return {
        "traceId": _id(trace_id, 32),
        "spanId": _id(span_id, 16),
        "parentSpanId": _id(parent, 16) if isinstance(parent, str) and parent else "",
        "name": str(row.get("name") or ""),
        "startTimeUnixNano": str(started),
        "endTimeUnixNano": str(started if ended is None else ended),
        "status": {
            "code": _STATUS.get(str(row.get("status_code")).upper(), 0),
            "message": message if isinstance(message, str) else "",
        },
        "attributes": _pairs(_attributes(row)),
        "events": [_event(each) for each in _list(row.get("events")) if isinstance(each, dict)],
    }


def _attributes(row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    told = row.get("attributes")
    _flatten("", told if isinstance(told, dict) else {}, found)
    for name, value in row.items():
        if name.startswith("attributes."):
            _flatten(name.removeprefix("attributes."), value, found)
    kind = row.get("span_kind")
    if isinstance(kind, str) and kind:
        found.setdefault("openinference.span.kind", kind)
    return found


def _flatten(name: str, value: Any, found: dict[str, Any], depth: int = 0) -> None:
    if value is None or value != value or depth > _DEEPEST:  # a dataframe has NaN where a span says nothing
        return
    if isinstance(value, dict) and not name.endswith(_WHOLE):
        for key, inner in value.items():
            _flatten(f"{name}.{key}" if name else str(key), inner, found, depth + 1)
    elif isinstance(value, list) and any(isinstance(each, dict) for each in value):
        for number, each in enumerate(value):
            _flatten(f"{name}.{number}", each, found, depth + 1)
    elif isinstance(value, dict):
        found[name] = json.dumps(value)
    else:
        found[name] = value


def _pairs(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in said.items()]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value} if math.isfinite(value) else {"stringValue": str(value)}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_value(each) for each in value]}}
    return {"stringValue": value if isinstance(value, str) else json.dumps(value)}


def _event(event: Mapping[str, Any]) -> dict[str, Any]:
    told = event.get("attributes")
    found: dict[str, Any] = {}
    _flatten("", told if isinstance(told, dict) else {}, found)
    at = _time(event.get("timestamp") or event.get("time"))
    return {"name": str(event.get("name") or ""), "timeUnixNano": str(at or 0), "attributes": _pairs(found)}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _id(given: Any, digits: int) -> str:
    """Hex digits as they are, a UUID without its dashes, anything else by its hash: the same for whoever names it."""
    bare = str(given).strip().lower().replace("-", "")
    if len(bare) == digits and _HEX.fullmatch(bare) and bare.strip("0"):
        return bare
    return hashlib.sha256(str(given).encode("utf-8", "replace")).hexdigest()[:digits]


def _time(value: Any) -> int | None:
    """ns: of RFC 3339, or of seconds, ms, us or ns since 1970, told apart by their size."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        if not 0 < value < 2**63:
            return None
        factor = next(ns for least, ns in _UNITS if value >= least)
        return int(value) * factor if isinstance(value, int) else int(value * factor)
    try:
        at = dt.datetime.fromisoformat(str(value).strip())
    except ValueError:
        return None
    since = (at if at.tzinfo else at.replace(tzinfo=dt.UTC)) - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    found = (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000
    return found if found >= 0 else None


def _read(cells: Mapping[str, Any]) -> dict[str, Any]:
    """Cells of CSV: texts as they are, numbers where one is meant, lists and objects of JSON or of Python."""
    return {name: value if name.endswith(_TEXTS) else _cell(name, value) for name, value in cells.items()}


def _cell(name: str, value: Any) -> Any:
    if _NUMBERS.search(name) and isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            return value
        return int(number) if number.is_integer() else number
    if not isinstance(value, str) or value[:1] not in ("[", "{"):
        return value
    for read in (json.loads, ast.literal_eval):
        try:
            return read(value)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
    return value
