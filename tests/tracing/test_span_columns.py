"""Spans to columns and back."""

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from tracing.document_lists import grouped, sent
from tracing.records import Candidate, Event, Link, Span, Trace
from tracing.shelf import Shelf
from tracing.span_columns import READ, SpanRow, packed, read_span, referred, span_columns

CHUNK = "A receiver that is connected in ready() runs once for each time that ready() is called, so give it an id."
OTHER = "Tasks are acknowledged after they have run where task_acks_late is set, and before that where it is not set."


def there_and_back(span: Span, shelf: Shelf) -> tuple[Span, dict[str, list[Any]]]:
    columns = span_columns([SpanRow("atlas", 1, 1, "b", span, packed(span, shelf))])
    stored = [columns[name][0] for name in READ]
    values = [value.decode() if isinstance(value, bytes) else value for value in stored]
    texts = {chunk: text for text, chunk in shelf.hashes.items()}
    needed = referred([columns["attributes"][0].decode()])
    return read_span(values, {chunk: texts[chunk] for chunk in needed}), columns


def span(**attributes: Any) -> Span:
    return Span("1" * 32, "2" * 16, "", "rag", 5, 9, {key.replace("__", "."): v for key, v in attributes.items()})


def decoded(attributes: dict[str, Any]) -> Span:
    plain, lists = grouped(attributes, list(attributes.values()))
    return Span("1" * 32, "2" * 16, "", "rag", 5, 9, plain, lists=lists)


def shelf(*kept: str) -> Shelf:
    return Shelf.of(Trace("1" * 32, 5, 9, candidates=tuple(Candidate("c", text=t, survived=True) for t in kept)))


def test_a_chunk_is_stored_by_its_hash_wherever_it_stands() -> None:
    prompt = f"Answer from these:\n{CHUNK}\n---\n{OTHER}\n{CHUNK}\nQuestion: {'why? ' * 60}"
    before = span(document=CHUNK, prompt=prompt, other="short")
    after, columns = there_and_back(before, shelf(CHUNK, OTHER))
    assert after == before
    stored = columns["attributes"][0].decode()
    assert CHUNK not in stored
    assert OTHER not in stored


def test_flattened_documents_are_stored_as_lists_and_come_back_as_they_were() -> None:
    documents = {
        f"retrieval.documents.{i}.document.{name}": value
        for i in range(12)
        for name, value in {"id": f"d{i}", "score": i / 7, "content": CHUNK}.items()
    }
    before = decoded({"input.value": "why?", **documents})
    assert before.attributes == {"input.value": "why?"}
    after, columns = there_and_back(before, shelf(CHUNK))
    assert after == before
    assert sent(after) == {"input.value": "why?", **documents}
    assert len(columns["attributes"][0]) < len(orjson.dumps(documents)) / 2


def test_events_and_links_come_back() -> None:
    before = Span(
        "1" * 32,
        "2" * 16,
        "3" * 16,
        "n",
        5,
        9,
        {},
        {"service.name": "s"},
        (Event("e", 7, {"a": 1}),),
        (Link("4", "5", {}),),
    )
    assert there_and_back(before, shelf())[0] == before


def test_a_sender_cannot_pass_for_a_reference() -> None:
    forged = {"$text": ["", "0" * 31 + "x", ""]}
    before = span(forged=forged, odd={"$text": ["a", "b"]}, plain={"$text": "c"})
    assert there_and_back(before, shelf(CHUNK))[0] == before


texts = st.sampled_from([CHUNK, OTHER, CHUNK + OTHER, f"x {CHUNK} y " * 9, "short", "", "é\x00"]) | st.text(max_size=20)
keys = st.text(max_size=8) | st.from_regex(r"(a|b\.c)\.(0|1|2|01|x|)\.document\.(id|content)", fullmatch=True)


@given(st.dictionaries(keys, texts | st.integers(-(2**53), 2**53) | st.booleans() | st.none() | st.lists(texts)))
def test_any_attributes_come_back(attributes: dict[str, Any]) -> None:
    before = decoded(attributes)
    after, _ = there_and_back(before, shelf(CHUNK, OTHER))
    assert after == before
    assert sent(after) == attributes
