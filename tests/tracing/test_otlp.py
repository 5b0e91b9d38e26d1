"""OTLP bodies: what is read, what is refused one by one, and what gets the whole body refused."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.tracing import captures
from tests.tracing.otlp_bodies import otlp_json, otlp_span, protobuf
from tracing import otlp
from tracing.records import Span

PROTOBUF, JSON = "application/x-protobuf", "application/json; charset=utf-8"
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def in_json(*spans: Any, resource: dict[str, Any] | None = None) -> bytes:
    return otlp_json(*spans, resource=resource).encode()


def decoded(value: Any) -> Any:
    """An attribute's value, as JSON wraps it, decoded."""
    raw = otlp_span(TRACE) | {"attributes": [{"key": "k", "value": value}]}
    return otlp.decode(in_json(raw), JSON)[0].attributes["k"]


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        ("application/x-protobuf", "protobuf"),
        ("Application/JSON; charset=utf-8", "json"),
        ("text/plain", None),
        ("", None),
    ],
)
def test_the_content_type_tells_the_encoding(content_type: str, encoding: str | None) -> None:
    assert otlp.encoding_of(content_type) == encoding


def test_both_encodings_make_the_same_spans() -> None:
    attributes = {"text": "x", "empty": "", "yes": True, "whole": -(2**63), "real": 0.5, "list": ["a", 1, False]}
    spans = [
        otlp_span(TRACE, attributes=attributes, status={"code": 2, "message": "boom"}),
        otlp_span(TRACE, "00f067aa0ba902b7", SPAN, "child"),
    ]
    resource = {"service.name": "docs"}
    found = otlp.decode(protobuf(*spans, resource=resource), PROTOBUF)
    assert found == otlp.decode(in_json(*spans, resource=resource), JSON)
    assert (found[0].trace_id, found[0].span_id, found[0].failed, found[0].status_message) == (
        TRACE,
        SPAN,
        True,
        "boom",
    )
    assert (found[0].attributes, found[0].resource) == (attributes, resource)
    assert found[1].parent_id == SPAN


def test_ids_in_json_are_hex_in_any_case() -> None:
    [span] = otlp.decode(in_json(otlp_span(TRACE.upper(), SPAN.upper(), "0" * 16)), JSON)
    assert (span.trace_id, span.span_id, span.parent_id) == (TRACE, SPAN, "")


@pytest.mark.parametrize(
    ("wrapped", "value"),
    [
        ({"intValue": "9223372036854775807"}, 2**63 - 1),
        ({"intValue": 7}, 7),
        ({"intValue": 7.0}, 7),
        ({"intValue": "9223372036854775808"}, "9223372036854775808"),
        ({"doubleValue": 1}, 1.0),
        ({"doubleValue": "NaN"}, "NaN"),
        ({"doubleValue": "-Infinity"}, "-Infinity"),
        ({"bytesValue": "aGk="}, "aGk="),
        ({"stringValue": "a\u0000b"}, "a\u0000b"),
        ({"stringValue": "x\ud800y"}, "x\ufffdy"),
        ({"kvlistValue": {"values": [{"key": "a", "value": {"arrayValue": {}}}]}}, {"a": []}),
        ({"someNewValue": 1}, None),
        ({}, None),
        (None, None),
    ],
)
def test_values_in_json_are_read_leniently(wrapped: Any, value: Any) -> None:
    assert decoded(wrapped) == value


