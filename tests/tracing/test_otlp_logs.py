"""Log records of the GenAI conventions: what they say of a span is seen there, whichever comes first."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from tests.conftest import Sender
from tests.tracing.otlp_bodies import START_NS, otlp_json, otlp_span, otlp_value
from tests.tracing.replays import account
from tracing import store
from tracing.otlp import Undecodable
from tracing.otlp import logs as otlp_logs

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
DETAILS = "gen_ai.client.inference.operation.details"
EVALUATION = "gen_ai.evaluation.result"
JSON = "application/json"
CONTENT = {
    "gen_ai.response.id": "r-1",
    "gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": "Question: why?"}]}],
    "gen_ai.output.messages": [{"role": "assistant", "parts": [{"type": "text", "content": "Because."}]}],
}
SCORE = {
    "gen_ai.evaluation.name": "groundedness",
    "gen_ai.evaluation.score.value": 0.5,
    "gen_ai.evaluation.explanation": "one claim of two",
    "gen_ai.response.id": "r-1",
}


def wrapped(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return {"kvlistValue": {"values": [{"key": key, "value": wrapped(part)} for key, part in value.items()]}}
    if isinstance(value, list):
        return {"arrayValue": {"values": [wrapped(part) for part in value]}}
    return otlp_value(value)


def record(name: str, attributes: dict[str, Any], trace_id: str = TRACE, span_id: str = SPAN, **more: Any) -> Any:
    pairs = [{"key": key, "value": wrapped(value)} for key, value in attributes.items()]
    at = str(START_NS + 10**9)
    return {"eventName": name, "traceId": trace_id, "spanId": span_id, "timeUnixNano": at, "attributes": pairs} | more


def body(*records: Any) -> str:
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": list(records)}]}]})


CALL = otlp_span(TRACE, SPAN, name="chat m", attributes={"gen_ai.operation.name": "chat", "gen_ai.response.id": "r-1"})
SPANS = "/v1/traces", otlp_json(CALL)
LOGS = "/v1/logs", body(record(DETAILS, CONTENT), record(EVALUATION, SCORE))
BY_RESPONSE = "/v1/logs", body(record(DETAILS, CONTENT, "", ""), record(EVALUATION, SCORE, "", ""))


def stored_trace() -> tuple[Any, ...]:
    columns = "kind, query, answer, span_count, duration_ms, rooted"
    [row] = store.rows(f"SELECT {columns} FROM traces FINAL WHERE trace_id = '{TRACE}'")
    return tuple(row)


def scores() -> list[Any]:
    return list(store.rows(f"SELECT kind, name, number, comment, source FROM signals FINAL WHERE trace_id = '{TRACE}'"))


@pytest.mark.parametrize("logs", [LOGS, BY_RESPONSE], ids=["by span", "by response"])
@pytest.mark.parametrize("order", ["before", "after", "at once"])
def test_records_join_their_span_whichever_comes_first(
    logs: tuple[str, str], order: str, sender: Sender, drained: Callable[[], None]
) -> None:
    for path, sent in (logs, SPANS) if order == "before" else (SPANS, logs):
        assert sender.post(path, sent, JSON).content == b"{}"
        if order != "at once":
            drained()
    drained()
    assert stored_trace() == ("query", "why?", "Because.", 1, 500.0, True)
    assert scores() == [("score", "groundedness", 0.5, "one claim of two", "evaluation")]
    assert account() == {"stored": 3, "duplicate": 0, "rejected": 0, "bad": 0}
    left = store.rows(f"SELECT DISTINCT kind FROM traces FINAL WHERE trace_id != '{TRACE}'")
    assert left == ([("joined",)] if (logs, order) == (BY_RESPONSE, "before") else [])


@pytest.mark.parametrize("logs", [LOGS, BY_RESPONSE], ids=["by span", "by response"])
def test_records_that_are_sent_again_change_nothing(
    logs: tuple[str, str], sender: Sender, drained: Callable[[], None]
) -> None:
    for path, sent in (SPANS, logs, logs):
        sender.post(path, sent, JSON)
        drained()
    assert stored_trace() == ("query", "why?", "Because.", 1, 500.0, True)
    assert len(scores()) == 1
    assert account() == {"stored": 3, "duplicate": 2, "rejected": 0, "bad": 0}


def test_a_score_without_its_trace_waits_and_is_no_query(sender: Sender, drained: Callable[[], None]) -> None:
    sender.post("/v1/logs", body(record(EVALUATION, SCORE)), JSON)
    drained()
    assert stored_trace()[0] == "feedback"
    assert len(scores()) == 1


def test_details_without_their_span_stand_for_it(sender: Sender, drained: Callable[[], None]) -> None:
    sender.post("/v1/logs", body(record(DETAILS, {"gen_ai.operation.name": "chat"} | CONTENT)), JSON)
    drained()
    assert stored_trace()[:3] == ("query", "why?", "Because.")


def test_what_is_wrong_is_rejected_and_what_is_of_something_else_is_counted_apart(
    sender: Sender, drained: Callable[[], None]
) -> None:
    foreign = record("", {"http.route": "/"}, body={"stringValue": "GET /"})
    placeless = record(EVALUATION, {"gen_ai.evaluation.name": "x"}, "", "")
    sent = body(foreign, placeless, 7, record(EVALUATION, SCORE, traceId="nonsense"), record(EVALUATION, SCORE))
    partial = sender.post("/v1/logs", sent, JSON).json()["partialSuccess"]
    assert partial["rejectedLogRecords"] == 3
    assert "1 with an event that names neither its span nor its response" in partial["errorMessage"]
    drained()
    assert account() == {"stored": 1, "duplicate": 0, "rejected": 3, "bad": 0}
    assert store.rows("SELECT sum(ignored) FROM account FINAL") == [(1,)]
    assert len(scores()) == 1


@pytest.mark.parametrize("as_json", [True, False])
def test_a_programs_own_log_lines_are_a_full_success(
    as_json: bool, sender: Sender, drained: Callable[[], None]
) -> None:
    lines = ExportLogsServiceRequest()
    lines.resource_logs.add().scope_logs.add().log_records.add(severity_text="INFO").body.string_value = "GET /"
    own = body(record("", {"http.route": "/"}, body={"stringValue": "GET /"}))
    answer = sender.post("/v1/logs", own, JSON) if as_json else sender.post("/v1/logs", lines.SerializeToString())
    assert (answer.status_code, answer.content) == (200, b"{}" if as_json else b"")
    drained()
    assert account() == {"stored": 0, "duplicate": 0, "rejected": 0, "bad": 0}
    assert store.rows("SELECT sum(ignored) FROM account FINAL") == [(1,)]
    assert store.rows("SELECT count() FROM refusals") == [(0,)]


@pytest.mark.parametrize("sent", ["{", "[]", '{"resourceSpans": []}', '{"resourceLogs": 3}'])
def test_what_is_no_logs_request_is_400(sent: str, sender: Sender) -> None:
    assert sender.post("/v1/logs", sent, JSON).status_code == 400


def test_protobuf_that_is_none_is_400_and_an_unknown_type_415(sender: Sender) -> None:
    assert sender.post("/v1/logs", b"\xff\xff\xff").status_code == 400
    assert sender.post("/v1/logs", "x", "text/plain").status_code == 415


def test_an_empty_request_is_a_success(sender: Sender) -> None:
    assert sender.post("/v1/logs", b"").status_code == 200
    assert sender.post("/v1/logs", "{}", JSON).json() == {}


def test_messages_as_single_events_are_the_exchange(sender: Sender, drained: Callable[[], None]) -> None:
    """As instrumentations sent them before one event told the whole call."""
    asked = record("gen_ai.user.message", {}, body=wrapped({"role": "user", "content": "why?"}))
    reply = record("gen_ai.choice", {}, body=wrapped({"index": 0, "message": {"content": "Because."}}))
    sender.post("/v1/traces", SPANS[1], JSON)
    sender.post("/v1/logs", body(asked, reply), JSON)
    drained()
    assert stored_trace()[1:3] == ("why?", "Because.")


def test_the_event_may_be_named_by_an_attribute() -> None:
    [found] = otlp_logs.decode(body(record("", SCORE | {"event.name": EVALUATION})).encode(), JSON)
    assert (found.name, found.parent_id) == (EVALUATION, SPAN)


anything = some.recursive(
    some.one_of(some.none(), some.booleans(), some.integers(), some.floats(), some.text(max_size=20)),
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(
            some.sampled_from(
                [
                    "resourceLogs",
                    "scopeLogs",
                    "logRecords",
                    "attributes",
                    "key",
                    "value",
                    "stringValue",
                    "eventName",
                    "traceId",
                    "spanId",
                    "body",
                    "timeUnixNano",
                    "kvlistValue",
                    "values",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(some.one_of(some.binary(max_size=200), anything.map(lambda each: json.dumps(each).encode())), some.booleans())
def test_any_body_is_decoded_or_refused(sent: bytes, as_json: bool) -> None:
    kind = JSON if as_json else "application/x-protobuf"
    try:
        receipt = otlp_logs.inspect(sent, kind)
    except Undecodable:
        return
    assert len(otlp_logs.decode(sent, kind)) == receipt.spans - receipt.rejected


@settings(max_examples=100, deadline=None)
@given(some.lists(some.one_of(anything, some.just(record(EVALUATION, SCORE))), max_size=6))
def test_a_bad_neighbour_costs_no_valid_record(records: list[Any]) -> None:
    valid = records.count(record(EVALUATION, SCORE))
    assert len(otlp_logs.decode(body(*records).encode(), JSON)) >= valid
