"""The `stagelight` command as a process of its own, against a live server of this process, on the real store."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Sender
from tests.serving import served

COMMAND = Path(sys.executable).with_name("stagelight")
PATIENCE_SECONDS = 60


@pytest.fixture
def address(settings: Any) -> Iterator[str]:
    """A live server."""
    settings.ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
    with served() as found:
        yield found


@dataclass(frozen=True)
class Command:
    """Runs `stagelight` with the server's address and key in its environment."""

    environment: dict[str, str]
    folder: Path

    def __call__(self, *arguments: str | Path, input: bytes | None = None, **more: str) -> Any:
        """What it printed, as text, and its exit code."""
        done = subprocess.run(
            [COMMAND, *map(str, arguments)],
            cwd=self.folder,
            env=self.environment | more,
            input=input,
            capture_output=True,
            timeout=PATIENCE_SECONDS,
        )
        return Done(done.returncode, done.stdout, done.stderr.decode())

    def start(self, *arguments: str | Path) -> subprocess.Popen[bytes]:
        """A process that runs, for tests that end it."""
        given = [COMMAND, *map(str, arguments)]
        return subprocess.Popen(given, cwd=self.folder, env=self.environment, stderr=subprocess.PIPE)

    def file(self, name: str, content: bytes | str) -> Path:
        """A file in the folder where the command runs."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path


@dataclass(frozen=True)
class Done:
    """What a command did."""

    code: int
    out: bytes
    said: str


@pytest.fixture
def stagelight(address: str, sender: Sender, tmp_path: Path) -> Command:
    """Call it with a command's arguments."""
    if not COMMAND.exists():
        pytest.fail(f"no command at {COMMAND}: `make install` installs it")
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    here = {
        "STAGELIGHT_URL": address,
        "STAGELIGHT_KEY": sender.secret,
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    return Command(kept | here, tmp_path)


@pytest.fixture
def arrived(drained: Callable[[], None], sender: Sender) -> Callable[[], dict[str, dict[str, Any]]]:
    """Call it for all traces that are stored, by id, as the API shows each."""

    def traces() -> dict[str, dict[str, Any]]:
        drained()
        listed = sender.get("/api/v1/traces", limit="500").json()["traces"]
        return {each["trace_id"]: sender.get(f"/api/v1/traces/{each['trace_id']}").json() for each in listed}

    return traces
