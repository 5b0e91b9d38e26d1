"""A connection of the embedded server, buffered by the interpreter's own C: cheroot reads and writes by Python's model
of it, which is most of what cheroot costs."""

import io
import socket
from typing import Any

from cheroot.server import ChunkedRFile, HeaderReader, HTTPConnection, HTTPRequest

_read_headers = HeaderReader()


class Source(socket.SocketIO):
    """Bytes as they come; while `resting`, none are asked for, and after a silence that was too long there are none."""

    resting = False
    _ended = False

    def readinto(self, room: Any) -> int | None:
        """None while it rests, as of a socket that has nothing yet; raises TimeoutError once."""
        if self.resting or self._ended:
            return 0 if self._ended else None
        try:
            return super().readinto(room)
        except TimeoutError:
            self._ended = True  # cheroot reads on before it answers: an error then would cost the sender its answer
            raise


class Reader(io.BufferedReader):
    """What cheroot asks of its reader."""

    bytes_read = 0  # for cheroot's statistics, which are not kept here

    def __init__(self, source: Source, size: int) -> None:
        super().__init__(source, size)
        self._source = source

    def has_data(self) -> bool:
        """True where bytes were read that nobody took yet: of the next request, sent without waiting."""
        self._source.resting = True
        try:
            return bool(self.peek(1))
        finally:
            self._source.resting = False


class Writer(socket.SocketIO):
    """What cheroot asks of its writer: each piece goes out at once, and whole."""

    bytes_written = 0

    def write(self, piece: Any) -> int:
        """Returns when the kernel has all of it."""
        rest = memoryview(piece)
        while rest:
            rest = rest[super().write(rest) or 0 :]
        return len(piece)


class Headers(dict[bytes, bytes]):
    """A request's headers as cheroot reads them, where the last of a name would count."""

    def __setitem__(self, name: bytes, value: bytes) -> None:
        if name == b"Content-Length" and name in self:
            raise ValueError("Content-Length is given twice.")
        super().__setitem__(name, value)


class Request(HTTPRequest):
    """As cheroot's, but where its body ends is sure, or nothing that follows on the connection is read.

    A proxy in front that finds another end than this server would take what one sender sent for another's request.
    """

    def header_reader(self, stream: Any, headers: dict[bytes, bytes]) -> None:
        """Read them into `headers`; the words of a ValueError are answered with 400, and the connection is closed."""
        found = Headers()
        _read_headers(stream, found)
        if wrong := _wrong_framing(found, self.response_protocol):
            raise ValueError(wrong)
        headers.update(found)

    def send_headers(self) -> None:
        """As cheroot's, which would take the rest of any length into memory."""
        if not _is_over(self.rfile):
            self.close_connection = True
        super().send_headers()


def _wrong_framing(headers: Headers, protocol: str) -> str:
    length, encoding = headers.get(b"Content-Length"), headers.get(b"Transfer-Encoding")
    if length is not None and not length.isdigit():
        return "Content-Length is not a number."
    if encoding is None:
        return ""
    if length is not None:
        return "Content-Length and Transfer-Encoding are both given: send one of them."
    if protocol != "HTTP/1.1":
        return "Transfer-Encoding is of HTTP/1.1 alone: send Content-Length."
    return "" if encoding.strip().lower() == b"chunked" else "Transfer-Encoding is not chunked, once."


def _is_over(body: Any) -> bool:
    if isinstance(body, ChunkedRFile):
        return bool(body.closed)  # true once its last chunk was read
    return getattr(body, "remaining", 0) <= 0


class Connection(HTTPConnection):
    """As cheroot's, with these."""

    RequestHandlerClass = Request

    def __init__(self, server: Any, sock: socket.socket, makefile: Any = None) -> None:
        super().__init__(server, sock, _file)


def _file(sock: socket.socket, mode: str, size: int) -> Reader | Writer:
    return Reader(Source(sock, "r"), size) if "r" in mode else Writer(sock, "w")
