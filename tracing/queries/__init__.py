"""What is read of the store: one function a question, one SELECT a function, always within one project."""

from tracing.marks import Mark
from tracing.queries.corpus import MOST_ANCHORS, MOST_CHANGES, Anchor, Change, anchors, manifest_changes
from tracing.queries.counting import Count, Facet, FacetValue, Reach, facet_reach, facets, match_count
from tracing.queries.ingest import Account, ClientDay, Day, Refusal, account, client_days, refusals
from tracing.queries.one import Found, any_trace, key_time, latest, locate, neighbours, signals, trace
from tracing.queries.pages import CursorError, Page, cursor_beside, newer_than, trace_page
from tracing.queries.scope import LIVE, SORTS, Scope
from tracing.queries.spans import SpanOutline, span, span_tree, span_tree_with_stages, spans
from tracing.queries.summaries import SHOWN, Summary

__all__ = [
    "LIVE",
    "MOST_ANCHORS",
    "MOST_CHANGES",
    "SHOWN",
    "SORTS",
    "Account",
    "Anchor",
    "Change",
    "ClientDay",
    "Count",
    "CursorError",
    "Day",
    "Facet",
    "FacetValue",
    "Found",
    "Mark",
    "Page",
    "Reach",
    "Refusal",
    "Scope",
    "SpanOutline",
    "Summary",
    "account",
    "anchors",
    "any_trace",
    "client_days",
    "cursor_beside",
    "facet_reach",
    "facets",
    "key_time",
    "latest",
    "locate",
    "manifest_changes",
    "match_count",
    "neighbours",
    "newer_than",
    "refusals",
    "signals",
    "span",
    "span_tree",
    "span_tree_with_stages",
    "spans",
    "trace",
    "trace_page",
]
