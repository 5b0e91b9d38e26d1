"""The ack: requests in fsynced segment files, from which the drain feeds the store.

Each process appends to a segment of its own, which it holds by `flock`; one `fdatasync` serves every request that was
written before it. A segment that nobody holds is sealed, or its writer is dead: the drain may take it.
A frame is a header (magic, lengths, CRC-32 of what follows), its meta as JSON, and the body as received.
"""

import fcntl
import os
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import orjson
from zlib_ng import zlib_ng as zlib

HEADER = struct.Struct("<4sIII")
MAGIC = b"SLF1"
SEGMENT_BYTES = 24 * 1024 * 1024  # as much as one batch; only a frame that is larger makes a larger one
SUFFIX = ".seg"
POLL_SECONDS = 0.02
MOST_PASSED = 2  # segments: one is being stored while the next is read
PACE_BYTES = 24 * 1024 * 1024  # waiting for the store; beyond it, an ack takes longer
PACE_SECONDS = 0.25  # but no longer than this: a burst is taken all the same
PACE_POLL_SECONDS = 0.1  # each look takes the interpreter from the drain that is waited for

Kind = Literal["otlp", "logs", "native", "signals", "joins", "refusal"]


class SpoolFullError(RuntimeError):
    """The disk or the spool's own limit is full: the sender should try again later."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One accepted request, or one refusal; `received_ns` is when it came."""

    kind: Kind
    project: str
    body: bytes
    received_ns: int
    content_type: str = ""
    client: str = ""
    spans: int = 0
    rejected: int = 0
    status: int = 200
    reason: str = ""
    ignored: int = 0  # records that are of nobody's answer
    signals: int = 0

    def encode(self) -> tuple[bytes, bytes]:
        """Header with meta, and the body."""
        meta = orjson.dumps(
            [
                self.kind,
                self.project,
                self.received_ns,
                self.content_type,
                self.client,
                self.spans,
                self.rejected,
                self.status,
                self.reason,
                self.ignored,
                self.signals,
            ]
        )
        crc = zlib.crc32(self.body, zlib.crc32(meta))
        return HEADER.pack(MAGIC, len(meta), len(self.body), crc) + meta, self.body


def _frame(meta: bytes, body: bytes) -> Frame:
    kind, project, *more = orjson.loads(meta)
    return Frame(kind, project, body, *more)


class Segment:
    """A file that this process appends to."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / f"{time.time_ns():020d}-{os.getpid()}{SUFFIX}"
        self.fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self.fd, fcntl.LOCK_EX)
        _sync_directory(directory)
        self.began = time.monotonic()
        self.size = 0
        self.synced = 0
        self.syncing = threading.Lock()

    def write(self, parts: tuple[bytes, bytes]) -> int:
        """Append one frame; returns the size to sync to. What could not be written whole is taken back."""
        wanted = sum(map(len, parts))
        try:
            written = os.writev(self.fd, parts)
            while written < wanted:
                written += os.write(self.fd, b"".join(parts)[written:])
        except OSError as error:
            os.ftruncate(self.fd, self.size)
            os.lseek(self.fd, self.size, os.SEEK_SET)
            raise SpoolFullError(f"the spool cannot be written: {error.strerror}") from error
        self.size += wanted
        return self.size

    def sync(self, size: int) -> None:
        """Return when the first `size` bytes are on disk; whoever comes first syncs for all who wrote before."""
        with self.syncing:
            if self.synced >= size:
                return
            reached = self.size
            try:
                os.fdatasync(self.fd)
            except OSError as error:
                raise SpoolFullError(f"the spool cannot be synced: {error.strerror}") from error
            self.synced = reached

    def close(self) -> None:
        """Sync the rest and let the drain have it."""
        try:
            self.sync(self.size)
        finally:
            with self.syncing:
                os.close(self.fd)


class Spool:
    """This process's way into the spool directory."""

    def __init__(self, directory: Path, max_bytes: int) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.max_bytes = max_bytes
        self.ready = threading.Event()  # set when there may be something to drain
        self._lock = threading.Lock()
        self._segment: Segment | None = None
        self._passed: list[Path] = []
        self._looked_at = 0.0
        self._waiting = 0

    def append(self, frame: Frame) -> Path:
        """Keep the frame: on return it is on disk. Raises SpoolFullError, and then nothing was kept.

        Returns the segment's path, which is gone once all in it is stored.
        """
        segment, size = self._write(frame)
        segment.sync(size)
        self._pace()
        return segment.path

    def _pace(self) -> None:
        """Slow a sender that outruns the store: what it sent should be visible within about a second."""
        until = time.monotonic() + PACE_SECONDS
        while self.backlog() > PACE_BYTES and time.monotonic() < until:
            time.sleep(PACE_POLL_SECONDS)

    def backlog(self) -> int:
        """Bytes that wait for the store, other processes' included, as of a moment ago."""
        if time.monotonic() - self._looked_at > POLL_SECONDS:
            self.look()
        return self._waiting

    def look(self) -> int:
        """The same, as of now."""
        with os.scandir(self.directory) as entries:
            self._waiting = sum(size_of(entry) for entry in entries if entry.name.endswith(SUFFIX))
        self._looked_at = time.monotonic()
        return self._waiting

    def waiting_since(self) -> float:
        """When the first frame came that this process has not passed on; now where there is none. Monotonic seconds."""
        segment = self._segment
        return time.monotonic() if segment is None else segment.began

    def note(self, frame: Frame) -> None:
        """Keep the frame without waiting for the disk: for what nobody was promised."""
        self._write(frame)

    def _write(self, frame: Frame) -> tuple[Segment, int]:
        parts = frame.encode()
        with self._lock:
            if self._segment is not None and self._segment.size + sum(map(len, parts)) > SEGMENT_BYTES:
                self._seal()
            if self._segment is None:
                self._segment = self._open()
            size = self._segment.write(parts)
            segment = self._segment
        self.ready.set()
        return segment, size

    def _open(self) -> Segment:
        if self.look() >= self.max_bytes:
            raise SpoolFullError("the spool is at its limit: the store does not keep up, or does not answer")
        try:
            return Segment(self.directory)
        except OSError as error:
            raise SpoolFullError(f"the spool cannot be written: {error.strerror}") from error

    def seal(self) -> None:
        """Let go of the current segment, so that it can be drained."""
        with self._lock:
            self._seal()

    def pass_on(self) -> None:
        """Let go of the current segment, unless two before it still wait: while the store is away, few are made."""
        with self._lock:
            self._passed = [path for path in self._passed if path.exists()]
            if len(self._passed) < MOST_PASSED:
                self._seal()

    def _seal(self) -> None:
        if self._segment is not None:
            segment, self._segment = self._segment, None
            self._passed.append(segment.path)
            segment.close()


