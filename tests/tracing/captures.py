"""Requests of real clients, kept beside the checkout, and what an independent program read in them."""

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tracing import otlp
from tracing.records import Span

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "captures"


def folder(client: str) -> Path:
    """The captures of a client; skips the test where they are not there."""
    found = FOLDER / client
    if not found.is_dir():
        pytest.skip(f"no captures at {found}: they lie beside the checkout, not in it")
    return found


def bodies(client: str) -> Iterator[tuple[bytes, str]]:
    """Each trace request's body, unpacked, and its content type, in the order of arrival."""
    for path in sorted(folder(client).glob("*.headers.json")):
        seen = json.loads(path.read_text())
        body = path.with_name(path.name.replace(".headers.json", ".bin"))
        headers = {name.lower(): value for name, value in seen["headers"]}
        if not seen["path"].endswith("/v1/traces") or not body.exists():
            continue
        yield unpacked(body.read_bytes(), headers), headers["content-type"]


def unpacked(raw: bytes, headers: dict[str, str]) -> bytes:
    """A body without its encoding."""
    encoding = headers.get("content-encoding", "")
    return gzip.decompress(raw) if encoding == "gzip" else zlib.decompress(raw) if encoding == "deflate" else raw


def spans(client: str) -> dict[str, list[Span]]:
    """All spans by trace, in the order of arrival."""
    found: dict[str, list[Span]] = {}
    for body, content_type in bodies(client):
        for span in otlp.decode(body, content_type):
            found.setdefault(span.trace_id, []).append(span)
    return found


def expected(client: str) -> list[dict[str, Any]]:
    """The reference normalisation, a row a trace."""
    return [json.loads(line) for line in (folder(client) / "expected.jsonl").read_text().splitlines()]
