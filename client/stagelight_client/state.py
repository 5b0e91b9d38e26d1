"""How far a file has been sent, kept in the user's cache, so that a command that broke off goes on where it stopped.

A file is known by its path and how it begins: one that has grown since, as a Collector's does, goes on as well.
"""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stagelight_client import __version__
from stagelight_client.server import Server
from stagelight_client.sources import HEAD, Source


@dataclass(slots=True)
class Tally:
    """What became of a file so far: records read and answered for, and the traces, spans or events in them."""

    records: int = 0
    sent: int = 0
    bad: int = 0
    skipped: int = 0


@dataclass(slots=True)
class State:
    """Where to go on with one file; `path` is None where nothing is kept, as of standard input."""

    path: Path | None
    identity: dict[str, Any]
    tally: Tally

    @classmethod
    def of(cls, source: Source, server: Server, cut: str, *, again: bool = False) -> "State":
        """What is known of the file; from its beginning where it is not the file that it was, or that is asked for."""
        if source.size is None:
            return cls(None, {}, Tally())
        name = Path(source.name).resolve()
        known = _digest(f"{server.url}\n{server.key}\n{name}".encode())
        head = source.head[:HEAD]
        identity = {"cut": f"{cut} {__version__}", "head": len(head), "digest": _digest(head), "size": source.size}
        state = cls(_folder() / f"{known}.json", identity, Tally())
        if not again:
            state._take_up(head)
        return state

    def _take_up(self, head: bytes) -> None:
        with suppress(OSError, ValueError, KeyError, TypeError):
            assert self.path is not None
            told = json.loads(self.path.read_text())
            was, tally = told["identity"], Tally(**told["tally"])
            same = was["cut"] == self.identity["cut"] and was["size"] <= self.identity["size"]
            if same and _digest(head[: was["head"]]) == was["digest"]:
                self.tally = tally

    def save(self) -> None:
        """Keep it; whole or not at all."""
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = self.path.with_suffix(f".{os.getpid()}")
        beside.write_text(json.dumps({"identity": self.identity, "tally": asdict(self.tally)}))
        beside.replace(self.path)


def _folder() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "stagelight" / "imports"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]
