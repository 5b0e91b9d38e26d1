"""A request's body, read and decompressed within a limit, whatever server is in front.

Django takes a chunked body for an empty one and answers 400 for a large one, which exporters never retry:
so the bytes are counted here, as they come from `wsgi.input`.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from io import BytesIO
from typing import Any

from cheroot.server import ChunkedRFile, KnownLengthRFile
from django.http import HttpRequest
from zlib_ng import zlib_ng as zlib

from tracing.chunks import PIECE, Chunks

DRAINED_AT_MOST = 256 << 20  # read on after a refusal, so that the sender sees the answer and not a reset
MOST_MEMBERS = 100_000
FIRST_STEP = 512
LATE = "the body did not come in time"
NotDeflated: type[Exception] = vars(zlib)["error"]  # its stub takes the class for one of its exceptions
IN_PLACE_AT_MOST = 8 << 20  # its room is taken at once, on the sender's word alone


class BodyError(Exception):
    """A body that cannot be used; `status` is the answer that it gets."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def read(request: HttpRequest, limit: int) -> bytes:
    """The decompressed body, at most `limit` bytes before and after; raises BodyError (400, 413, 415, 503)."""
    raw = _raw(request, limit)
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        return raw
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise BodyError(415, f"Content-Encoding {encoding[:40]!r} is not taken: send gzip, deflate or none")
    return _inflate(raw, encoding, limit)


def _raw(request: HttpRequest, limit: int) -> bytes:
    try:
        return _received(request, limit)
    except TimeoutError as error:  # a sender may be slow for once, and sends again what is answered so
        raise BodyError(503, LATE) from error
    except (ValueError, OSError) as error:  # chunks that are none, a connection that broke
        raise BodyError(400, f"the body cannot be read: {error}") from error


def _received(request: HttpRequest, limit: int) -> bytes:
    stream = request.META["wsgi.input"]
    declared = request.META.get("CONTENT_LENGTH") or ""
    if _is_chunked(request.META):  # whatever its length is said to be
        return _upto(stream, limit)
    if not declared:
        return b""
    if not declared.isdigit():
        raise BodyError(400, "Content-Length is not a number")
    length = int(declared)
    if length > limit:
        _drain(stream, min(length, DRAINED_AT_MOST))
        raise BodyError(413, f"the body has {length} bytes; {limit} are taken: send smaller batches")
    body: bytes = stream.whole(length) if isinstance(stream, Counted) else _joined(stream, length)
    if len(body) < length:
        raise BodyError(400, f"the body ended after {len(body)} of {length} bytes")
    return body


def _is_chunked(environ: Mapping[str, Any]) -> bool:
    return "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()


def _joined(stream: Any, length: int) -> bytes:
    body: bytes = stream.read(length)
    while len(body) < length and (more := stream.read(length - len(body))):
        body += more
    return body


def _upto(stream: Any, limit: int) -> bytes:
    pieces, size = [], 0
    while piece := stream.read(PIECE):
        size += len(piece)
        if size > limit:
            _drain(stream, DRAINED_AT_MOST - size)
            raise BodyError(413, f"the body has more than {limit} bytes: send smaller batches")
        pieces.append(piece)
    return b"".join(pieces)


def _drain(stream: Any, most: int) -> None:
    while most > 0 and (piece := stream.read(min(PIECE, most))):
        most -= len(piece)


def _inflate(raw: bytes, encoding: str, limit: int) -> bytes:
    try:
        return _members(raw, limit, zlib.MAX_WBITS | 32)
    except NotDeflated as error:
        if encoding != "deflate":
            raise BodyError(400, f"the body is no {encoding}: {error}") from error
    try:
        return _members(raw, limit, -zlib.MAX_WBITS)
    except NotDeflated as error:
        raise BodyError(400, f"the body is no deflate: {error}") from error


def _members(raw: bytes, limit: int, window: int) -> bytes:
    """A gzip file may have several members, one after another: the first, as a rule the only one, is read at once."""
    pieces: list[bytes] = []
    at, size, rest = 0, 0, memoryview(raw)
    for count in range(MOST_MEMBERS):
        inflater = zlib.decompressobj(window)
        step = FIRST_STEP if count else len(raw)  # what is given to it beyond its end is copied
        while at < len(raw) and not inflater.eof:
            pieces.append(inflater.decompress(rest[at : at + step], limit + 1 - size))
            size += len(pieces[-1])
            if size > limit:
                raise BodyError(413, f"the body has more than {limit} bytes once decompressed: send smaller batches")
            at = min(at + step, len(raw)) - len(inflater.unused_data)
            step *= 2
        if at == len(raw):
            break
    else:
        raise BodyError(400, f"the compressed body has more than {MOST_MEMBERS} members: send it as one")
    if raw and not inflater.eof:
        raise BodyError(400, "the compressed body is cut off")
    return b"".join(pieces)


class Counted:
    """A body as it comes from the server, and how much of it was read."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.count = 0

    def read(self, *size: int) -> bytes:
        """As of the body."""
        return self._told(self._stream.read(*size))

    def whole(self, length: int) -> bytes:
        """So many bytes, or fewer where it ends: read in place, for the server's own reader copies all of it twice."""
        if not isinstance(self._stream, KnownLengthRFile) or length > IN_PLACE_AT_MOST:
            return _joined(self, length)
        body, expected = BytesIO(), min(length, self._stream.remaining)
        body.seek(expected)
        body.write(b"-")
        with body.getbuffer() as room:
            read = self._stream.rfile.readinto(room[:expected])
        body.truncate(read)
        self._stream.remaining -= read
        self.count += read
        return body.getvalue()

    def readline(self, *size: int) -> bytes:
        """As of the body."""
        return self._told(self._stream.readline(*size))

    def __iter__(self) -> Any:
        return iter(self.readline, b"")

    def _told(self, piece: bytes) -> bytes:
        self.count += len(piece)
        return piece


Environ = dict[str, Any]


def answered(application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """The WSGI application, with each answer given once the body is read on to its end, or far enough.

    A server that answers early and closes resets the connection of a sender that still sends: it never sees its 404.
    """

    def patient(environ: Environ, start_response: Any) -> Iterable[bytes]:
        stream = environ["wsgi.input"]
        chunks = Chunks(stream.rfile) if isinstance(stream, ChunkedRFile) else None
        body = environ["wsgi.input"] = Counted(chunks or stream)
        answer = application(environ, start_response)
        with suppress(ValueError, OSError):
            _drain(body, _left(environ, body.count))
        if environ["REQUEST_METHOD"] == "HEAD":
            answer = _headless(answer)
        if chunks:
            stream.closed = chunks.ended  # where it is not, the connection closes
        return answer

    return patient


def _headless(answer: Iterable[bytes]) -> Iterable[bytes]:
    """Nothing: the server would send what it is given, and the next answer on the connection begins there."""
    if hasattr(answer, "close"):
        answer.close()
    return ()


def _left(environ: Environ, read: int) -> int:
    if _is_chunked(environ):
        return max(0, DRAINED_AT_MOST - read)
    declared = environ.get("CONTENT_LENGTH") or ""
    if declared.isascii() and declared.isdigit():
        return max(0, min(int(declared), DRAINED_AT_MOST) - read)
    return 0
