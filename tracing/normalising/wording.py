"""The question and the answer in what a pipeline was given and gave back."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tracing.dialects.messages import fields
from tracing.dialects.values import is_cut_off, loaded, text
from tracing.records import Value

_QUESTION_KEYS = (
    "query",
    "question",
    "input",
    "user_input",
    "query_str",
    "query_bundle",
    "str_or_query_bundle",
    "search_query",
    "user_query",
    "prompt",
    "message",
    "text",
    "q",
    "inputs",
    "task",
)
_ANSWER_KEYS = (
    "answer",
    "response",
    "output",
    "result",
    "output_text",
    "text",
    "content",
    "reply",
    "generation",
    "outputs",
    "final_output",
    "raw",
)
_NO_TEXT = re.compile(
    r"^<?(async_)?generator object|<(async_)?generator object|^<[\w.]+ object at 0x|^<[\w.]+\("
    r"|^\[?[A-Z]\w{1,80}\([a-z_]\w{0,80}="
)
_HOLDERS = ("messages", "message", "new_message", "choices", "generations", "parts", "kwargs")
_DEPTH = 4


def question_in(given: str | None) -> str | None:
    """The question in an input: the text itself, or the part of a JSON object that is called so."""
    return asked_in(given) or given


def asked_in(given: str | None) -> str | None:
    """The same, but None where the input is JSON that does not say."""
    decoded = loaded(given)
    if decoded is None:
        return given
    return _text_in(decoded, _QUESTION_KEYS, "user", 0) or _named_below(decoded)


def _named_below(value: Value) -> str | None:
    """What is called a question in objects within, as where a pipeline is given an input for each of its steps."""
    level = [value] if isinstance(value, dict) else []
    for _ in range(_DEPTH):
        level = [part for each in level for part in each.values() if isinstance(part, dict)]
        for key in ("query", "question"):
            if found := next((words for each in level if isinstance(words := each.get(key), str) and words), None):
                return found
    return None


def answer_in(result: str | None) -> str | None:
    """The answer in an output; None where it is a stream, an object's representation, or JSON that does not say."""
    if not result or _NO_TEXT.search(result[:200]):
        return None
    decoded = loaded(result)
    if "[[ ## " in result and (parts := [part for part in fields(result) if part[0] != "completed"]):
        return next((part for name, part in parts if name in _ANSWER_KEYS), parts[-1][1]) or None
    if decoded is None:
        return None if is_cut_off(result) and result.startswith('{"') else result
    found = _within(result, _ANSWER_KEYS, "assistant")
    return None if found is None or _NO_TEXT.search(found[:200]) else found


def _within(given: str | None, keys: tuple[str, ...], role: str) -> str | None:
    decoded = loaded(given)
    return _text_in(decoded, keys, role, 0) if decoded is not None else None


def _text_in(value: Value, keys: tuple[str, ...], role: str, depth: int) -> str | None:
    if depth > _DEPTH:
        return None
    if isinstance(value, list):
        return _last_message(value, keys, role, depth)
    if not isinstance(value, dict):
        return text(value) if isinstance(value, str) else None
    for key in keys:
        if found := _text_in(value.get(key), keys, role, depth + 1):
            return found
    arguments = value.get("args")
    for argument in arguments if isinstance(arguments, list) else ():
        if found := _text_in(argument, keys, role, depth + 1):
            return found
    for key in _HOLDERS:
        if isinstance(nested := value.get(key), list | dict) and (found := _text_in(nested, keys, role, depth + 1)):
            return found
    if role == "user" and "args" in value and isinstance(named := value.get("kwargs"), dict):
        return next((each for each in named.values() if isinstance(each, str) and each), None)
    return None


def _last_message(values: list[Value], keys: tuple[str, ...], role: str, depth: int) -> str | None:
    for value in reversed(values) if depth <= _DEPTH else ():
        if isinstance(value, dict):
            speaker = value.get("role") or value.get("type")
            if speaker in (None, role, "human" if role == "user" else "ai", "text") and (
                found := _text_in(value, ("content", *keys), role, depth + 1)
            ):
                return found
        elif isinstance(value, list) and (found := _paired(value, role) or _last_message(value, keys, role, depth + 1)):
            return found
    return None


def _paired(value: list[Value], role: str) -> str | None:
    """The words of a message that is a pair of its speaker and them."""
    if len(value) != 2 or value[0] not in (role, "human" if role == "user" else "ai"):
        return None
    return value[1] if isinstance(value[1], str) else None


def said_in(output: str | None) -> Mapping[str, Value]:
    """The JSON object that a step gave back; empty where it gave none."""
    decoded = loaded(output)
    return decoded if isinstance(decoded, dict) else {}
