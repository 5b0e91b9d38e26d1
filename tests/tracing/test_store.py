"""The store keeps its contract, opened in this process and reached over HTTP."""

import json
import re
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.clickhouse_bridge import Bridge
from tests.conftest import Sender
from tests.tracing.otlp_bodies import otlp_span, protobuf
from tests.tracing.server_processes import eventually
from tracing import receive, store, store_contract
from tracing.drain import Drain
from tracing.keyed import BY_ID
from tracing.unswept import unswept


@pytest.fixture(scope="module")
def bridge() -> Iterator[Bridge]:
    found = Bridge()
    yield found
    found.close()


@pytest.fixture
def over_http(bridge: Bridge, schema: None, settings: Any) -> Iterator[None]:
    """The store as a server that is reached over HTTP."""
    store.close()
    settings.CLICKHOUSE_URL = bridge.url
    yield
    store.close()


@pytest.fixture(params=["as configured", "over HTTP"])
def reached(request: pytest.FixtureRequest, schema: None) -> str:
    """The store, reached in both ways."""
    if request.param == "over HTTP":
        request.getfixturevalue("over_http")
    return str(request.param)


@pytest.fixture
def own_tables(reached: str) -> Iterator[str]:
    """The schema's tables under names of this test's own; the names' beginning."""
    prefix = "contract_"
    store_contract.make_tables(prefix)
    yield prefix
    store_contract.drop_tables(prefix)


WITH_TABLES = [promise for promise in store_contract.PROMISES if not promise.needed]


