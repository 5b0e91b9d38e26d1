"""What the settings make of the environment."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PRINTED = "DATA_DIR", "CLICKHOUSE_URL", "PORT", "PUBLIC_URL"


def test_what_is_set_to_nothing_is_not_set() -> None:
    empty = dict.fromkeys(("STAGELIGHT_DATA_DIR", "CLICKHOUSE_URL", "PORT", "PUBLIC_URL", "DATABASE_URL"), "")
    said = subprocess.run(
        [sys.executable, "-c", f"from config.settings import *; print({', '.join(PRINTED)}, sep='\\n')"],
        env=os.environ | empty | {"SECRET_KEY": "a secret"},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    var = ROOT / "var"
    assert said == [str(var), f"chdb://{var / 'store'}", "8000", "http://127.0.0.1:8000"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("INGEST_MAX_BYTES", "64MB"),
        ("LOG_LEVEL", "LOUD"),
        ("STAGELIGHT_DATA_DIR", "/proc/none"),
        ("DEBUG", "maybe"),
    ],
)
def test_a_value_that_cannot_be_read_is_said_in_one_line(name: str, value: str) -> None:
    environment = {key: kept for key, kept in os.environ.items() if key != "SECRET_KEY"} | {name: value}
    command = [sys.executable, "manage.py", "serve"]
    ended = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"The settings cannot be used: {name} is {value!r}: ")
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DATABASE_URL", "nonsense", "The settings cannot be used: DATABASE_URL is no database's address"),
        ("DATABASE_URL", "sqlite:////proc/none/x", "CommandError: the database that DATABASE_URL names "),
        ("CLICKHOUSE_URL", "http://me:secret@127.0.0.1:9/x", "CommandError: the store at 127.0.0.1:9, which "),
    ],
)
def test_a_store_that_does_not_answer_is_said_in_a_sentence(name: str, value: str, said: str, tmp_path: Path) -> None:
    environment = os.environ | {"STAGELIGHT_DATA_DIR": str(tmp_path), name: value}
    command = [sys.executable, "manage.py", "serve"]
    ended = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith(said)
    assert "Traceback" not in ended.stderr
    assert "secret" not in ended.stderr
