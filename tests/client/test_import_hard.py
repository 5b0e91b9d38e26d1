"""Files that are hard to send: long ones, wide ones, such as are written in another order, and busy servers."""

import datetime as dt
import email.utils
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from stagelight_client.errors import BROKE_OFF, StopError
from stagelight_client.server import Server

from tests.client.conftest import Command
from tests.client.files import hex_id, jsonl, native, otlp_request, otlp_span, otlp_trace
from tests.conftest import Sender

pytestmark = pytest.mark.django_db(transaction=True)
Arrived = Callable[[], dict[str, dict[str, Any]]]


def test_one_scope_of_very_many_spans_is_sent_in_several_requests(
    stagelight: Command, drained: Callable[[], None], sender: Sender
) -> None:
    spans = [otlp_span(1 + n // 90, 1 + n % 90, input__value="x" * 500) for n in range(2_700)]
    path = stagelight.file("one.json", json.dumps(otlp_request(*spans), indent=1))
    done = stagelight("import", path)
    assert (done.code, "2,700 spans sent, 0 bad" in done.said) == (0, True)
    drained()
    account = sender.get("/api/v1/ingest/account").json()["total"]
    assert (account["traces"]["stored"], account["spans"]["stored"]) == (30, 2_700)
    again = stagelight("import", path, "--again")
    assert again.code == 0
    drained()
    assert sender.get("/api/v1/ingest/account").json()["total"]["spans"]["duplicate"] == 2_700


def test_a_resource_may_stand_behind_its_spans(stagelight: Command, arrived: Arrived, sender: Sender) -> None:
    [group] = otlp_request(*otlp_trace(1))["resourceSpans"]
    [scoped] = group["scopeSpans"]
    turned = {"scopeSpans": [{"spans": scoped["spans"], "scope": scoped["scope"]}], "resource": group["resource"]}
    done = stagelight("import", stagelight.file("turned.json", json.dumps({"resourceSpans": [turned]}, indent=1)))
    assert done.code == 0, done.said
    assert len(arrived()) == 1
    spans = json.loads(b"".join(sender.get(f"/api/v1/traces/{hex_id(1)}/spans").streaming_content))["spans"]
    assert {(span["scope"], span["resource"]["service.name"]) for span in spans} == {("x", "docs")}


def test_a_request_that_is_too_large_is_halved_and_what_is_too_large_alone_is_named(
    stagelight: Command, arrived: Arrived, settings: Any
) -> None:
    settings.INGEST_MAX_BYTES = 20_000
    sizes = {1: 8_000, 2: 8_000, 3: 30_000, 4: 8_000, 5: 100}
    path = stagelight.file("wide.jsonl", jsonl(*(native(n, answer="x" * size) for n, size in sizes.items())))
    done = stagelight("import", path)
    assert done.code == 1
    assert "line 3: the body has more than 20000 bytes" in done.said
    assert "4 traces sent, 1 bad" in done.said
    assert set(arrived()) == {hex_id(n) for n in (1, 2, 4, 5)}


def test_a_byte_order_mark_and_windows_line_ends_are_no_matter(stagelight: Command, arrived: Arrived) -> None:
    content = "\ufeff" + jsonl(native(1), native(2)).replace("\n", "\r\n")
    done = stagelight("import", stagelight.file("windows.jsonl", content))
    assert done.code == 0, done.said
    assert len(arrived()) == 2


def test_the_progress_goes_to_standard_error_and_can_be_left_out(stagelight: Command) -> None:
    path = stagelight.file("one.jsonl", jsonl(native(1), {"query": "?"}))
    loud, quiet = stagelight("import", path), stagelight("import", "--again", "--quiet", path)
    assert (loud.out, "1 traces sent" in loud.said) == (b"", True)
    assert quiet.said.splitlines() == [f"{path}: line 2: trace_id is missing"]


@pytest.fixture
def scripted() -> Iterator[Callable[..., Server]]:
    """Call it for a server that answers with these statuses and Retry-After headers, one after another."""
    answers: list[tuple[int, str]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            status, after = answers.pop(0)
            self.send_response(status)
            if after:
                self.send_header("Retry-After", after)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    slept: list[float] = []

    def told(*given: tuple[int, str], patience: float = 100) -> Any:
        answers[:] = given
        slept.clear()
        return Server(f"http://127.0.0.1:{server.server_port}", "key", patience, slept.append), slept

    yield told
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_server_is_asked_again_when_it_says(scripted: Callable[..., Any], status: int) -> None:
    soon = email.utils.format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=50), usegmt=True)
    server, slept = scripted((status, "7"), (status, soon), (status, ""), (status, "tomorrow"), (200, ""))
    assert server.send("POST", "/", b"{}").status == 200
    assert slept[0] == 7
    assert 30 < slept[1] <= 50
    assert 3 < slept[2] < 5
    assert 6 < slept[3] < 10


def test_a_server_that_asks_for_more_than_ones_patience_is_given_up(scripted: Callable[..., Any]) -> None:
    server, slept = scripted((503, "3600"))
    with pytest.raises(StopError, match="Gave up after 100 s") as stopped:
        server.send("POST", "/", b"{}")
    assert (stopped.value.code, slept) == (BROKE_OFF, [])


@pytest.mark.parametrize("status", [301, 401, 403])
def test_a_redirect_or_a_refused_key_is_not_tried_again(scripted: Callable[..., Any], status: int) -> None:
    server, slept = scripted((status, ""))
    with pytest.raises(StopError):
        server.send("POST", "/", b"{}")
    assert slept == []
