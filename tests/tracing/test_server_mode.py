"""The same code as ordinary processes: gunicorn, a Celery worker, PostgreSQL, Redis, and ClickHouse's HTTP protocol."""

import secrets
import socket
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import clickhouse_connect
import pytest
from celery import Celery

from tests.tracing.otlp_bodies import otlp_span, protobuf
from tests.tracing.server_processes import Process, descendants, eventually, has_loaded, post, run, running

GUNICORN = ("-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "-b", "127.0.0.1:0", "config.wsgi")
INSTALL = "is not installed: `uv sync --extra server` installs what a server needs"
POSTGRES = "postgres://127.0.0.1:5432"
REDIS = "redis://127.0.0.1:6379"
PROJECT = "shop"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def clickhouse(folder: Path) -> Iterator[str]:
    """A server of ClickHouse's protocol in a process of its own; its URL."""
    with running({}, "-m", "tests.clickhouse_bridge", str(folder / "engine")) as bridge:
        yield bridge.says(r"(http://\S+)\n")


@contextmanager
def scratch_postgres() -> Iterator[str]:
    """A database on this machine's PostgreSQL, dropped afterwards; or why there is none."""
    try:
        import psycopg
    except ImportError:
        yield f"psycopg {INSTALL}"
        return
    try:
        connection = psycopg.connect(f"{POSTGRES}/postgres", autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        yield f"no PostgreSQL for us on 127.0.0.1:5432: {error}"
        return
    name = f"stagelight_test_{secrets.token_hex(4)}"
    with connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{POSTGRES}/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """A scratch database's URL, or why there is none."""
    with scratch_postgres() as found:
        yield found


@pytest.fixture(scope="module")
def server(folder: Path, clickhouse: str, postgres: str) -> dict[str, str]:
    """The environment of a server whose stores are ready; on SQLite where there is no PostgreSQL."""
    found = environment(folder, clickhouse)
    if postgres.startswith("postgres:"):
        found["DATABASE_URL"] = postgres
    run(found, "migrate", "-v0")
    return found


def environment(folder: Path, clickhouse: str) -> dict[str, str]:
    return {
        "STAGELIGHT_DATA_DIR": str(folder / "data"),
        "CLICKHOUSE_URL": clickhouse,
        "DATABASE_URL": f"sqlite:///{folder / 'server.sqlite3'}",
        "SECRET_KEY": "x" * 50,
        "WEB_CONCURRENCY": "2",
        "LOG_LEVEL": "INFO",
    }


@pytest.fixture(scope="module")
def secret(server: dict[str, str]) -> str:
    """A key that may send to the project."""
    return run(server, "create_project", PROJECT, "--key")


@pytest.fixture(scope="module")
def store(clickhouse: str) -> Iterator[Any]:
    """A client that looks into the store from outside."""
    client = clickhouse_connect.get_client(dsn=clickhouse)
    yield client
    client.close()


@pytest.fixture(scope="module")
def gunicorn(server: dict[str, str]) -> Iterator[Process]:
    """A gunicorn with two workers."""
    pytest.importorskip("gunicorn", reason=f"gunicorn {INSTALL}")
    with running(server, *GUNICORN) as web:
        yield web


LISTENING = r"Listening at: (http://\S+)"


def traces(start: int, count: int) -> list[bytes]:
    return [protobuf(otlp_span(f"{number:032x}")) for number in range(start + 1, start + count + 1)]


def wait_for(store: Any, traces: int, web: Process, prefix: str = "0") -> None:
    """Until so many traces whose ids begin so are stored."""
    sql = "SELECT count() FROM traces FINAL WHERE startsWith(trace_id, {prefix:String})"

    def stored() -> bool:
        return bool(store.query(sql, parameters={"prefix": prefix}).result_rows == [(traces,)])

    eventually(stored, lambda: f"{traces} traces are stored; it said {web.said[-20:]}")


def writers(store: Any) -> set[int]:
    """The processes whose segments were stored."""
    found = store.query("SELECT DISTINCT batch FROM account").result_rows
    return {int(batch.partition(":")[0].partition("-")[2]) for (batch,) in found}


def test_what_two_gunicorn_workers_acknowledge_is_stored_once(gunicorn: Process, secret: str, store: Any) -> None:
    url = gunicorn.says(LISTENING)
    workers = set(descendants(gunicorn.child.pid)) - {gunicorn.child.pid}
    sent = 0
    with ThreadPoolExecutor(4) as threads:
        while len(workers & writers(store)) < 2:
            bodies = traces(sent, 20)
            assert list(threads.map(lambda body: post(url, secret, body), bodies)) == [200] * 20
            sent += 20
            wait_for(store, sent, gunicorn)
            assert sent <= 2000, "one of the workers answered nothing"
    assert store.query("SELECT count() FROM spans WHERE startsWith(trace_id, '0')").result_rows == [(sent,)]
    assert store.query("SELECT DISTINCT project FROM traces").result_rows == [(PROJECT,)]
    assert [pid for pid in descendants(gunicorn.child.pid) if has_loaded(pid, "chdb")] == []


def test_the_decisions_are_in_postgresql(postgres: str, server: dict[str, str], secret: str) -> None:
    if not postgres.startswith("postgres:"):
        pytest.skip(postgres)
    sql = "SELECT slug, tracing_key.name, hint FROM tracing_project JOIN tracing_key ON project_id = tracing_project.id"
    with decisions(server) as connection:
        assert connection.execute(sql).fetchall() == [(PROJECT, "sender", secret[:8])]


@contextmanager
def decisions(server: dict[str, str]) -> Iterator[Any]:
    """The server's relational database, seen from outside."""
    url = server["DATABASE_URL"]
    if url.startswith("sqlite:"):
        connection: Any = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    else:
        import psycopg

        connection = psycopg.connect(url, autocommit=True)
    try:
        yield connection
    finally:
        connection.close()


def long_body(trace_id: str) -> Iterator[bytes]:
    """Some 3.6 MB, in pieces."""
    body = protobuf(otlp_span(trace_id, attributes={"input.value": "question " * 400_000}))
    return (body[start : start + 65_000] for start in range(0, len(body), 65_000))


def arrives_whole(web: Process, url: str, secret: str, store: Any, letter: str) -> bool:
    assert post(url, secret, long_body(letter * 32)) == 200
    wait_for(store, 1, web, letter)
    [(size,)] = store.query(f"SELECT size FROM spans WHERE trace_id = '{letter * 32}'").result_rows
    return bool(size > 3_000_000)


def test_a_chunked_body_arrives_whole_through_gunicorn(gunicorn: Process, secret: str, store: Any) -> None:
    assert arrives_whole(gunicorn, gunicorn.says(LISTENING), secret, store, "a")


def test_a_chunked_body_arrives_whole_through_serve(
    server: dict[str, str], secret: str, store: Any, tmp_path: Path
) -> None:
    apart = {**server, "STAGELIGHT_DATA_DIR": str(tmp_path / "not made yet")}
    with running(apart, "manage.py", "serve", "--port", str(free_port())) as web:
        assert arrives_whole(web, web.says(r"ready at (http://\S+)"), secret, store, "b")
        assert web.end() == 0


def test_an_ack_may_wait_for_the_store(server: dict[str, str], secret: str, store: Any, tmp_path: Path) -> None:
    pytest.importorskip("gunicorn", reason=f"gunicorn {INSTALL}")
    apart = {**server, "STAGELIGHT_DATA_DIR": str(tmp_path / "data"), "INGEST_ACK": "clickhouse"}
    kept = "SELECT uniqExact(trace_id) FROM traces WHERE startsWith(trace_id, 'c')"  # one sent again has two rows
    with running(apart, *GUNICORN) as web:
        url = web.says(LISTENING)
        for number in range(1, 5):
            body = protobuf(otlp_span(f"c{number:031x}"))
            eventually(lambda body=body: post(url, secret, body) == 200, lambda: f"an ack; it said {web.said[-20:]}")
            assert store.query(kept).result_rows == [(number,)]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@pytest.fixture
def redis() -> Iterator[str]:
    """An unused database of this machine's Redis, emptied afterwards."""
    client = pytest.importorskip("redis", reason=f"redis {INSTALL}")
    for number in range(15, 7, -1):
        connection = client.Redis.from_url(f"{REDIS}/{number}", socket_connect_timeout=3)
        try:
            if connection.dbsize():
                continue
        except client.ConnectionError as error:
            pytest.skip(f"no Redis on 127.0.0.1:6379: {error}")
        yield f"{REDIS}/{number}"
        connection.flushdb()
        return
    pytest.skip("every spare database of the Redis on 127.0.0.1:6379 is in use")


def test_a_worker_takes_tasks_from_redis(server: dict[str, str], redis: str) -> None:
    arguments = ("-A", "config", "worker", "--concurrency", "2")
    with decisions(server) as connection:
        connection.execute("INSERT INTO django_session VALUES ('ended', '', '2020-01-01 00:00:00+00:00')")
        Celery(broker=redis).send_task("tracing.forget_ended_sign_ins")
        with running({**server, "CELERY_BROKER_URL": redis}, "-m", "celery", *arguments) as worker:
            sql = "SELECT count(*) FROM django_session"
            eventually(lambda: connection.execute(sql).fetchone() == (0,), lambda: f"it ran; it said {worker.said}")
            assert [pid for pid in descendants(worker.child.pid) if has_loaded(pid, "chdb")] == []
            assert worker.end() == 0


def test_gunicorn_refuses_an_embedded_store(tmp_path: Path) -> None:
    pytest.importorskip("gunicorn", reason=f"gunicorn {INSTALL}")
    with running(environment(tmp_path, f"chdb://{tmp_path / 'engine'}"), *GUNICORN) as web:
        assert web.says("(CLICKHOUSE_URL is not set: the embedded store serves one process)")
        assert web.child.wait(60) != 0
