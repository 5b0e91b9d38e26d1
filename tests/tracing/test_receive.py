"""The receiver: every request has its documented answer, and what is not kept is counted."""

import gzip
import io
import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client, RequestFactory
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tests.conftest import Sender
from tests.tracing.otlp_bodies import otlp_json, otlp_span, protobuf
from tracing import body, store
from tracing.models import Key, Project, Scope
from tracing.spool import SpoolFullError

JSON = "application/json"
TRACE = "0af7651916cd43dd8448eb211c80319c"


def stored_spans() -> int:
    return int(store.rows("SELECT count() FROM spans FINAL")[0][0])


def account(project: str = "atlas") -> dict[str, int]:
    names = ("traces", "stored", "duplicate", "rejected", "bad")
    [row] = store.rows(f"SELECT {', '.join(f'sum({n})' for n in names)} FROM account FINAL WHERE project = '{project}'")
    return dict(zip(names, map(int, row), strict=True))


def refusals() -> list[tuple[Any, ...]]:
    return list(store.rows("SELECT project, status FROM refusals ORDER BY at, batch"))


def test_protobuf_is_acked_with_an_empty_answer_and_stored(sender: Sender, drained: Callable[[], None]) -> None:
    response = sender.post("/v1/traces", protobuf(otlp_span(TRACE)))
    assert (response.status_code, response.content, response["Content-Type"]) == (200, b"", "application/x-protobuf")
    drained()
    assert stored_spans() == 1
    assert account() == {"traces": 1, "stored": 1, "duplicate": 0, "rejected": 0, "bad": 0}


def test_json_is_answered_in_json(sender: Sender, drained: Callable[[], None]) -> None:
    response = sender.post("/v1/traces", otlp_json(otlp_span(TRACE)), JSON)
    assert (response.status_code, response.json()) == (200, {})
    drained()
    assert stored_spans() == 1


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw deflate", "two members"])
def test_compressed_bodies_are_read(encoding: str, sender: Sender, drained: Callable[[], None]) -> None:
    data = protobuf(otlp_span(TRACE))
    raw = zlib.compressobj(wbits=-15)
    packed = {
        "gzip": gzip.compress(data),
        "deflate": zlib.compress(data),
        "raw deflate": raw.compress(data) + raw.flush(),
        "two members": gzip.compress(data[:20]) + gzip.compress(data[20:]),
    }[encoding]
    name = "deflate" if "deflate" in encoding else "gzip"
    assert sender.post("/v1/traces", packed, **{"Content-Encoding": name}).status_code == 200
    drained()
    assert stored_spans() == 1


def test_a_chunked_body_without_a_length_is_read_whole() -> None:
    request = RequestFactory().post("/v1/traces", b"", content_type=JSON)
    request.META |= {"wsgi.input": io.BytesIO(b"x" * 3_000_000), "HTTP_TRANSFER_ENCODING": "chunked"}
    request.META.pop("CONTENT_LENGTH", None)
    assert len(body.read(request, 10**7)) == 3_000_000


def test_an_empty_request_is_a_success(sender: Sender, drained: Callable[[], None]) -> None:
    assert sender.post("/v1/traces", b"").status_code == 200
    drained()
    assert account()["stored"] == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer sl_wrong"}, 401),
        ({"Authorization": "Basic !!!"}, 401),
        ({"Authorization": "Bearer"}, 401),
    ],
)
def test_no_key_and_a_wrong_key_are_refused_and_counted(
    headers: dict[str, str], status: int, project: Project, drained: Callable[[], None]
) -> None:
    data = protobuf(otlp_span(TRACE))
    response = Client().post("/v1/traces", data, content_type="application/x-protobuf", headers=headers)
    assert response.status_code == status
    assert b"key" in response.content
    drained()
    assert refusals() == [("", status)]
    assert stored_spans() == 0


@pytest.mark.parametrize("header", ["X-API-Key", "Basic"])
def test_a_key_may_come_in_three_ways(header: str, sender: Sender) -> None:
    import base64

    basic = {"Authorization": "Basic " + base64.b64encode(f"pk:{sender.secret}".encode()).decode()}
    headers = {"X-API-Key": sender.secret} if header == "X-API-Key" else basic
    data = protobuf(otlp_span(TRACE))
    response = Client().post("/v1/traces", data, content_type="application/x-protobuf", headers=headers)
    assert response.status_code == 200


