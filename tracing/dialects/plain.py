"""Spans in no convention that is known: name, times and errors, and nothing that would have to be guessed."""

from tracing.dialects.reading import Reading
from tracing.dialects.values import text
from tracing.records import Span


def recognises(span: Span) -> bool:
    """Every span, so this one comes last."""
    return True


def read(span: Span) -> Reading:
    """The span as one of no role; who asked stands under OpenTelemetry's general names."""
    attributes = span.attributes
    return Reading(
        span,
        session=text(attributes.get("session.id")),
        user=text(attributes.get("user.id")) or text(attributes.get("enduser.id")),
    )
