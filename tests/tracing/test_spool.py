"""The spool."""

import os
import threading
import time
from pathlib import Path

import pytest

from tracing.drain import BATCH_BYTES
from tracing.spool import (
    MOST_PASSED,
    SEGMENT_BYTES,
    Frame,
    Spool,
    SpoolFullError,
    Torn,
    frames,
    segments,
    take,
    waiting,
)


def frame(body: bytes = b"body", project: str = "atlas", spans: int = 3) -> Frame:
    return Frame("otlp", project, body, 1_700_000_000_000_000_000, "application/json", "sdk 1", spans, 1)


def read_all(directory: Path) -> list[Frame | Torn]:
    found = []
    for path in segments(directory):
        file = take(path)
        assert file is not None
        with file:
            found += [each for _, each in frames(file)]
    return found


def test_what_was_appended_is_read_back_in_order(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 10**9)
    written = [frame(bytes([i]) * i) for i in range(20)]
    for each in written:
        spool.append(each)
    spool.seal()
    assert read_all(tmp_path) == written


def test_a_segment_that_is_still_written_cannot_be_taken(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 10**9)
    spool.append(frame())
    [path] = segments(tmp_path)
    assert take(path) is None
    spool.seal()
    assert take(path) is not None


def test_spans_that_wait_are_counted_a_project(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 10**9)
    spool.append(frame(spans=3))
    spool.append(frame(project="dune", spans=5))
    spool.append(frame(spans=4))
    assert waiting(tmp_path) == {"atlas": 7, "dune": 5}


def test_a_full_spool_refuses_and_keeps_what_it_has(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 100)
    spool.append(frame(b"x" * 200))
    spool.seal()
    with pytest.raises(SpoolFullError):
        spool.append(frame())
    assert len(read_all(tmp_path)) == 1


def test_a_frame_that_cannot_be_written_whole_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(tmp_path, 10**9)
    spool.append(frame(b"first"))

    def half(fd: int, parts: tuple[bytes, bytes]) -> int:
        os.write(fd, parts[0])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched, pytest.raises(SpoolFullError, match="No space left"):
        patched.setattr(os, "writev", half)
        spool.append(frame(b"second"))
    spool.append(frame(b"third"))
    spool.seal()
    assert [each.body for each in read_all(tmp_path) if isinstance(each, Frame)] == [b"first", b"third"]


def test_a_torn_end_is_told_apart_from_the_frames_before_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 10**9)
    spool.append(frame(b"whole"))
    spool.append(frame(b"torn" * 100))
    spool.seal()
    [path] = segments(tmp_path)
    path.write_bytes(path.read_bytes()[:-7])
    first, rest = read_all(tmp_path)
    assert isinstance(first, Frame)
    assert first.body == b"whole"
    assert isinstance(rest, Torn)
    assert b"torntorn" in rest.body


def test_a_damaged_frame_does_not_take_its_neighbours_with_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 10**9)
    for text in (b"before", b"damaged", b"after"):
        spool.append(frame(text))
    spool.seal()
    [path] = segments(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"damaged", b"dAmaged"))
    found = read_all(tmp_path)
    assert [each.body for each in found if isinstance(each, Frame)] == [b"before", b"after"]
    assert [b"dAmaged" in each.body for each in found if isinstance(each, Torn)] == [True]


def test_many_threads_append_and_nothing_is_lost(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 10**9)

    def send(number: int) -> None:
        for i in range(25):
            spool.append(frame(f"{number}-{i}".encode()))
            if i % 10 == 0:
                spool.seal()

    threads = [threading.Thread(target=send, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spool.seal()
    bodies = [each.body for each in read_all(tmp_path) if isinstance(each, Frame)]
    assert len(bodies) == len(set(bodies)) == 200


def test_no_segment_is_larger_than_a_batch_but_for_one_of_a_single_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert SEGMENT_BYTES <= BATCH_BYTES
    monkeypatch.setattr("tracing.spool.SEGMENT_BYTES", 1_000)
    spool = Spool(tmp_path, 10**9)
    for size in (300, 300, 300, 2_000, 300, 300):
        spool.append(frame(b"x" * size))
    spool.seal()
    bodies = []
    for path in segments(tmp_path):
        file = take(path)
        assert file is not None
        with file:
            bodies.append([len(each.body) for _, each in frames(file)])
    assert bodies == [[300, 300], [300], [2_000], [300, 300]]


def test_it_says_since_when_something_waits_that_was_not_passed_on(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 10**9)
    before = time.monotonic()
    spool.append(frame())
    since = spool.waiting_since()
    assert before <= since <= time.monotonic()
    spool.append(frame())
    assert spool.waiting_since() == since
    spool.pass_on()
    assert spool.waiting_since() > since


def test_while_nothing_is_drained_a_segment_is_filled_and_not_many_small_ones_made(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 10**9)
    for _ in range(50):
        spool.append(frame())
        spool.pass_on()
    assert len(segments(tmp_path)) == MOST_PASSED + 1
    segments(tmp_path)[0].unlink()
    spool.pass_on()
    spool.append(frame())
    assert len(segments(tmp_path)) == MOST_PASSED + 1
