"""Segments to the store, exactly once: a thread takes what is sealed, batch by batch, and unlinks it when stored.

One batch is stored while the next is read and normalised: the first is the engine's work, the second is Python's.
"""

import fcntl
import threading
import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TextIO, TypeVar

import structlog

from tracing import batch, store
from tracing.arrivals import Key
from tracing.behind import Behind
from tracing.spool import PACE_BYTES, Frame, Spool, Torn, frames, segments, set_aside, size_of, take
from tracing.stored_spans import SINGLE
from tracing.unswept import unswept

log = structlog.get_logger()

# What was stored in part is known by where it was cut: neither number may change while segments wait.
BATCH_BYTES = 24 * 1024 * 1024  # no less than a segment: a small rest would cost inserts of its own
BATCH_SPANS = 8_000
GATHER_BYTES = PACE_BYTES // 2  # as much may be in the store, and no sender is slowed while it waits
GATHER_SECONDS = 0.3  # a batch has a price of its own, some 80 ms of CPU: let requests come together
GATHER_POLL_SECONDS = 0.03
LOOK_SECONDS = 0.3  # what other processes spooled wakes nobody here
RETRY_SECONDS = (0.2, 1.0, 2.0, 5.0)
Item = TypeVar("Item")


class Drain(threading.Thread):
    """One a spool directory at work at a time: the others wait for its lock, and let go of their segments."""

    def __init__(self, spool: Spool) -> None:
        super().__init__(name="drain", daemon=True)
        self.spool = spool
        self.memory = batch.Memory()
        self.stopping = threading.Event()
        self.failures = 0
        self.last_error = ""
        self._lock: TextIO | None = None
        self._behind = Behind()
        self._in_store: frozenset[Key] = frozenset()  # traces of the batch that is being stored
        self._ending: Path | None = None  # the segment that ends with it

    def run(self) -> None:
        """Until stopped: seal, drain what is there, wait for more."""
        self._behind.begin()
        with store.closing():
            while not self.stopping.is_set():
                self.spool.ready.wait(LOOK_SECONDS)
                self._once()
            self.spool.seal()

    def stop(self) -> None:
        """Ask it to end after the batch at hand; what is left stays spooled for the next start."""
        self.stopping.set()
        self.spool.ready.set()

    def _once(self) -> None:
        try:
            self._gather()
            if self.stopping.is_set():
                return
            self.spool.ready.clear()
            self.spool.pass_on()
            if self._holds_lock():
                self.drain()
                if self.failures or not self.spool.ready.is_set():
                    self._settle()
        except Exception as error:  # the store's trouble passes or is mended: what is spooled is safe meanwhile
            self.failures += 1
            self.last_error = repr(error)[:500]
            log.exception("the store did not take a batch", failures=self.failures)
            self.spool.ready.set()
            self.stopping.wait(RETRY_SECONDS[min(self.failures, len(RETRY_SECONDS)) - 1])

    def _gather(self) -> None:
        """Until much waits, or some has waited a moment and the store is free: the fewer batches, the cheaper."""
        since = self.spool.waiting_since() if self._lock is not None else time.monotonic()
        until = since + GATHER_SECONDS
        while self._gathered() < GATHER_BYTES and (self._behind.working or time.monotonic() < until):
            pause = GATHER_POLL_SECONDS if self._behind.working else max(0.0, until - time.monotonic())
            if self.stopping.wait(pause):
                return

    def _gathered(self) -> int:
        """Bytes that wait, without the segment that is gone once the batch at hand is stored."""
        ending = self._ending if self._behind.working else None
        return self.spool.look() - (size_of(ending) if ending is not None else 0)

    def _holds_lock(self) -> bool:
        if self._lock is not None:
            return True
        lock = (self.spool.directory / "drain.lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            return False
        self._lock = lock
        return True

    def drain(self) -> None:
        """Store every segment that can be taken; of a running drain the last batch may still be on its way."""
        for path in segments(self.spool.directory):
            if self._behind.busy and path == self._ending:
                continue
            file = take(path)
            if file is None:
                continue
            with file:
                empty = True
                for (offset, found), is_last in _with_last(_batches(frames(file))):
                    empty = False
                    self._store(f"{path.stem}:{offset}", found, path if is_last else None)
                if empty:
                    path.unlink()

    def _settle(self) -> None:
        """Wait for the batch on its way; raises what became of it."""
        self._behind.wait()
        self._in_store = frozenset()
        self.failures = 0

    def _store(self, token: str, found: list[Frame | Torn], ending: Path | None) -> None:
        started = time.perf_counter()
        whole = [frame for frame in found if isinstance(frame, Frame)]
        for torn in found:
            if isinstance(torn, Torn):
                log.error("the end of a segment cannot be read; it is kept in bad/", bytes=len(torn.body))
                set_aside(self.spool.directory, f"{token}.torn", torn.body)
        if self.failures >= len(RETRY_SECONDS):
            self._store_singly(token, whole)
            if ending is not None:
                ending.unlink()
        else:
            self._write(token, whole, ending)
        log.debug("stored", token=token, frames=len(whole), seconds=round(time.perf_counter() - started, 3))

    def _write(self, token: str, whole: list[Frame], ending: Path | None) -> None:
        prepared = self._prepared(token, whole)
        if self._behind.busy:
            self._settle()
        self._in_store, self._ending = prepared.keys, ending
        self._behind.give(partial(self._keep, prepared, ending))
        if self.failures:
            self._settle()

    def _prepared(self, token: str, whole: list[Frame]) -> batch.Prepared:
        with unswept():
            contents = self._decoded(token, whole)
            if self._behind.busy and batch.leans_on(contents, self._in_store):
                self._settle()
            return batch.prepare(contents, token, self.memory)

    def _decoded(self, token: str, whole: list[Frame]) -> batch.Contents:
        contents = batch.decode(whole)
        for number, (frame, error) in enumerate(contents.bad):
            self._set_aside(f"{token}:{number}", frame, error)
        return contents

    def _keep(self, prepared: batch.Prepared, ending: Path | None) -> None:
        with unswept():
            batch.keep(prepared, self.memory)
        if ending is not None:
            ending.unlink()

    def _store_singly(self, token: str, whole: list[Frame]) -> None:
        """After many failures of a batch: find the frame that the store refuses, if the store is well at all."""
        for number, frame in enumerate(whole):
            single = f"{token}{SINGLE}{number}"
            try:
                with unswept():
                    batch.write(self._decoded(single, [frame]), single, self.memory)
            except Exception as error:
                if not store.takes_writes():
                    raise
                log.exception("a frame is refused by the store; it is kept in bad/", kind=frame.kind)
                self._set_aside(single, frame, repr(error))
                batch.write(batch.refused(frame, error), f"{single}:bad", self.memory)

    def _set_aside(self, token: str, frame: Frame, error: str) -> None:
        head, body = frame.encode()
        set_aside(self.spool.directory, f"{token}.frame", head + body)
        log.error("set aside", token=token, project=frame.project, spans=frame.spans, error=error)


def _batches(found: Iterator[tuple[int, Frame | Torn]]) -> Iterator[tuple[int, list[Frame | Torn]]]:
    """(offset of the first, frames): cut by size alone, so that a second try cuts at the same places."""
    start, size, spans = 0, 0, 0
    gathered: list[Frame | Torn] = []
    for offset, frame in found:
        if gathered and (size + len(frame.body) > BATCH_BYTES or spans > BATCH_SPANS):
            yield start, gathered
            gathered, size, spans = [], 0, 0
        if not gathered:
            start = offset
        gathered.append(frame)
        size += len(frame.body)
        spans += frame.spans if isinstance(frame, Frame) else 0
    if gathered:
        yield start, gathered


def _with_last(found: Iterable[Item]) -> Iterator[tuple[Item, bool]]:
    """Each item, and whether none follows."""
    waiting: list[Item] = []
    for item in found:
        if waiting:
            yield waiting.pop(), False
        waiting.append(item)
    for item in waiting:
        yield item, True


def bad_files(directory: Path) -> list[Path]:
    """What was set aside."""
    return sorted((directory / "bad").glob("*"))
