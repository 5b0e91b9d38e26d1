"""JSON read value by value is what it is when read at once, wherever its pieces end."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stagelight_client import streaming
from stagelight_client.errors import BrokenFileError
from stagelight_client.records import first_keys
from stagelight_client.streaming import JsonStream

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def stream(text: str, piece: int) -> JsonStream:
    """A document that comes in pieces of so many bytes."""
    source = io.BytesIO(text.encode("utf-8", "surrogatepass"))
    return JsonStream(lambda wanted: source.read(min(wanted, piece)))


@given(st.lists(VALUES, max_size=5), st.integers(1, 40), st.sampled_from([None, 2]), st.booleans())
def test_elements_are_taken_or_passed_over(values: list[object], piece: int, indent: int | None, ascii_: bool) -> None:
    reader = stream(json.dumps(values, indent=indent, ensure_ascii=ascii_), piece)
    taken = []
    for number in reader.elements():
        if number % 2:
            taken.append(json.loads(reader.value()))
        else:
            reader.skip()
    assert taken == values[::2]
    assert not reader.more()


@given(st.dictionaries(st.text(), VALUES, max_size=5), st.integers(1, 40))
def test_names_are_read_with_their_values(said: dict[str, object], piece: int) -> None:
    reader = stream(json.dumps(said), piece)
    assert {name: json.loads(reader.value()) for name in reader.names()} == said


@given(st.lists(VALUES, min_size=1, max_size=5), st.integers(0, 200), st.integers(1, 40))
def test_a_document_that_is_cut_off_says_so_and_gives_what_came_before(
    values: list[object], cut: int, piece: int
) -> None:
    text = json.dumps(values)
    reader = stream(text[: min(cut, len(text) - 1)], piece)
    taken = []
    with pytest.raises(BrokenFileError):
        for _ in reader.elements():
            taken += [reader.value()]
    whole = [json.loads(each) for each in taken[:-1]]
    assert whole == values[: len(whole)]


def test_a_value_longer_than_can_be_sent_is_refused_and_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "LARGEST", 1_000)
    monkeypatch.setattr(streaming, "PIECE", 100)
    reader = stream(json.dumps(["x" * 5_000]), 100)
    with pytest.raises(BrokenFileError, match="longer than 1000 bytes"):
        for _ in reader.elements():
            reader.value()


def test_a_list_longer_than_memory_is_passed_over_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "PIECE", 1_000)
    reader = stream(json.dumps({"first": [{"n": n} for n in range(20_000)], "second": 2}), 1_000)
    held = []
    for name in reader.names():
        if name == "first":
            reader.skip()
            held.append(len(reader._held))
        else:
            assert reader.value() == b"2"
    assert held[0] < 5_000


@pytest.mark.parametrize(
    ("head", "keys"),
    [
        (b'{"a": {"b": 1}, "c": "x', ["a", "c"]),
        (b'[{"a": 1}, {"b": 2}]', ["a"]),
        (b'{"meta": {}, "data": [{"id": 1, "traceId"', ["meta", "data", "id"]),
        (b"no json", []),
        (b"[]", []),
    ],
)
def test_the_keys_that_a_beginning_shows(head: bytes, keys: list[str]) -> None:
    assert first_keys(head) == keys
