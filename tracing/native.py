"""Native JSON traces: one document or a list, each checked by itself and carried as one span."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tracing.dialects.rag import NATIVE_ATTRIBUTE, NATIVE_SCOPE
from tracing.dialects.shapes import OUTCOMES
from tracing.dialects.values import number, truth
from tracing.otlp.json import LATEST_NS, MOST_DEPTH, Undecodable, loads
from tracing.records import Span
from tracing.spelling import misspelt, near
from tracing.stages import Stage

__all__ = ["NATIVE_SPAN_ID", "Item", "Problem", "Undecodable", "parse", "trace_id_of"]

NATIVE_SPAN_ID = "0" * 16  # constant: a later document of the same trace replaces the earlier one
GROUNDEDNESS = "groundedness"
_LONGEST_ID = 500
_HEX = re.compile(r"[0-9a-f]{32}")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,12}))?([Zz]|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one document was refused, in words for its sender."""

    detail: str
    field: str = ""
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One document of a request: its span and what it says was said of the trace, or why there is none."""

    index: int
    trace_id: str = ""
    span: Span | None = None
    problem: Problem | None = None
    signals: tuple[Any, ...] = ()


class _Refused(ValueError):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def parse(body: bytes) -> list[Item]:
    """Every document of the body in its order; raises Undecodable where the body as a whole is unreadable."""
    given = loads(body)
    documents = given if isinstance(given, list) else [given]
    items = []
    for index, document in enumerate(documents):
        try:
            span = _span(document)
            items.append(Item(index, span.trace_id, span, signals=tuple(_signals(document))))
        except _Refused as refused:
            items.append(Item(index, problem=refused.problem))
    return items


def trace_id_of(given: str) -> str:
    """32 hex digits as they are, a UUID without its dashes, anything else by its hash."""
    lowered = given.strip().lower()
    bare = lowered.replace("-", "") if len(lowered) == 36 else lowered
    if _HEX.fullmatch(bare) and bare.strip("0"):
        return bare
    return hashlib.sha256(given.encode("utf-8", "replace")).hexdigest()[:32]


def _span(document: Any) -> Span:
    if not isinstance(document, dict):
        raise _Refused(Problem("a trace is a JSON object"))
    if _too_deep(document):
        raise _Refused(Problem(f"nested deeper than {MOST_DEPTH} levels"))
    external_id = _required_text(document, "trace_id")[:_LONGEST_ID]
    _required_text(document, "query")
    started = _time(document, "started_at", _required_text(document, "started_at"))
    ended = _ended(document, started)
    for name, (holds, kind) in _SHAPES.items():
        if document.get(name) is not None and not holds(document[name]):
            raise _Refused(Problem(f"{name} is not {kind}", name))
    _check_parts(document)
    _check_names(document)
    trace_id = trace_id_of(external_id)
    carried = document if external_id == trace_id else {**document, "external_id": external_id}
    return Span(
        trace_id=trace_id,
        span_id=NATIVE_SPAN_ID,
        parent_id="",
        name="native",
        start_ns=started,
        end_ns=max(started, ended),
        attributes={NATIVE_ATTRIBUTE: carried},
        scope=NATIVE_SCOPE,
    )


def _signals(document: Mapping[str, Any]) -> Iterator[Any]:
    """As `POST /api/v1/signals` takes them; the client's own groundedness is one, where none of them says it."""
    about = {"trace_id": document["trace_id"]}
    given = document.get("signals")
    listed = given if isinstance(given, list) else [] if given is None else [given]
    for signal in listed:
        yield {**signal, **about} if isinstance(signal, dict) else signal
    value = _own_groundedness(document.get(GROUNDEDNESS))
    if value is not None and not any(isinstance(one, dict) and one.get("name") == GROUNDEDNESS for one in listed):
        yield {**about, "kind": "score", "name": GROUNDEDNESS, "value": value}


def _own_groundedness(given: Any) -> float | None:
    """The client's own number, bare or as the API shows it; what others said is theirs to say again."""
    if isinstance(given, dict):
        return number(given.get("value")) if given.get("by") in (None, "client") else None
    return number(given)


def _is_groundedness(given: Any) -> bool:
    value = given.get("value") if isinstance(given, dict) else given
    share = number(value)
    return (share is not None and 0 <= share <= 1) or (isinstance(given, dict) and value is None)