@pytest.mark.parametrize("name", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_cannot_write_become_words(name: str) -> None:
    [span] = otlp.decode(protobuf(otlp_span(TRACE, attributes={"x": float(name)})), PROTOBUF)
    assert span.attributes["x"] == name
    body = in_json(otlp_span(TRACE, attributes={"x": float(name)}))
    assert otlp.decode(body, JSON)[0].attributes["x"] == name


def test_values_nested_without_end_are_cut() -> None:
    value: dict[str, Any] = {"stringValue": "x"}
    for _ in range(90):
        value = {"arrayValue": {"values": [value]}}
    assert "nested too deep" in json.dumps(decoded(value))


@pytest.mark.parametrize(
    ("start", "end", "kept"),
    [(5, 3, (5, 5)), (0, 2**64 - 1, (0, 2**63 - 1)), (2**64 - 1, 2**64 - 1, (2**63 - 1, 2**63 - 1))],
)
def test_times_are_kept_within_what_can_be_stored(start: int, end: int, kept: tuple[int, int]) -> None:
    for body, content_type in ((in_json, JSON), (protobuf, PROTOBUF)):
        [span] = otlp.decode(body(otlp_span(TRACE, start_ns=start, end_ns=end)), content_type)
        assert (span.start_ns, span.end_ns) == kept


@pytest.mark.parametrize(
    "wrong",
    [
        7,
        None,
        otlp_span("ab"),
        otlp_span("0" * 32),
        otlp_span(TRACE, "0" * 16),
        otlp_span(TRACE, "zz" * 8),
        otlp_span(TRACE, parent_id="12"),
        otlp_span(TRACE) | {"name": 5},
        otlp_span(TRACE) | {"startTimeUnixNano": "soon"},
        otlp_span(TRACE) | {"endTimeUnixNano": {}},
        otlp_span(TRACE) | {"attributes": {"a": 1}},
        otlp_span(TRACE) | {"attributes": [1]},
        otlp_span(TRACE) | {"attributes": [{"value": {"stringValue": "x"}}]},
        otlp_span(TRACE) | {"attributes": [{"key": "a", "value": {"stringValue": 1}}]},
        otlp_span(TRACE) | {"attributes": [{"key": "a", "value": "x"}]},
        otlp_span(TRACE) | {"events": "none"},
        otlp_span(TRACE) | {"links": [{"traceId": "x"}]},
        otlp_span(TRACE) | {"status": 2},
    ],
)
def test_a_wrong_span_is_refused_and_never_its_neighbours(wrong: Any) -> None:
    body = in_json(otlp_span(TRACE), wrong, otlp_span(TRACE, "00f067aa0ba902b7"))
    receipt = otlp.inspect(body, JSON)
    assert (receipt.spans, receipt.rejected) == (3, 1)
    assert receipt.message.startswith("1 of 3 spans were refused: 1 with")
    assert [span.span_id for span in otlp.decode(body, JSON)] == [SPAN, "00f067aa0ba902b7"]


def test_wrong_ids_in_protobuf_are_refused_one_by_one() -> None:
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    good = bytes.fromhex(TRACE), bytes.fromhex(SPAN), b""
    for trace_id, span_id, parent in (good, (b"12", good[1], b""), (good[0], bytes(8), b""), (good[0], good[1], b"1")):
        spans.add(trace_id=trace_id, span_id=span_id, parent_span_id=parent, name="x")
    receipt = otlp.inspect(request.SerializeToString(), PROTOBUF)
    assert (receipt.spans, receipt.rejected) == (4, 3)
    assert len(otlp.decode(request.SerializeToString(), PROTOBUF)) == 1


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"hello", PROTOBUF),
        (b"\x0a\xff", PROTOBUF),
        (b"\x10\x01", PROTOBUF),
        (b"{", JSON),
        (b"\xff\xfe{}", JSON),
        (b"[]", JSON),
        (b'"x"', JSON),
        (b'{"resource_spans": []}', JSON),
        (b'{"resourceSpans": {}}', JSON),
        (b'{"resourceSpans": [1]}', JSON),
        (b'{"resourceSpans": [{"scopeSpans": 1}]}', JSON),
        (b'{"resourceSpans": [{"scopeSpans": [{"spans": {"a": 1}}]}]}', JSON),
        (b"[" * 100_000, JSON),
    ],
)
def test_what_is_no_otlp_is_undecodable(body: bytes, content_type: str) -> None:
    with pytest.raises(otlp.Undecodable):
        otlp.inspect(body, content_type)
    with pytest.raises(otlp.Undecodable):
        otlp.decode(body, content_type)


@pytest.mark.parametrize(
    ("body", "content_type"), [(b"", PROTOBUF), (b"", JSON), (b"{}", JSON), (b'{"resourceSpans": null}', JSON)]
)
def test_an_empty_request_is_a_success(body: bytes, content_type: str) -> None:
    assert otlp.inspect(body, content_type) == otlp.Receipt(0)
    assert otlp.decode(body, content_type) == []


def test_the_receipt_names_the_client_and_warns_of_dropped_attributes() -> None:
    resource = {
        "telemetry.sdk.name": "opentelemetry",
        "telemetry.sdk.version": "1.45.2",
        "telemetry.sdk.language": "nodejs",
    }
    body = in_json(otlp_span(TRACE, droppedAttributesCount=80), resource=resource)
    receipt = otlp.inspect(body, JSON)
    assert (receipt.client, receipt.rejected) == ("opentelemetry 1.45.2 (nodejs)", 0)
    assert "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT=10000" in receipt.message


def test_every_captured_request_is_accepted_whole() -> None:
    for client in ("llamaindex", "llamaindex_hybrid", "langchain", "anthropic", "traceloop", "otelgenai"):
        for body, content_type in captures.bodies(client):
            receipt = otlp.inspect(body, content_type)
            assert (receipt.rejected, receipt.spans) == (0, len(otlp.decode(body, content_type)))


json_values = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=5),
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(
            some.sampled_from(
                [
                    "resourceSpans",
                    "scopeSpans",
                    "spans",
                    "attributes",
                    "key",
                    "value",
                    "stringValue",
                    "arrayValue",
                    "values",
                    "traceId",
                    "name",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(some.dictionaries(some.sampled_from(list(otlp_span(TRACE))), json_values))
def test_any_span_in_json_is_read_or_counted(wrong: dict[str, Any]) -> None:
    body = json.dumps(
        {"resourceSpans": [{"resource": wrong, "scopeSpans": [{"scope": wrong, "spans": [otlp_span(TRACE) | wrong]}]}]}
    ).encode()
    receipt = otlp.inspect(body, JSON)
    found: list[Span] = otlp.decode(body, JSON)
    assert receipt.spans == receipt.rejected + len(found) == 1


@settings(max_examples=150, deadline=None)
@given(some.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_read_or_undecodable(body: bytes) -> None:
    for content_type in (JSON, PROTOBUF):
        try:
            receipt = otlp.inspect(body, content_type)
        except otlp.Undecodable:
            continue
        assert receipt.spans == receipt.rejected + len(otlp.decode(body, content_type))
