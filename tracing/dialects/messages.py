"""The texts in messages to and from a model, in the shapes that instrumentations give them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tracing.dialects.values import loaded, mapping, strings_in, text
from tracing.records import Attributes, Event, Value

_DEPTH = 8
_QUESTIONS = ("question", "query", "user_query", "input")
_CONTEXTS = ("context", "passages", "documents")
_PARTS = ("parts", "content", "text", "message", "messages", "body", "toolResult")
_CALLS = ("parts", "content", "message", "messages", "tool_calls", "function", "body")
_RESULT = "tool_call_response"
_ASKED = re.compile(r"(?:^|\n)[ \t>*#]*(?:user(?:'s)?[ \t]+)?(?:question|query)[ \t*]*:[ \t*]*", re.IGNORECASE)
_REPLY = re.compile(r"\n[ \t*#]*(?:answer|response|assistant)[ \t*]*:[ \t*]*$", re.IGNORECASE)
_CONTEXT = re.compile(
    r"(?:^|\n)[ \t>*#]*(?:context|passages|documents|sources|excerpts)(?: [a-z ]{0,30})?[ \t*]*:[ \t*]*\n"
    r"|<(context|documents|passages|sources|docs)>",
    re.IGNORECASE,
)
_QUESTION_TAG = re.compile(r"<((?:user_)?(?:question|query))>", re.IGNORECASE)
_CLOSING = re.compile(r"</(?:context|documents|passages|sources|docs|search_results)>", re.IGNORECASE)
_NUMBERED = re.compile(r"(?:^|\n)\[1\]\s")
_FIELD = re.compile(r"\[\[ ## (\w{1,80}) ## \]\]")
_SPEAKER = re.compile(r"gen_ai\.(system|user|assistant|tool|choice)(?:\.message)?")


def said(value: Value) -> str:
    """What was said in messages, parts or bare text, in order, and given back by tools; calls of them are not said."""
    decoded = loaded(value)
    return "\n\n".join(_said(value if decoded is None else decoded, 0))


def replied(value: Value) -> str:
    """What was said last: after all that tools gave back, where a whole conversation was sent as the output."""
    decoded = loaded(value)
    rows = value if decoded is None else decoded
    if isinstance(rows, list):
        rows = rows[next((place for place in range(len(rows), 0, -1) if _is_tools(rows[place - 1])), 0) :]
    return "\n\n".join(_said(rows, 0))


def _is_tools(row: Value) -> bool:
    return isinstance(row, dict) and (row.get("role") == "tool" or _has_result(row))


def called_with(value: Value) -> str:
    """The texts that a model gives to the tools that it calls."""
    decoded = loaded(value)
    return "\n\n".join(_called_with(value if decoded is None else decoded, 0))


def _called_with(value: Value, depth: int) -> list[str]:
    if depth > _DEPTH:
        return []
    if isinstance(value, list):
        return [found for part in value for found in _called_with(part, depth + 1)]
    if not isinstance(value, dict):
        return []
    arguments = value.get("arguments")
    if arguments is not None:
        decoded = loaded(arguments)
        return strings_in(arguments if decoded is None else decoded)
    return [found for key in _CALLS if value.get(key) for found in _called_with(value[key], depth + 1)]


def only_said(value: Value) -> str | None:
    """The one text that was said; None where there are none or several."""
    decoded = loaded(value)
    found = _said(value if decoded is None else decoded, 0)
    return found[0] if len(found) == 1 else None


def _said(value: Value, depth: int) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    if depth > _DEPTH:
        return []
    if isinstance(value, list):
        return [found for part in value for found in _said(part, depth + 1)]
    if isinstance(value, dict):
        if value.get("type") == _RESULT:
            return returned(value)
        return [found for key in _PARTS if value.get(key) for found in _said(value[key], depth + 1)]
    return []


def returned(part: Mapping[str, Value]) -> list[str]:
    """The texts in what a tool gave back."""
    held = part.get("response") or part.get("result")
    decoded = loaded(held)
    return strings_in(held if decoded is None else decoded)


def last_asked(value: Value) -> str | None:
    """What the user said last, as far as it is the question and not the context before it."""
    decoded = loaded(value)
    if decoded is None:
        return question_of(text(value))
    rows = decoded if isinstance(decoded, list) else [decoded]
    for row in reversed(rows):
        if isinstance(row, dict) and _is_users(row) and (found := _said(row, 0)):
            return question_of(found[-1])
    return None


def _is_users(row: Mapping[str, Value]) -> bool:
    """True where a user speaks, and not a tool in a user's name."""
    return row.get("role") in ("user", "human", None) and not _has_result(row)


def _has_result(row: Mapping[str, Value]) -> bool:
    parts = row.get("parts")
    return isinstance(parts, list) and any(mapping(part).get("type") == _RESULT for part in parts)


def asked_at(words: str, after: int) -> int:
    """Where the question begins in a prompt; its end where nothing tells."""
    found = _ASKED.search(words, after)
    return found.start() if found else len(words)


