"""A client's captured requests sent again to a server of ours, and what is in the store after them."""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from tests.conftest import Sender
from tests.tracing import captures
from tracing import receive, store
from tracing.drain import Drain

_LEFT_OUT = "version, arrived_at, key_ts"  # of when it came, which differs
_OF_A_SIGNAL = "trace_id, identity, kind, name, value, number, source, user, session_id, comment"


class Request(NamedTuple):
    """One body, unpacked, with its path."""

    path: str
    body: bytes
    content_type: str


def requests(client: str) -> Iterator[Request]:
    """All that went to the endpoints of OTLP, in the order of arrival."""
    for path in sorted(captures.folder(client).glob("*.headers.json")):
        seen = json.loads(path.read_text())
        body = path.with_name(path.name.replace(".headers.json", ".bin"))
        if not body.exists() or not seen["path"].endswith(("/v1/traces", "/v1/logs")):
            continue
        headers = {name.lower(): value for name, value in seen["headers"]}
        encoding, raw = headers.get("content-encoding", ""), body.read_bytes()
        raw = gzip.decompress(raw) if encoding == "gzip" else zlib.decompress(raw) if encoding == "deflate" else raw
        yield Request(seen["path"], raw, headers["content-type"])


def replay(sent: Iterable[Request], sender: Sender, *, at_once: bool = False) -> None:
    """Each request in a batch of its own, or all in one, by a drain that remembers nothing of earlier ones."""
    drain = Drain(receive.spool())
    for request in sent:
        answer = sender.post(request.path, request.body, request.content_type)
        assert answer.status_code == 200, answer.content
        if not at_once:
            receive.spool().seal()
            drain.drain()
    receive.spool().seal()
    drain.drain()


def state() -> dict[str, list[Any]]:
    """Traces and signals as they are shown, and the ids of the spans."""
    traces = store.rows(f"SELECT * EXCEPT({_LEFT_OUT}) FROM traces FINAL ORDER BY trace_id")
    return {
        "traces": [repr(row) for row in traces],  # a score that is not there is NaN, which differs from itself
        "signals": list(store.rows(f"SELECT {_OF_A_SIGNAL} FROM signals FINAL ORDER BY trace_id, identity")),
        "spans": list(store.rows("SELECT trace_id, span_id FROM spans FINAL ORDER BY trace_id, span_id")),
    }


def account() -> dict[str, int]:
    """What became of all that was received."""
    names = ("stored", "duplicate", "rejected", "bad")
    [row] = store.rows(f"SELECT {', '.join(f'sum({name})' for name in names)} FROM account FINAL")
    return dict(zip(names, map(int, row), strict=True))
