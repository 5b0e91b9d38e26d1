"""Processes for tests of the server mode, ended with the test; and waits that have an end."""

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PATIENCE_SECONDS = 60


def eventually(question: Callable[[], Any], what: Callable[[], str]) -> Any:
    """The first true answer; fails where none comes."""
    end = time.monotonic() + PATIENCE_SECONDS
    pause = threading.Event()
    while time.monotonic() < end:
        if answer := question():
            return answer
        pause.wait(0.1)
    raise AssertionError(f"not within {PATIENCE_SECONDS} s: {what()}")


def run(environment: Mapping[str, str], *arguments: str) -> str:
    """`manage.py` with these arguments; its standard output."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class Process:
    """A child, and all that it says."""

    def __init__(self, environment: Mapping[str, str], *arguments: str) -> None:
        self.said: list[str] = []
        self.child = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    def _listen(self) -> None:
        assert self.child.stdout is not None
        for line in self.child.stdout:
            self.said.append(line)

    def says(self, pattern: str) -> str:
        """What the pattern's group matches in what it says, now or soon."""

        def found() -> str | None:
            match = re.search(pattern, "".join(self.said))
            assert match or self.child.poll() is None, f"it ended: {''.join(self.said)}"
            return match[1] if match else None

        return str(eventually(found, lambda: f"{pattern!r} in {self.said}"))

    def end(self) -> int:
        """Ask it to end, as an operator does; its exit code."""
        self.child.send_signal(signal.SIGTERM)
        try:
            return self.child.wait(PATIENCE_SECONDS)
        finally:
            self.child.kill()
            self._reader.join(5)


@contextmanager
def running(environment: Mapping[str, str], *arguments: str) -> Iterator[Process]:
    """A child for the length of a block."""
    process = Process(environment, *arguments)
    try:
        yield process
    finally:
        if process.child.poll() is None:
            process.end()


def descendants(pid: int) -> list[int]:
    """The process and all its children's children."""
    tasks = Path(f"/proc/{pid}/task")
    children = [int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()]
    return [pid, *(found for child in children for found in descendants(child))]


def has_loaded(pid: int, library: str) -> bool:
    """True where the process has the library in its memory."""
    return library in Path(f"/proc/{pid}/maps").read_text()


def post(url: str, secret: str, body: bytes | Iterable[bytes]) -> int:
    """POST a trace on a connection of its own, chunked where the body comes in pieces; the answer's status."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE_SECONDS)
    headers = {"Content-Type": "application/x-protobuf", "Authorization": f"Bearer {secret}"}
    chunked = not isinstance(body, bytes)
    if chunked:
        headers["Transfer-Encoding"] = "chunked"
    try:
        connection.request("POST", "/v1/traces", body, headers, encode_chunked=chunked)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()