def question_of(words: str | None) -> str | None:
    """The part of a prompt that is headed, tagged or set apart as the question; all of it where none is."""
    if not words:
        return None
    if "[[ ## " in words and (found := next((part for name, part in fields(words) if name in _QUESTIONS), None)):
        return found
    *_, last = [None, *_ASKED.finditer(words)]
    if last is None:
        return _set_apart(words) or words
    return _REPLY.sub("", words[last.end() :]).strip() or words


def _set_apart(words: str) -> str | None:
    """What a question's tags hold, what follows the passages' closing tag, or the paragraph after numbered passages."""
    *_, tag = [None, *_QUESTION_TAG.finditer(words)]
    if tag is not None and (end := words.find(f"</{tag[1]}>", tag.end())) > 0:
        return words[tag.end() : end].strip()
    *_, closing = [None, *_CLOSING.finditer(words)]
    if closing is not None:
        return words[closing.end() :].strip()
    passages = _passages(words)
    return words[passages[1] :].strip() if passages else None


def _passages(words: str) -> tuple[int, int] | None:
    """From where to where a prompt has passages numbered from [1], with a last paragraph after them that is none."""
    first = _NUMBERED.search(words)
    end = words.rstrip().rfind("\n\n")
    if first is None or end < first.end() or re.match(r"\s*\[\d", words[end:]):
        return None
    return first.start(), end


def context_in(words: str) -> str | None:
    """What a prompt gives beside the question, where it is headed as such: up to the question, or its closing tag."""
    for name, part in reversed(fields(words)):
        if name in _CONTEXTS and part != f"{{{name}}}":  # the instructions show the form before it is filled in
            return part or None
    found = _CONTEXT.search(words)
    if found is None:
        passages = _passages(words)
        return words[passages[0] : passages[1]].strip() if passages else None
    closing = words.find(f"</{found[1]}>", found.end()) if found[1] else -1
    end = closing if closing >= 0 else asked_at(words, found.end())
    return words[found.end() : end].strip() or None


def fields(words: str) -> list[tuple[str, str]]:
    """The parts of a text that DSPy's adapter divides by `[[ ## name ## ]]`."""
    if "[[ ## " not in words:
        return []
    marks = list(_FIELD.finditer(words))
    ends = [mark.start() for mark in marks[1:]] + [len(words)]
    return [(mark[1], words[mark.end() : end].strip()) for mark, end in zip(marks, ends, strict=True)]


def of_events(events: tuple[Event, ...]) -> tuple[list[Value], list[Value]]:
    """Messages that came as events of a span: those to the model, and its own."""
    given: list[Value] = []
    replies: list[Value] = []
    for event in events:
        held = event.attributes
        if event.name == "gen_ai.content.prompt":
            given += _decoded(held.get("gen_ai.prompt"))
        elif event.name == "gen_ai.content.completion":
            replies += _decoded(held.get("gen_ai.completion"))
        elif speaker := _SPEAKER.fullmatch(event.name):
            role = speaker[1]
            message: Value = {"role": "assistant" if role == "choice" else role, **_message(held)}
            (replies if role == "choice" else given).append(message)
    return given, replies


def _message(held: Attributes) -> Mapping[str, Value]:
    for key in ("message", "gen_ai.event.content", "body"):
        found = loaded(held.get(key))
        if isinstance(found, dict):
            inner = found.get("message")
            return {"content": inner if isinstance(inner, dict | str) else found.get("content")}
        if words := text(held.get(key)):
            return {"content": _parts(words)}
    return {"content": _parts(held.get("content") or held.get("gen_ai.prompt") or held.get("gen_ai.completion"))}


def _parts(content: Value) -> Value:
    """The parts of a content that was sent as JSON of them."""
    found = loaded(content)
    return found if isinstance(found, list) and all(isinstance(part, dict) for part in found) else content


def _decoded(value: Value) -> list[Value]:
    found = loaded(value)
    if isinstance(found, list):
        return found
    kept = found if found is not None else value
    return [kept] if kept else []


def indexed(attributes: Attributes, prefix: str) -> list[Value]:
    """Messages flattened as `<prefix>.<i>.role` and `<prefix>.<i>.content`."""
    found: list[Value] = []
    for index in range(len(attributes)):
        role, content = (attributes.get(f"{prefix}.{index}.{part}") for part in ("role", "content"))
        if role is None and content is None:
            break
        calls = _indexed_calls(attributes, f"{prefix}.{index}.tool_calls")
        found.append({"role": role, "content": content} | ({"tool_calls": calls} if calls else {}))
    return found


def _indexed_calls(attributes: Attributes, prefix: str) -> list[Value]:
    calls: list[Value] = []
    while (arguments := attributes.get(f"{prefix}.{len(calls)}.arguments")) is not None:
        calls.append({"arguments": arguments})
    return calls
