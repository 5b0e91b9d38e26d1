"""JSON bodies of Langfuse's small endpoints, read field by field."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from tracing import body
from tracing.langfuse.events import is_too_deep
from tracing.otlp.json import MOST_DEPTH, Undecodable, loads
from tracing.receive import RefusedError

MOST_BYTES = 5_000_000
MOST_A_PAGE = 100
_PAGES = 1_000_000


def object_of(request: HttpRequest) -> dict[str, Any]:
    """The object in the body; raises RefusedError."""
    try:
        found = loads(body.read(request, MOST_BYTES))
    except Undecodable as error:
        raise RefusedError(400, str(error)) from error
    if not isinstance(found, dict):
        raise RefusedError(400, "the body is no JSON object")
    if is_too_deep(found):
        raise RefusedError(400, f"nested deeper than {MOST_DEPTH} levels")
    return {without_nulls(key): without_nulls(value) for key, value in found.items()}


def without_nulls(value: Any) -> Any:
    """The value without NUL characters, which PostgreSQL does not keep."""
    if isinstance(value, str):
        return value.replace("\x00", "�") if "\x00" in value else value
    if isinstance(value, list):
        return [without_nulls(each) for each in value]
    if isinstance(value, dict):
        return {without_nulls(key): without_nulls(each) for key, each in value.items()}
    return value


def text_of(said: Mapping[str, Any], key: str, most: int) -> str | None:
    """A text or nothing; raises RefusedError."""
    value = said.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > most:
        raise RefusedError(400, f"{key} is a text of at most {most} characters")
    return value or None


def needed(said: Mapping[str, Any], key: str, most: int) -> str:
    """A text that must be there; raises RefusedError."""
    found = text_of(said, key, most)
    if found is None:
        raise RefusedError(400, f"{key} is missing")
    return found


def page_of(request: HttpRequest) -> tuple[int, int]:
    """Which page, counted from 1, and how many a page; what cannot be read is as if not said."""
    page, limit = (_number(request.GET.get(name), usual) for name, usual in (("page", 1), ("limit", 50)))
    return min(page, _PAGES), min(limit, MOST_A_PAGE)


def _number(given: str | None, usual: int) -> int:
    return max(1, int(given)) if given and given.isascii() and given.isdigit() and len(given) < 9 else usual
