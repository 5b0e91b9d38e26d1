"""Whatever stands in a body for Langfuse's endpoints: each item is taken or refused by itself; traces come of it."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.conftest import Sender
from tests.tracing.test_captures import stored
from tests.tracing.test_langfuse import EVENTS, post
from tracing import otlp, signals
from tracing.dialects.loose import found_in
from tracing.langfuse.batch import otlp_of, read_events, read_scores
from tracing.native import trace_id_of
from tracing.normalise import normalise
from tracing.otlp.json import Undecodable
from tracing.records import Span

NOW_NS = 1_795_000_000 * 10**9
TYPES = [
    "trace-create", "span-create", "span-update", "generation-create", "generation-update", "event-create",
    "score-create", "observation-create", "retriever-create", "dataset-run-item-create", "sdk-log", "dance", "-create",
]  # fmt: skip
FIELDS = [
    "id", "traceId", "name", "startTime", "endTime", "completionStartTime", "timestamp", "type", "input", "output",
    "metadata", "level", "statusMessage", "model", "modelParameters", "usage", "usageDetails", "costDetails",
    "parentObservationId", "promptName", "promptVersion", "userId", "sessionId", "tags", "release", "version",
    "environment", "value", "dataType", "comment", "observationId", "runName", "datasetItemId", "stringValue",
]  # fmt: skip
OBSERVED = [
    *(
        "langfuse.observation." + name for name in (
            "type", "input", "output", "level", "status_message", "model.name", "usage_details", "cost_details",
            "completion_start_time", "prompt.version", "metadata", "metadata.top_k", "metadata.lane",
        )
    ),
    *("langfuse.trace." + name for name in ("name", "tags", "metadata", "metadata.k", "input", "output")),
    "langfuse.environment", "langfuse.release", "langfuse.version", "langfuse.internal.is_app_root",
    "langfuse.experiment.id", "langfuse.experiment.item.id", "session.id", "langfuse.event",
]  # fmt: skip
WORDS = [
    "", "t", "a", "2026-11-20T09:00:00Z", "2026-11-20T09:00:00", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59Z",
    "ERROR", "default", "rerank", "retrieve", "generation", "retriever", "evaluator", "guardrail", "\x00\ud800",
    '{"args": [[], {"ids": [["a"], ["b"]], "distances": 3}], "kwargs": {}}', '[["a", 1], ["b", "x"]]', '"quoted',
    '{"hits": {"hits": [{"_id": 1, "_source": []}]}}',
    '{"ids": [["a"]], "documents": [[null]], "distances": [[1e999]]}',
    '[{"name": "x", "value": {}}, 7, true]', '{"type": "span-update", "body": [], "timestamp": 3}',
    '{"type": "trace-create", "body": {"id": {}, "metadata": 7, "startTime": -1}}', "NaN", "1e400",
]  # fmt: skip
scalar = some.sampled_from(WORDS) | some.none() | some.booleans() | some.floats() | some.integers(-(2**70), 2**70)
value = some.recursive(
    scalar,
    lambda inner: (
        some.lists(inner, max_size=3) | some.dictionaries(some.sampled_from(FIELDS + WORDS), inner, max_size=4)
    ),
    max_leaves=8,
)
event = value | some.fixed_dictionaries(
    {"type": some.sampled_from(TYPES)},
    optional={
        "id": scalar,
        "timestamp": scalar,
        "body": some.dictionaries(some.sampled_from(FIELDS), value, max_size=9),
    },
)
bounded = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


@bounded
@given(some.lists(event, max_size=6))
def test_any_event_is_taken_or_refused_and_the_valid_one_beside_it_is_kept(events: list[Any]) -> None:
    body = json.dumps({"batch": [*events, EVENTS[0]], "metadata": {}}).encode()
    batch = read_events(body, trace_id_of, NOW_NS)
    assert len(batch.taken) + len(batch.faults) == len(events) + 1
    assert batch.taken[-1] == EVENTS[0]["id"]
    spans = otlp.decode(otlp_of(batch.spans), "application/json")
    assert len(spans) == len(batch.spans)
    assert len(signals.load(signals.dump(batch.signals))) == len(batch.signals)
    by_trace: dict[str, list[Span]] = {}
    for span in spans:
        by_trace.setdefault(span.trace_id, []).append(span)
    for found in by_trace.values():
        trace = normalise(found)
        assert normalise([*found[::-1], *found]) == trace
        assert normalise([stored(span) for span in found]) == trace


@bounded
@given(some.lists(value, max_size=5) | value)
def test_any_score_is_taken_or_refused(body: Any) -> None:
    count = len(body) if isinstance(body, list) else 1
    batch = read_scores(json.dumps(body).encode(), trace_id_of, NOW_NS)
    assert len(batch.signals) + len(batch.faults) == count
    signals.load(signals.dump(batch.signals))


@bounded
@given(some.binary(max_size=40))
def test_any_bytes_are_a_batch_or_refused(body: bytes) -> None:
    for read in (read_events, read_scores):
        try:
            read(body, trace_id_of, NOW_NS)
        except Undecodable:
            continue


@bounded
@given(some.lists(some.dictionaries(some.sampled_from(OBSERVED), value, max_size=10), min_size=1, max_size=4))
def test_any_attribute_of_langfuses_makes_a_trace(each: list[dict[str, Any]]) -> None:
    spans = [
        Span("ab" * 16, f"{number:016x}", f"{number - 2:016x}" if number > 1 else "", "rerank", NOW_NS, NOW_NS, held)
        for number, held in enumerate((_plain(attributes) for attributes in each), 1)
    ]
    trace = normalise(spans)
    assert normalise(spans[::-1]) == trace
    assert trace.span_count > 0


@bounded
@given(value)
def test_documents_are_found_in_any_json_or_not_at_all(given_: Any) -> None:
    found = found_in(_plain({"x": given_})["x"])
    assert found is None or all(document.rank > 0 for document in found.documents)


def _plain(attributes: dict[str, Any]) -> dict[str, Any]:
    """As the receiver's JSON reader leaves them: finite, and without lone surrogates."""
    text = json.dumps(attributes).replace("NaN", "1").replace("-Infinity", "1").replace("Infinity", "1")
    found: dict[str, Any] = orjson.loads(text.encode("utf-8").replace(b"\\ud800", b"?"))
    return found


SMALL = ["v2/datasets", "dataset-items", "dataset-run-items", "media", "scores", "ingestion"]
KEYS = [
    *FIELDS,
    "datasetName",
    "sha256Hash",
    "contentType",
    "contentLength",
    "field",
    "status",
    "sourceTraceId",
    "batch",
]


@pytest.mark.parametrize("path", SMALL)
def test_no_body_makes_an_endpoint_fail(sender: Sender, path: str) -> None:
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(some.dictionaries(some.sampled_from(KEYS), value, max_size=6) | value)
    def fails_at_nothing(body: Any) -> None:
        assert post(sender, path, json.dumps(body).encode()).status_code < 500

    fails_at_nothing()
