"""Phoenix's spans: the dataframe as JSON Lines and CSV, and the API's list."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.client.conftest import Command
from tests.client.files import BEGAN_NS, hex_id, jsonl

pytestmark = pytest.mark.django_db(transaction=True)
Arrived = Callable[[], dict[str, dict[str, Any]]]

DOCUMENTS = [
    {"document.id": "c1", "document.content": "A task is retried with autoretry_for.", "document.score": 0.9},
    {"document.id": "c2", "document.content": "A worker is stopped.", "document.score": 0.4},
]
NESTED = [{"document": {name.partition(".")[2]: value for name, value in each.items()}} for each in DOCUMENTS]
MESSAGES = [
    {"message.role": "user", "message.content": "[1] A task is retried with autoretry_for.\n\nHow is a task retried?"}
]
ROWS: list[dict[str, Any]] = [
    {
        "name": "ask",
        "span_kind": "CHAIN",
        "parent_id": None,
        "start_time": "2026-11-18T11:06:40+00:00",
        "end_time": "2026-11-18T11:06:42+00:00",
        "status_code": "OK",
        "status_message": "",
        "events": [],
        "context.span_id": hex_id(1, 16),
        "context.trace_id": hex_id(9),
        "attributes.input.value": '{"question": "no object, but a text"}',
        "attributes.output.value": "With autoretry_for.",
        "attributes.session.id": "s1",
        "attributes.metadata": {"team": "docs"},
    },
    {
        "name": "retrieve",
        "span_kind": "RETRIEVER",
        "parent_id": hex_id(1, 16),
        "start_time": "2026-11-18T11:06:40.100000+00:00",
        "end_time": "2026-11-18T11:06:40.200000+00:00",
        "status_code": "OK",
        "status_message": "",
        "events": [],
        "context.span_id": hex_id(2, 16),
        "context.trace_id": hex_id(9),
        "attributes.input.value": "How is a task retried?",
        "attributes.retrieval.documents": DOCUMENTS,
    },
    {
        "name": "chat",
        "span_kind": "LLM",
        "parent_id": hex_id(1, 16),
        "start_time": "2026-11-18T11:06:40.300000+00:00",
        "end_time": "2026-11-18T11:06:41.900000+00:00",
        "status_code": "ERROR",
        "status_message": "TimeoutError",
        "events": [{"name": "exception", "timestamp": "2026-11-18T11:06:41+00:00", "attributes": {}}],
        "context.span_id": hex_id(3, 16),
        "context.trace_id": hex_id(9),
        "attributes.llm.model_name": "large-1",
        "attributes.llm.input_messages": MESSAGES,
        "attributes.llm.token_count.prompt": 40,
    },
]


def dataframe_lines(times: Callable[[str], Any]) -> str:
    """What `to_json(orient="records", lines=True)` writes: every column in every row, null where there is nothing."""
    columns = list(dict.fromkeys(name for row in ROWS for name in row))
    rows = [{name: row.get(name) for name in columns} for row in ROWS]
    return jsonl(*(row | {name: times(row[name]) for name in ("start_time", "end_time")} for row in rows))


def dataframe_csv() -> str:
    """What `to_csv` writes: lists as Python writes them, numbers of columns with gaps as 40.0."""
    columns = ["context.span_id", *dict.fromkeys(name for row in ROWS for name in row)]  # the index comes first
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in ROWS:
        cells = [row.get(name) for name in columns]
        writer.writerow([float(cell) if isinstance(cell, int) else cell for cell in cells])
    return text.getvalue()


def listed() -> list[dict[str, Any]]:
    """What `get_spans` returns."""
    found = []
    for row in ROWS:
        said = {k.removeprefix("attributes."): v for k, v in row.items() if k.startswith("attributes.")}
        if "retrieval.documents" in said:
            said["retrieval.documents"] = NESTED
        context = {name: row[f"context.{name}"] for name in ("trace_id", "span_id")}
        plain = {k: v for k, v in row.items() if "." not in k}
        found.append({"id": "U3BhbjoxMg==", "context": context, "attributes": said, **plain})
    return found


def since_1970(unit_ns: int) -> Callable[[str], int]:
    """Times as pandas writes them without being told otherwise."""
    import datetime as dt

    return lambda text: round(dt.datetime.fromisoformat(text).timestamp() * 1e6) * 1000 // unit_ns


FILES = {
    "iso.jsonl": dataframe_lines(lambda text: text),
    "ms.jsonl": dataframe_lines(since_1970(10**6)),
    "ns.jsonl": dataframe_lines(since_1970(1)),
    "spans.csv": dataframe_csv(),
    "spans.json": json.dumps(listed(), indent=1),
    "page.json": json.dumps({"data": listed(), "next_cursor": None}),
}


@pytest.mark.parametrize("name", FILES)
def test_each_form_of_phoenix_spans_arrives_the_same(stagelight: Command, arrived: Arrived, name: str) -> None:
    path = stagelight.file(name, FILES[name])
    done = stagelight("import", path)
    assert (done.code, "3 spans sent, 0 bad" in done.said) == (0, True), done.said
    check(arrived())
    assert stagelight("import", path, "--again").code == 0
    check(arrived())


def check(found: dict[str, dict[str, Any]]) -> None:
    """What is known of the one trace, whatever form it came in."""
    assert set(found) == {hex_id(9)}
    trace = found[hex_id(9)]
    assert trace["started_at"].startswith("2026-11-18T11:06:40")
    assert (trace["duration_ms"], trace["answer"], trace["session_id"]) == (2000, "With autoretry_for.", "s1")
    assert trace["metadata"]["team"] == "docs"
    ranks = {
        c["chunk_id"]: (c["lanes"]["retrieve"]["rank"], c["lanes"]["retrieve"]["score"]) for c in trace["candidates"]
    }
    assert ranks == {"c1": (1, 0.9), "c2": (2, 0.4)}
    assert [c["survived"] for c in trace["candidates"]] == [True, False]
    [model] = [stage for stage in trace["stages"] if stage["stage"] == "generate"]
    assert (model["model"], model["input_tokens"], model["status"]) == ("large-1", 40, "timeout")


def test_ids_that_are_no_hex_are_made_from_what_they_are(stagelight: Command, arrived: Arrived) -> None:
    said = {"context.trace_id": "0f1b8a9c-7d5e-4c3b-9a8f-1234567890ab", "context.span_id": "a span", "parent_id": ""}
    path = stagelight.file("old.jsonl", jsonl(ROWS[0] | said))
    assert stagelight("import", path).code == 0
    assert set(arrived()) == {"0f1b8a9c7d5e4c3b9a8f1234567890ab"}


def test_a_row_without_ids_or_a_time_is_named(stagelight: Command) -> None:
    no_id = {k: v for k, v in ROWS[0].items() if k != "context.span_id"}
    path = stagelight.file("spans.jsonl", jsonl(ROWS[0], no_id, ROWS[0] | {"start_time": "soon"}))
    done = stagelight("import", path)
    assert done.code == 1
    assert "line 2: context.trace_id or context.span_id is missing" in done.said
    assert "line 3: start_time is missing, or is no time" in done.said


def test_the_rows_are_of_one_time() -> None:
    assert since_1970(1)(ROWS[0]["start_time"]) == BEGAN_NS