def test_a_key_that_may_only_read_is_refused(project: Project, drained: Callable[[], None]) -> None:
    _, secret = Key.issue(project, "reader", [Scope.READ])
    assert Sender(Client(), secret).post("/v1/traces", protobuf(otlp_span(TRACE))).status_code == 403
    drained()
    assert refusals() == [("atlas", 403)]


def test_a_key_writes_to_its_own_project_only(sender: Sender, drained: Callable[[], None]) -> None:
    other = Project.objects.create(slug="dune", name="Dune")
    _, secret = Key.issue(other, "test", [Scope.INGEST, Scope.READ])
    Sender(Client(), secret).post("/v1/traces", protobuf(otlp_span(TRACE)))
    drained()
    assert store.rows("SELECT DISTINCT project FROM spans") == [("dune",)]


@pytest.mark.parametrize(
    ("data", "content_type", "headers", "status"),
    [
        (b"\x0a\xff\xff\xff", "application/x-protobuf", {}, 400),
        (b"{", JSON, {}, 400),
        (b"[]", JSON, {}, 400),
        (b'{"resourceSpans": 7}', JSON, {}, 400),
        (gzip.compress(b"x" * 1000, mtime=0)[:-9], "application/x-protobuf", {"Content-Encoding": "gzip"}, 400),
        (b"no gzip", "application/x-protobuf", {"Content-Encoding": "gzip"}, 400),
        (b"x", "application/x-protobuf", {"Content-Encoding": "br"}, 415),
        (b"<xml/>", "application/xml", {}, 415),
        (b"x", "text/plain", {}, 415),
    ],
)
def test_what_cannot_be_used_gets_its_answer_and_is_counted(
    data: bytes, content_type: str, headers: dict[str, str], status: int, sender: Sender, drained: Callable[[], None]
) -> None:
    response = sender.post("/v1/traces", data, content_type, **headers)
    assert response.status_code == status
    assert response.content
    drained()
    assert refusals() == [("atlas", status)]
    assert account()["stored"] == 0


def test_an_error_speaks_the_encoding_of_the_request(sender: Sender) -> None:
    as_json = sender.post("/v1/traces", b"{", JSON)
    assert set(as_json.json()) == {"code", "message"}
    as_protobuf = sender.post("/v1/traces", b"\xff\xff", "application/x-protobuf")
    assert as_protobuf["Content-Type"] == "application/x-protobuf"
    assert as_protobuf.content[:2] == b"\x08\x03"


def test_a_bomb_is_refused_without_being_unpacked_whole(sender: Sender, settings: Any) -> None:
    settings.INGEST_MAX_BYTES = 1_000_000
    bomb = gzip.compress(b"\0" * 50_000_000)
    response = sender.post("/v1/traces", bomb, **{"Content-Encoding": "gzip"})
    assert response.status_code == 413


def test_more_than_the_limit_is_refused_with_an_answer(sender: Sender, drained: Callable[[], None]) -> None:
    response = sender.post("/v1/traces", b"\0" * (65 * 1024 * 1024))
    assert response.status_code == 413
    assert b"smaller batches" in response.content
    drained()
    assert refusals() == [("atlas", 413)]