def _required_text(document: Mapping[str, Any], name: str) -> str:
    given = document.get(name)
    if given is None and name in document:
        raise _Refused(Problem(f"{name} is null", name))
    if given is None:
        like = near(name, document, 0.7)
        raise _Refused(Problem(f"{name} is missing", name, f"{like} looks like it: call it {name}" if like else ""))
    if not isinstance(given, str) or not given.strip():
        raise _Refused(Problem(f"{name} is empty" if isinstance(given, str) else f"{name} is not a text", name))
    return given


def _time(document: Mapping[str, Any], name: str, given: Any) -> int:
    match = _TIME.fullmatch(given.strip()) if isinstance(given, str) else None
    if match is None:
        hint = "RFC 3339 with its zone, as in 2026-11-03T09:30:00.250Z"
        raise _Refused(Problem(f"{name} is not a time", name, hint))
    day, clock, fraction, zone = match.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{'+00:00' if zone in 'Zz' else zone}")
    except ValueError as error:
        why = "its offset from UTC is a day or more" if "timedelta" in str(error) else error
        raise _Refused(Problem(f"{name} is not a time: {why}", name)) from error
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    whole = (since.days * 86400 + since.seconds) * 10**9
    return min(max(whole + int((fraction or "0")[:9].ljust(9, "0")), 0), LATEST_NS)


def _ended(document: Mapping[str, Any], started: int) -> int:
    if document.get("ended_at") is not None:
        return _time(document, "ended_at", document["ended_at"])
    lasted = number(document.get("duration_ms"))
    if lasted is None or lasted < 0:
        return started
    return min(started + int(min(lasted * 1e6, LATEST_NS)), LATEST_NS)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return number(value) is not None


_LISTS = ("rewritten", "entities", "missing", "lanes", "candidates", "citations", "stages")
_OBJECTS = ("versions", "metadata", "context", "observed")
_NUMBERS = ("confidence", "duration_ms", "first_token_ms", "cost_usd", "repeat")
_TEXTS = (
    "answer", "environment", "surface", "variant", "run_id", "item_id", "query_shape", "intent", "product",
    "session_id", "user_id", "external_id",
)  # fmt: skip
_SHAPES: dict[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(_LISTS, (_is_list, "a list")),
    **dict.fromkeys(_OBJECTS, (_is_object, "an object")),
    **dict.fromkeys(_NUMBERS, (_is_number, "a number")),
    **dict.fromkeys(_TEXTS, (_is_text, "a text")),
    "refused": (lambda value: truth(value) is not None, "true or false"),
    GROUNDEDNESS: (_is_groundedness, "a number from 0 to 1, nor an object with such a value"),
    "outcome": (lambda value: value in OUTCOMES, "one of answer, suggest, refuse, direct"),
}
_ALSO = (
    "trace_id", "query", "started_at", "ended_at", "project", "settled", "live", "assessments",
    "judging", "expectation", "verdict", "flags", "signals", "warnings", "service",
)  # fmt: skip
_KNOWN = (*_SHAPES, *_ALSO)


def _check_parts(document: Mapping[str, Any]) -> None:
    for index, candidate in enumerate(document.get("candidates") or ()):
        if (
            not isinstance(candidate, dict)
            or not isinstance(candidate.get("chunk_id"), str)
            or not candidate["chunk_id"]
        ):
            raise _Refused(Problem("a candidate is an object with a chunk_id", f"candidates[{index}]"))
    for index, stage in enumerate(document.get("stages") or ()):
        name = stage.get("stage") if isinstance(stage, dict) else None
        if not isinstance(name, str) or Stage.named(name) is None:
            labels = [each.label for each in Stage]
            hint = near(str(name), labels, 0.5) or "one of " + ", ".join(labels)
            raise _Refused(Problem("no such stage", f"stages[{index}].stage", hint))


def _check_names(document: Mapping[str, Any]) -> None:
    if found := misspelt(document, _KNOWN):
        name, meant = found
        raise _Refused(Problem(f"there is no field {name}", name, meant))


def _too_deep(document: Any) -> bool:
    level = [document]
    for _ in range(MOST_DEPTH):
        level = [
            child
            for value in level
            for child in (value.values() if isinstance(value, dict) else value)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True
