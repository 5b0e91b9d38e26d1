"""A connection of the embedded server, buffered by the interpreter's own C: cheroot reads and writes by Python's model
of it, which is most of what cheroot costs."""

import io
import socket
from typing import Any

from cheroot.server import HTTPConnection


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


class Connection(HTTPConnection):
    """As cheroot's, with these."""

    def __init__(self, server: Any, sock: socket.socket, makefile: Any = None) -> None:
        super().__init__(server, sock, _file)


def _file(sock: socket.socket, mode: str, size: int) -> Reader | Writer:
    return Reader(Source(sock, "r"), size) if "r" in mode else Writer(sock, "w")
