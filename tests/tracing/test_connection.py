"""A connection keeps its thread while requests follow at once, and never one that another connection waits for."""

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from tests.tracing.listening import listening
from tracing import connection

THREADS = 3
LONG_MS = 60_000


def thread_of(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """An application that says which thread answers."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(threading.get_ident()).encode()]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[connection.Server]:
    monkeypatch.setattr(connection, "FOLLOWING_MS", LONG_MS)
    server = connection.Server(("127.0.0.1", 0), thread_of, numthreads=THREADS)
    server.shutdown_timeout = 1
    with listening(server):
        yield server


@pytest.fixture
def connect(server: connection.Server) -> Iterator[Callable[[], Callable[[], str]]]:
    """A new connection, as a function that asks on it which thread answers."""
    opened: list[http.client.HTTPConnection] = []

    def make() -> Callable[[], str]:
        made = http.client.HTTPConnection("127.0.0.1", server.bind_addr[1], timeout=20)
        opened.append(made)

        def ask() -> str:
            made.request("GET", "/")
            return made.getresponse().read().decode()

        return ask

    yield make
    for each in opened:
        with suppress(OSError):
            each.close()


def test_requests_that_follow_at_once_are_answered_by_one_thread(connect: Callable[[], Callable[[], str]]) -> None:
    ask = connect()
    assert len({ask() for _ in range(20)}) == 1


def test_more_connections_than_threads_are_all_answered(connect: Callable[[], Callable[[], str]]) -> None:
    asking = [connect() for _ in range(2 * THREADS)]
    for _ in range(3):
        assert all(ask() for ask in asking)


def test_one_that_ends_gives_its_thread_back(server: connection.Server) -> None:
    for _ in range(2 * THREADS):
        made = http.client.HTTPConnection("127.0.0.1", server.bind_addr[1], timeout=20)
        made.request("GET", "/")
        assert made.getresponse().status == 200
        made.close()


def test_several_requests_sent_without_waiting_are_all_answered(server: connection.Server) -> None:
    with socket.create_connection(("127.0.0.1", server.bind_addr[1]), timeout=20) as made:
        made.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 3)
        answered = b""
        while answered.count(b"200 OK") < 3:
            piece = made.recv(4096)
            assert piece, answered
            answered += piece