def words(promise: store_contract.Promise) -> str:
    return promise.words


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_scheme_decides_about_encryption(scheme: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import clickhouse_connect

    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(clickhouse_connect, "get_client", lambda **options: asked.append(options))
    settings.CLICKHOUSE_URL = f"{scheme}://clickhouse.example:9999/default"
    store._connect()
    assert asked[0]["interface"] == scheme


@pytest.mark.parametrize("promise", WITH_TABLES, ids=words)
def test_the_contract_is_kept(promise: store_contract.Promise, own_tables: str) -> None:
    promise.keep(own_tables)


def test_the_schema_is_applied_once(reached: str) -> None:
    store.apply_schema()
    assert store.apply_schema() == []


def test_a_schema_file_that_changed_after_it_was_applied_is_refused(
    reached: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "SCHEMA_DIR", tmp_path)
    name = f"9000_{reached.replace(' ', '_')}.sql"
    (tmp_path / name).write_text("SELECT 1")
    assert store.apply_schema() == [name]
    (tmp_path / name).write_text("SELECT 2")
    with pytest.raises(store.SchemaChangedError, match=name):
        store.apply_schema()


def test_each_thread_has_a_client_of_its_own(reached: str) -> None:
    found: list[Any] = []

    def ask() -> None:
        with store.closing():
            found.append((store.client(), store.rows("SELECT 1")))

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert found[0][0] is not store.client()
    assert found[0][1] == [(1,)]


def test_a_second_process_is_told_who_has_the_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.hold(tmp_path / "store")
    monkeypatch.setattr(store, "_held", {})
    with pytest.raises(store.StoreInUseError, match=r"in use by process \d+, since .*STAGELIGHT_DATA_DIR"):
        store.hold(tmp_path / "store")


def test_check_clickhouse_says_ok_for_each_promise_and_leaves_no_table(
    over_http: None, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("check_clickhouse")
    lines = capsys.readouterr().out.splitlines()
    assert lines == [*(f"ok      {p.words}" for p in store_contract.PROMISES), "The store is fit for use."]
    assert store.rows("SELECT count() FROM system.tables WHERE name LIKE 'check\\_%'") == [(0,)]


def test_check_clickhouse_stops_at_a_server_that_is_too_old(
    over_http: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_contract, "OLDEST", (99, 1))
    with pytest.raises(CommandError, match="1 of 12 failed"):
        call_command("check_clickhouse")
    _, failed, hint = capsys.readouterr().out.splitlines()
    assert re.match(r"failed  it is new enough for text indexes: this is \S+; 99.1 or newer is needed", failed)
    assert hint.strip() == "Upgrade ClickHouse."


def test_check_clickhouse_goes_on_after_a_promise_that_others_do_not_need(
    over_http: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(store.INSERT_LIMITS, "max_partitions_per_insert_block", 100)
    with pytest.raises(CommandError, match="1 of 12 failed"):
        call_command("check_clickhouse")
    found = [line for line in capsys.readouterr().out.splitlines() if line.startswith("failed")]
    assert len(found) == 1
    assert found[0].startswith("failed  one insert may span 150 months: ")


def test_check_clickhouse_says_what_to_look_at_where_nothing_answers(
    settings: Any, capsys: pytest.CaptureFixture[str], schema: None
) -> None:
    store.close()
    settings.CLICKHOUSE_URL = "http://someone:secret@127.0.0.1:1/default"
    with pytest.raises(CommandError, match="1 of 12 failed"):
        call_command("check_clickhouse")
    failed, hint = capsys.readouterr().out.splitlines()
    assert failed.startswith("failed  it answers: ")
    assert "secret" not in failed
    assert "CLICKHOUSE_URL" in hint


def test_a_drain_stores_over_http_what_was_acked(
    reached: str, sender: Sender, drained: Callable[[], None], trace_body: bytes
) -> None:
    assert sender.post("/v1/traces", trace_body).status_code == 200
    drained()
    assert store.rows("SELECT count() FROM spans FINAL WHERE project = 'atlas'") == [(1,)]


def test_batches_of_thousands_of_traces_fit_a_servers_limits(
    over_http: None, sender: Sender, drained: Callable[[], None]
) -> None:
    spans = [otlp_span(f"{n:032x}") for n in range(1, 5_001)]
    thumbs = [{"trace_id": span["traceId"], "kind": "thumb", "value": "up"} for span in spans]
    for _ in range(2):
        assert sender.post("/v1/traces", protobuf(*spans)).status_code == 200
        drained()
    for start in range(0, 5_000, 1_000):
        body = json.dumps(thumbs[start : start + 1_000])
        assert sender.post("/api/v1/signals", body, "application/json").status_code == 202
    drained()
    found = store.rows("SELECT thumb, count() FROM marks FINAL WHERE project = 'atlas' GROUP BY thumb")
    assert found == [("up", 5_000)]


def test_what_cannot_be_stored_now_stays_spooled(
    settings: Any, sender: Sender, trace_body: bytes, clean_store: None
) -> None:
    assert sender.post("/v1/traces", trace_body).status_code == 200
    store.close()
    configured, settings.CLICKHOUSE_URL = settings.CLICKHOUSE_URL, "http://127.0.0.1:1/default"
    drain = Drain(receive.spool())
    receive.spool().seal()
    with pytest.raises(Exception, match="refused"):
        drain.drain()
    settings.CLICKHOUSE_URL = configured
    drain.drain()
    assert store.rows("SELECT count() FROM spans FINAL WHERE project = 'atlas'") == [(1,)]


@pytest.fixture
def trace_body() -> bytes:
    return protobuf(otlp_span("0af7651916cd43dd8448eb211c80319c"))


def test_the_tables_of_a_cluster_are_valid_sql(schema: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CLICKHOUSE_CLUSTER = "main"
    said: list[str] = []
    monkeypatch.setattr(store, "command", said.append)
    store_contract.make_tables("cluster_")
    parsed = [str(store.rows("SELECT formatQuery({statement:String})", statement=sql)[0][0]) for sql in said]
    written = "".join(path.read_text() for path in store.SCHEMA_DIR.glob("*.sql"))
    assert len(parsed) == len(re.findall(r"^(?:CREATE|ALTER) TABLE", written, re.MULTILINE))
    for statement in parsed:
        assert "ON CLUSTER main" in statement
        assert ("ENGINE = ReplicatedReplacingMergeTree" in statement) == statement.startswith("CREATE")


@pytest.fixture
def indexed_before(schema: None) -> Iterator[str]:
    """A table of traces as it was before ids were found for less, with 20,000 in it; its name."""
    table = "traces_before"
    first = (store.SCHEMA_DIR / "0001_traces.sql").read_text()
    store.define(first.replace("EXISTS traces ", f"EXISTS {table} "))
    ids = [f"{number:032x}" for number in range(20_000)]
    store.insert(table, {"project": ["p"] * len(ids), "trace_id": ids, "canonical": list(range(len(ids)))})
    store.command(f"OPTIMIZE TABLE {table} FINAL")
    yield table
    store.command(f"DROP TABLE {table}")


def test_an_older_store_is_indexed_anew_and_finds_its_traces_meanwhile(indexed_before: str) -> None:
    table = indexed_before
    found = f"FROM {table} WHERE project = 'p' AND trace_id IN ('{1:032x}', '{19_999:032x}', 'none')"

    def finds_them() -> None:
        assert store.rows(f"SELECT count() {found}", BY_ID) == [(2,)]

    finds_them()
    new = (store.SCHEMA_DIR / "0021_ids_found_for_less.sql").read_text().replace("TABLE traces ", f"TABLE {table} ")
    for _ in range(2):  # as after a crash in its middle
        for statement in filter(str.strip, new.split(";\n")):
            store.define(statement)
            finds_them()
    left = f"SELECT count() FROM system.mutations WHERE table = '{table}' AND NOT is_done"
    eventually(lambda: store.rows(left) == [(0,)], lambda: "the index is not made")
    finds_them()
    explained = "".join(line for (line,) in store.rows(f"EXPLAIN indexes = 1 SELECT query {found}", BY_ID))
    assert "by_trace_id" in explained
    assert "by_id" not in explained


@pytest.mark.usefixtures("clean_store")
def test_a_small_memory_does_not_leave_a_read_one_thread(settings: Any) -> None:
    if not settings.CLICKHOUSE_URL.startswith("chdb:"):
        pytest.skip("a server has its own word on this")
    assert store.rows("SELECT getSetting('max_threads_min_free_memory_per_thread')") == [(0,)]


class Column(list[Any]):
    """A list whose end can be seen."""


@pytest.mark.usefixtures("clean_store")
def test_what_was_inserted_is_let_go_without_a_sweep_for_cycles() -> None:
    names = Column(["a", "b"])
    end = weakref.ref(names)
    with unswept():
        store.insert("chunks", {"project": ["p", "p"], "hash": [bytes(16), bytes(16)], "text": names})
        del names
        assert end() is None
