"""A server of the benchmark's own: started in a directory of its own, measured, killed."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class Server:
    """One `manage.py serve`, by its process."""

    directory: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    log: IO[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def key(self) -> str:
        """The first person's key."""
        return (self.directory / "key").read_text()

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self.process is not None
        return self.process.pid

    def start(self) -> float:
        """Start it; returns the seconds until it was ready."""
        began = time.monotonic()
        self.directory.mkdir(parents=True, exist_ok=True)
        self.log = (self.directory / "serve.log").open("ab")
        environment = os.environ | {"STAGELIGHT_DATA_DIR": str(self.directory), "PORT": str(self.port)}
        environment.pop("CLICKHOUSE_URL", None)
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", str(self.port)],
            env=environment,
            stdout=self.log,
            stderr=self.log,
            cwd=Path(__file__).parent.parent,
        )
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() - began > 60:
                raise RuntimeError(f"it did not start: see {self.directory}/serve.log")
            time.sleep(0.05)
        return time.monotonic() - began

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def end(self, number: int) -> float:
        """Send it a signal; returns the seconds until it was gone."""
        assert self.process is not None and self.log is not None
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(30)
        self.log.close()
        return time.monotonic() - began

    def kill(self) -> None:
        """kill -9."""
        self.end(signal.SIGKILL)

    def get(self, path: str) -> Any:
        """The JSON of a GET with the key."""
        import json

        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {self.key}"})
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    def usage(self) -> tuple[float, float]:
        """(CPU seconds used so far, resident MiB)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK, int(fields[21]) * PAGE / 2**20

    def disk_bytes(self, part: str) -> int:
        """Bytes of the files below a part of its directory."""
        return sum(p.stat().st_size for p in (self.directory / part).rglob("*") if p.is_file() and not p.is_symlink())
