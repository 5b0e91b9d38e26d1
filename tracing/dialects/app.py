"""An application's own `app.*` attributes: what it routed to and resolved, on spans of no other convention."""

from __future__ import annotations

from tracing.dialects.reading import Reading, Role
from tracing.dialects.values import text, written
from tracing.records import Attributes, Span, Value

PREFIX = "app."
_SAID = frozenset(("intent", "product", "entities", "rewritten", "rewritten_query", "queries"))


def recognises(span: Span) -> bool:
    """True where the application says what it routed to."""
    return any(key.startswith(PREFIX) for key in span.attributes)


def read(span: Span) -> Reading:
    """The span as a step that gave back what the attributes say."""
    attributes = span.attributes
    found = {
        last: value
        for key, value in attributes.items()
        if key.startswith(PREFIX) and (last := key.rpartition(".")[2]) in _SAID
    }
    return Reading(
        span=span,
        role=Role.STEP,
        input=text(attributes.get("input.value")),
        output=written(found) if found else text(attributes.get("output.value")),
        session=text(attributes.get("session.id")),
        user=text(attributes.get("user.id")) or text(attributes.get("enduser.id")),
        metadata=facts(attributes),
    )


def facts(attributes: Attributes) -> dict[str, Value]:
    """The attributes without their prefix."""
    return {key[len(PREFIX) :]: value for key, value in attributes.items() if key.startswith(PREFIX)}
