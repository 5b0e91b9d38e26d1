"""What people and systems say of a trace after the fact: their JSON, checked, to Signal records and to the spool."""

import datetime as dt
import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from tracing.records import Signal

KINDS = ("thumb", "comment", "score", "ticket", "resolved", "citation_broken")
TEXTS = {"name": 200, "comment": 20_000, "anchor": 2_000, "session_id": 500, "user": 500, "id": 500}
MOST = 1_000
THUMBS = {
    **dict.fromkeys(("up", "thumbs_up", "thumbs-up", "thumbsup", "like", "liked", "good", "great", "helpful"), "up"),
    **dict.fromkeys(("positive", "yes", "true", "1", "1.0", "+1", "👍"), "up"),
    **dict.fromkeys(("down", "thumbs_down", "thumbs-down", "thumbsdown", "dislike", "disliked", "bad"), "down"),
    **dict.fromkeys(("unhelpful", "negative", "no", "false", "0", "0.0", "-1", "-1.0", "👎"), "down"),
}  # what others say for them
LAST_NS = 2**63 - 1
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class ItemError:
    """Why one item of a list was not taken."""

    index: int
    field: str
    detail: str
    suggestion: str | None = None


class _WrongError(Exception):
    def __init__(self, field: str, detail: str, suggestion: str | None = None) -> None:
        super().__init__(detail)
        self.field, self.detail, self.suggestion = field, detail, suggestion


def parse(items: list[Any], now_ns: int, trace_id_of: Callable[[str], str]) -> tuple[list[Signal], list[ItemError]]:
    """The signals that can be kept, and an error for each item that cannot."""
    kept, errors = [], []
    for index, item in enumerate(items):
        try:
            kept.append(_signal(item, now_ns, trace_id_of))
        except _WrongError as wrong:
            errors.append(ItemError(index, wrong.field, wrong.detail, wrong.suggestion))
    return kept, errors


def _signal(item: Any, now_ns: int, trace_id_of: Callable[[str], str]) -> Signal:
    if not isinstance(item, dict):
        raise _WrongError("", "a signal is a JSON object")
    trace_id = _trace_id(item)
    kind = _kind(item.get("kind"))
    texts: dict[str, Any] = {field: _text(item, field, most) for field, most in TEXTS.items()}
    at_ns = now_ns if item.get("at") is None else _time(item["at"])
    return Signal(
        trace_id=trace_id_of(trace_id),
        kind=kind,
        value=_value(kind, item.get("value")),
        at_ns=at_ns,
        said_ns=at_ns if at_ns < now_ns else None,  # a clock that is ahead could not be corrected for as long as it is
        source="api" if item.get("source") is None else _text(item, "source", 80) or "api",
        **texts,
    )


def _trace_id(item: Mapping[str, Any]) -> str:
    given = item.get("trace_id")
    if isinstance(given, str) and given.strip():
        return given
    if "trace_id" not in item:
        why = "missing"
    elif given is None:
        why = "null"
    else:
        why = "empty" if isinstance(given, str) else "not a text"
    raise _WrongError("trace_id", f"trace_id is {why}: it is the id of the trace that the signal is about")


def _kind(kind: Any) -> str:
    if kind in KINDS:
        return str(kind)
    close = difflib.get_close_matches(str(kind), KINDS, n=1)
    raise _WrongError("kind", f"kind is one of {', '.join(KINDS)}", close[0] if close else None)


def _value(kind: str, value: Any) -> str | float | bool | None:
    if kind == "thumb":
        if value not in ("up", "down"):
            raise _WrongError("value", "a thumb is 'up' or 'down'", _thumb(str(value).strip().lower()))
    elif kind == "score":
        if not isinstance(value, str | int | float):
            raise _WrongError("value", "a score is a number, a word, or true or false")
    elif value is not None and not isinstance(value, str | int | float):
        raise _WrongError("value", "value is a text, a number, or true or false")
    if isinstance(value, str):
        return _clean(value)[:20_000]
    if isinstance(value, bool) or value is None:
        return value
    return float(value)


def _thumb(word: str) -> str | None:
    if word[:1] in ("👍", "👎"):
        word = word[0]  # without the colour of its skin
    near = difflib.get_close_matches(word[:20], THUMBS, n=1, cutoff=0.85)
    return THUMBS[near[0]] if near else None


def _text(item: Mapping[str, Any], field: str, most: int) -> str | None:
    value = item.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        raise _WrongError(field, f"{field} is a text")
    return _clean(value)[:most]


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _time(value: Any) -> int:
    try:
        at = dt.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise _WrongError("at", "at is a time as in RFC 3339", "2026-11-20T10:00:00Z") from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=dt.UTC)
    since = at - _EPOCH
    return max(0, min(LAST_NS, (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1_000))


def dump(signals: Sequence[Signal]) -> bytes:
    """The body of a spool frame."""
    return orjson.dumps([asdict(signal) for signal in signals])


def load(body: bytes) -> list[Signal]:
    """The signals of a spool frame."""
    return [Signal(**fields) for fields in orjson.loads(body)]
