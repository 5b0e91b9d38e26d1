"""Reads side by side: each once, in the order that was asked for, also where no thread is free."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tracing.queries import together


def test_each_is_given_in_its_place() -> None:
    assert together.together(*(lambda number=number: number for number in range(9))) == [*range(9)]


def test_what_no_thread_is_free_for_is_read_in_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(done.wait, 30)
        monkeypatch.setattr(together, "_pool", lambda: pool)
        assert together.together(*[threading.get_ident] * 3) == [threading.get_ident()] * 3
        done.set()


def test_what_fails_in_another_thread_fails_here() -> None:
    def fails() -> None:
        raise LookupError("no such table")

    with pytest.raises(LookupError, match="no such table"):
        together.together(lambda: 1, fails)
