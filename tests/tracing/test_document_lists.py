"""Flattened documents as lists."""

from typing import Any

from tracing.document_lists import grouped
from tracing.records import Value

KEY = "retrieval.documents.{}.document.{}".format


def of(*pairs: tuple[str, Value]) -> tuple[dict[str, Value], dict[str, Any]]:
    plain, lists = grouped([key for key, _ in pairs], [value for _, value in pairs])
    return plain, dict(lists)


def test_each_field_is_a_list_in_the_order_of_the_documents() -> None:
    pairs = [(KEY(i, name), f"{name}{i}") for i in range(3) for name in ("id", "content")]
    expected = {KEY("", "id").replace("..", "."): ["id0", "id1", "id2"]}
    plain, lists = of(("input.value", "q"), *pairs)
    assert plain == {"input.value": "q"}
    assert lists == expected | {"retrieval.documents.document.content": ["content0", "content1", "content2"]}


def test_the_order_of_the_keys_does_not_matter() -> None:
    assert of((KEY(1, "id"), "b"), (KEY(2, "id"), "c"), (KEY(0, "id"), "a"))[1] == {
        "retrieval.documents.document.id": ["a", "b", "c"]
    }


def test_what_follows_a_gap_keeps_its_key() -> None:
    plain, lists = of((KEY(0, "id"), "a"), (KEY(2, "id"), "c"), (KEY(3, "id"), "d"))
    assert lists == {"retrieval.documents.document.id": ["a"]}
    assert plain == {KEY(2, "id"): "c", KEY(3, "id"): "d"}


def test_of_a_key_that_was_sent_twice_the_last_value_counts() -> None:
    assert of((KEY(0, "id"), "a"), (KEY(0, "id"), "b"), ("x", 1), ("x", 2)) == (
        {"x": 2},
        {"retrieval.documents.document.id": ["b"]},
    )


def test_an_index_that_is_no_plain_number_is_no_index() -> None:
    odd = [(f"retrieval.documents.{index}.document.id", "a") for index in ("01", "x", "", "\u0663", "9999999")]
    odd += [("0.document.id", "a"), (".0.document.id", "b")]
    assert of(*odd) == (dict(odd), {})