def test_a_full_spool_asks_to_come_again_soon(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    from tracing.spool import Spool

    def full(self: Spool, frame: object) -> None:
        raise SpoolFullError("the disk is full")

    monkeypatch.setattr(Spool, "append", full)
    response = sender.post("/v1/traces", protobuf(otlp_span(TRACE)))
    assert response.status_code == 503
    assert 1 <= int(response["Retry-After"]) <= 4


def test_spans_with_ids_of_a_wrong_length_are_rejected_and_their_neighbours_kept(
    sender: Sender, drained: Callable[[], None]
) -> None:
    good, bad = otlp_span(TRACE), otlp_span("0af7")
    response = sender.post("/v1/traces", otlp_json(good, bad, otlp_span(TRACE, span_id="00" * 8)), JSON)
    partial = response.json()["partialSuccess"]
    assert (response.status_code, partial["rejectedSpans"]) == (200, 2)
    assert partial["errorMessage"]
    drained()
    assert account() == {"traces": 1, "stored": 1, "duplicate": 0, "rejected": 2, "bad": 0}


def test_protobuf_says_how_many_spans_it_rejected(sender: Sender) -> None:
    request = ExportTraceServiceRequest.FromString(protobuf(otlp_span(TRACE), otlp_span(TRACE, span_id="12" * 8)))
    request.resource_spans[0].scope_spans[0].spans[1].span_id = b"123"
    answer = ExportTraceServiceResponse.FromString(sender.post("/v1/traces", request.SerializeToString()).content)
    assert answer.partial_success.rejected_spans == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"attributes": "no list"},
        {"attributes": [{"key": 7, "value": {"stringValue": "x"}}]},
        {"attributes": [{"key": "k", "value": {"intValue": "no number"}}]},
        {"startTimeUnixNano": {"a": 1}},
        {"events": [[]]},
        {"links": 3},
        {"name": None, "status": []},
        {"traceId": 17},
    ],
)
def test_wrong_shapes_inside_valid_json_reject_a_span_at_most(
    wrong: dict[str, Any], sender: Sender, drained: Callable[[], None]
) -> None:
    odd = otlp_span(TRACE, span_id="11" * 8) | wrong
    response = sender.post("/v1/traces", otlp_json(otlp_span(TRACE), odd), JSON)
    assert response.status_code == 200
    drained()
    counted = account()
    assert counted["stored"] + counted["rejected"] == 2
    assert counted["stored"] >= 1
    assert counted["bad"] == 0


@pytest.mark.parametrize(
    "text", ["a\x00b", "\ud800 alone", "‮ right to left", "<script>alert(1)</script>", "x" * 1_000_000]
)
def test_any_text_is_kept(text: str, sender: Sender, drained: Callable[[], None]) -> None:
    span = otlp_span(TRACE, attributes={"input.value": text, "openinference.span.kind": "CHAIN"})
    assert sender.post("/v1/traces", otlp_json(span), JSON).status_code == 200
    drained()
    assert account()["stored"] == 1


@pytest.mark.parametrize("start", [0, 1, 10**18, 4_102_444_800 * 10**9, 2**63 - 1, 2**64 - 1])
def test_any_clock_is_kept_and_nothing_is_doubled(start: int, sender: Sender, drained: Callable[[], None]) -> None:
    data = protobuf(otlp_span(TRACE, start_ns=start))
    sender.post("/v1/traces", data)
    drained()
    sender.post("/v1/traces", data)
    drained()
    assert store.rows("SELECT count(), uniqExact(trace_id) FROM traces FINAL") == [(1, 1)]
    assert account() == {"traces": 1, "stored": 1, "duplicate": 1, "rejected": 0, "bad": 0}
    [(shown,)] = store.rows("SELECT started_at FROM traces FINAL")
    assert shown == min(start, 2**63 - 1)


def test_150_months_in_one_request_are_kept_once(sender: Sender, drained: Callable[[], None]) -> None:
    month = 30 * 86_400 * 10**9
    spans = [otlp_span(f"{i + 1:032x}", start_ns=1_780_000_000 * 10**9 - i * month) for i in range(150)]
    for _ in range(2):
        sender.post("/v1/traces", protobuf(*spans))
        drained()
    assert store.rows("SELECT count(), uniqExact(toYYYYMM(key_ts)) > 140 FROM traces FINAL") == [(150, True)]


def test_metrics_are_told_where_to_go() -> None:
    response = Client().post("/v1/metrics", b"", content_type="application/x-protobuf")
    assert response.status_code == 404
    assert "metrics" in response.json()["detail"]


