"""Exports: what a filter finds, as a file, whole or flat, piece by piece."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import orjson
import pyarrow.parquet
import pytest

from tests.conftest import Sender
from tests.tracing.stored import NOW_NS, a_trace, candidate, keep, keep_signal, stage, trace_id
from tracing.api import export as api_export
from tracing.api.shape import rfc3339
from tracing.exporting import streaming
from tracing.exporting.flat import COLUMNS
from tracing.exporting.writers import FORMATS
from tracing.queries import Scope
from tracing.records import Citation, Versions

pytestmark = pytest.mark.usefixtures("clean_store")
PATH = "/api/v1/traces/export"


@pytest.fixture
def asked(sender: Sender) -> Iterator[Sender]:
    """A client with a key that may read; no export of it is left running."""
    yield sender
    for _ in range(streaming.AT_ONCE):
        assert streaming._running.acquire(blocking=False), "an export was not ended"
    for _ in range(streaming.AT_ONCE):
        streaming._running.release()


def full(number: int = 1, **fields: Any) -> Any:
    """A trace with something in most columns."""
    said: dict[str, Any] = {
        "query": "Wie prüfe ich das Siegel?",
        "answer": "With hmac,\nline by line.",
        "product": "atlas",
        "outcome": "answer",
        "confidence": 0.9,
        "refused": False,
        "session_id": "s-1",
        "versions": Versions(release="r1", prompt="p1"),
        "stages": (
            stage("embed", input_tokens=5),
            stage("generate", status="error", error="TimeoutError: 30 s", model="large-1", input_tokens=900),
        ),
        "candidates": (
            candidate("c1", "a#1", text="the text of c1", survived=True),
            candidate("c2", "a#2", text="the text of c2", survived=False),
        ),
        "citations": (Citation(anchor="a#1", status="ok"),),
        "flags": ("slow:generate",),
    }
    return a_trace(number, **(said | fields))


def lines(response: Any) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in response.getvalue().splitlines()]


def records(response: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(response.getvalue().decode(), newline="")))


def test_a_line_of_json_is_the_trace_as_it_is_given_alone(asked: Sender) -> None:
    keep(full(1), full(2, age_s=60), stage="rerank", fault="dropped", thumb="down", groundedness=0.4)
    keep_signal(trace_id(1), "thumb", "down")
    keep_signal("", "comment", "of the session", session_id="s-1")
    found = lines(asked.get(PATH))
    assert found == [asked.get(f"/api/v1/traces/{trace_id(n)}").json() for n in (1, 2)]
    assert found[0]["candidates"][0]["text"] == "the text of c1"
    assert len(found[0]["signals"]) == 2


def test_only_what_matches_is_exported_and_only_of_the_keys_project(asked: Sender) -> None:
    keep(full(1), full(2, product="borealis", age_s=60), full(3, age_s=86400 * 3))
    keep(full(4), project="borealis")
    assert [row["trace_id"] for row in lines(asked.get(PATH, q="product:atlas"))] == [trace_id(3), trace_id(1)]
    assert [row["trace_id"] for row in lines(asked.get(PATH, **{"from": "2026-11-18"}))] == [trace_id(1), trace_id(2)]
    assert [row["trace_id"] for row in lines(asked.get(PATH, limit="1"))] == [trace_id(3)]


def test_csv_has_a_flat_row_a_trace(asked: Sender) -> None:
    keep(full(1), thumb="down", groundedness=0.4, grounded_by="judge")
    response = asked.get(PATH, format="csv")
    assert response["Content-Type"].startswith("text/csv")
    assert response["Content-Disposition"].endswith('.csv"')
    (row,) = records(response)
    assert list(row) == [column.name for column in COLUMNS]
    assert row["started_at"] == rfc3339(NOW_NS - 3600 * 10**9)
    assert (row["query"], row["answer"]) == ("Wie prüfe ich das Siegel?", "With hmac,\nline by line.")
    assert (row["refused"], row["live"], row["confidence"]) == ("false", "true", "0.9")
    assert (row["kept"], row["cited"], row["retrieved"]) == ('["a#1"]', '["a#1"]', "2")
    assert (row["errors"], row["input_tokens"]) == ('["generate: TimeoutError: 30 s"]', "905")
    assert (row["feedback"], row["groundedness"], row["release_version"]) == ("down", "0.4", "r1")


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"])
def test_a_text_cannot_become_a_formula_in_a_spreadsheet(asked: Sender, text: str) -> None:
    keep(full(1, query=text, answer="1-2=3", confidence=-0.5, session_id=text, product=text))
    (row,) = records(asked.get(PATH, format="csv"))
    assert (row["query"], row["session_id"], row["product"]) == (f"'{text}",) * 3
    assert (row["answer"], row["confidence"]) == ("1-2=3", "-0.5")


def test_parquet_has_the_same_rows_with_their_types(asked: Sender) -> None:
    keep(full(1), full(2, age_s=60, query="=1"))
    table = pyarrow.parquet.read_table(io.BytesIO(asked.get(PATH, format="parquet").getvalue()))
    assert table.column_names == [column.name for column in COLUMNS]
    first, second = table.to_pylist()
    assert first["started_at"].isoformat() == "2026-11-18T10:06:40+00:00"
    assert (first["kept"], first["refused"], first["input_tokens"]) == (["a#1"], False, 905)
    assert second["query"] == "=1"


@pytest.mark.parametrize("format", FORMATS)
def test_an_export_of_nothing_is_a_file_that_can_be_read(asked: Sender, format: str) -> None:
    data = asked.get(PATH, format=format).getvalue()
    if format == "parquet":
        assert pyarrow.parquet.read_table(io.BytesIO(data)).num_rows == 0
    else:
        assert data.count(b"\n") == (1 if format == "csv" else 0)


@pytest.mark.parametrize("format", FORMATS)
def test_pieces_neither_lose_a_trace_nor_repeat_one(
    asked: Sender, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    keep(*(full(n, age_s=60 * (n % 5)) for n in range(1, 24)))
    monkeypatch.setattr(streaming, "KEYS_A_READ", 7)
    monkeypatch.setattr(FORMATS[format], "batch", 3)
    response = asked.get(PATH, format=format)
    if format == "parquet":
        found = pyarrow.parquet.read_table(io.BytesIO(response.getvalue())).column("trace_id").to_pylist()
    else:
        found = [row["trace_id"] for row in (records if format == "csv" else lines)(response)]
    assert sorted(found) == [trace_id(n) for n in range(1, 24)]


def test_a_piece_is_sent_before_the_next_is_read(asked: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(*(full(n) for n in range(1, 10)))
    monkeypatch.setattr(FORMATS["jsonl"], "batch", 2)
    read: list[int] = []
    whole = streaming.whole_traces

    def counted(**asked_for: Any) -> Any:
        read.append(len(asked_for["keys"]))
        return whole(**asked_for)

    monkeypatch.setattr(streaming, "whole_traces", counted)
    sent = iter(asked.get(PATH).streaming_content)
    next(sent)
    assert read == [2, 2]
    assert len([*sent]) == 5
    assert read == [2, 2, 2, 2, 1]


def test_what_begins_after_the_export_began_is_not_waited_for(asked: Sender) -> None:
    keep(full(1), full(2, age_s=-10 * 365 * 86400))
    assert [row["trace_id"] for row in lines(asked.get(PATH))] == [trace_id(1)]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"q": "prodct:x"}, "prodct"),
        ({"format": "xlsx"}, "format"),
        ({"from": "then"}, "from"),
        ({"limit": "x"}, "limit"),
    ],
)
def test_what_cannot_be_read_is_a_problem_with_its_field(asked: Sender, query: dict[str, str], field: str) -> None:
    response = asked.get(PATH, **query)
    assert (response.status_code, response.json()["field"]) == (400, field)


def test_more_exports_than_run_at_a_time_are_told_when_to_come_again(asked: Sender) -> None:
    keep(full(1))
    running = [asked.get(PATH) for _ in range(streaming.AT_ONCE)]
    refused = asked.get(PATH)
    assert (refused.status_code, refused["Retry-After"]) == (503, api_export.RETRY_AFTER_SECONDS)
    for response in running:
        response.close()
    assert len(lines(asked.get(PATH))) == 1


def test_a_store_that_fails_is_an_error_and_no_file(asked: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(**_: Any) -> Any:
        raise RuntimeError("the store is gone")

    monkeypatch.setattr(streaming, "whole_traces", failing)
    keep(full(1))
    asked.client.raise_request_exception = False
    assert asked.get(PATH).status_code == 500


def test_the_keys_of_a_limit_stop_there() -> None:
    keep(*(a_trace(n) for n in range(1, 10)))
    found = [*streaming.batched_keys(Scope("atlas"), batch=4, limit=6)]
    assert [len(keys) for keys in found] == [4, 2]


@pytest.fixture
def visitor(people: dict[str, Any], client: Any) -> Any:
    """Call it with a person's name, for a client that is signed in."""

    def signed_in(name: str) -> Any:
        client.force_login(people[name])
        return client

    return signed_in


def test_the_page_exports_what_its_list_shows(visitor: Any) -> None:
    keep(full(1), full(2, product="borealis"))
    response = visitor("vera").get("/p/atlas/traces-export/csv", {"q": "product:atlas", "sort": "latency"})
    assert [row["trace_id"] for row in records(response)] == [trace_id(1)]
    assert "attachment" in response["Content-Disposition"]
    page = visitor("vera").get("/p/atlas/traces", {"q": "product:atlas"}).content.decode()
    for format in FORMATS:
        assert f'href="/p/atlas/traces-export/{format}?q=product%3Aatlas"' in page


def test_the_page_exports_for_members_alone(visitor: Any, project: Any) -> None:
    keep(full(1))
    assert visitor("kim").get("/p/atlas/traces-export/csv").status_code == 404
    assert visitor("theo").get("/p/atlas/traces-export/xlsx").status_code == 404


def test_a_filter_that_cannot_be_exported_is_shown_as_the_list_shows_it(visitor: Any) -> None:
    response = visitor("mara").get("/p/atlas/traces-export/csv", {"q": "prodct:x"})
    assert response.status_code == 302
    assert response["Location"] == "/p/atlas/traces?q=prodct%3Ax"
