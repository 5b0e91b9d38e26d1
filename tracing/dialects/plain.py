"""Spans in no convention that is known: name, times, errors and what stands under general names; nothing is guessed."""

from tracing.dialects.reading import Reading
from tracing.dialects.values import mapping, text
from tracing.records import Span


def recognises(span: Span) -> bool:
    """Every span, so this one comes last."""
    return True


def read(span: Span) -> Reading:
    """The span as one of no role; who asked, and what, stands under general names."""
    attributes = span.attributes
    return Reading(
        span,
        input=text(attributes.get("input.value")),
        output=text(attributes.get("output.value")),
        metadata=mapping(attributes.get("metadata")),
        session=text(attributes.get("session.id")),
        user=text(attributes.get("user.id")) or text(attributes.get("enduser.id")),
    )
