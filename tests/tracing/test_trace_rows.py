"""A whole trace is read as it was kept, also by a store from before `detail` said all that is short."""

from typing import Any

import orjson
import pytest

from tests.tracing.stored import LONG_AGO_NS, a_trace, candidate, keep, stage
from tracing import queries, store
from tracing.columns import TraceRow, trace_columns
from tracing.keyed import TraceKey
from tracing.queries.many import stored_traces
from tracing.records import Check, Citation, Context, Entity, Lane, Slot, Trace, Versions
from tracing.shelf import Shelf

pytestmark = pytest.mark.usefixtures("clean_store")

FULL: dict[str, Any] = {
    "rooted": True,
    "root_name": "ask",
    "external_id": "order-77",
    "first_token_ms": 812.5,
    "environment": "prod",
    "service": "docs",
    "surface": "search",
    "variant": "b",
    "run_id": "run-3",
    "item_id": "item-9",
    "repeat": 2,
    "versions": Versions("r1", "p1", "i1", "e1", "k1", "c1"),
    "query": "How is a webhook's secret verified?",
    "rewritten": ("webhook secret verification",),
    "query_shape": "conceptual",
    "query_shape_source": "inferred",
    "intent": "howto",
    "product": "atlas",
    "entities": (Entity("webhook", "term", "atlas"),),
    "outcome": "answer",
    "confidence": 0.75,
    "answer": "With `compare_digest`.",
    "refused": False,
    "missing": ("the header",),
    "session_id": "s-1",
    "user_id": "u-1",
    "metadata": {"team": "red"},
    "lanes": (Lane("lexical", top_k=40, returned=1),),
    "candidates": (candidate("c1", "doc#sign", survived=True, text="Compare the digests of both."),),
    "context": Context(6000, 5120, (Slot("docs", 4000, 3800),), "Compare the digests of both.", "prompt"),
    "citations": (Citation(anchor="doc#sign", chunk_id="c1"),),
    "stages": (stage("generate", model="large-1", checks=(Check("margin", 0.04, 0.1, True),)),),
    "cost_usd": 0.02,
    "flags": ("slow:generate",),
    "warnings": ("3 attributes were dropped",),
    "span_count": 8,
    "span_stages": {"00000000000000aa": "retrieve"},
}  # fmt: skip
TRACES = {"full": FULL, "bare": {}, "no query": {"kind": "feedback", "rooted": False}}


def keep_as_before(trace: Trace, *, with_shape: bool = True) -> None:
    """Store it as an earlier Stagelight did."""
    keep(trace)
    columns = trace_columns([TraceRow("atlas", trace.started_ns, 2, LONG_AGO_NS, trace, Shelf.of(trace))])
    detail = orjson.loads(columns["detail"][0])
    said = detail.pop("said")
    if with_shape:
        detail["shape"] = said["query_shape_source"]
    store.insert("traces", columns | {"detail": [orjson.dumps(detail)]})


def read(trace: Trace) -> Trace:
    found = queries.trace(project="atlas", trace_id=trace.trace_id)
    assert found is not None
    return found.trace


@pytest.mark.parametrize("fields", TRACES.values(), ids=TRACES)
def test_a_trace_is_read_as_it_was_kept(fields: dict[str, Any]) -> None:
    trace = a_trace(**fields)
    keep(trace)
    assert read(trace) == trace


@pytest.mark.parametrize("fields", TRACES.values(), ids=TRACES)
def test_a_trace_of_an_older_store_is_read_as_it_was_kept(fields: dict[str, Any]) -> None:
    trace = a_trace(**fields | {"span_stages": {}})  # which it did not keep
    keep_as_before(trace)
    assert read(trace) == trace


def test_where_nothing_says_who_named_the_shape_its_sender_did() -> None:
    trace = a_trace(query_shape="conceptual", query_shape_source="inferred")
    keep_as_before(trace, with_shape=False)
    assert read(trace).query_shape_source == "declared"


def test_older_and_newer_traces_are_read_together() -> None:
    older, newer = a_trace(1, **FULL | {"span_stages": {}}), a_trace(2, **FULL)
    keep_as_before(older)
    keep(newer)
    keys = [TraceKey(trace.started_ns, trace.trace_id) for trace in (older, newer)]
    assert [one.trace for one in stored_traces(project="atlas", keys=keys)] == [older, newer]
