"""Lenient readers of single values: what can't be read is None, never an exception."""

import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import orjson

from tracing.records import Value

TOO_DEEP = "(nested too deep)"

_CACHED_LENGTH = 2000
_CLOSING = {"[": "]", "{": "}"}
_JSON_BEGINS = re.compile(r'\s*(\[\s*["\[{]|\{\s*")')


def text(value: Value) -> str | None:
    """A value that is not empty, as text; lists and mappings are not text."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


def plain(value: object) -> str:
    """Any value as one line of text for a flat map."""
    if not isinstance(value, str | bool | int | float):
        if value is None:
            return ""
        try:
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str).decode()
        except orjson.JSONEncodeError:
            return TOO_DEEP
    return text(value) or ""


def written(value: object) -> str:
    """JSON of a value; what is nested deeper than it can be written says so in its place."""
    try:
        return orjson.dumps(value, default=str).decode()
    except orjson.JSONEncodeError:
        return TOO_DEEP


def first_text(held: Mapping[str, Value], keys: Iterable[str]) -> str | None:
    """The text under the first of the keys that has one."""
    return next((found for key in keys if (found := text(held.get(key)))), None)


def number(value: Value) -> float | None:
    """A finite number, also where it was sent as text."""
    if type(value) is float:
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def whole(value: Value) -> int | None:
    """A whole number that is not negative."""
    if type(value) is int:
        return value if 0 <= value < 2**53 else None
    found = number(value)
    return int(found) if found is not None and 0 <= found < 2**53 else None


def truth(value: Value) -> bool | None:
    """True or false, also where sent as text or 0 and 1."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, int | str) else ""
    return True if word in ("true", "1", "yes") else False if word in ("false", "0", "no") else None


def loaded(value: Value) -> Value:
    """JSON in a text, decoded; None where it is no JSON list or object. Treat the result as read-only."""
    if not isinstance(value, str):
        return value if isinstance(value, list | dict) else None
    if value[:1] not in ("{", "["):
        value = value.lstrip()
        if value[:1] not in ("{", "["):
            return None
    found: Value = _cached(value) if len(value) <= _CACHED_LENGTH else json_of(value)
    return found


def mapping(value: Value) -> Mapping[str, Value]:
    """An object, decoded where it is JSON text; else empty."""
    found = loaded(value)
    return found if isinstance(found, dict) else {}


def items(value: Value) -> list[Value]:
    """A list, decoded where it is JSON text; a single scalar is a list of one, and JSON that is broken none."""
    found = loaded(value)
    if isinstance(found, list):
        return found
    if found is not None:
        return [found]
    return [] if value in (None, "", "null") or is_broken(value) else [value]


def is_broken(value: Value) -> bool:
    """True where a text begins as JSON of texts or objects, and is none."""
    return isinstance(value, str) and _JSON_BEGINS.match(value) is not None and loaded(value) is None


def is_half(value: Value) -> bool:
    """True where it is broken and what it begins with is never closed: no words that people write begin so."""
    return is_broken(value) and _CLOSING[str(value).lstrip()[0]] not in str(value)


def strings_in(value: Value) -> list[str]:
    """All texts within a list or an object, in their order."""
    found: list[str] = []
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            found.append(each)
        elif isinstance(each, list):
            waiting += reversed(each)
        elif isinstance(each, dict):
            waiting += reversed(each.values())
    return found


def is_cut_off(value: Value) -> bool:
    """True where a text begins as JSON and does not end as such."""
    return isinstance(value, str) and value[:1] in ("{", "[") and value[-1:] not in ("}", "]", "\n", " ")


def json_of(value: str) -> Any:
    """What a JSON text holds; None where it is none."""
    try:
        return orjson.loads(value)
    except ValueError:
        return None


_cached = lru_cache(maxsize=4096)(json_of)
