"""The drain: every acked span is stored once, whatever goes wrong on the way."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Sender
from tests.tracing.otlp_bodies import otlp_span, protobuf
from tests.tracing.server_processes import eventually
from tracing import batch, normalise, receive, store
from tracing.drain import Drain
from tracing.spool import Frame, Spool, segments

TRACES = [f"{i + 1:032x}" for i in range(6)]


def counts() -> tuple[int, int]:
    [(traces,)] = store.rows("SELECT count() FROM traces FINAL")
    [(spans,)] = store.rows("SELECT count() FROM spans FINAL")
    return traces, spans


def account() -> dict[str, int]:
    names = ("traces", "stored", "duplicate", "rejected", "bad")
    [row] = store.rows(f"SELECT {', '.join(f'sum({n})' for n in names)} FROM account FINAL")
    return dict(zip(names, map(int, row), strict=True))


def send(sender: Sender, *trace_ids: str) -> None:
    spans = [otlp_span(t, span_id=f"{i + 1:016x}", name=f"s{i}") for t in trace_ids for i in range(3)]
    assert sender.post("/v1/traces", protobuf(*spans)).status_code == 200


class StopError(Exception):
    """Stands for the process being killed."""


@pytest.mark.parametrize("table", ["chunks", "spans", "traces", "marks", "account"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_between_two_inserts_loses_and_doubles_nothing(
    table: str, when: str, sender: Sender, clean_store: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(sender, *TRACES[:3])
    receive.spool().seal()
    insert = store.insert

    def crashing(name: str, columns: Any, token: str = "") -> None:
        if name == table and when == "before":
            raise StopError
        insert(name, columns, token)
        if name == table:
            raise StopError

    with monkeypatch.context() as patched, pytest.raises(StopError):
        patched.setattr(store, "insert", crashing)
        Drain(receive.spool()).drain()
    Drain(receive.spool()).drain()
    assert counts() == (3, 9)
    assert account() == {"traces": 3, "stored": 9, "duplicate": 0, "rejected": 0, "bad": 0}
    assert not segments(receive.spool().directory)


def test_a_resent_request_is_counted_as_duplicate(sender: Sender, drained: Callable[[], None]) -> None:
    send(sender, TRACES[0])
    send(sender, TRACES[0])
    drained()
    send(sender, TRACES[0])
    drained()
    assert counts() == (1, 3)
    assert account() == {"traces": 1, "stored": 3, "duplicate": 6, "rejected": 0, "bad": 0}


def test_a_late_span_joins_its_trace_after_a_restart(sender: Sender, clean_store: None) -> None:
    for i in range(3):
        span = otlp_span(TRACES[0], span_id=f"{i + 1:016x}", name=f"s{i}", parent_id="" if i == 2 else f"{3:016x}")
        sender.post("/v1/traces", protobuf(span))
        receive.spool().seal()
        Drain(receive.spool()).drain()
    assert store.rows("SELECT span_count, rooted, root_name FROM traces FINAL") == [(3, True, "s2")]


def test_a_frame_that_cannot_be_decoded_is_set_aside_and_counted(sender: Sender, drained: Callable[[], None]) -> None:
    spool = receive.spool()
    spool.append(Frame("otlp", "atlas", b"\xff\xff", 1_795_000_000 * 10**9, "application/x-protobuf", "", 4))
    send(sender, TRACES[0])
    drained()
    assert counts() == (1, 3)
    assert account()["bad"] == 4
    assert len(list((spool.directory / "bad").iterdir())) == 1


def test_a_torn_segment_gives_what_it_can(sender: Sender, drained: Callable[[], None]) -> None:
    send(sender, TRACES[0])
    send(sender, TRACES[1])
    receive.spool().seal()
    [path] = segments(receive.spool().directory)
    path.write_bytes(path.read_bytes()[:-10])
    drained()
    assert counts() == (1, 3)
    assert not path.exists()


def test_a_trace_that_cannot_be_normalised_keeps_its_spans_and_says_so(
    sender: Sender, drained: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    send(sender, TRACES[0])
    with monkeypatch.context() as patched:
        patched.setattr(normalise, "normalise", fail)
        drained()
    assert counts() == (1, 3)
    [(warnings,)] = store.rows("SELECT warnings FROM traces FINAL")
    assert "ZeroDivisionError" in warnings[0]


def test_while_the_store_fails_nothing_is_lost_and_nothing_is_called_bad(
    sender: Sender, clean_store: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(sender, TRACES[0])
    drain = Drain(receive.spool())
    monkeypatch.setattr(drain.stopping, "wait", lambda seconds: None)

    def unreachable(*_: Any) -> None:
        raise ConnectionError("no store")

    with monkeypatch.context() as patched:
        patched.setattr(store, "insert", unreachable)
        for _ in range(8):
            drain._once()
        assert drain.failures == 8
    drain._once()
    assert drain.failures == 0
    assert counts() == (1, 3)
    assert account()["bad"] == 0


def test_a_frame_that_the_store_refuses_for_what_it_holds_does_not_hold_up_the_others(
    sender: Sender, clean_store: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(sender, TRACES[0])
    send(sender, TRACES[1])
    drain = Drain(receive.spool())
    monkeypatch.setattr(drain.stopping, "wait", lambda seconds: None)
    insert = store.insert

    def picky(name: str, columns: Any, token: str = "") -> None:
        if name == "traces" and TRACES[0] in columns["trace_id"]:
            raise ValueError("cannot be written")
        insert(name, columns, token)

    monkeypatch.setattr(store, "insert", picky)
    for _ in range(6):
        drain._once()
    assert [row[0] for row in store.rows("SELECT trace_id FROM traces FINAL")] == [TRACES[1]]
    assert account() == {"traces": 1, "stored": 3, "duplicate": 0, "rejected": 0, "bad": 3}
    assert not segments(receive.spool().directory)


def test_frames_that_are_stored_singly_after_a_full_disk_are_no_duplicates_and_still_meet_in_their_trace(
    sender: Sender, clean_store: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        span = otlp_span(TRACES[0], span_id=f"{number + 1:016x}", name=f"s{number}")
        assert sender.post("/v1/traces", protobuf(span)).status_code == 200
    drain = Drain(receive.spool())
    monkeypatch.setattr(drain.stopping, "wait", lambda seconds: None)
    insert = store.insert

    def full(name: str, columns: Any, token: str = "") -> None:
        if name == "traces":
            raise OSError("no space left")
        insert(name, columns, token)

    with monkeypatch.context() as patched:
        patched.setattr(store, "insert", full)
        for _ in range(4):
            drain._once()
    drain._once()
    assert counts() == (1, 3)
    assert store.rows("SELECT span_count FROM traces FINAL") == [(3,)]
    assert account() == {"traces": 1, "stored": 3, "duplicate": 0, "rejected": 0, "bad": 0}


def test_of_two_drains_one_works(sender: Sender, clean_store: None) -> None:
    first, second = Drain(receive.spool()), Drain(receive.spool())
    assert first._holds_lock()
    assert not second._holds_lock()


def test_what_the_drain_remembers_is_bounded() -> None:
    recent = batch.Recent()
    for number in range(batch.RECENT + 100):
        recent.remember(number, None)
    assert len(recent) == batch.RECENT
    assert 0 not in recent


def test_spans_wait_until_they_are_drained(sender: Sender, drained: Callable[[], None], spool_dir: Path) -> None:
    from tracing.spool import waiting

    send(sender, TRACES[0])
    assert waiting(spool_dir) == {"atlas": 3}
    drained()
    assert waiting(spool_dir) == {}


def test_it_lives_on_where_the_spool_cannot_be_looked_at(
    sender: Sender, clean_store: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(sender, TRACES[0])
    refused = threading.Event()
    look = Spool.look

    def no_files_left(spool: Spool) -> int:
        if not refused.is_set():
            refused.set()
            raise OSError(24, "Too many open files")
        return look(spool)

    monkeypatch.setattr(Spool, "look", no_files_left)
    drain = Drain(receive.spool())
    drain.start()
    assert refused.wait(30)
    eventually(lambda: not segments(receive.spool().directory), lambda: drain.last_error)
    drain.stop()
    drain.join(30)
    assert counts() == (1, 3)
