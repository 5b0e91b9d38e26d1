"""What is done in C and what is done in Python where there is no compiler are the same, whatever comes."""

import os
import random
import shutil
import sysconfig
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracing import captures
from tests.tracing.otlp_bodies import otlp_span, protobuf
from tests.tracing.wire_messages import Maker, varint
from tracing import first_places as looking
from tracing import otlp
from tracing.normalising.prompt import Presence
from tracing.otlp import wire
from tracing.records import Candidate, Trace
from tracing.shelf import Shelf, unpack

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

    assert speedups is not None, "it does not compile, or a compiler came after it was built: run make speedups"
    assert wire.IS_FAST


def in_python(body: bytes) -> str | None:
    """The spans as protobuf's own reader tells them; None of a body that is refused before it is ever read."""
    with patch.object(wire, "_in_c", None):
        try:
            return repr(otlp.decode(body, PROTOBUF))
        except otlp.Undecodable:
            return None


@built
@given(st.integers(0, 2**63))
def test_a_request_as_sdks_write_it_is_read_in_c_and_as_in_python(seed: int) -> None:
    body = Maker(seed, 0.0).message("request")

    assert speedups.request(body) is not None
    assert repr(otlp.decode(body, PROTOBUF)) == in_python(body)


@built
@pytest.mark.parametrize("oddity", [0.01, 0.03, 0.1])
def test_a_request_of_any_other_form_is_read_as_in_python(oddity: float) -> None:
    differs = []
    for seed in range(3_000):
        body = Maker(seed, oddity).message("request")
        expected = in_python(body)
        if expected is not None and repr(otlp.decode(body, PROTOBUF)) != expected:
            differs.append(seed)

    assert differs == []


@built
@given(st.integers(0, 2**63), st.integers(0, 2**32))
def test_a_damaged_request_is_read_as_in_python(seed: int, damage: int) -> None:
    chance = random.Random(damage)
    damaged = bytearray(Maker(seed, 0.0).message("request"))
    for _ in range(chance.randint(1, 3)):
        if damaged:
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    body = bytes(damaged[: chance.randint(0, len(damaged))])
    expected = in_python(body)
    if expected is not None:
        assert repr(otlp.decode(body, PROTOBUF)) == expected
    else:
        speedups.request(body)


@built
def test_every_captured_request_is_read_as_in_python() -> None:
    clients = ("anthropic", "langchain", "langfuse3", "langfuse5", "llamaindex", "otelgenai", "traceloop")
    bodies = [body for client in clients for body, kind in captures.bodies(client) if kind == PROTOBUF]

    assert bodies
    assert [i for i, body in enumerate(bodies) if repr(otlp.decode(body, PROTOBUF)) != in_python(body)] == []


ODD = {
    "an unknown field is passed over": (b"\x9a\x3e\x01x", True),
    "a group is left to Python": (b"\x9b\x3e\x9c\x3e", False),
    "a known field of another type is passed over": (b"\x08\x01", True),
    "a cut-off length is left to Python": (b"\x0a\x7f", False),
    "a length that no machine has is left to Python": (b"\x0a" + b"\xff" * 9 + b"\x01", False),
    "a number without an end is left to Python": (b"\xff" * 11, False),
}


@built
@pytest.mark.parametrize("name", ODD)
def test_what_is_odd(name: str) -> None:
    tail, is_read = ODD[name]

    read = speedups.request(protobuf(SPAN) + tail)

    assert (read is not None) is is_read


@built
def test_what_has_no_room_for_a_span_makes_no_list_and_no_difference() -> None:
    nothing = b"\x0a\x02\x12\x00" * 1000

    assert speedups.request(nothing) == []
    assert otlp.decode(nothing, PROTOBUF) == []
    assert len(otlp.decode(nothing + protobuf(SPAN), PROTOBUF)) == 1


@built
def test_texts_that_are_none_are_left_to_python_however_many() -> None:
    span = b"\x0a\x10" + b"t" * 16 + b"\x12\x08" + b"s" * 8 + b"\x2a\x01\xff" + b"\x7a\x03\x12\x01\xff"
    scoped = b"\x12" + varint(len(span)) + span
    group = b"\x12" + varint(len(scoped)) + scoped

    assert speedups.request(b"\x0a" + varint(len(group)) + group) is None


@built
def test_keys_that_share_a_place_in_memory_are_told_apart() -> None:
    names = [f"key.{number:05}" for number in range(20_000)]

    (found,) = otlp.decode(protobuf(otlp_span(TRACE, attributes=dict.fromkeys(names, "v"))), PROTOBUF)

    assert list(found.attributes) == names


