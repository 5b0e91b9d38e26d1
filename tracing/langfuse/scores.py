"""Langfuse's scores, of a trace, of one of its observations, or of a session, as signals."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from tracing.dialects.langfuse import time_ns
from tracing.records import Signal

_THUMB_NAME = re.compile(r"feedback|thumb|\b(dis)?likes?\b", re.IGNORECASE)
_UP = {"up", "thumbs_up", "thumbs-up", "thumbsup", "positive", "like", "liked", "good", "true", "yes"}
_DOWN = {"down", "thumbs_down", "thumbs-down", "thumbsdown", "negative", "dislike", "disliked", "bad", "false", "no"}
_THUMBS = {1.0: "up", 0.0: "down", -1.0: "down"}
_LONGEST_VALUE, _LONGEST_NAME, _LONGEST_ID, _LONGEST_COMMENT = 20_000, 200, 500, 20_000


class ScoreError(ValueError):
    """A score that is not taken; its text says why, in words for the sender."""


def signal_of(score: Any, trace_id_of: Callable[[str], str], now_ns: int, fallback_ns: int | None = None) -> Signal:
    """The score as a signal; `fallback_ns` is the time of what brought it. Raises ScoreError."""
    if not isinstance(score, dict):
        raise ScoreError("a score is a JSON object")
    name = _text(score, "name", _LONGEST_NAME)
    if not name:
        raise ScoreError("name is missing")
    trace_id, session_id, run_id = (_text(score, key, _LONGEST_ID) for key in ("traceId", "sessionId", "datasetRunId"))
    if not (trace_id or session_id or run_id):
        raise ScoreError("a score is of a trace, a session or a dataset run: traceId, sessionId or datasetRunId")
    data_type = _text(score, "dataType", 20)
    value = _value(score, data_type)
    said_ns = time_ns(score.get("timestamp")) or fallback_ns
    kind, value = _kind(name, data_type, value)
    return Signal(
        trace_id=trace_id_of(trace_id) if trace_id else "",
        kind=kind,
        value=value,
        at_ns=said_ns or now_ns,
        id=_text(score, "id", _LONGEST_ID) or _content_id(score),
        name=name,
        comment=_text(score, "comment", _LONGEST_COMMENT),
        anchor=f"dataset run {run_id}" if run_id and not trace_id else None,
        session_id=session_id,
        source=_source(kind, _text(score, "source", 40)),
        span_id=_text(score, "observationId", _LONGEST_ID),
        said_ns=said_ns,
    )


def _kind(name: str, data_type: str | None, value: str | float) -> tuple[str, str | float]:
    if data_type == "CORRECTION":
        return "comment", value
    if _THUMB_NAME.search(name.replace("_", " ").replace("-", " ")) and (thumb := _thumb(value)):
        return "thumb", thumb
    return "score", value


def _thumb(value: str | float) -> str | None:
    if isinstance(value, str):
        word = value.strip().lower().replace(" ", "_")
        return "up" if word in _UP else "down" if word in _DOWN else None
    return _THUMBS.get(value)


def _source(kind: str, given: str | None) -> str:
    if given and given != "API":
        return given.lower()
    return "user" if kind in ("thumb", "comment") else "api"


def _value(score: Mapping[str, Any], data_type: str | None) -> str | float:
    value = score.get("value")
    if value is None:
        value = score.get("stringValue")
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, int | float):
        number = float(value) if abs(value) < 1e300 else math.inf
        if not math.isfinite(number):
            raise ScoreError("value is no finite number")
        if data_type == "BOOLEAN" and number not in (0.0, 1.0):
            raise ScoreError("the value of a BOOLEAN score is 0 or 1")
        if data_type in ("CATEGORICAL", "TEXT", "CORRECTION"):
            raise ScoreError(f"the value of a {data_type} score is a text")
        return number
    if not isinstance(value, str):
        raise ScoreError("value is missing: it is a number or a text")
    if data_type in ("NUMERIC", "BOOLEAN"):
        raise ScoreError(f"the value of a {data_type} score is a number")
    return _clean(value)[:_LONGEST_VALUE]


def _text(score: Mapping[str, Any], key: str, most: int) -> str | None:
    value = score.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise ScoreError(f"{key} is a text")
    return _clean(value)[:most] or None


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _content_id(score: Mapping[str, Any]) -> str:
    """What has no id is known by what it says: sent again it is the same."""
    return hashlib.sha256(orjson.dumps(score, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]
