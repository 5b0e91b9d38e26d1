"""Langfuse's exports, in each of the forms in which it gives them out."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.client.conftest import Command
from tests.client.files import hex_id, jsonl

pytestmark = pytest.mark.django_db(transaction=True)
Arrived = Callable[[], dict[str, dict[str, Any]]]

TRACE = {
    "id": hex_id(7),
    "timestamp": "2026-11-18T11:06:40.000Z",
    "name": "ask",
    "userId": "u1",
    "sessionId": "s1",
    "release": "docs@5.2.0",
    "environment": "prod",
    "tags": ["docs"],
    "bookmarked": False,
    "input": "How is a task retried?",
    "output": "With autoretry_for.",
    "metadata": {"question_id": "q01"},
    "latency": 1.5,
    "fluent": [0.5],
}
CHUNKS = [{"id": "tasks#1", "score": 9.5, "content": "A task is retried with exponential backoff by autoretry_for."}]
OBSERVATIONS = [
    {
        "id": "0b5e000000000001",
        "traceId": hex_id(7),
        "parentObservationId": None,
        "type": "RETRIEVER",
        "name": "retrieve",
        "startTime": "2026-11-18T11:06:40.100Z",
        "endTime": "2026-11-18T11:06:40.200Z",
        "input": "How is a task retried?",
        "output": json.dumps(CHUNKS),
        "level": "DEFAULT",
    },
    {
        "id": "0b5e000000000002",
        "traceId": hex_id(7),
        "parentObservationId": None,
        "type": "GENERATION",
        "name": "generate",
        "startTime": "2026-11-18T11:06:40.300Z",
        "endTime": "2026-11-18T11:06:41.500Z",
        "input": f"Answer from the context.\n\n[1] {CHUNKS[0]['content']}\n\nHow is a task retried?",
        "output": "With autoretry_for.",
        "model": "claude-sonnet-4-5",
        "usageDetails": {"input": 40, "output": 9},
        "costDetails": {"total": 0.001},
        "level": "DEFAULT",
    },
]
SCORES = [
    {
        "id": "sc-1",
        "timestamp": "2026-11-18T11:10:00.000Z",
        "traceId": hex_id(7),
        "name": "user_feedback",
        "value": 1,
        "dataType": "BOOLEAN",
        "source": "API",
    },
    {
        "id": "sc-2",
        "timestamp": "2026-11-18T11:11:00.000Z",
        "traceId": hex_id(7),
        "name": "tone",
        "value": 0,
        "stringValue": "friendly",
        "dataType": "CATEGORICAL",
        "source": "API",
    },
]


def table(rows: list[dict[str, Any]]) -> str:
    """CSV in which objects are JSON."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows:
        cells = [row.get(name) for name in columns]
        writer.writerow([json.dumps(cell) if isinstance(cell, dict | list) else cell for cell in cells])
    return text.getvalue()


def snake(row: dict[str, Any]) -> dict[str, Any]:
    """As the blob export names its fields, and writes its times."""
    told = {"".join(f"_{c.lower()}" if c.isupper() else c for c in name): value for name, value in row.items()}
    if "model" in told:
        told["provided_model_name"] = told.pop("model")
    for name in ("timestamp", "start_time", "end_time"):
        if told.get(name):
            told[name] = told[name].replace("T", " ").removesuffix("Z") + "000"
    return told


