"""Traceloop's OpenLLMetry: `traceloop.*` around functions, and on model and database spans of its instrumentations."""

from __future__ import annotations

from dataclasses import replace

import orjson

from tracing.dialects import genai, vectordb
from tracing.dialects.loose import found_in
from tracing.dialects.reading import Call, Lists, Reading, Role
from tracing.dialects.values import is_cut_off, mapping, text, written
from tracing.records import Attributes, Span, Value

_PROPERTIES = "traceloop.association.properties."
_SIGNS = frozenset(
    "traceloop." + name for name in ("span.kind", "workflow.name", "entity.name", "entity.path", "entity.input")
)


def recognises(span: Span) -> bool:
    """True where Traceloop's SDK made the span, or put its context on it."""
    return not _SIGNS.isdisjoint(span.attributes) or any(key.startswith(_PROPERTIES) for key in span.attributes)


def read(span: Span) -> Reading:
    """The span in our words."""
    attributes = span.attributes
    base = vectordb.read(span) if vectordb.recognises(span) else genai.read(span)
    described = _properties(attributes)
    role = Role.TOOL if attributes.get("traceloop.span.kind") == "tool" else base.role
    given, result = text(attributes.get("traceloop.entity.input")), text(attributes.get("traceloop.entity.output"))
    lists = base.lists
    if role is Role.RETRIEVER and lists is not None and not lists.seen and result:
        lists = _found(lists, result, text(attributes.get("traceloop.entity.name")))
    return replace(
        base,
        role=role,
        name=text(attributes.get("traceloop.entity.name")) if "traceloop.span.kind" in attributes else None,
        input=_asked(given, result) or base.input,
        output=_unquoted(result) or base.output,
        lists=lists,
        call=_versioned(base, attributes),
        session=_of(described, "session_id", "session.id") or base.session,
        user=_of(described, "user_id", "user.id") or base.user,
        metadata={**base.metadata, **described},
        version=text(attributes.get("traceloop.entity.version")),
        cut_off=base.cut_off + is_cut_off(given) + is_cut_off(result),
    )


def _properties(attributes: Attributes) -> dict[str, Value]:
    size = len(_PROPERTIES)
    return {key[size:]: value for key, value in attributes.items() if key.startswith(_PROPERTIES)}


def _of(described: dict[str, Value], *keys: str) -> str | None:
    return next((found for key in keys if (found := text(described.get(key)))), None)


def _found(lists: Lists, result: str, lane: str | None) -> Lists:
    found = found_in(result)
    return replace(
        lists,
        documents=found.documents if found else (),
        sent=False,
        seen=found is not None,
        lane=lane or lists.lane,
        lower_is_better=found is not None and found.lower_is_better,
    )


def _versioned(base: Reading, attributes: Attributes) -> Call | None:
    version = text(attributes.get("traceloop.prompt.version"))
    return base.call if base.call is None or version is None else replace(base.call, prompt_version=version)


def _asked(given: str | None, result: str | None) -> str | None:
    """What a LangChain run was asked, out of the record around it; of a stream it stands in the record of its end."""
    record = mapping(given)
    if "inputs" not in record or "kwargs" not in record:
        return given
    held = record["inputs"]
    if held in ({"input": ""}, "", None):
        held = mapping(mapping(result).get("kwargs")).get("inputs") or held
    return held if isinstance(held, str) else written(held)


def _unquoted(result: str | None) -> str | None:
    """A text as it was given back, without the quotes that JSON puts around it; anything else as it stands."""
    if result is None or result[:1] != '"':
        return _outputs(result)
    try:
        return text(orjson.loads(result))
    except ValueError:
        return result


def _outputs(result: str | None) -> str | None:
    """What a LangChain run gave back, out of the record around it."""
    held = mapping(result).get("outputs")
    if held is None:
        return result
    return held if isinstance(held, str) else written(held)
