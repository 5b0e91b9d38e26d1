"""A connection of the embedded server, buffered by the interpreter's own C: cheroot reads and writes by Python's model
of it, which is most of what cheroot costs."""

import io
import select
import socket
import time
from collections.abc import Callable
from typing import Any

from cheroot import wsgi
from cheroot.server import ChunkedRFile, HTTPConnection, HTTPRequest

from tracing.request_headers import read_headers

PATIENCE_SECONDS = 10
SLOWEST = 10_000  # bytes a second beyond that
FOLLOWING_MS = 10  # from one thread to another a connection goes by way of a third, each of which waits for its turn
SPARE_THREADS = 2


class Source(socket.SocketIO):
    """Bytes as they come; while `resting`, none are asked for, and after one that let wait too long there are none."""

    resting = False
    _ended = False
    _waited = 0.0
    _taken = 0

    def begin(self) -> None:
        """A request begins, whose sender has its time: one that drips would keep a thread from all others."""
        self._waited, self._taken = 0.0, 0

    def readinto(self, room: Any) -> int | None:
        """None while it rests, as of a socket that has nothing yet; raises TimeoutError once."""
        if self.resting or self._ended:
            return 0 if self._ended else None
        began = time.monotonic()
        try:
            taken = super().readinto(room)
            self._keep_time(time.monotonic() - began, taken or 0)
            return taken
        except TimeoutError:
            self._ended = True  # cheroot reads on before it answers: an error then would cost the sender its answer
            raise

    def _keep_time(self, waited: float, taken: int) -> None:
        self._waited += waited
        self._taken += taken
        if self._waited > PATIENCE_SECONDS + self._taken / SLOWEST:
            raise TimeoutError("timed out")  # the words by which cheroot knows it


class Reader(io.BufferedReader):
    """What cheroot asks of its reader."""

    bytes_read = 0  # for cheroot's statistics, which are not kept here

    def __init__(self, source: Source, size: int) -> None:
        super().__init__(source, size)
        self._source = source

    def begin(self) -> None:
        """A request begins."""
        self._source.begin()

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


class Request(HTTPRequest):
    """As cheroot's, with headers of our own reading, and with its time."""

    def __init__(self, server: Any, conn: Any) -> None:
        super().__init__(server, conn)
        conn.rfile.begin()

    def header_reader(self, stream: Any, headers: dict[bytes, bytes]) -> None:
        """Read them into `headers`; the words of a ValueError are answered with 400, and the connection is closed."""
        headers.update(read_headers(stream, self.response_protocol))

    def send_headers(self) -> None:
        """As cheroot's, which would take the rest of any length into memory."""
        if not _is_over(self.rfile):
            self.close_connection = True
        super().send_headers()


def _is_over(body: Any) -> bool:
    if isinstance(body, ChunkedRFile):
        return bool(body.closed)  # true once its last chunk was read
    return getattr(body, "remaining", 0) <= 0


class Connection(HTTPConnection):
    """As cheroot's, with these."""

    RequestHandlerClass = Request
    is_new = True

    def __init__(self, server: Any, sock: socket.socket, makefile: Any = None) -> None:
        super().__init__(server, sock, _file)
        self._following = select.poll()
        self._following.register(sock, select.POLLIN)

    def communicate(self) -> bool:
        """Answer a request, and those that follow at once; true where the connection stays open."""
        answer: Callable[[], bool] = super().communicate
        while answer():
            if not self._is_followed():
                return True
        return False

    def _is_followed(self) -> bool:
        """Whether this thread, while nobody waits for one, sees another request come."""
        threads = self.server.requests
        if not self.server.ready or threads.qsize or threads.idle < SPARE_THREADS:
            return False
        return self.rfile.has_data() or bool(self._following.poll(FOLLOWING_MS))


class Server(wsgi.Server):
    """As cheroot's, but a connection has no thread before it has sent something."""

    ConnectionClass = Connection
    max_request_header_size = 64 * 1024
    keep_alive_conn_limit = 400

    def process_conn(self, conn: Connection) -> None:
        """Give it a thread, or let it wait with those that rest between two requests, as far as there is room."""
        if not conn.is_new:
            super().process_conn(conn)
        elif self.can_add_keepalive_connection:
            conn.is_new = False
            self.put_conn(conn)
        else:
            conn.close()


def _file(sock: socket.socket, mode: str, size: int) -> Reader | Writer:
    return Reader(Source(sock, "r"), size) if "r" in mode else Writer(sock, "w")
