"""Wrong combinations of settings are said before anything starts, each with an id and a hint."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks

from tracing import checks
from tracing.otlp import wire

SECRET = "x" * 50


@pytest.fixture(autouse=True)
def sound(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Settings that nothing is wrong with."""
    monkeypatch.setattr(wire, "IS_FAST", True)
    settings.DATA_DIR = tmp_path
    settings.SPOOL_DIR = tmp_path / "spool"
    settings.CLICKHOUSE_URL, settings.CLICKHOUSE_CLUSTER, settings.EMBEDDED = "chdb://:memory:", "", True
    settings.CELERY_BROKER_URL, settings.INGEST_ACK = "memory://", "spool"
    settings.SECRET_KEY, settings.ALLOWED_HOSTS = SECRET, ["localhost", "127.0.0.1", "[::1]"]
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    settings.LANGFUSE_BASE_URL = settings.LANGFUSE_PUBLIC_KEY = settings.LANGFUSE_SECRET_KEY = ""
    yield settings


@pytest.fixture
def on_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The spool is on a disk, wherever the tests run."""
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/sda1 / ext4 rw 0 0\n")
    monkeypatch.setattr(checks, "MOUNTS", mounts)


def found() -> list[tuple[str | None, bool]]:
    return [(message.id, bool(message.hint)) for message in run_checks() if (message.id or "").startswith("stagelight")]


def test_sound_settings_pass(on_disk: None) -> None:
    assert found() == []


LANGFUSE = {
    "LANGFUSE_BASE_URL": "https://langfuse.example", "LANGFUSE_PUBLIC_KEY": "pk", "LANGFUSE_SECRET_KEY": "sk",
}  # fmt: skip
SERVER = {"CLICKHOUSE_URL": "http://clickhouse:8123/default", "EMBEDDED": False}
CASES = [
    ("E001", {"CELERY_BROKER_URL": "redis://localhost:6379/0"}),
    ("E002", {"INGEST_ACK": "never"}),
    ("E004", {"CLICKHOUSE_URL": "tcp://clickhouse:9000/default", "EMBEDDED": False}),
    ("E004", {"CLICKHOUSE_URL": "clickhouse.example", "EMBEDDED": False}),
    ("E005", {"CLICKHOUSE_CLUSTER": "main"}),
    ("E006", {"SECRET_KEY": "changeme", "ALLOWED_HOSTS": ["traces.example.com"]}),
    ("E006", {"SECRET_KEY": "changeme", "ALLOWED_HOSTS": ["*"]}),
    ("E007", LANGFUSE | {"LANGFUSE_SECRET_KEY": ""}),
    ("E007", LANGFUSE | {"LANGFUSE_BASE_URL": "langfuse.example"}),
    ("E007", LANGFUSE | {"LANGFUSE_PUSHES_A_SECOND": 0}),
    ("E008", {"PORT": 0}),
    ("E008", {"PORT": 80_000}),
    ("E008", {"INGEST_MAX_BYTES": -1}),
    ("E008", {"SPOOL_MAX_BYTES": 10}),
    ("E008", {"STORE_MEMORY_BYTES": 5}),
    ("E009", {"PUBLIC_URL": "traces.example.com"}),
    ("W003", {"PUBLIC_URL": "http://traces.example.com"}),
    ("W003", {"PUBLIC_URL": "http://10.0.0.8:8000"}),
]


@pytest.mark.parametrize(("wanted", "changes"), CASES, ids=[f"{case[0]} {case[1]}" for case in CASES])
def test_a_wrong_combination_is_said(wanted: str, changes: dict[str, Any], settings: Any, on_disk: None) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)
    assert found() == [(f"stagelight.{wanted}", True)]


FINE = [
    {**SERVER, "CELERY_BROKER_URL": "redis://localhost:6379/0"},
    {**SERVER, "CLICKHOUSE_CLUSTER": "main"},
    {"CLICKHOUSE_URL": "https://clickhouse.example:8443/default", "EMBEDDED": False},
    {"SECRET_KEY": "short"},
    LANGFUSE,
    {"PUBLIC_URL": "https://traces.example.com", "ALLOWED_HOSTS": ["traces.example.com"]},
    {"PUBLIC_URL": "http://demo.localhost:8000"},
]


@pytest.mark.parametrize("changes", FINE, ids=str)
def test_a_sound_combination_is_not(changes: dict[str, Any], settings: Any, on_disk: None) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)
    assert found() == []


def test_a_folder_that_takes_no_files_is_said(settings: Any, tmp_path: Path, on_disk: None) -> None:
    (tmp_path / "file").write_text("")
    settings.SPOOL_DIR = tmp_path / "file" / "spool"
    assert found() == [("stagelight.E003", True)]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_of_somebody_else_is_said(settings: Any, tmp_path: Path, on_disk: None) -> None:
    settings.DATA_DIR = tmp_path / "closed"
    settings.DATA_DIR.mkdir(mode=0o500)
    assert found() == [("stagelight.E003", True)]


def test_a_secret_that_this_machine_made_is_said_where_there_may_be_several(settings: Any, on_disk: None) -> None:
    (settings.DATA_DIR / "secret_key").write_text(SECRET)
    settings.ALLOWED_HOSTS = ["traces.example.com"]
    assert found() == []
    settings.CLICKHOUSE_URL, settings.EMBEDDED = SERVER["CLICKHOUSE_URL"], False
    assert found() == [("stagelight.W001", True)]


def test_a_spool_in_memory_is_said(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\ntmpfs {os.path.realpath(tmp_path)} tmpfs rw 0 0\n")
    monkeypatch.setattr(checks, "MOUNTS", mounts)
    assert found() == [("stagelight.W002", True)]
    settings.INGEST_ACK = "clickhouse"
    assert found() == []


def test_the_nearest_mount_decides_and_its_name_may_hold_spaces() -> None:
    mounts = "/dev/sda1 / ext4 rw 0 0\ntmpfs /run tmpfs rw 0 0\n/dev/sdb1 /run/my\\040disk xfs rw 0 0\n"
    assert checks.filesystem_of(Path("/run/my disk/spool"), mounts) == "xfs"
    assert checks.filesystem_of(Path("/run/spool"), mounts) == "tmpfs"
    assert checks.filesystem_of(Path("/running/spool"), mounts) == "ext4"
    assert checks.filesystem_of(Path("/spool"), "") == ""


def test_the_kernels_own_list_is_read() -> None:
    if not checks.MOUNTS.exists():
        pytest.skip("this system has no /proc/self/mounts")
    assert checks.filesystem_of(Path("/"), checks.MOUNTS.read_text()) != ""


def test_every_check_has_its_case() -> None:
    tested = Path(__file__).read_text()
    source = Path(checks.__file__).read_text()
    ids = [line.split('"')[1].removeprefix("stagelight.") for line in source.splitlines() if "id=" in line]
    assert len(ids) == len(checks.ALL)
    assert [each for each in ids if each not in tested] == []


def test_inner_loops_that_were_not_built_in_c_are_said_with_what_builds_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "IS_FAST", False)

    assert found() == [("stagelight.I001", True)]
