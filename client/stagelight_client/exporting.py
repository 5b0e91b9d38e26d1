"""`stagelight export` and `stagelight replay`: what the server holds, written as it comes."""

import http.client
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from stagelight_client.errors import BROKE_OFF, DONE, NOT_BEGUN, StopError
from stagelight_client.server import NO_QUERY, Answer, Query, Server, problem, say, status_of
from stagelight_client.sources import PIECE

FORMATS = ("jsonl", "csv", "parquet")
TRIES = 3


def export(server: Server, query: Query, *, to: str, format_: str = "") -> int:
    """Write what a filter finds to a file, or to standard output for `-`; a broken export leaves the file as it was."""
    suffix = Path(to).suffix.removeprefix(".").lower()
    chosen = format_ or (suffix if suffix in FORMATS else "jsonl")
    if to == "-" and chosen == "parquet" and sys.stdout.isatty():
        raise StopError("Parquet is nothing to look at: name a file with -o")
    size = _fetch(server, "/api/v1/traces/export", to, {**query, "format": chosen})
    say(f"{to}: {size:,} bytes of {chosen}")
    return DONE


def replay(server: Server, trace_id: str, *, to: str) -> int:
    """Write the bundle of everything that a trace's stages saw."""
    _fetch(server, f"/api/v1/traces/{quote(trace_id, safe='')}/replay", to, NO_QUERY)
    return DONE


def _fetch(server: Server, path: str, to: str, query: Query) -> int:
    """The number of bytes written. A file is begun anew when the answer breaks off; standard output cannot be."""
    if to == "-":
        try:
            return sum(map(sys.stdout.buffer.write, _pieces(server, path, query)))
        except _BrokeOffError as error:
            raise StopError(f"{error}: what was written is not whole", BROKE_OFF) from error
        finally:
            sys.stdout.buffer.flush()
    beside = Path(f"{to}.part")
    try:
        for attempt in range(1, TRIES + 1):
            try:
                with beside.open("wb") as file:
                    size = sum(map(file.write, _pieces(server, path, query)))
                    os.fsync(file.fileno())
                beside.replace(to)
                return size
            except _BrokeOffError as error:
                if attempt == TRIES:
                    raise StopError(f"{error}, {TRIES} times", BROKE_OFF) from error
                say(f"{error}; beginning again")
    except OSError as error:
        raise StopError(f"{to}: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)
    return 0


class _BrokeOffError(Exception):
    """The answer ended before its end."""


def _pieces(server: Server, path: str, query: Query) -> Iterator[bytes]:
    with server.open("GET", path, query=query) as response:
        if status_of(response) != 200:
            answer = Answer(status_of(response), response.read(4_000))
            raise StopError(f"{answer.status}: {problem(answer)}", NOT_BEGUN)
        while True:
            try:
                piece = response.read(PIECE)
            except (http.client.HTTPException, OSError) as error:
                raise _BrokeOffError(f"the answer of {server.url} broke off") from error
            if not piece:
                return
            yield piece
