"""`stagelight import`: every kind of file arrives, once, whatever happens on the way."""

import gzip
import json
import struct
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.client.conftest import Command
from tests.client.files import (
    base64_request,
    hex_id,
    jsonl,
    native,
    otlp_request,
    otlp_span,
    otlp_trace,
    protobuf_request,
)
from tracing import receive

pytestmark = pytest.mark.django_db(transaction=True)
Arrived = Callable[[], dict[str, dict[str, Any]]]
NUMBERS = (1, 2, 3)


def delimited(*messages: bytes) -> bytes:
    """Protobuf messages behind their lengths, as Java's writeDelimitedTo has them."""
    from google.protobuf.internal.encoder import _VarintBytes

    return b"".join(_VarintBytes(len(each)) + each for each in messages)


def framed(*messages: bytes) -> bytes:
    """The same as the Collector's file exporter has them: four bytes, the highest first."""
    return b"".join(struct.pack(">I", len(each)) + each for each in messages)


OTLP_LINES = jsonl(*(otlp_request(*otlp_trace(n)) for n in NUMBERS))
OTLP_DOCUMENT = {"resourceSpans": [otlp_request(*otlp_trace(n))["resourceSpans"][0] for n in NUMBERS]}
FILES: dict[str, bytes | str] = {
    "native.jsonl": jsonl(*map(native, NUMBERS)),
    "native.json": json.dumps([native(n) for n in NUMBERS], indent=2),
    "collector.json": OTLP_LINES,
    "collector.jsonl.gz": gzip.compress(OTLP_LINES.encode()),
    "request.json": json.dumps(OTLP_DOCUMENT, indent=1),
    "minified.json": json.dumps(OTLP_DOCUMENT),
    "requests.json": "".join(json.dumps(otlp_request(*otlp_trace(n)), indent=1) for n in NUMBERS),
    "base64.jsonl": jsonl(*map(base64_request, NUMBERS)),
    "request.bin": protobuf_request(*NUMBERS),
    "request.bin.gz": gzip.compress(protobuf_request(*NUMBERS)),
    "delimited.bin": delimited(*map(protobuf_request, NUMBERS)),
    "collector.binpb": framed(*map(protobuf_request, NUMBERS)),
}


@pytest.mark.parametrize("name", FILES)
def test_each_kind_of_file_arrives_whole(stagelight: Command, arrived: Arrived, name: str) -> None:
    path = stagelight.file(name, FILES[name])
    done = stagelight("import", path)
    assert (done.code, done.said.count("done:")) == (0, 1), done.said
    found = arrived()
    assert set(found) == {hex_id(n) for n in NUMBERS}
    for number in NUMBERS:
        trace = found[hex_id(number)]
        assert (trace["query"], trace["answer"]) == (f"What is number {number}?", "A number.")
        assert [each["chunk_id"] for each in trace["candidates"]] == [f"c{number}"]


@pytest.mark.parametrize("name", FILES)
def test_sent_twice_it_changes_nothing(stagelight: Command, arrived: Arrived, name: str) -> None:
    path = stagelight.file(name, FILES[name])
    stagelight("import", path)
    before = but_for_time(arrived())
    second = stagelight("import", path)
    assert (second.code, "going on behind them" in second.said) == (0, True)
    assert stagelight("import", path, "--again").code == 0
    assert but_for_time(arrived()) == before


