"""One batch is stored while the next is read: nothing may be lost, doubled or read too early for it."""

import threading
from typing import Any

import pytest

from tests.conftest import Sender
from tests.tracing.otlp_bodies import otlp_span, protobuf
from tests.tracing.test_drain import account, counts
from tracing import receive, store
from tracing.drain import Drain
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


def spooled(sender: Sender, trace_id: str, number: int) -> None:
    span = otlp_span(trace_id, span_id=f"{number:016x}", name=f"s{number}")
    assert sender.post("/v1/traces", protobuf(span)).status_code == 200
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
