"""Langfuse: `langfuse.observation.*`, inputs and outputs as JSON of whatever the application passed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

import orjson

from tracing.dialects.evaluations import checks_in
from tracing.dialects.loose import Found, found_by_place, found_in
from tracing.dialects.reading import RERANKS, Call, Lists, Reading, Role
from tracing.dialects.top_k import top_k_in
from tracing.dialects.values import is_cut_off, loaded, mapping, number, text, truth, whole, written
from tracing.records import Attributes, Span, Value

PREFIX = "langfuse.observation."
SCOPE = "langfuse-sdk"
_SIGNS = frozenset(PREFIX + part for part in ("type", "input", "output", "model.name", "usage_details"))
_ROLES = {
    "generation": Role.MODEL,
    "embedding": Role.EMBEDDER,
    "retriever": Role.RETRIEVER,
    "evaluator": Role.EVALUATOR,
    "guardrail": Role.GUARDRAIL,
    "tool": Role.TOOL,
}
_INPUT_TOKENS = ("input", "prompt_tokens", "input_tokens", "promptTokens", "prompt", "prompt_token_count")
_OUTPUT_TOKENS = ("output", "completion_tokens", "output_tokens", "completionTokens", "completion")
_CACHED_TOKENS = ("cache_read_input_tokens", "input_cached_tokens", "input_cache_read", "cached_tokens")
_DEPTH = 12


def recognises(span: Span) -> bool:
    """True where the span is an observation of Langfuse's SDK."""
    return span.scope == SCOPE or not _SIGNS.isdisjoint(span.attributes)


def read(span: Span) -> Reading:
    """The span in our words."""
    attributes = span.attributes
    role = _ROLES.get((text(attributes.get(PREFIX + "type")) or "span").lower(), Role.STEP)
    given, result = text(attributes.get(PREFIX + "input")), text(attributes.get(PREFIX + "output"))
    described = metadata(attributes, PREFIX + "metadata")
    return Reading(
        span=_failed(span),
        role=role,
        input=_asked(given),
        output=result,
        lists=_lists(span.name, role, described, given, result),
        call=_call(attributes, given) if role is Role.MODEL or role is Role.EMBEDDER else None,
        session=text(attributes.get("session.id")) or text(attributes.get("langfuse.session.id")),
        user=text(attributes.get("user.id")) or text(attributes.get("langfuse.user.id")),
        metadata=described,
        checks=checks_in(span.name, result) if role is Role.EVALUATOR or role is Role.GUARDRAIL else (),
        cut_off=is_cut_off(result) + is_cut_off(given) if role is Role.RETRIEVER else 0,
        root=truth(attributes.get("langfuse.internal.is_app_root")) is True,
    )


def metadata(attributes: Attributes, prefix: str) -> dict[str, Value]:
    """What stands under a prefix, whole or key by key: JSON-encoded by SDK 5, bare text by SDK 3."""
    found = dict(mapping(attributes.get(prefix)))
    under = prefix + "."
    for key, value in attributes.items():
        if key.startswith(under):
            found[key[len(under) :]] = _unquoted(value)
    return found


def _unquoted(value: Value) -> Value:
    if not isinstance(value, str) or value[:1] not in ('"', "{", "["):
        return value
    try:
        decoded: Value = orjson.loads(value)
    except ValueError:
        return value
    return decoded


def _failed(span: Span) -> Span:
    """A level of ERROR is a failure, whatever the span's own status."""
    if span.failed or span.attributes.get(PREFIX + "level") != "ERROR":
        return span
    said = text(span.attributes.get(PREFIX + "status_message"))
    return replace(span, status=2, status_message=span.status_message or said or "")


def _arguments(given: str | None) -> list[Value] | None:
    """The arguments of an observed function, those by name last; None where it is no such record."""
    decoded = mapping(given)
    if not decoded or not decoded.keys() <= {"args", "kwargs"}:
        return None
    args, named = decoded.get("args"), decoded.get("kwargs")
    found = list(args) if isinstance(args, list) else []
    return [*found, *named.values()] if isinstance(named, dict) else found


def _asked(given: str | None) -> str | None:
    """The input; of a function's arguments the first text, where none was given by the name of a question."""
    arguments = _arguments(given)
    if arguments is None:
        return given
    named = mapping(mapping(given).get("kwargs"))
    for key in ("query", "question", "user_input", "prompt", "message"):
        if found := text(named.get(key)):
            return found
    first = next((each for each in arguments if isinstance(each, str) and each), None)
    if first is not None:
        return first
    held = next((each for each in arguments if isinstance(each, list | dict) and each), None)
    return None if held is None else written(held)


