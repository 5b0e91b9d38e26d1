"""What is done in C and what is done in Python where there is no compiler are the same, whatever comes."""

import random
import shutil
import sysconfig
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from tests.tracing.otlp_bodies import otlp_span, protobuf
from tracing import otlp
from tracing.occurrences import _text_by_text
from tracing.otlp import wire

speedups: Any = None
with suppress(ImportError):
    import stagelight_speedups as speedups

PROTOBUF = "application/x-protobuf"
TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = otlp_span(TRACE, attributes={"input.value": "why", "score": 0.5, "k": 3, "yes": True, "list": ["a", 1]})
built = pytest.mark.skipif(speedups is None, reason="the C of speedups/ was not built: no compiler or no headers here")


def test_the_c_is_built_where_a_compiler_and_the_headers_are() -> None:
    headers = Path(sysconfig.get_paths()["include"]) / "Python.h"
    if not (shutil.which("cc") or shutil.which("gcc")) or not headers.exists():
        pytest.skip("no compiler, or no headers, to build it with")

    assert speedups is not None
    assert wire.IS_FAST


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(max_size=300)
    | st.text("ab", min_size=120, max_size=400)
    | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(["input.value", "a.documents.0.document.id", "", "ключ", "k" * 127, "k" * 128, "k" * 300])


def any_value(value: Any) -> AnyValue:
    """The value as OTLP has it; None is a value that is not set."""
    made = AnyValue()
    if isinstance(value, bool):
        made.bool_value = value
    elif isinstance(value, int):
        made.int_value = value
    elif isinstance(value, float):
        made.double_value = value
    elif isinstance(value, str):
        made.string_value = value
    elif isinstance(value, bytes):
        made.bytes_value = value
    elif isinstance(value, list):
        made.array_value.values.extend(any_value(each) for each in value)
        made.array_value.SetInParent()
    elif isinstance(value, dict):
        made.kvlist_value.SetInParent()
        for key, each in value.items():
            made.kvlist_value.values.add(key=key, value=any_value(each))
    return made


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    made = ExportTraceServiceRequest()
    pairs = st.lists(st.tuples(KEYS | st.text(max_size=10), VALUES), max_size=6)
    for _ in range(draw(st.integers(1, 2))):
        group = made.resource_spans.add()
        for key, value in draw(pairs):
            group.resource.attributes.add(key=key, value=any_value(value))
        for _ in range(draw(st.integers(0, 2))):
            scoped = group.scope_spans.add()
            scoped.scope.name = draw(st.text(max_size=5))
            for _ in range(draw(st.integers(0, 3))):
                span = scoped.spans.add()
                span.trace_id, span.span_id = draw(st.binary(max_size=17)), draw(st.binary(max_size=9))
                span.parent_span_id, span.name = draw(st.binary(max_size=9)), draw(st.text(max_size=20))
                span.start_time_unix_nano = draw(st.integers(0, 2**64 - 1))
                span.end_time_unix_nano = draw(st.integers(0, 2**64 - 1))
                span.dropped_attributes_count = draw(st.integers(0, 2**32 - 1))
                span.status.message = draw(st.text(max_size=5))
                for key, value in draw(pairs):
                    span.attributes.add(key=key, value=any_value(value))
                for _ in range(draw(st.integers(0, 2))):
                    span.events.add(name="e", time_unix_nano=5).attributes.add(key="k", value=any_value("v"))
                    span.links.add(trace_id=b"t" * 16, span_id=b"s" * 8)
    return made.SerializeToString()


def told(groups: Any) -> str:
    """All that they tell: what was left as bytes is read, for one message can have several forms."""
    found = []
    for keys, values, others, scopes in groups:
        found += [keys, otlp._whole(values, others)]
        for name, version, spans in scopes:
            found += [name, version]
            for *plain, keys_of, values_of, others_of, events, links, code, message, lost in spans:
                read = [otlp._event(raw) for raw in events], [otlp._link(raw) for raw in links]
                found += [plain, keys_of, otlp._whole(values_of, others_of), read, code, message, lost]
    return repr(found)


