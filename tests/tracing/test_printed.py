"""What Python prints of lists and objects of plain values is read back, and nothing is run."""

import math

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as some

from tracing.dialects.printed import printed

texts = some.text(some.characters(exclude_categories=["Cs"]), max_size=20) | some.sampled_from(
    ["it's", '"', "'\"", "\\", "\\'", "None", "(a, b,)", "[", "\x00\n\t\r\x7f\x85\u2028", "\U0001f600"]
)
scalars = some.none() | some.booleans() | some.integers(-(2**53), 2**53) | some.floats(allow_nan=False) | texts
keys = texts | some.integers() | some.booleans() | some.none()
printable = some.recursive(
    scalars,
    lambda inner: (
        some.lists(inner, max_size=4)
        | some.lists(inner, max_size=4).map(tuple)
        | some.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=12,
)


def finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    return {str(key): finite(each) for key, each in value.items()} if isinstance(value, dict) else value


@given(some.lists(printable, max_size=4) | some.dictionaries(keys, printable, max_size=4))
def test_what_is_printed_is_read_back(value: object) -> None:
    assert printed(repr(value)) == finite(value)


@given(some.text(some.sampled_from("'\"\\[]{}(),: fxu0dNone1.-"), max_size=40))
def test_whatever_is_sent_gives_a_list_or_an_object_that_can_be_stored_or_nothing(value: str) -> None:
    found = printed(value)
    assert found is None or isinstance(orjson.loads(orjson.dumps(found)), list | dict)


def test_half_of_a_character_is_no_text_that_can_be_stored() -> None:
    assert printed(r"{'a\ud83d': '\ud800 b\U00110000'}") == {"a\ufffd": "\ufffd b\ufffd"}
    assert printed("{'a': '\ud800'}") is None


@pytest.mark.parametrize(
    "value",
    ["{'a': f'{x}'}", "{'a': open('x')}", "{'a': b'x'}", "{'a': {[1]}}", "{1, 2}", "{'a': 'x", "['a', 'b\\']", "'a'"],
)
def test_what_is_no_list_or_object_of_plain_values_is_nothing(value: str) -> None:
    assert printed(value) is None


@pytest.mark.parametrize(
    "value",
    [
        "{'a': f'" + "{x}" * 1_000_000 + "'}",
        "'\\" * 1_000_000,
        "[" * 1_000_000,
        "'\"" * 500_000 + "\\",
        "[" + "1" * 1_000_000,
        "1 " * 1_000_000,
    ],
    ids=["formatted", "never closed", "nested", "quotes", "a number", "numbers"],
)
def test_long_text_made_to_take_long_is_read_once(value: str) -> None:
    assert printed(value) is None
