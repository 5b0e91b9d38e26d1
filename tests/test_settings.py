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
    [("PORT", "eighty"), ("INGEST_MAX_BYTES", "64MB"), ("LOG_LEVEL", "LOUD"), ("STAGELIGHT_DATA_DIR", "/proc/none")],
)
def test_a_value_that_cannot_be_read_is_said_in_one_line(name: str, value: str) -> None:
    environment = {key: kept for key, kept in os.environ.items() if key != "SECRET_KEY"} | {name: value}
    command = [sys.executable, "manage.py", "serve"]
    ended = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"The settings cannot be used: {name} is {value!r}: ")
    assert ended.stderr.count("\n") == 1
