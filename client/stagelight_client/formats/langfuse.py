"""Langfuse: exports of its tables, downloads of a trace, pages of its API, its blob export, ingestion requests.

Each row becomes the event that its SDK would have sent, with an id made of the row's own: sent again, it is the same.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from stagelight_client.errors import BadRecordError
from stagelight_client.formats import tables
from stagelight_client.records import Layout, Made, Part, Record, compact, object_of
from stagelight_client.sources import Source

SIGNS = frozenset({"userId", "sessionId", "observationCount", "bookmarked", "parentObservationId", "observationId"})
_EMBEDDED = ("observations", "scores")
_JSON_CELLS = frozenset(
    "metadata tags traceTags usage usageDetails costDetails modelParameters value promptVersion".split()
)
_EVENT = re.compile(r"[a-z][a-z-]+-(create|update)|sdk-log")
_RENAMED = {"providedModelName": "model", "traceTags": "tags"}
_SUBJECTS = {"trace": "traceId", "session": "sessionId", "observation": "observationId", "experiment": "datasetRunId"}
_WORDS = ("CATEGORICAL", "TEXT", "CORRECTION")


class Langfuse:
    """See the module."""

    name = "langfuse"
    words = "Langfuse exports: JSON, JSON Lines or CSV of its traces, observations and scores"
    layouts: tuple[Layout, ...] = ("lines", "document", "table")

    def records(self, source: Source, layout: Layout) -> Iterator[Record]:
        """A record a row."""
        return tables.rows_or_objects(source, layout)

    def made(self, record: Record) -> Iterator[Made]:
        """An event a trace, observation or score."""
        if isinstance(record.data, dict):
            row = {camel(name): _cell(camel(name), value) for name, value in tables.cells(record.data).items()}
        elif record.data is None:
            raise BadRecordError("too long, or another number of cells than the header")
        else:
            row = {camel(name): value for name, value in object_of(record.data).items()}
        for event in events(row):
            yield Part("langfuse", compact(event), id=str(event.get("id") or ""))


def events(row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The events of a row, and of what is embedded in it; raises BadRecordError."""
    if isinstance(row.get("type"), str) and _EVENT.fullmatch(row["type"]) and isinstance(row.get("body"), dict):
        yield dict(row)
        return
    wrapped = row.get("trace")
    own = wrapped if isinstance(wrapped, dict) else row
    yield _event({camel(name): value for name, value in own.items() if name not in _EMBEDDED})
    for name in _EMBEDDED:
        found = row.get(name, own.get(name))
        for each in found if isinstance(found, list) else ():
            if isinstance(each, dict):
                told = {camel(key): value for key, value in each.items()}
                yield _event({"traceId": own.get("id"), **told})


def _event(row: dict[str, Any]) -> dict[str, Any]:
    for name, known in _RENAMED.items():
        if row.get(name) is not None:
            row.setdefault(known, row[name])
    if row.get("traceId") and row.get("startTime"):
        kind = row.get("type")
        name = kind.lower() if isinstance(kind, str) and kind.isascii() and kind.isalpha() else "span"
    elif row.get("name") and ("value" in row or "stringValue" in row):
        name, row = "score", _score(row)
    elif row.get("timestamp") and not row.get("traceId"):
        name = "trace"
    else:
        raise BadRecordError("neither a trace, an observation nor a score of Langfuse's")
    if not isinstance(row.get("id"), str) or not row["id"]:
        raise BadRecordError("id is missing")
    at = row.get("timestamp") or row.get("startTime")
    return {"id": f"import {name} {row['id']}", "type": f"{name}-create", "timestamp": at, "body": row}


def _score(row: dict[str, Any]) -> dict[str, Any]:
    subject = row.get("subject")
    if isinstance(subject, dict) and subject.get("kind") in _SUBJECTS:
        row.setdefault(_SUBJECTS[subject["kind"]], subject.get("id"))
        if subject.get("traceId"):
            row.setdefault("traceId", subject["traceId"])
    if isinstance(row.get("stringValue"), str) and row.get("dataType") in _WORDS:
        row["value"] = row["stringValue"]
    return row


def camel(name: str) -> str:
    """`trace_id` as `traceId`."""
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest) if rest and first else name


def _cell(name: str, value: Any) -> Any:
    """A cell of CSV: what holds JSON is read, but for what a user may have written."""
    if name not in _JSON_CELLS or not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
