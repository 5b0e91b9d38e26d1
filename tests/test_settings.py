"""What the settings make of the environment."""

import os
import subprocess
import sys
from pathlib import Path

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