FORMS: dict[str, dict[str, str]] = {
    "lists": {
        f"{name}.json": json.dumps(rows, indent=1)
        for name, rows in (("traces", [TRACE]), ("observations", OBSERVATIONS), ("scores", SCORES))
    },
    "lines": {
        f"{name}.jsonl": jsonl(*rows)
        for name, rows in (("traces", [TRACE]), ("observations", OBSERVATIONS), ("scores", SCORES))
    },
    "csv": {
        f"{name}.csv": table(rows)
        for name, rows in (("traces", [TRACE]), ("observations", OBSERVATIONS), ("scores", SCORES))
    },
    "blobs": {
        f"{name}.jsonl": jsonl(*map(snake, rows))
        for name, rows in (("traces", [TRACE]), ("observations", OBSERVATIONS), ("scores", SCORES))
    },
    "download": {"trace-7.json": json.dumps({"trace": TRACE, "observations": OBSERVATIONS, "scores": SCORES})},
    "whole": {"trace.json": json.dumps(TRACE | {"observations": OBSERVATIONS, "scores": SCORES}, indent=2)},
    "pages": {
        "traces.json": json.dumps({"data": [TRACE], "meta": {"page": 1}}),
        "observations.json": json.dumps({"meta": {"page": 1}, "data": OBSERVATIONS}),
        "scores.json": json.dumps({"data": SCORES}),
    },
    "ingestion": {
        "batch.json": json.dumps(
            {
                "batch": [
                    {"id": f"e{n}", "type": f"{kind}-create", "timestamp": "2026-11-18T11:06:40Z", "body": row}
                    for n, (kind, row) in enumerate(
                        [("trace", TRACE), *(("observation", each) for each in OBSERVATIONS)]
                        + [("score", each | {"value": each.get("stringValue", each["value"])}) for each in SCORES]
                    )
                ],
                "metadata": {},
            }
        )
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_of_a_langfuse_export_arrives_the_same(stagelight: Command, arrived: Arrived, form: str) -> None:
    paths = [stagelight.file(name, content) for name, content in FORMS[form].items()]
    done = stagelight("import", *paths)
    assert done.code == 0, done.said
    check(arrived())
    assert stagelight("import", *paths, "--again").code == 0
    check(arrived())


def check(found: dict[str, dict[str, Any]]) -> None:
    """What is known of the one trace, whatever form it came in."""
    assert set(found) == {hex_id(7)}
    trace = found[hex_id(7)]
    assert (trace["query"], trace["answer"]) == ("How is a task retried?", "With autoretry_for.")
    assert (trace["user_id"], trace["session_id"], trace["environment"]) == ("u1", "s1", "prod")
    assert trace["versions"]["release"] == "docs@5.2.0"
    assert trace["metadata"]["question_id"] == "q01"
    [candidate] = trace["candidates"]
    assert (candidate["chunk_id"], candidate["lanes"]["retrieve"]["score"], candidate["survived"]) == (
        "tasks#1",
        9.5,
        True,
    )
    [model] = [stage for stage in trace["stages"] if stage["stage"] == "generate"]
    assert (model["model"], model["input_tokens"], model["output_tokens"]) == ("claude-sonnet-4-5", 40, 9)
    assert trace["cost_usd"] == 0.001
    said = {(each["kind"], each["name"], each["value"]) for each in trace["signals"]}
    assert said == {("thumb", "user_feedback", "up"), ("score", "tone", "friendly")}


def test_rows_that_are_none_of_the_three_are_named(stagelight: Command, arrived: Arrived) -> None:
    content = table([TRACE, {**TRACE, "id": ""}]) + "one cell\n"
    done = stagelight("import", stagelight.file("traces.csv", content))
    assert done.code == 1
    assert "line 3: id is missing" in done.said
    assert "line 4: too long, or another number of cells than the header" in done.said
    assert len(arrived()) == 1


def test_cells_may_hold_line_breaks_and_a_bad_row_is_named_by_its_first_line(
    stagelight: Command, arrived: Arrived
) -> None:
    content = table([TRACE | {"output": "With\n\nautoretry_for."}, {**TRACE, "timestamp": ""}])
    done = stagelight("import", stagelight.file("traces.csv", content))
    assert "line 5: neither a trace, an observation nor a score" in done.said
    assert arrived()[hex_id(7)]["answer"] == "With\n\nautoretry_for."


def test_an_event_that_the_server_refuses_is_traced_to_its_line(stagelight: Command) -> None:
    bad = SCORES[0] | {"value": 7}
    done = stagelight("import", stagelight.file("scores.jsonl", jsonl(SCORES[1], bad)))
    assert (done.code, "line 2: the value of a BOOLEAN score is 0 or 1" in done.said) == (1, True)