def test_native_json_is_taken_with_an_error_an_item(sender: Sender, drained: Callable[[], None]) -> None:
    good = {"trace_id": TRACE, "query": "why?", "started_at": "2026-11-20T10:00:00Z"}
    response = sender.post("/api/v1/traces", json.dumps([good, {"query": "no id"}]), JSON)
    answer = response.json()
    assert (response.status_code, answer["accepted"], answer["rejected"]) == (202, 1, 1)
    assert answer["errors"][0]["index"] == 1
    drained()
    assert store.rows("SELECT query FROM traces FINAL") == [("why?",)]
    assert account() == {"traces": 1, "stored": 1, "duplicate": 0, "rejected": 1, "bad": 0}


def test_what_was_said_of_a_trace_comes_with_its_document_and_again_from_its_export(
    sender: Sender, drained: Callable[[], None]
) -> None:
    good = {"trace_id": TRACE, "query": "why?", "started_at": "2026-11-20T10:00:00Z"}
    thumb = {"kind": "thumb", "value": "down", "user": "u1", "comment": "no", "at": "2026-11-20T11:00:00Z"}
    grounded = {"value": 0.61, "by": "client"}
    for _ in range(2):
        sender.post("/api/v1/traces", json.dumps(good | {"signals": [thumb], "groundedness": grounded}), JSON)
        drained()
    exported = sender.get(f"/api/v1/traces/{TRACE}").json()
    assert [signal["comment"] for signal in exported["signals"] if signal["kind"] == "thumb"] == ["no"]
    assert exported["groundedness"] == grounded | {"version": None}

    other = "1" * 32
    sender.post("/api/v1/traces", json.dumps(exported | {"trace_id": other}), JSON)
    drained()
    again = sender.get(f"/api/v1/traces/{other}").json()
    assert again["signals"] == exported["signals"]
    assert again["groundedness"] == exported["groundedness"]


def test_what_cannot_be_read_of_a_document_s_signals_is_told_and_costs_no_trace(
    sender: Sender, drained: Callable[[], None]
) -> None:
    good = {"trace_id": TRACE, "query": "why?", "started_at": "2026-11-20T10:00:00Z"}
    wrong: Any
    for wrong, field in (([{"kind": "thumb", "value": "sideways"}], "signals[0].value"), ("none", "signals[0]")):
        answer = sender.post("/api/v1/traces", json.dumps(good | {"signals": wrong}), JSON).json()
        assert set(answer["errors"][0]) == {"index", "detail", "message", "field", "suggestion"}
        assert (answer["accepted"], answer["rejected"], answer["errors"][0]["field"]) == (1, 0, field)
    judged = good | {"groundedness": {"value": 0.2, "by": "judge"}}
    assert sender.post("/api/v1/traces", json.dumps(judged), JSON).json()["errors"] == []
    drained()
    assert sender.get(f"/api/v1/traces/{TRACE}").json()["signals"] == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (0.7, 0.7),
        ({"value": "0.61", "by": None}, 0.61),
        ({"value": 0.6}, 0.6),
        ({"value": None, "by": None, "version": None}, None),
        ({"value": 0.6, "by": "lexical"}, None),
    ],
)
def test_the_client_s_own_groundedness_is_kept_however_it_is_written(
    given: Any, kept: float | None, sender: Sender, clean_store: None, drained: Callable[[], None]
) -> None:
    document = {"trace_id": TRACE, "query": "why", "started_at": "2026-11-03T09:30:00Z", "groundedness": given}
    answer = sender.post("/api/v1/traces", json.dumps(document), JSON).json()
    assert answer == {"accepted": 1, "rejected": 0, "errors": []}
    drained()
    assert sender.get(f"/api/v1/traces/{TRACE}").json()["groundedness"]["value"] == kept


@pytest.mark.parametrize("given", ["high", [0.5], True, {"value": "high"}, 7, {"value": -0.1}])
def test_a_groundedness_that_is_none_is_told(given: Any, sender: Sender, clean_store: None) -> None:
    document = {"trace_id": TRACE, "query": "why", "started_at": "2026-11-03T09:30:00Z", "groundedness": given}
    (error,) = sender.post("/api/v1/traces", json.dumps(document), JSON).json()["errors"]
    words = "groundedness is not a number from 0 to 1, nor an object with such a value"
    assert error == {"index": 0, "field": "groundedness", "detail": words, "message": words, "suggestion": ""}


