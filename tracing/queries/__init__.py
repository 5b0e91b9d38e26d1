"""What is read of the store: one function a question, one SELECT a function, always within one project."""

from tracing.queries.counting import Count, Facet, FacetValue, facets, match_count
from tracing.queries.ingest import Account, Day, Refusal, account, refusals
from tracing.queries.one import Found, Mark, any_trace, latest, locate, neighbours, signals, trace
from tracing.queries.pages import CursorError, Page, newer_than, trace_page
from tracing.queries.scope import LIVE, SORTS, Scope
from tracing.queries.spans import SpanOutline, span, span_tree, spans
from tracing.queries.summaries import Summary

__all__ = [
    "LIVE",
    "SORTS",
    "Account",
    "Count",
    "CursorError",
    "Day",
    "Facet",
    "FacetValue",
    "Found",
    "Mark",
    "Page",
    "Refusal",
    "Scope",
    "SpanOutline",
    "Summary",
    "account",
    "any_trace",
    "facets",
    "latest",
    "locate",
    "match_count",
    "neighbours",
    "newer_than",
    "refusals",
    "signals",
    "span",
    "span_tree",
    "spans",
    "trace",
    "trace_page",
]