def _lists(
    name: str, role: Role, described: Mapping[str, Value], given: str | None, result: str | None
) -> Lists | None:
    """What a retriever found; of any other step the documents that it gave back, as rerankers are plain spans."""
    retrieves = role is Role.RETRIEVER
    if not retrieves and role is not Role.STEP and not (role is Role.TOOL and RERANKS.search(name)):
        return None
    inputs = _inputs(given) if given and "[" in given[1:] and (not retrieves or "{" in given[10:]) else None
    found = found_in(result) or found_by_place(result, inputs)
    if found is None and not retrieves:
        return None
    return Lists(
        documents=found.documents if found else (),
        inputs=inputs.documents if inputs else (),
        sent=found is not None and retrieves,
        seen=found is not None,
        lane=text(described.get("lane")) or (found.lane if found else None),
        top_k=top_k_in(described, given),
        lower_is_better=found is not None and found.lower_is_better,
    )


def _inputs(given: str | None) -> Found | None:
    arguments = _arguments(given)
    if arguments is None:
        return found_in(given)
    lists = (found_in(each) for each in arguments if isinstance(each, list | dict))
    return next((found for found in lists if found is not None and found.documents), None)


def _call(attributes: Attributes, given: str | None) -> Call:
    usage = mapping(attributes.get(PREFIX + "usage_details"))
    return Call(
        model=text(attributes.get(PREFIX + "model.name")),
        prompt="\n\n".join(_said(loaded(given), 0)) or given or "",
        prompt_version=text(attributes.get(PREFIX + "prompt.version")),
        input_tokens=_tokens(usage, "input", _INPUT_TOKENS),
        output_tokens=_tokens(usage, "output", _OUTPUT_TOKENS),
        cache_read_tokens=_cached(usage),
        cost_usd=_cost(mapping(attributes.get(PREFIX + "cost_details"))),
        first_token_ns=time_ns(attributes.get(PREFIX + "completion_start_time")),
    )


def _said(value: Value, depth: int) -> list[str]:
    """The texts of messages, without the words that only say who speaks and of what kind a part is."""
    if isinstance(value, str):
        return [value] if value else []
    if depth > _DEPTH:
        return []
    if isinstance(value, dict):
        parts = [value[key] for key in ("system", "messages", "content", "text") if value.get(key)]
        return [said for part in parts or list(value.values()) for said in _said(part, depth + 1)]
    return [said for part in value for said in _said(part, depth + 1)] if isinstance(value, list) else []


def _first_whole(usage: Mapping[str, Value], keys: tuple[str, ...]) -> int | None:
    return next((found for key in keys if (found := whole(usage.get(key))) is not None), None)


def _tokens(usage: Mapping[str, Value], side: str, keys: tuple[str, ...]) -> int | None:
    """All tokens of one side: Langfuse counts those that came from a cache or went into reasoning beside the others."""
    found = whole(usage.get(side))
    if found is None:
        return _first_whole(usage, keys)
    apart = (whole(value) for key, value in usage.items() if key.startswith(f"{side}_") and key != f"{side}_tokens")
    both = [whole(usage.get(each)) or 0 for each in ("input", "output")]
    return found if whole(usage.get("total")) == sum(both) else found + sum(count for count in apart if count)


def _cached(usage: Mapping[str, Value]) -> int | None:
    found = _first_whole(usage, _CACHED_TOKENS)
    if found is not None:
        return found
    for key in ("prompt_tokens_details", "input_tokens_details"):
        if (found := whole(mapping(usage.get(key)).get("cached_tokens"))) is not None:
            return found
    return whole(usage.get("prompt_tokens_details.cached_tokens"))


def _cost(details: Mapping[str, Value]) -> float | None:
    if (total := number(details.get("total"))) is not None:
        return total
    parts = [cost for value in details.values() if (cost := number(value)) is not None]
    return sum(parts) if parts else None


def time_ns(value: Value) -> int | None:
    """A time as JSON has it, in quotes or without."""
    word = _unquoted(value)
    if not isinstance(word, str):
        return None
    try:
        at = dt.datetime.fromisoformat(word.strip())
    except ValueError:
        return None
    since = (at if at.tzinfo else at.replace(tzinfo=dt.UTC)) - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    found = (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000
    return found if 0 <= found < 2**63 else None