def but_for_time(traces: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """All but what changes by itself a few seconds after a trace came."""
    return {trace_id: trace | {"settled": None} for trace_id, trace in traces.items()}


def test_standard_input_is_read_as_a_file_is(stagelight: Command, arrived: Arrived) -> None:
    assert stagelight("import", "-", input=OTLP_LINES.encode()).code == 0
    assert len(arrived()) == 3


def test_bad_lines_are_named_and_the_others_arrive(stagelight: Command, arrived: Arrived) -> None:
    good = [json.dumps(native(n)) for n in range(1, 5)]
    content = "\n".join(
        [
            good[0],
            '{"trace_id": ',
            "",
            good[1],
            '{"query": "?"}',
            "[]",
            good[2],
            json.dumps(native(9, lanes=3)),
            good[3],
        ]
    )
    done = stagelight("import", stagelight.file("some.jsonl", content + "\n"))
    assert done.code == 1
    for line, why in ((2, "no JSON"), (5, "trace_id is missing"), (6, "no JSON object"), (8, "lanes is not a list")):
        assert any(f"line {line}: " in said and why in said for said in done.said.splitlines()), done.said
    assert "4 traces sent, 4 bad" in done.said
    assert set(arrived()) == {hex_id(n) for n in range(1, 5)}


def test_a_span_with_a_wrong_id_is_named_and_its_neighbours_arrive(stagelight: Command, arrived: Arrived) -> None:
    wrong = otlp_span(2, 1) | {"traceId": "xyz"}
    content = jsonl(otlp_request(*otlp_trace(1)), otlp_request(wrong, *otlp_trace(2)))
    done = stagelight("import", stagelight.file("some.jsonl", content))
    assert (done.code, "line 2: span 1: a traceId that is not 32 hex digits" in done.said) == (1, True)
    assert set(arrived()) == {hex_id(1), hex_id(2)}


def test_a_line_that_is_still_being_written_waits_for_the_next_time(stagelight: Command, arrived: Arrived) -> None:
    lines = [json.dumps(otlp_request(*otlp_trace(n))) for n in NUMBERS]
    path = stagelight.file("growing.jsonl", f"{lines[0]}\n{lines[1]}\n{lines[2][:80]}")
    first = stagelight("import", path)
    assert (first.code, "line 3 is not finished" in first.said) == (1, True)
    assert len(arrived()) == 2
    path.write_text("".join(f"{line}\n" for line in lines))
    second = stagelight("import", path)
    assert (second.code, "2 records were sent before" in second.said) == (0, True)
    assert len(arrived()) == 3


def test_another_file_under_the_same_name_is_sent_from_its_beginning(stagelight: Command, arrived: Arrived) -> None:
    stagelight("import", stagelight.file("traces.jsonl", jsonl(native(1))))
    done = stagelight("import", stagelight.file("traces.jsonl", jsonl(native(2), native(3))))
    assert "before" not in done.said
    assert len(arrived()) == 3


def test_ended_in_the_middle_it_goes_on_where_it_stopped(stagelight: Command, drained: Callable[[], None]) -> None:
    many = [native(n, answer="x" * 4_000) for n in range(1, 2_001)]
    path = stagelight.file("many.jsonl", jsonl(*many))
    running = stagelight.start("import", path)
    state = stagelight.folder / "cache" / "stagelight" / "imports"
    while running.poll() is None and not [*state.glob("*.json")]:
        time.sleep(0.001)
    running.kill()
    running.wait()
    assert running.stderr is not None
    running.stderr.close()
    [kept] = state.glob("*.json")
    before = json.loads(kept.read_text())["tally"]["records"]
    assert 0 < before < 2_000
    done = stagelight("import", path)
    assert (done.code, f"{before:,} records were sent before" in done.said) == (0, True)
    assert "2,000 records, 2,000 traces sent, 0 bad" in done.said
    drained()
    assert stagelight("export").out.count(b"\n") == 2_000


def test_a_busy_server_is_waited_for_as_long_as_it_says(
    stagelight: Command, arrived: Arrived, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, busy = receive.Spool.append, [3]

    def full_at_first(self: Any, frame: Any) -> Any:
        busy[0] -= 1
        if busy[0] >= 0:
            raise receive.SpoolFullError("the spool is full")
        return append(self, frame)

    monkeypatch.setattr(receive, "RETRY_AFTER_SECONDS", "0")
    monkeypatch.setattr(receive.Spool, "append", full_at_first)
    done = stagelight("import", stagelight.file("one.jsonl", jsonl(native(1))))
    assert (done.code, done.said.count("503 the spool is full; try again; again in 0.0 s")) == (0, 3)
    assert len(arrived()) == 1


def test_a_server_that_stays_silent_is_given_up_with_a_word_on_how_to_go_on(stagelight: Command) -> None:
    path = stagelight.file("one.jsonl", jsonl(native(1)))
    done = stagelight("--patience", "0", "import", path, STAGELIGHT_URL="http://127.0.0.1:9")
    assert (done.code, "does not answer" in done.said, "goes on where it stopped" in done.said) == (3, True, True)


def test_a_wrong_key_is_said_at_once(stagelight: Command) -> None:
    done = stagelight("import", stagelight.file("one.jsonl", jsonl(native(1))), STAGELIGHT_KEY="sl_wrong")
    assert (done.code, "refuses the key" in done.said) == (2, True)


def test_a_key_is_found_beside_the_data_of_a_server_on_this_machine(stagelight: Command, arrived: Arrived) -> None:
    data = stagelight.folder / "data"
    data.mkdir()
    (data / "key").write_text(stagelight.environment["STAGELIGHT_KEY"])
    path = stagelight.file("one.jsonl", jsonl(native(1)))
    assert stagelight("import", path, STAGELIGHT_KEY="", STAGELIGHT_DATA_DIR=str(data)).code == 0
    assert len(arrived()) == 1
    elsewhere = stagelight("import", path, STAGELIGHT_KEY="", STAGELIGHT_URL="https://traces.example.com")
    assert (elsewhere.code, "STAGELIGHT_KEY is not set" in elsewhere.said) == (2, True)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.jsonl", b"", "is empty"),
        ("spans.parquet", b"PAR1" + bytes(50), "to_json"),
        ("notes.txt", b"hello, world\n1,2\n", "--format native"),
        ("other.json", b'{"a": 1}', "--format native"),
        ("wide.jsonl", "\ufeff{}".encode("utf-16"), "UTF-16"),
        ("a.zip", b"PK\x03\x04....", "decompress"),
    ],
)
def test_what_is_no_file_of_traces_is_refused_with_what_to_do(
    stagelight: Command, name: str, content: bytes, words: str
) -> None:
    done = stagelight("import", stagelight.file(name, content))
    assert (done.code, words in done.said) == (2, True), done.said


def test_a_file_that_is_not_there_does_not_keep_the_others_from_being_sent(
    stagelight: Command, arrived: Arrived
) -> None:
    done = stagelight("import", "nowhere.jsonl", stagelight.file("one.jsonl", jsonl(native(1))))
    assert (done.code, "nowhere.jsonl: No such file" in done.said) == (2, True)
    assert len(arrived()) == 1


@pytest.mark.parametrize("name", ["native.json", "request.json", "collector.jsonl.gz", "collector.binpb"])
def test_a_file_that_is_cut_off_is_sent_as_far_as_it_goes(stagelight: Command, arrived: Arrived, name: str) -> None:
    whole = FILES[name]
    data = whole if isinstance(whole, bytes) else whole.encode()
    done = stagelight("import", stagelight.file(name, data[: int(len(data) * 0.8)]))
    assert (done.code, "stopped:" in done.said) == (1, True), done.said
    assert len(arrived()) <= 2


def test_metrics_in_a_collectors_file_are_passed_over(stagelight: Command, arrived: Arrived) -> None:
    content = jsonl({"resourceMetrics": []}, otlp_request(*otlp_trace(1)), {"resourceMetrics": [{}]})
    done = stagelight("import", stagelight.file("all.jsonl", content))
    assert (done.code, "2 skipped (metrics)" in done.said) == (0, True)
    assert len(arrived()) == 1