@built
@given(requests())
def test_a_request_is_read_alike_in_c_and_in_python(body: bytes) -> None:
    assert repr(speedups.request(body)) == repr(wire._groups(wire.parse(body)))


@built
@given(requests(), st.integers(0, 2**32))
def test_a_damaged_request_is_read_alike_or_left_to_python(body: bytes, seed: int) -> None:
    chance = random.Random(seed)
    damaged = bytearray(body)
    for _ in range(chance.randint(1, 3)):
        if damaged:
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    damaged = damaged[: chance.randint(0, len(damaged))]
    read = speedups.request(bytes(damaged))
    try:
        expected = wire._groups(wire.parse(bytes(damaged)))
    except wire.Undecodable:
        return  # refused before it is ever read

    assert read is None or told(read) == told(expected)


ODD = {
    "an unknown field is passed over": (b"\x9a\x3e\x01x", True),
    "a group is left to Python": (b"\x9b\x3e\x9c\x3e", False),
    "a known field of another type is left to Python": (b"\x08\x01", False),
    "a cut-off length is left to Python": (b"\x0a\x7f", False),
    "a length that no machine has is left to Python": (b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", False),
    "a number without an end is left to Python": (b"\xff" * 11, False),
}


@built
@pytest.mark.parametrize("name", ODD)
def test_what_is_odd(name: str) -> None:
    tail, is_read = ODD[name]

    read = speedups.request(protobuf(SPAN) + tail)

    assert (read is not None) is is_read


def within(field: int, inner: bytes) -> bytes:
    """A message of which that field holds the other; below 16 KiB."""
    return bytes([field << 3 | 2, len(inner) & 127 | 128, len(inner) >> 7]) + inner


@built
def test_parts_that_the_format_lets_come_twice_are_merged_as_protobuf_does() -> None:
    twice = protobuf(SPAN) * 2
    status_in_two_parts = b"\x7a\x02\x18\x02" + b"\x7a\x03\x12\x01m"
    span = ExportTraceServiceRequest.FromString(protobuf(SPAN)).resource_spans[0].scope_spans[0].spans[0]
    body = within(1, within(2, within(2, span.SerializeToString() + status_in_two_parts)))

    assert speedups.request(body) is None
    assert [(found.status, found.status_message) for found in otlp.decode(body, PROTOBUF)] == [(2, "m")]
    assert len(otlp.decode(twice, PROTOBUF)) == 2


@built
def test_a_body_has_to_be_bytes() -> None:
    with pytest.raises(TypeError):
        speedups.request("text")
    with pytest.raises(TypeError):
        speedups.occurrences("text", [b"bytes"])


def test_without_c_the_same_spans_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    body = protobuf(SPAN, otlp_span(TRACE, "c" * 16))
    read = otlp.decode(body, PROTOBUF)
    monkeypatch.setattr(wire, "_in_c", None)

    assert otlp.decode(body, PROTOBUF) == read != []


LETTERS = st.sampled_from(["ab", "abc", "aé", "ab…", "a😀b"]).flatmap(lambda letters: st.text(letters, max_size=80))


@built
@given(LETTERS, st.lists(LETTERS | st.text("ab", max_size=12), max_size=8))
def test_texts_are_found_alike_in_c_and_in_python(text: str, parts: list[str]) -> None:
    assert speedups.occurrences(text, parts) == _text_by_text(text, parts)


@built
def test_a_text_that_repeats_itself_is_found_without_overlaps() -> None:
    assert speedups.occurrences("a" * 40, ["a" * 16]) == [(0, 0), (16, 0)] == _text_by_text("a" * 40, ["a" * 16])


@built
def test_as_many_texts_are_looked_for_as_a_trace_can_have() -> None:
    parts = [f"part number {number:09}" for number in range(70_000)]

    assert speedups.occurrences("a part number 000069999 here", parts) == [(2, 69_999)]
