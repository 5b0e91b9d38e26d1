"""`stagelight corpus push`, `corpus index push` and `expectations push`: lists in JSON Lines, taken whole."""

import hashlib
import sys
from typing import Any

from stagelight_client.errors import DONE, NOT_BEGUN, SOME_BAD, StopError
from stagelight_client.server import NO_QUERY, Query, Server, problem, say
from stagelight_client.sources import LARGEST, opened

LINES = "application/x-ndjson"
KINDS = ("added", "removed", "moved", "changed", "redirected")
SHOWN = 5


def push_manifest(server: Server, name: str, *, version: str = "", effective_at: str = "") -> int:
    """Push the list of what can be cited, and say how it differs from the one before."""
    body = _body(name)
    told = _put(server, "corpus/manifest", body, {"version": version or _named(body), "effective_at": effective_at})
    print(f"manifest {told['version']}: {told['anchors']:,} anchors, in force from {told['effective_at']}")
    if told.get("against"):
        counts = ", ".join(f"{told[kind]:,} {kind}" for kind in KINDS)
        print(f"against {told['against']}: {counts}")
        for kind in KINDS:
            for anchor in told.get("examples", {}).get(kind, [])[:SHOWN]:
                print(f"  {kind}: {anchor}")
    return DONE


def push_index(server: Server, name: str, *, version: str = "") -> int:
    """Push what the retriever's index holds."""
    body = _body(name)
    told = _put(server, "corpus/index", body, {"version": version or _named(body)})
    print(f"index {told['version']}: {told['chunks']:,} chunks of {told['anchors']:,} anchors")
    return DONE


def push_expectations(server: Server, name: str) -> int:
    """Say what right answers rest on; lines that are not taken are named."""
    told = _put(server, "expectations", _body(name))
    for error in told["errors"]:
        hint = f" (perhaps {error['suggestion']}?)" if error.get("suggestion") else ""
        print(f"{name}: line {error['line']}: {error['detail']}{hint}", file=sys.stderr)
    print(f"{told['accepted']:,} taken, {told['rejected']:,} not")
    return SOME_BAD if told["rejected"] else DONE


def _put(server: Server, path: str, body: bytes, query: Query = NO_QUERY) -> dict[str, Any]:
    answer = server.send("PUT", f"/api/v1/{path}", body, LINES, query)
    if answer.status >= 300:
        raise StopError(f"{answer.status}: {problem(answer)}", NOT_BEGUN)
    told: dict[str, Any] = answer.json()
    return told


def _body(name: str) -> bytes:
    with opened(name) as source:
        data = source.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise StopError(f"{name} has more than {LARGEST} bytes, which is what a server takes")
    return data


def _named(body: bytes) -> str:
    """A version that says what it holds: pushed twice, it is the same one."""
    version = f"sha256-{hashlib.sha256(body).hexdigest()[:12]}"
    say(f"no --version was given: it is {version}, of what the file holds")
    return version