def gone(path: Path, seconds: float) -> bool:
    """Wait until a segment was stored and unlinked; False where it was not in that time."""
    until = time.monotonic() + seconds
    while path.exists():
        if time.monotonic() > until:
            return False
        time.sleep(POLL_SECONDS)
    return True


def size_of(entry: "os.DirEntry[str] | Path") -> int:
    """Its bytes; 0 where it is gone."""
    try:
        return entry.stat().st_size
    except FileNotFoundError:
        return 0


def _sync_directory(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def segments(directory: Path) -> list[Path]:
    """The segments, oldest first, held or not."""
    return sorted(directory.glob(f"*{SUFFIX}"))


def take(path: Path) -> BinaryIO | None:
    """The segment opened for reading and held, or None while its writer holds it or where it is gone."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


@dataclass(frozen=True, slots=True)
class Torn:
    """Bytes of a segment that are no frame: a damaged one, or an end that was cut off."""

    body: bytes


def frames(file: BinaryIO) -> Iterator[tuple[int, Frame | Torn]]:
    """(offset, frame) in order; a damaged frame is Torn, and so is all that follows where no length can be trusted."""
    offset = 0
    while header := file.read(HEADER.size):
        found = _read(header, file)
        if found is None:
            file.seek(offset)
            yield offset, Torn(file.read())
            return
        yield offset, found
        offset = file.tell()


def _read(header: bytes, file: BinaryIO) -> Frame | Torn | None:
    if len(header) < HEADER.size:
        return None
    magic, meta_length, body_length, crc = HEADER.unpack(header)
    if magic != MAGIC:
        return None
    meta, body = file.read(meta_length), file.read(body_length)
    if len(body) < body_length:
        return None
    if zlib.crc32(body, zlib.crc32(meta)) != crc:
        return Torn(header + meta + body)
    return _frame(meta, body)


def waiting(directory: Path) -> Counter[str]:
    """Spans and signals that were accepted and are not in the store yet, a project; reads no bodies."""
    count: Counter[str] = Counter()
    for frame in _spooled(directory):
        count[frame.project] += frame.spans + frame.signals
    return count


def spans_waiting(directory: Path) -> Counter[tuple[str, str]]:
    """Spans alone, by project and client."""
    count: Counter[tuple[str, str]] = Counter()
    for frame in _spooled(directory):
        count[frame.project, frame.client] += frame.spans
    return count


def _spooled(directory: Path) -> Iterator[Frame]:
    for path in segments(directory):
        try:
            with path.open("rb") as file:
                yield from _without_bodies(file)
        except FileNotFoundError:
            continue  # drained meanwhile


def _without_bodies(file: BinaryIO) -> Iterator[Frame]:
    while len(header := file.read(HEADER.size)) == HEADER.size:
        magic, meta_length, body_length, _ = HEADER.unpack(header)
        meta = file.read(meta_length)
        if magic != MAGIC or len(meta) < meta_length:
            return
        try:
            frame = _frame(meta, b"")
        except ValueError:  # damaged: the drain will say so
            return
        yield frame
        file.seek(body_length, os.SEEK_CUR)


def set_aside(directory: Path, name: str, body: bytes) -> Path:
    """Keep what could not be understood in `bad/`, for a person to look at."""
    folder = directory / "bad"
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(body)
    return path
