"""One module a convention, each `recognises(span)` and `read(span)`; a trace may mix them, span by span.

A new convention is a module here with those two functions, and its place in `DIALECTS`: the first that recognises
a span reads it. Our own `rag.*` attributes (`rag.py`) may be on any span of any convention and always win.
"""

from typing import Protocol

from tracing.dialects import (
    aisdk,
    app,
    genai,
    haystack,
    langfuse,
    langsmith,
    mlflow,
    openinference,
    plain,
    traceloop,
    vectordb,
)
from tracing.dialects.reading import Reading
from tracing.records import Span


class Dialect(Protocol):
    """One convention."""

    def recognises(self, span: Span) -> bool: ...

    def read(self, span: Span) -> Reading: ...


DIALECTS: tuple[Dialect, ...] = (
    langfuse,
    openinference,
    traceloop,
    vectordb,
    mlflow,
    haystack,
    aisdk,
    langsmith,
    genai,
    app,
    plain,
)


def read(span: Span) -> Reading:
    """The span in our words, by the first convention that knows it."""
    for dialect in DIALECTS:
        if dialect.recognises(span):
            return dialect.read(span)
    return Reading(span)
