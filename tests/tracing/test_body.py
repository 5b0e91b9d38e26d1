"""Bodies as the embedded server hands them over."""

import gzip
import socket
import zlib
from collections.abc import Iterator
from io import BytesIO

import pytest
from cheroot.makefile import StreamReader
from cheroot.server import KnownLengthRFile
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

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


def inflated(packed: bytes, limit: int = 1 << 22) -> bytes:
    request = RequestFactory().post(
        "/v1/traces", b"", content_type="application/json", headers={"Content-Encoding": "gzip"}
    )
    request.META |= {"wsgi.input": BytesIO(packed), "CONTENT_LENGTH": str(len(packed))}
    return body.read(request, limit)


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


PARTS = st.lists(st.binary(max_size=3000) | st.just(SENT[:100_000]), max_size=8)


@given(parts=PARTS, empty=st.integers(0, 30))
def test_members_one_after_another_are_one_body(parts: list[bytes], empty: int) -> None:
    packed = b"".join(map(gzip.compress, parts)) + gzip.compress(b"") * empty
    assert inflated(packed) == b"".join(parts)


@given(cut=st.integers(1, 40), empty=st.integers(0, 3))
def test_a_last_member_that_is_cut_off_says_so(cut: int, empty: int) -> None:
    with pytest.raises(body.BodyError, match=r"cut off|no gzip"):
        inflated(gzip.compress(b"") * empty + gzip.compress(SENT[:5000])[:-cut])


@pytest.mark.parametrize("members", [1, 2, 300])
def test_members_together_keep_to_the_limit(members: int) -> None:
    packed = gzip.compress(SENT[:1000]) * members
    assert len(inflated(packed, limit=1000 * members)) == 1000 * members
    with pytest.raises(body.BodyError, match="once decompressed"):
        inflated(packed, limit=1000 * members - 1)


def test_what_a_member_costs_does_not_grow_with_what_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    given_: list[int] = []

    class Inflater:
        def __init__(self, window: int) -> None:
            self._real = decompressobj(window)

        def decompress(self, piece: memoryview, most: int) -> bytes:
            given_.append(len(piece))
            return self._real.decompress(piece, most)

        def __getattr__(self, name: str) -> object:
            return getattr(self._real, name)

    decompressobj = zlib.decompressobj
    monkeypatch.setattr(zlib, "decompressobj", Inflater)
    packed = gzip.compress(b"") * 5000 + gzip.compress(SENT)
    assert inflated(packed) == SENT
    assert sum(given_) < 5000 * body.FIRST_STEP + 3 * len(packed)


def test_members_without_number_are_refused() -> None:
    with pytest.raises(body.BodyError, match="more than 100000 members"):
        inflated(gzip.compress(b"") * (body.MOST_MEMBERS + 1))
