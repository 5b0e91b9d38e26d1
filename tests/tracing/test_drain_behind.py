"""One batch is stored while the next is read: nothing may be lost, doubled or read too early for it."""

import threading
import time
from collections.abc import Callable
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


class Polls:
    """In place of the drain's waiting: counts, and at one of them does something."""

    def __init__(self, at: int, then: Callable[[], object]) -> None:
        self.at, self.then, self.count = at, then, 0

    def __call__(self, seconds: float) -> bool:
        self.count += 1
        if self.count == self.at:
            self.then()
        assert self.count <= self.at, "it waits for nothing"
        return False


def polled(drain: Drain, monkeypatch: pytest.MonkeyPatch, at: int = 0, then: Callable[[], object] = int) -> int:
    """How often it looked again before it had gathered."""
    polls = Polls(at, then)
    monkeypatch.setattr(drain.stopping, "wait", polls)
    drain._gather()
    return polls.count


def storing(sender: Sender, drain: Drain, held: Held) -> None:
    spooled(sender, TRACES[0], 1)
    assert drain._holds_lock()
    drain.drain()
    assert held.reached.wait(30)


def test_it_gathers_for_as_long_as_the_store_is_at_work(
    sender: Sender, drain: Drain, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracing.drain.GATHER_SECONDS", 0.0)
    storing(sender, drain, held)
    send(sender, TRACES[1], 1)

    def stored() -> None:
        held.leave.set()
        drain._behind._done.wait(30)

    assert polled(drain, monkeypatch, 5, stored) == 5


def test_it_gathers_until_the_first_has_waited_a_moment(
    sender: Sender, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracing.drain.GATHER_SECONDS", 1_000.0)
    assert drain._holds_lock()
    now = time.monotonic()
    send(sender, TRACES[0], 1)
    monkeypatch.setattr(drain.spool, "waiting_since", lambda: now - 1_001)
    assert polled(drain, monkeypatch) == 0
    monkeypatch.setattr(drain.spool, "waiting_since", lambda: now)
    assert polled(drain, monkeypatch, 3, lambda: monkeypatch.setattr("tracing.drain.GATHER_BYTES", 1)) == 3


def test_a_drain_that_waits_for_its_turn_looks_seldom(
    sender: Sender, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drain.spool, "waiting_since", lambda: 0.0)
    assert drain._lock is None
    assert polled(drain, monkeypatch, 1, lambda: monkeypatch.setattr("tracing.drain.GATHER_BYTES", 0)) == 1


def test_it_gathers_no_longer_once_it_is_to_stop(sender: Sender, drain: Drain, held: Held) -> None:
    storing(sender, drain, held)
    drain.stop()
    drain._gather()
    send(sender, TRACES[1], 1)
    drain._once()
    assert waiting(receive.spool().directory) == {"atlas": 2}
    held.leave.set()


def test_what_is_being_stored_does_not_wait_for_its_batch(
    sender: Sender, drain: Drain, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracing.drain.BATCH_SPANS", 1)
    for number in range(4):  # of one segment: two batches
        send(sender, TRACES[0], number)
    receive.spool().seal()
    held.leave.set()
    drain.drain()
    drain._settle()
    held.leave.clear()
    held.reached.clear()
    storing(sender, drain, held)
    assert drain._gathered() == 0
    send(sender, TRACES[1], 1)
    assert 0 < drain._gathered() == receive.spool().look() - segments(receive.spool().directory)[0].stat().st_size
    held.leave.set()


def test_an_error_that_nobody_asked_about_is_not_waited_for(
    sender: Sender, drain: Drain, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracing.drain.GATHER_SECONDS", 0.0)
    held.failures = 1
    storing(sender, drain, held)
    held.leave.set()
    assert drain._behind._done.wait(30)
    assert drain._behind.busy
    assert polled(drain, monkeypatch) == 0


def test_it_gathers_before_it_takes_anything(
    sender: Sender, drain: Drain, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    held.leave.set()
    monkeypatch.setattr(drain, "_gather", lambda: [send(sender, trace_id, 1) for trace_id in TRACES[1:]])
    send(sender, TRACES[0], 1)
    drain._once()
    drain._settle()
    assert store.rows("SELECT uniqExact(batch), count() FROM spans") == [(1, 4)]
