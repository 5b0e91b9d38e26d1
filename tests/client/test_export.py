"""`stagelight export` and `replay`: files that are whole, or that are not there."""

import csv
import io
import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow.parquet
import pytest

from tests.client.conftest import Command
from tests.client.files import hex_id, jsonl, native

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def filled(stagelight: Command, drained: Callable[[], None]) -> Command:
    """Three traces, of which two are of one product."""
    traces = [native(n, product="atlas" if n < 3 else "borealis") for n in (1, 2, 3)]
    assert stagelight("import", stagelight.file("three.jsonl", jsonl(*traces))).code == 0
    drained()
    return stagelight


def test_what_a_filter_finds_is_written_in_the_format_of_the_files_name(filled: Command) -> None:
    for name in ("out.jsonl", "out.csv", "out.parquet"):
        done = filled("export", "product:atlas", "-o", name)
        assert done.code == 0, done.said
    lines = (filled.folder / "out.jsonl").read_text().splitlines()
    rows = list(csv.DictReader(io.StringIO((filled.folder / "out.csv").read_text())))
    table = pyarrow.parquet.read_table(filled.folder / "out.parquet").to_pylist()
    ids = [hex_id(1), hex_id(2)]
    assert [json.loads(line)["trace_id"] for line in lines] == ids
    assert [row["trace_id"] for row in rows] == [row["trace_id"] for row in table] == ids
    assert not [*filled.folder.glob("*.part")]


def test_what_was_exported_is_imported_again(filled: Command, arrived: Callable[[], dict[str, dict[str, Any]]]) -> None:
    before = arrived()
    assert filled("export", "-o", "all.jsonl").code == 0
    done = filled("import", "all.jsonl")
    assert (done.code, "3 traces sent, 0 bad" in done.said) == (0, True)
    after = arrived()
    for trace_id, trace in before.items():
        assert after[trace_id]["candidates"] == trace["candidates"]
        assert (after[trace_id]["query"], after[trace_id]["answer"]) == (trace["query"], trace["answer"])


def test_an_export_goes_to_standard_output_without_a_file(filled: Command) -> None:
    done = filled("export", "product:borealis", "--format", "csv")
    assert [row["trace_id"] for row in csv.DictReader(io.StringIO(done.out.decode()))] == [hex_id(3)]
    assert filled("export", "--limit", "1").out.count(b"\n") == 1
    assert filled("export", "--to", "2026-11-17").out == b""


def test_a_filter_that_cannot_be_read_is_said_with_what_was_meant(filled: Command) -> None:
    (filled.folder / "out.csv").write_text("as it was")
    done = filled("export", "prodct:atlas", "-o", "out.csv")
    assert (done.code, "perhaps product?" in done.said) == (2, True)
    assert (filled.folder / "out.csv").read_text() == "as it was"


def test_the_bundle_of_a_trace_is_written(filled: Command) -> None:
    assert filled("replay", hex_id(2), "-o", "two.json").code == 0
    bundle = json.loads((filled.folder / "two.json").read_text())
    assert (bundle["format"], bundle["trace"]["trace_id"]) == ("stagelight.replay/1", hex_id(2))
    missing = filled("replay", hex_id(99))
    assert (missing.code, "no such trace" in missing.said) == (2, True)


@pytest.fixture
def breaking() -> Iterator[str]:
    """A server whose answers end before their end, as when it is killed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


@pytest.mark.django_db(transaction=False)
def test_an_answer_that_breaks_off_is_no_file(stagelight: Command, breaking: str) -> None:
    (stagelight.folder / "out.csv").write_text("as it was")
    done = stagelight("export", "-o", "out.csv", STAGELIGHT_URL=breaking)
    assert (done.code, done.said.count("beginning again")) == (3, 2), done.said
    assert (stagelight.folder / "out.csv").read_text() == "as it was"
    assert not [*stagelight.folder.glob("*.part")]
    printed = stagelight("export", STAGELIGHT_URL=breaking)
    assert (printed.code, "not whole" in printed.said) == (3, True)


def test_an_export_that_fails_at_the_server_in_the_middle_breaks_off(
    filled: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracing.exporting import streaming
    from tracing.exporting.writers import JsonLines

    whole, calls = streaming.whole_traces, [0]

    def failing(**asked: Any) -> Any:
        calls[0] += 1
        if calls[0] % 2 == 0:
            raise RuntimeError("the store is gone")
        return whole(**asked)

    monkeypatch.setattr(JsonLines, "batch", 1)
    monkeypatch.setattr(streaming, "whole_traces", failing)
    done = filled("export", "-o", "out.jsonl")
    assert done.code == 3, done.said
    assert not (filled.folder / "out.jsonl").exists()
