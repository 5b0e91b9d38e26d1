"""`manage.py serve`, as a process."""

import http.client
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.kill import stored_ids, wait_until_drained
from bench.payload import Corpus, body
from bench.server import Server, free_port
from tracing.management.commands import serve

ROOT = Path(__file__).parents[2]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "data", free_port())
    running.start()
    yield running
    if running.process is not None and running.process.poll() is None:
        running.kill()


def test_a_first_start_makes_a_private_key_that_works(server: Server) -> None:
    assert (server.directory / "key").stat().st_mode & 0o777 == 0o600
    assert server.get("/api/v1/traces")["traces"] == []


def test_a_sign_in_link_names_the_port_of_the_server_that_runs(server: Server) -> None:
    assert signin_link(server).startswith(f"{server.url}/accounts/once/")
    assert signin_link(server, PUBLIC_URL="https://rag.example").startswith("https://rag.example/accounts/once/")
    server.end(signal.SIGTERM)
    assert signin_link(server).startswith("http://127.0.0.1:8000/accounts/once/")


def signin_link(server: Server, **environment: str) -> str:
    """What the command prints in a second terminal, which knows the data directory and no port."""
    known = {"STAGELIGHT_DATA_DIR": str(server.directory), "PATH": "/usr/bin"} | environment
    command = [sys.executable, "manage.py", "signin_link", "admin"]
    return subprocess.check_output(command, text=True, cwd=ROOT, env=known, timeout=60)


def test_a_second_one_on_the_same_directory_says_who_holds_it(server: Server) -> None:
    environment = {"STAGELIGHT_DATA_DIR": str(server.directory), "PATH": "/usr/bin"}
    second = subprocess.run(
        [sys.executable, "manage.py", "serve", "--port", str(free_port())],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        timeout=60,
    )
    assert second.returncode == 1
    assert f"process {server.pid}" in second.stderr
    assert "STAGELIGHT_DATA_DIR" in second.stderr


def test_a_port_that_is_taken_is_said_with_the_way_to_another(server: Server, tmp_path: Path) -> None:
    environment = {"STAGELIGHT_DATA_DIR": str(tmp_path / "other"), "PATH": "/usr/bin"}
    command = [sys.executable, "manage.py", "serve", "--port", str(server.port)]
    second = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=60)
    assert second.returncode == 1
    assert f"nobody can be served at 127.0.0.1:{server.port}: Address already in use" in second.stderr
    assert "PORT=8010" in second.stderr
    assert "Traceback" not in second.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_was_acked_before_a_stop_is_there_after_the_next_start(server: Server, number: int) -> None:
    corpus = Corpus(3, chunks=500)
    acked: set[str] = set()

    def send() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        headers = {"Content-Type": "application/x-protobuf", "Authorization": f"Bearer {server.key}"}
        for _ in range(200):
            request = body(corpus, 2)
            try:
                connection.request("POST", "/v1/traces", request.data, headers)
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException):
                return
            if response.status == 200:
                acked.update(request.trace_ids)

    senders = [threading.Thread(target=send) for _ in range(2)]
    for sender in senders:
        sender.start()
    while len(acked) < 20:
        senders[0].join(0.01)
    server.end(number)
    for sender in senders:
        sender.join()
    assert server.process is not None
    assert server.process.returncode == 0
    server.start()
    wait_until_drained(server)
    ids = stored_ids(server)
    assert acked <= set(ids)
    assert len(ids) == len(set(ids))


def test_a_chunked_body_without_a_length_arrives_whole(server: Server) -> None:
    request = body(Corpus(3, chunks=500), 3)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    headers = {"Content-Type": "application/x-protobuf", "Authorization": f"Bearer {server.key}"}
    pieces = (request.data[i : i + 10_000] for i in range(0, len(request.data), 10_000))
    connection.request("POST", "/v1/traces", pieces, headers, encode_chunked=True)
    assert connection.getresponse().status == 200
    assert wait_until_drained(server)["spans"]["stored"] == 24


def test_65_megabytes_get_an_answer_and_not_a_reset(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {"Content-Type": "application/x-protobuf", "Authorization": f"Bearer {server.key}"}
    connection.request("POST", "/v1/traces", b"\0" * (65 << 20), headers)
    response = connection.getresponse()
    assert (response.status, b"smaller batches" in response.read()) == (413, True)


BY_SIZE = """
from tracing import store
store.apply_schema()
store.command("CREATE TABLE many AS chunks")
many = "SELECT 'atlas', toFixedString(toString(number), 16), randomString(1000) FROM numbers(6000)"
store.command(f"INSERT INTO many {many}")
codecs = "SELECT default_compression_codec FROM system.parts WHERE active AND table = 'many'"
column = "SELECT compression_codec FROM system.columns WHERE table = 'many' AND name = 'text'"
print(store.rows(codecs))
store.command("OPTIMIZE TABLE many FINAL")
print(store.rows(codecs), store.rows(column))
"""


def test_the_embedded_store_compresses_a_part_lightly_until_it_is_merged_into_a_large_one(tmp_path: Path) -> None:
    environment = {"STAGELIGHT_DATA_DIR": str(tmp_path), "PATH": "/usr/bin"}
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", BY_SIZE]
    said = subprocess.check_output(command, text=True, cwd=ROOT, env=environment, timeout=60)
    assert said.split("\n") == ["[('LZ4',)]", "[('ZSTD(1)',)] [('CODEC(Default)',)]", ""]


@pytest.mark.parametrize(("public", "said"), [(None, "http://127.0.0.1:8123"), ("https://rag.example", "as it was")])
def test_links_name_the_port_that_was_asked_for_unless_a_public_address_is_set(
    public: str | None, said: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PUBLIC_URL = "as it was"
    monkeypatch.delenv("PUBLIC_URL", raising=False)
    if public:
        monkeypatch.setenv("PUBLIC_URL", public)
    serve.publish(8123)
    assert said == settings.PUBLIC_URL


def test_a_spool_that_cannot_be_made_is_said_in_a_sentence_and_the_process_ends(tmp_path: Path) -> None:
    environment = {"STAGELIGHT_DATA_DIR": str(tmp_path), "SPOOL_DIR": "/proc/stagelight", "PATH": "/usr/bin"}
    command = [sys.executable, "manage.py", "serve", "--port", str(free_port())]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "SPOOL_DIR" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_fails_after_the_port_was_taken_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(code: int) -> None:
        raise SystemExit(code)

    def failing(host: str, port: int) -> None:
        raise RuntimeError("a part that does not start")

    monkeypatch.setattr(serve.os, "_exit", ended)
    monkeypatch.setattr(serve.embedded, "start", failing)
    with pytest.raises(SystemExit, match="1"):
        serve.Command()._started("127.0.0.1", free_port())