def test_signals_may_come_before_their_trace_and_a_newer_one_replaces_the_older(
    sender: Sender, drained: Callable[[], None]
) -> None:
    down = {"trace_id": TRACE, "kind": "thumb", "value": "down", "user": "u1"}
    assert sender.post("/api/v1/signals", json.dumps(down), JSON).status_code == 202
    drained()
    sender.post("/v1/traces", protobuf(otlp_span(TRACE)))
    drained()
    assert store.rows("SELECT thumb FROM marks FINAL") == [("down",)]
    sender.post("/api/v1/signals", json.dumps([down | {"value": "up"}]), JSON)
    drained()
    assert store.rows("SELECT thumb FROM marks FINAL") == [("up",)]
    assert store.rows("SELECT count() FROM signals FINAL") == [(1,)]


THUMB = {"trace_id": TRACE, "kind": "thumb", "value": "down"}
DOCUMENT = {"trace_id": TRACE, "query": "why", "started_at": "2026-11-03T09:30:00Z", "signals": [THUMB]}
SCORE = {"traceId": TRACE, "name": "helpful", "value": 1}
SAID = {"gen_ai.evaluation.name": "helpful", "gen_ai.evaluation.score.label": "yes"}
ATTRIBUTES = [{"key": key, "value": {"stringValue": value}} for key, value in SAID.items()]
RECORD = {"eventName": "gen_ai.evaluation.result", "traceId": TRACE, "attributes": ATTRIBUTES}


@pytest.mark.parametrize(
    ("path", "sent", "waiting"),
    [
        ("/api/v1/signals", [THUMB, THUMB | {"user": "u"}], 2),
        ("/api/v1/traces", DOCUMENT, 2),
        ("/api/public/scores", SCORE, 1),
        ("/v1/logs", {"resourceLogs": [{"scopeLogs": [{"logRecords": [RECORD]}]}]}, 1),
    ],
)
def test_signals_wait_until_they_can_be_read(
    path: str, sent: Any, waiting: int, sender: Sender, drained: Callable[[], None]
) -> None:
    def account() -> Any:
        return sender.get("/api/v1/ingest/account").json()["total"]["spans"]

    assert sender.post(path, json.dumps(sent), JSON).status_code < 300
    assert account()["waiting"] == account()["received"] == waiting
    drained()
    assert account()["waiting"] == 0 and account()["received"] == account()["stored"]
    assert len(sender.get(f"/api/v1/traces/{TRACE}/signals").json()["signals"]) >= 1


def test_the_ingest_page_counts_spans_alone(sender: Sender, clean_store: None, people: dict[str, Any]) -> None:
    mara = Client()
    mara.force_login(people["mara"])
    sender.post("/api/v1/signals", json.dumps(THUMB), JSON)
    assert "<b>0</b> waiting" in mara.get("/p/atlas/ingest/").content.decode()


EARLY, LATE, FAR = "2020-01-01T10:00:00Z", "2020-01-01T10:00:05Z", "2999-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ([("down", LATE), ("up", EARLY)], "down"),
        ([("down", EARLY), ("up", LATE)], "up"),
        ([("down", EARLY), ("up", EARLY)], "up"),
        ([("down", EARLY), ("up", None)], "up"),
        ([("down", FAR), ("up", None)], "up"),
        ([("down", None), ("up", FAR)], "up"),
        ([("down", FAR), ("up", FAR)], "up"),
        ([("up", None), ("down", EARLY)], "up"),
        ([("down", "1960-01-01T00:00:00Z"), ("up", EARLY)], "up"),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_the_signal_that_was_said_last_counts_whichever_comes_last(
    said: list[tuple[str, str | None]], kept: str, together: bool, sender: Sender, drained: Callable[[], None]
) -> None:
    made = [{"trace_id": TRACE, "kind": "thumb", "user": "u1", "value": value, "at": at} for value, at in said]
    for request in [made] if together else made:
        assert sender.post("/api/v1/signals", json.dumps(request), JSON).status_code == 202
        if not together:
            drained()
    drained()
    assert store.rows("SELECT value FROM signals FINAL") == [(kept,)]


