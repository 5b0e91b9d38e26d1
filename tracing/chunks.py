"""A chunked body out of its framing, a bounded piece at a time.

The embedded server's own reader takes a chunk of any size into memory at once, ends at a negative size as if all were
there, and leaves the trailer to be read as the next request.
"""

import re
from typing import Any

PIECE = 1 << 20
LONGEST_LINE = 4096
MOST_TRAILER_LINES = 100
_SIZE = re.compile(rb"[0-9a-fA-F]{1,15}")


class Chunks:
    """What is in the chunks that a connection's stream holds next; raises ValueError where they are none."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._left = 0
        self.ended = False  # true once all was read, with its trailer
        self._broken = False

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes, b"" at the end; all of them where no size is given."""
        if size < 0:
            return b"".join(iter(lambda: self.read(PIECE), b""))
        if self._broken:
            raise ValueError("it was broken before")
        self._broken = True  # until this piece is whole: what follows a wrong one is nobody's
        piece = self._piece(size)
        self._broken = False
        return piece

    def _piece(self, size: int) -> bytes:
        if not self._left and not self.ended:
            self._begin()
        if self.ended or not size:
            return b""
        piece: bytes = self._stream.read(min(size, self._left))
        if not piece:
            raise ValueError("it ended within a chunk")
        self._left -= len(piece)
        if not self._left and self._line().strip():
            raise ValueError("a chunk is longer than its size")
        return piece

    def _begin(self) -> None:
        size = self._line().partition(b";")[0].strip()
        if not _SIZE.fullmatch(size):
            raise ValueError(f"no chunk begins with {size[:20]!r}")
        self._left = int(size, 16)
        if not self._left:
            self._skip_trailer()
            self.ended = True

    def _skip_trailer(self) -> None:
        for _ in range(MOST_TRAILER_LINES):
            if not self._line().strip():
                return
        raise ValueError("the trailer does not end")

    def _line(self) -> bytes:
        line: bytes = self._stream.readline(LONGEST_LINE)
        if not line.endswith(b"\n"):
            raise ValueError("a line of its framing does not end")
        return line
