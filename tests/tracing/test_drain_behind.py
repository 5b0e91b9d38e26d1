"""One batch is stored while the next is read: nothing may be lost, doubled or read too early for it."""

import threading
import time
from collections.abc import Iterator
from typing import Any
from unittest.mock import ANY

import pytest

from tests.conftest import Sender
from tests.tracing.otlp_bodies import otlp_span, protobuf
from tests.tracing.server_processes import eventually
from tests.tracing.test_drain import account, counts
from tracing import receive, store
from tracing.drain import GATHER_SECONDS, Drain
from tracing.spool import segments, waiting

TRACES = [f"{i + 1:032x}" for i in range(4)]
INSERT = store.insert


class Held:
    """The store's insert, which waits for leave to write traces, and fails as often as it is told."""

    def __init__(self) -> None:
        self.leave = threading.Event()
        self.reached = threading.Event()
        self.failures = 0

    def __call__(self, table: str, columns: Any, token: str = "") -> None:
        if table == "traces":
            self.reached.set()
            assert self.leave.wait(30)
            if self.failures:
                self.failures -= 1
                raise ConnectionError("the store is away")
        INSERT(table, columns, token)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    made = Held()
    monkeypatch.setattr(store, "insert", made)
    return made


@pytest.fixture
def drain(sender: Sender, clean_store: None) -> Drain:
    made = Drain(receive.spool())
    made._behind.begin()
    return made


def send(sender: Sender, trace_id: str, number: int) -> None:
    span = otlp_span(trace_id, span_id=f"{number:016x}", name=f"s{number}")
    assert sender.post("/v1/traces", protobuf(span)).status_code == 200


def spooled(sender: Sender, trace_id: str, number: int) -> None:
    send(sender, trace_id, number)
    receive.spool().seal()


def test_the_next_segment_is_read_while_one_is_stored_and_none_is_taken_twice(
    sender: Sender, drain: Drain, held: Held
) -> None:
    spooled(sender, TRACES[0], 1)
    drain.drain()
    assert held.reached.wait(30)
    drain.drain()
    assert waiting(receive.spool().directory) == {"atlas": 1}
    held.leave.set()
    spooled(sender, TRACES[1], 1)
    drain.drain()
    drain._settle()
    assert counts() == (2, 2)
    assert account() == {"traces": 2, "stored": 2, "duplicate": 0, "rejected": 0, "bad": 0}
    assert not segments(receive.spool().directory)


def test_spans_of_a_trace_that_is_being_stored_wait_for_it(sender: Sender, drain: Drain, held: Held) -> None:
    spooled(sender, TRACES[0], 1)
    drain.drain()
    assert held.reached.wait(30)
    threading.Timer(0.2, held.leave.set).start()
    for number in (2, 3, 3):
        spooled(sender, TRACES[0], number)
        drain.drain()
    drain._settle()
    assert store.rows("SELECT span_count FROM traces FINAL") == [(3,)]
    assert account() == {"traces": 1, "stored": 3, "duplicate": 1, "rejected": 0, "bad": 0}


def test_what_failed_behind_is_told_at_the_next_batch_and_stored_by_the_next_try(
    sender: Sender, drain: Drain, held: Held
) -> None:
    held.leave.set()
    held.failures = 2
    spooled(sender, TRACES[0], 1)
    spooled(sender, TRACES[1], 1)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            drain.drain()
            drain._settle()
    assert len(segments(receive.spool().directory)) == 2
    drain.drain()
    drain._settle()
    assert counts() == (2, 2)
    assert account() == {"traces": 2, "stored": 2, "duplicate": 0, "rejected": 0, "bad": 0}
    assert not segments(receive.spool().directory)


@pytest.fixture
def running(sender: Sender, clean_store: None) -> Iterator[Drain]:
    made = Drain(receive.spool())
    made.start()
    yield made
    made.stop()
    made.join(30)


def stored_by(drain: Drain) -> None:
    eventually(lambda: not segments(receive.spool().directory), lambda: drain.last_error)


def test_what_comes_while_a_batch_is_stored_is_one_batch(sender: Sender, running: Drain, held: Held) -> None:
    send(sender, TRACES[0], 1)
    assert held.reached.wait(30)
    for trace_id in TRACES[1:]:
        send(sender, trace_id, 1)
        time.sleep(GATHER_SECONDS)
    assert len(segments(receive.spool().directory)) == 2
    held.leave.set()
    stored_by(running)
    assert store.rows("SELECT batch, count() AS n FROM spans GROUP BY batch ORDER BY n") == [(ANY, 1), (ANY, 3)]


def test_a_batch_that_failed_is_not_waited_for(sender: Sender, running: Drain, held: Held) -> None:
    held.leave.set()
    held.failures = 1
    send(sender, TRACES[0], 1)
    stored_by(running)
    assert "away" in running.last_error
    assert counts() == (1, 1)