@pytest.mark.parametrize(
    ("signal", "field"),
    [
        ({"kind": "thumb", "value": "down"}, "trace_id"),
        ({"trace_id": TRACE, "kind": "tumb", "value": "down"}, "kind"),
        ({"trace_id": TRACE, "kind": "thumb", "value": "sideways"}, "value"),
        ({"trace_id": TRACE, "kind": "score", "value": [1]}, "value"),
        ({"trace_id": TRACE, "kind": "thumb", "value": "up", "at": "yesterday"}, "at"),
        ({"trace_id": TRACE, "kind": "comment", "value": "x", "comment": 7}, "comment"),
        ([1], ""),
    ],
)
def test_a_wrong_signal_names_its_field(signal: Any, field: str, sender: Sender) -> None:
    answer = sender.post("/api/v1/signals", json.dumps([signal]), JSON).json()
    assert (answer["accepted"], answer["errors"][0]["field"]) == (0, field)


@pytest.mark.parametrize(
    ("given", "why"),
    [({"trace_id": 5}, "not a text"), ({"trace_id": None}, "null"), ({"trace_id": " "}, "empty"), ({}, "missing")],
)
def test_a_signal_without_a_trace_is_told_why(given: dict[str, Any], why: str, sender: Sender) -> None:
    answer = sender.post("/api/v1/signals", json.dumps({"kind": "thumb", "value": "up", **given}), JSON).json()
    assert answer["errors"][0]["detail"].startswith(f"trace_id is {why}: ")


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (1, "up"),
        (True, "up"),
        ("UP", "up"),
        ("👍", "up"),
        ("👍🏽", "up"),
        ("yes", "up"),
        ("Liked", "up"),
        ("positive", "up"),
        ("Thumbs Up", "up"),
        (0, "down"),
        (-1, "down"),
        ("👎🏿", "down"),
        ("no", "down"),
        ("disliked", "down"),
        ("dwn", "down"),
        ("sideways", None),
        ("unliked", None),
        ("🤷", None),
        (5, None),
        (None, None),
        ([], None),
    ],
)
def test_a_thumb_in_other_words_is_told_the_right_one(value: Any, meant: str | None, sender: Sender) -> None:
    signal = {"trace_id": TRACE, "kind": "thumb", "value": value}
    assert sender.post("/api/v1/signals", json.dumps(signal), JSON).json()["errors"][0]["suggestion"] == meant


def test_signals_that_are_no_json_are_refused(sender: Sender) -> None:
    response = sender.post("/api/v1/signals", b"{", JSON)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"


def test_an_ack_may_wait_for_the_store(sender: Sender, clean_store: None, settings: Any) -> None:
    from tracing import receive
    from tracing.drain import Drain

    settings.INGEST_ACK = "clickhouse"
    drain = Drain(receive.spool())
    drain.start()
    try:
        assert sender.post("/v1/traces", protobuf(otlp_span(TRACE))).status_code == 200
        assert stored_spans() == 1
    finally:
        drain.stop()
        drain.join()


def test_an_ack_that_would_have_to_wait_too_long_is_none(
    sender: Sender, clean_store: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracing import receive

    settings.INGEST_ACK = "clickhouse"
    monkeypatch.setattr(receive, "STORED_WITHIN_SECONDS", 0.05)
    monkeypatch.setattr(receive, "_late", {})
    assert sender.post("/v1/traces", protobuf(otlp_span(TRACE))).status_code == 503


def test_a_request_that_the_store_took_late_is_acked_when_it_is_sent_again_and_stored_once(
    sender: Sender, drained: Callable[[], None], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracing import receive

    settings.INGEST_ACK = "clickhouse"
    monkeypatch.setattr(receive, "STORED_WITHIN_SECONDS", 0.05)
    monkeypatch.setattr(receive, "_late", {})
    for _ in range(2):
        assert sender.post("/v1/traces", protobuf(otlp_span(TRACE))).status_code == 503
    drained()
    assert sender.post("/v1/traces", protobuf(otlp_span(TRACE))).status_code == 200
    spans = sender.get("/api/v1/ingest/account").json()["total"]["spans"]
    assert (spans["received"], spans["stored"]) == (1, 1)
