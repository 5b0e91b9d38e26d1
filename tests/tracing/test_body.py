"""Bodies as the embedded server hands them over."""

import socket
from collections.abc import Iterator

import pytest
from cheroot.makefile import StreamReader
from cheroot.server import KnownLengthRFile
from django.test import RequestFactory

from tracing import body

SENT = bytes(range(256)) * 4096


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def received(reader: StreamReader, length: int) -> bytes:
    request = RequestFactory().post("/v1/traces", b"", content_type="application/json")
    request.META |= {"wsgi.input": body.Counted(KnownLengthRFile(reader, length)), "CONTENT_LENGTH": str(length)}
    return body.read(request, body.IN_PLACE_AT_MOST * 2)


@pytest.mark.parametrize("length", [1, 8191, 8192, 100_000])
def test_a_body_ends_where_it_says_and_the_next_request_is_left(
    ends: tuple[socket.socket, socket.socket], length: int
) -> None:
    ours, theirs = ends
    theirs.sendall(SENT[:length] + b"POST / HTTP/1.1\r\n")
    reader = StreamReader(ours)
    assert received(reader, length) == SENT[:length]
    assert reader.readline() == b"POST / HTTP/1.1\r\n"


@pytest.mark.parametrize("declared", [5000, body.IN_PLACE_AT_MOST + 1])
def test_a_body_that_ends_early_says_so(ends: tuple[socket.socket, socket.socket], declared: int) -> None:
    ours, theirs = ends
    theirs.sendall(SENT[:3000])
    theirs.close()
    with pytest.raises(body.BodyError, match=f"after 3000 of {declared} bytes"):
        received(StreamReader(ours), declared)