@built
def test_a_text_that_comes_again_is_held_once_and_told_from_all_others() -> None:
    texts = [
        "",
        "a",
        "a" * 4_000,
        "b" * 4_001,
        "é" * 100,
        "😀",
        *(f"{number:05} of many that share places" for number in range(90_000)),
    ]
    body = protobuf(otlp_span(TRACE, attributes={f"key.{number % 50}": text for number, text in enumerate(texts[:50])}))
    for start in range(0, len(texts), 1_000):
        some = {f"k{number}": text for number, text in enumerate(texts[start : start + 1_000])}
        (found,) = otlp.decode(protobuf(otlp_span(TRACE, attributes=some)), PROTOBUF)
        assert found.attributes == some

    (once,), (again,) = otlp.decode(body, PROTOBUF), otlp.decode(body, PROTOBUF)

    assert once.attributes == again.attributes
    assert once.attributes["key.2"] is again.attributes["key.2"]
    assert once.attributes["key.3"] is not again.attributes["key.3"], "long ones are not kept"


@built
def test_only_so_much_is_held_of_texts_that_come_again() -> None:
    before = memory_kib()
    for start in range(0, 65_000, 1_000):
        some = {f"k{number}": f"{start + number:08}" + "x" * 3_900 for number in range(1_000)}
        otlp.decode(protobuf(otlp_span(TRACE, attributes=some)), PROTOBUF)

    assert memory_kib() - before < 128 * 1024, "65,000 texts of 3.9 KB are 250 MB"


def memory_kib() -> int:
    """What this process holds in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


@built
def test_other_than_bytes_and_texts_is_refused() -> None:
    with pytest.raises(TypeError):
        speedups.request("text")
    with pytest.raises(TypeError):
        speedups.places("text", [b"bytes of some length"])


LETTERS = st.sampled_from(["ab", "abc", "aé", "ab…", "a😀b"]).flatmap(lambda letters: st.text(letters, max_size=120))


@built
@given(LETTERS, st.lists(LETTERS | st.text("ab", max_size=12), max_size=8), st.data())
def test_texts_are_found_as_in_python(text: str, parts: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    parts += [text[start:], text[start : start + 9], text[start:] + "ab"]

    found = looking.first_places(text, parts)

    assert [place for place, _ in found] == [text.find(part) for part in parts]
    assert all(again or text.find(part, place + 1) < 0 for part, (place, again) in zip(parts, found, strict=True))
    if all(len(part) >= 8 for part in parts):
        stands_again = [
            place >= 0 and text.find(part, place + 1) >= 0 for part, (place, _) in zip(parts, found, strict=True)
        ]
        assert speedups.places(text, parts) == [
            (place, more) for (place, _), more in zip(found, stands_again, strict=True)
        ]


@built
def test_as_many_texts_are_looked_for_as_a_trace_can_have() -> None:
    parts = [f"{number:09} is a part" for number in range(70_000)]

    assert speedups.places("here 000069999 is a part", parts) == [(-1, False)] * 69_999 + [(5, False)]


@built
def test_texts_that_begin_alike_are_left_to_python_before_they_cost_much() -> None:
    text, alike = "-" * 100_000, ["-" * 64 + str(number) for number in range(400)]

    assert speedups.places(text, alike) is None
    assert looking.first_places(text, [*alike, "-" * 64]) == [(-1, True)] * 400 + [(0, True)]


RULE = st.sampled_from(["=" * 80, "-" * 64, "Handbook > Chapter > Section of some length: ", "a " * 40, ""])
CHUNK = st.builds(lambda rule, rest: rule + rest, RULE, st.text("ab \n", min_size=16, max_size=500))


@built
@given(st.lists(CHUNK, min_size=1, max_size=6), st.data())
def test_what_is_in_a_prompt_is_told_and_packed_as_in_python(chunks: list[str], data: st.DataObject) -> None:
    texts: dict[str, str | None] = {f"chunk-{at}": text for at, text in enumerate(chunks)}
    kept = data.draw(st.lists(st.sampled_from(chunks), max_size=6))
    prompt = data.draw(RULE) + data.draw(st.sampled_from(["\n", " ", ""])).join(kept) + data.draw(RULE)
    trace = Trace(TRACE, 0, 0, candidates=tuple(Candidate(i, text=t, survived=True) for i, t in texts.items()))

    def told() -> Any:
        found, shelf = Presence(prompt, texts), Shelf.of(trace)
        packed = shelf.pack(prompt)
        assert unpack(packed, {known: text for text, known in shelf.hashes.items()}) == prompt
        return [(found.of(i), found.is_partial(i), found.position(i)) for i in texts], found.extent, packed

    with patch.object(looking, "_in_one_pass", None):
        expected = told()
    assert told() == expected
