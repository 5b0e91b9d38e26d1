"""Clients that keep to HTTP in their own way, over a real socket: each gets an answer, and the next one is served."""

import gzip
import http.client
import json
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Sender
from tests.tracing.listening import listening
from tests.tracing.otlp_bodies import otlp_json, otlp_span, protobuf
from tests.tracing.replays import account
from tracing import connection, embedded, otlp, store, straight
from tracing.chunks import Chunks
from tracing.problems import WRONG_HOST

TRACE = "0af7651916cd43dd8448eb211c80319c"
PROTOBUF, JSON = "application/x-protobuf", "application/json"
STYLE = Path(straight.__file__).parent / "static/tracing/style.css"
GOOD = protobuf(otlp_span(TRACE))
RAW = zlib.compressobj(wbits=-15)


class Peer:
    """A socket, and what was answered on it."""

    def __init__(self, port: int, secret: str) -> None:
        self.secret = secret
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)

    def send(self, head: str, body: bytes = b"") -> None:
        """A head, line by line, with the key where it says KEY."""
        lines = [line.strip().replace("KEY", self.secret) for line in head.strip().splitlines()]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode() + body)

    def answer(self) -> tuple[int, bytes]:
        """The next answer, whole."""
        response = http.client.HTTPResponse(self.socket)
        response.begin()
        return response.status, response.read()

    def is_closed(self) -> bool:
        """True where nothing more is answered."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:  # it sent more than anybody read
            return True

    def post(self, body: bytes, *more: str, path: str = "/v1/traces", kind: str = PROTOBUF) -> tuple[int, bytes]:
        """An ordinary request."""
        lines = [f"POST {path} HTTP/1.1", "Host: localhost", "X-API-Key: KEY", f"Content-Type: {kind}", *more]
        self.send("\n".join([*lines, f"Content-Length: {len(body)}"]), body)
        return self.answer()


@pytest.fixture
def server(transactional_db: None, sender: Sender, clean_store: None) -> Iterator[Any]:
    """A server of this process, with two threads."""
    server = embedded.web_server("127.0.0.1", 0, threads=2)
    server.timeout = 2  # s that a peer may be silent
    with listening(server):
        yield server


@pytest.fixture
def peer(server: Any, sender: Sender) -> Iterator[Callable[[], Peer]]:
    """Call it for a connection to the server."""
    opened: list[Peer] = []

    def connect() -> Peer:
        opened.append(Peer(server.bind_addr[1], sender.secret))
        return opened[-1]

    yield connect
    for each in opened:
        each.socket.close()


def chunks(body: bytes, size: int, extension: str = "") -> bytes:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(f"{len(piece):x}{extension}\r\n".encode() + piece + b"\r\n" for piece in pieces) + b"0\r\n\r\n"


HEAD = "POST /v1/traces HTTP/1.1\nHost: localhost\nX-API-Key: KEY\nContent-Type: application/x-protobuf\n"


def test_chunks_of_any_size_with_extensions_arrive_whole(peer: Callable[[], Peer], drained: Callable[[], None]) -> None:
    one = peer()
    one.send(HEAD + "Transfer-Encoding: Chunked", chunks(GOOD, 7, ";note=x"))
    assert one.answer() == (200, b"")
    one.send(HEAD + "Transfer-Encoding: chunked\nContent-Encoding: gzip", chunks(gzip.compress(GOOD), 11))
    assert one.answer() == (200, b"")
    drained()
    assert account() == {"stored": 1, "duplicate": 1, "rejected": 0, "bad": 0}


def test_a_trailer_is_no_request(peer: Callable[[], Peer]) -> None:
    one = peer()
    one.send(HEAD + "Transfer-Encoding: chunked\nTrailer: x-sum", chunks(GOOD, 9)[:-2] + b"x-sum: 1\r\n\r\n")
    assert one.answer() == (200, b"")
    assert one.post(GOOD) == (200, b"")


def test_one_chunk_beyond_the_limit_is_refused_and_not_held(
    peer: Callable[[], Peer], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.INGEST_MAX_BYTES = 1_000_000
    asked: list[int] = []
    read = Chunks.read
    monkeypatch.setattr(Chunks, "read", lambda self, size=-1: asked.append(size) or read(self, size))
    one = peer()
    one.send(HEAD + "Transfer-Encoding: chunked", chunks(b"\0" * 5_000_000, 5_000_000))
    assert one.answer()[0] == 413  # after which cheroot closes
    assert peer().post(GOOD) == (200, b"")
    assert set(map(type, asked)) == {int}
    assert 0 < max(asked) <= 1 << 20


@pytest.mark.parametrize("word", ["100-continue", "100-Continue"])
def test_expect_100_continue_is_told_to_go_on(word: str, peer: Callable[[], Peer]) -> None:
    one = peer()
    one.send(HEAD + f"Expect: {word}\nContent-Length: {len(GOOD)}")
    assert one.socket.recv(4096).startswith(b"HTTP/1.1 100")
    one.socket.sendall(GOOD)
    assert one.answer() == (200, b"")


def test_requests_that_are_sent_at_once_are_answered_in_turn(peer: Callable[[], Peer]) -> None:
    one = peer()
    head = "POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nX-API-Key: KEY\r\nContent-Type: application/x-protobuf\r\n"
    request = head.replace("KEY", one.secret).encode() + f"Content-Length: {len(GOOD)}\r\n\r\n".encode() + GOOD
    one.socket.sendall(request * 3)
    received = b""
    while received.count(b"200 OK") < 3 and (piece := one.socket.recv(65_536)):
        received += piece
    assert received.count(b"HTTP/1.1 200 OK") == 3


def test_a_body_that_stops_is_told_so_and_harms_nobody(peer: Callable[[], Peer]) -> None:
    slow, other = peer(), peer()
    slow.send(HEAD + f"Content-Length: {len(GOOD)}", GOOD[:5])
    assert other.post(GOOD) == (200, b"")
    assert slow.answer()[0] == 503, "it may send it again"
    assert peer().post(GOOD) == (200, b"")


def test_a_page_of_many_pieces_arrives_whole(peer: Callable[[], Peer]) -> None:
    one = peer()
    one.send("GET /static/tracing/style.css HTTP/1.1\nHost: localhost\nAccept-Encoding: identity")
    assert one.answer() == (200, STYLE.read_bytes())


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/project", "/nothing", "/static/tracing/style.css"])
def test_after_head_the_connection_is_of_use(path: str, peer: Callable[[], Peer]) -> None:
    one = peer()
    one.send(f"HEAD {path} HTTP/1.1\nHost: localhost\nX-API-Key: KEY")
    response = http.client.HTTPResponse(one.socket, method="HEAD")
    response.begin()
    assert (response.status, response.read()) == (404 if path == "/nothing" else 200, b"")
    assert int(response.headers["Content-Length"]) > 0
    assert one.post(GOOD) == (200, b"")


def test_http_1_0_is_answered_and_closed(peer: Callable[[], Peer]) -> None:
    one = peer()
    one.send(
        HEAD.replace("HTTP/1.1\nHost: localhost", "HTTP/1.0\nHost: localhost") + f"Content-Length: {len(GOOD)}", GOOD
    )
    assert one.answer()[0] == 200
    assert one.socket.recv(1) == b""


def test_a_connection_is_of_use_after_every_refusal(peer: Callable[[], Peer], drained: Callable[[], None]) -> None:
    one, large = peer(), b"\0" * 3_000_000
    assert one.post(b"\xff\xff\xff")[0] == 400
    assert one.post(large, kind="text/plain")[0] == 415
    assert one.post(large, "Content-Encoding: br")[0] == 415
    assert one.post(large, path="/nothing/here")[0] == 404
    assert one.post(large, path="/api/v1/nothing")[0] == 404
    assert one.post(large, path="/v1/metrics")[0] == 404
    one.send(f"PUT /v1/traces HTTP/1.1\nHost: localhost\nX-API-Key: KEY\nContent-Length: {len(large)}", large)
    assert one.answer()[0] == 405
    one.send(f"POST /v1/traces HTTP/1.1\nHost: localhost\nX-API-Key: wrong\nContent-Length: {len(large)}", large)
    assert one.answer()[0] == 401
    one.send("POST /v1/traces HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked", chunks(large, 500_000))
    assert one.answer()[0] == 401
    assert one.post(GOOD) == (200, b"")
    drained()
    assert account()["stored"] == 1


def test_a_large_body_to_an_unknown_path_gets_its_answer(peer: Callable[[], Peer]) -> None:
    large = b"\0" * (20 << 20)
    for method in ("POST", "PUT"):
        one = peer()
        one.send(f"{method} /v2/traces HTTP/1.1\nHost: localhost\nContent-Length: {len(large)}", large)
        assert one.answer()[0] == 404


@pytest.mark.parametrize(
    "head",
    [
        "pOsT",
        "content-TYPE: Application/X-Protobuf; charset=utf-8; x=y",
        "AUTHORIZATION: bEaReR KEY",
        "x_langfuse_sdk_name: python",
        "Content-Encoding: GZIP",
        "Content-Encoding: x-gzip",
        "Content-Encoding: identity",
    ],
)
def test_names_in_any_case_and_headers_with_underscores(head: str, peer: Callable[[], Peer]) -> None:
    if head == "pOsT":
        one = peer()
        one.send(HEAD.replace("POST", head) + f"Content-Length: {len(GOOD)}", GOOD)
        assert 400 <= one.answer()[0] < 500  # methods are told apart by case
        return
    body = gzip.compress(GOOD) if "gzip" in head.lower() else GOOD
    lines = [line for line in HEAD.splitlines() if line.partition(":")[0].lower() != head.partition(":")[0].lower()]
    if head.startswith("AUTH"):
        lines = [line for line in lines if not line.startswith("X-API")]
    one = peer()
    one.send("\n".join([*lines, head, f"Content-Length: {len(body)}"]), body)
    assert one.answer() == (200, b"")


@pytest.mark.parametrize("framing", ["", "Content-Length: 0", "Transfer-Encoding: chunked"])
def test_an_empty_body_is_a_success_however_it_is_framed(framing: str, peer: Callable[[], Peer]) -> None:
    one = peer()
    one.send(HEAD + framing, b"0\r\n\r\n" if "chunked" in framing else b"")
    assert one.answer() == (200, b"")


@pytest.mark.parametrize(
    ("framing", "body"),
    [
        ("Transfer-Encoding: chunked", b"zz\r\nhello\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked", b"-5\r\nhello\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked", b"ffffffffffffffffff\r\nhello"),
        ("Transfer-Encoding: chunked", b"f" * 15 + b"\r\nhello"),
        ("Transfer-Encoding: chunked", b"2\r\nhello\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked", b"0" * 5_000),
        ("Transfer-Encoding: chunked", b"0\r\n" + b"x: y\r\n" * 200),
        ("Transfer-Encoding: chunked", b"5\r\nhel"),
        ("Content-Length: 500", b"hello"),
        ("Content-Length: -5", b"hello"),
        ("Content-Length: 5, 7", b"hello"),
        ("Content-Length: five", b"hello"),
        ("Content-Length: 99999999999999999999", b"hello"),
        ("Transfer-Encoding: gzip, chunked", b"5\r\nhello\r\n0\r\n\r\n"),
        ("Content-Length: 5\nTransfer-Encoding: chunked", b"5\r\nhello\r\n0\r\n\r\n"),
    ],
)
def test_bodies_that_are_framed_wrongly_harm_nobody(framing: str, body: bytes, peer: Callable[[], Peer]) -> None:
    one = peer()
    one.send(HEAD + framing, body)
    one.socket.shutdown(socket.SHUT_WR)
    try:
        status, _ = one.answer()
    except (http.client.HTTPException, OSError):
        status = 400  # closed without a word: it was no HTTP
    assert status == 501 or 400 <= status < 500
    assert peer().post(GOOD) == (200, b"")


@pytest.mark.parametrize(
    ("framing", "body"),
    [
        ("Content-Length: 5\nTransfer-Encoding: chunked", b"0\r\n\r\n"),
        ("Transfer-Encoding: chunked\nContent-Length: 5", b"5\r\nhello\r\n0\r\n\r\n"),
        ("Content-Length: 0\nContent-Length: 5", b"hello"),
        ("Content-Length: 5\nContent-Length: 5", b"hello"),
        ("Content-Length: -5", b""),
        ("Content-Length: +5", b"hello"),
        ("Content-Length: 0_5", b"hello"),
        ("Transfer-Encoding: chunked, chunked", b"0\r\n\r\n"),
        ("Transfer-Encoding: chunked\nTransfer-Encoding: chunked", b"0\r\n\r\n"),
        ("Transfer-Encoding: ,", b""),
        ("Transfer-Encoding: chunked", b"zz\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked", b"2\r\nhello\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked", b"0\r\n" + b"x: y\r\n" * 200 + b"\r\n0\r\n\r\n"),
    ],
)
def test_what_follows_a_body_whose_end_is_not_sure_is_no_request(
    framing: str, body: bytes, peer: Callable[[], Peer]
) -> None:
    one = peer()
    hidden = f"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {one.secret}\r\nContent-Length: 0\r\n\r\n"
    one.send(HEAD + framing, body + hidden.encode())
    assert one.answer()[0] == 400
    assert one.is_closed()


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length : 5",
        b"\x0bContent-Length: 5",
        b"Content-Length\x0c: 5",
        b"Content-Length: \x0b5",
        b"Transfer-Encoding : chunked",
        b"Transfer-Encoding: \x0bchunked",
        b" X: folded into nothing",
        b"X: one\r\n and two",
        b"X: one\rContent-Length: 5",
        b"X: zero \0",
        b"X: rung \x07",
        b"no colon",
        b": no name",
        b"Host: other",
        b"X: y\nContent-Length: 5",
    ],
)
def test_a_header_that_others_could_read_otherwise_is_refused(header: bytes, peer: Callable[[], Peer]) -> None:
    one = peer()
    one.socket.sendall(b"POST /v1/traces HTTP/1.1\r\n" + header + b"\r\nHost: localhost\r\n\r\nhello")
    assert one.answer()[0] == 400
    assert one.is_closed()
    assert peer().post(GOOD) == (200, b"")


def test_a_head_without_an_end_is_refused(peer: Callable[[], Peer]) -> None:
    one = peer()
    with suppress(OSError):  # it closes while this is being sent
        one.socket.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 5_000_000)
    with suppress(OSError):
        assert one.answer()[0] == 413
    assert one.is_closed()


@pytest.mark.parametrize(
    ("version", "header", "stays"),
    [("1.1", "Close", False), ("1.1", "close, TE", False), ("1.1", "keep-alive", True), ("1.0", "keep-alive", True)],
)
def test_a_connection_stays_or_not_as_its_sender_says(
    version: str, header: str, stays: bool, peer: Callable[[], Peer]
) -> None:
    one = peer()
    one.send(HEAD.replace("/1.1", f"/{version}") + f"Connection: {header}\nContent-Length: {len(GOOD)}", GOOD)
    assert one.answer() == (200, b"")
    if stays:
        assert one.post(GOOD) == (200, b"")
    else:
        assert one.is_closed()


def test_connections_that_say_nothing_keep_nobody_waiting(server: Any, peer: Callable[[], Peer]) -> None:
    server.timeout = 3_600
    for _ in range(20):
        peer()
    assert peer().post(GOOD) == (200, b"")


def test_connections_that_say_nothing_are_given_up(peer: Callable[[], Peer]) -> None:
    assert peer().is_closed()


def test_a_sender_that_drips_is_given_up(peer: Callable[[], Peer], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PATIENCE_SECONDS", 0.5)
    one = peer()
    one.send(HEAD + "Content-Length: 1000")
    with suppress(OSError):
        for _ in range(40):
            one.socket.sendall(b"x")
            time.sleep(0.1)
    assert one.answer()[0] == 503
    assert one.is_closed()


def test_what_the_server_waits_for_is_not_the_sender_s_time(
    peer: Callable[[], Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "PATIENCE_SECONDS", 0.5)
    inspect = otlp.inspect
    monkeypatch.setattr(otlp, "inspect", lambda *told: time.sleep(1) or inspect(*told))
    one = peer()
    assert one.post(GOOD) == (200, b"")
    assert one.post(GOOD) == (200, b"")


def test_only_so_many_connections_rest(server: Any, peer: Callable[[], Peer]) -> None:
    server.timeout, server.keep_alive_conn_limit = 3_600, 5
    silent = [peer() for _ in range(8)]
    assert [one.is_closed() for one in silent[5:]] == [True] * 3
    silent[0].socket.close()
    assert silent[1].post(GOOD) == (200, b"")


def test_what_is_said_twice_alike_is_said_once(peer: Callable[[], Peer]) -> None:
    assert peer().post(GOOD, f"Content-Type: {PROTOBUF}") == (200, b"")
    assert peer().post(GOOD, "Content-Type: text/plain")[0] == 415


def test_an_answer_says_how_long_it_is(peer: Callable[[], Peer]) -> None:
    one = peer()
    one.send(HEAD + f"Content-Length: {len(GOOD)}", GOOD)
    response = http.client.HTTPResponse(one.socket)
    response.begin()
    assert response.headers["Content-Length"] == "0"
    assert response.headers["Transfer-Encoding"] is None


def test_chunks_of_http_1_0_are_no_body_that_anybody_knows_the_end_of(peer: Callable[[], Peer]) -> None:
    one = peer()
    one.send(HEAD.replace("HTTP/1.1", "HTTP/1.0") + "Connection: Keep-Alive\nTransfer-Encoding: chunked", b"0\r\n\r\n")
    assert one.answer()[0] == 400
    assert one.is_closed()


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(GOOD[:9]) + gzip.compress(b"") + gzip.compress(GOOD[9:])),
        ("deflate", zlib.compress(GOOD)),
        ("deflate", RAW.compress(GOOD) + RAW.flush()),
        ("gzip", b""),
        ("deflate", b""),
    ],
)  # fmt: skip
def test_packed_in_any_way(encoding: str, packed: bytes, peer: Callable[[], Peer]) -> None:
    assert peer().post(packed, f"Content-Encoding: {encoding}") == (200, b"")


def test_a_host_that_is_not_allowed_is_told_which_setting_to_change(peer: Callable[[], Peer]) -> None:
    one = peer()
    one.send(HEAD.replace("Host: localhost", "Host: collector.internal") + f"Content-Length: {len(GOOD)}", GOOD)
    status, said = one.answer()
    assert (status, json.loads(said)["detail"]) == (400, WRONG_HOST)


def in_base64(span: dict[str, Any]) -> dict[str, Any]:
    import base64

    named = ("traceId", "spanId", "parentSpanId")
    return span | {name: base64.b64encode(bytes.fromhex(span[name])).decode() for name in named}


VARIANTS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "ids in capitals": lambda span: span | {"traceId": span["traceId"].upper(), "spanId": span["spanId"].upper()},
    "ids in base64": in_base64,
    "enums by name": lambda span: span | {"kind": "SPAN_KIND_SERVER", "status": {"code": "STATUS_CODE_ERROR"}},
    "enums unheard of": lambda span: span | {"kind": "SPAN_KIND_X", "status": {"code": 99}},
    "times as numbers": lambda span: span | {"startTimeUnixNano": int(span["startTimeUnixNano"]), "endTimeUnixNano": 0},
    "fields unheard of": lambda span: span | {"flags": 257, "traceState": "a=b", "new": {"x": [1]}},
    "nulls": lambda span: span | {"events": None, "links": None, "status": None, "kind": None, "parentSpanId": None},
    "counts as text": lambda span: span | {"droppedAttributesCount": "3"},
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_json_in_any_way_that_is_one_span(variant: str, sender: Sender, drained: Callable[[], None]) -> None:
    span = VARIANTS[variant](otlp_span(TRACE, parent_id="12" * 8, attributes={"n": 7, "x": 1.0}))
    answer = sender.post("/v1/traces", otlp_json(span), JSON)
    assert answer.status_code == 200
    assert answer.json().get("partialSuccess", {}).get("rejectedSpans", 0) == 0
    drained()
    assert store.rows("SELECT trace_id, span_id FROM spans FINAL") == [(TRACE, "b7ad6b7169203331")]


@pytest.mark.parametrize("path", ["/v1/traces/", "/v1/logs/"])
def test_an_address_with_a_slash_at_its_end_is_the_same(path: str, sender: Sender) -> None:
    assert sender.post(path, b"{}", JSON).status_code == 200


def test_json_after_a_byte_order_mark_is_read(sender: Sender) -> None:
    assert sender.post("/v1/traces", b"\xef\xbb\xbf" + otlp_json(otlp_span(TRACE)).encode(), JSON).status_code == 200


@pytest.mark.parametrize(("path", "name"), [("/v1/traces", "resource_spans"), ("/v1/logs", "resource_logs")])
def test_names_as_protobuf_has_them_are_refused_with_a_word_of_why(path: str, name: str, sender: Sender) -> None:
    answer = sender.post(path, json.dumps({name: [{}]}), JSON)
    assert (answer.status_code, "lowerCamelCase" in answer.json()["message"]) == (400, True)


def test_numbers_that_no_computer_has_cost_one_item_at_most(sender: Sender, drained: Callable[[], None]) -> None:
    huge = "1" + "0" * 400
    sent = otlp_json(otlp_span(TRACE, attributes={"n": 0, "ok": "x"})).replace('"intValue": "0"', f'"intValue": {huge}')
    assert sender.post("/v1/traces", sent, JSON).json() == {}
    good = '{"trace_id": "a", "query": "q", "started_at": "2026-11-20T10:00:00Z"}'
    native = f'[{{"x": 1e999, "n": {huge}}}, {good}]'
    assert sender.post("/api/v1/traces", native, JSON).json()["accepted"] == 1
    signal = '{"trace_id": "a", "kind": "thumb", "value": "down", "comment": "\\ud800"}'
    said = sender.post("/api/v1/signals", f'[{{"kind": {huge}, "value": NaN}}, {signal}]', JSON).json()
    assert (said["accepted"], said["rejected"]) == (1, 1)
    drained()
    assert account() == {"stored": 2, "duplicate": 0, "rejected": 1, "bad": 0}
