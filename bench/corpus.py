"""How long it takes to push a manifest, and what the server spends on it: `python -m bench.corpus`.

The bar: 100,000 anchors in under 10 s. Anchors are addresses, numbers, words of other scripts and the usual form.
"""

import argparse
import http.client
import json
import random
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.server import Server, free_port

EDITED, LEFT_OUT = 0.05, 0.02


def main() -> None:
    """Three versions one after the other, then the second again with other content."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--anchors", type=int, default=100_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stagelight-bench-") as directory:
        server = Server(Path(directory), free_port())
        server.start()
        try:
            for version, seed, edited in (("1", 0, 0.0), ("2", 1, EDITED), ("3", 2, EDITED), ("2", 3, EDITED)):
                _push(server, version, "\n".join(lines(chosen.anchors, seed, edited)).encode())
        finally:
            server.end(signal.SIGTERM)


def _push(server: Server, version: str, body: bytes) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
    before, _ = server.usage()
    began = time.perf_counter()
    headers = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/x-ndjson"}
    connection.request("PUT", f"/api/v1/corpus/manifest?version={version}", body, headers)
    response = connection.getresponse()
    answer = json.loads(response.read())
    seconds, (after, memory) = time.perf_counter() - began, server.usage()
    if response.status != 201:
        raise SystemExit(f"version {version}: {response.status} {answer}")
    changes = ", ".join(f"{answer[kind]:,} {kind}" for kind in ("added", "removed", "changed"))
    size = f"{len(body) / 1e6:.1f} MB, {answer['anchors']:,} anchors"
    print(f"version {version}: {size} in {seconds:.1f} s, {after - before:.1f} s CPU, {memory:.0f} MiB ({changes})")


def lines(count: int, seed: int, edited: float) -> Iterator[str]:
    """JSON Lines; some are left out and some edited, but in the first version."""
    drawn = random.Random(seed)
    for number in range(count):
        if seed and drawn.random() < LEFT_OUT:
            continue
        line = {
            "anchor": anchor(number),
            "product": f"product{number % 5}",
            "path": f"docs/{number // 10}.md",
            "title": f"Section {number} – Überschrift",
            "source_hash": f"{number + (count if drawn.random() < edited else 0):032x}",
            "entities": [f"Entity{number % 3000}.method", f"name {number % 500}"],
        }
        yield json.dumps(line, ensure_ascii=False)


def anchor(number: int) -> str:
    """One of four forms."""
    forms = (
        f"https://docs.example.com/guide/{number}/page?x={number}&y=%20#section-{number}",
        str(number),
        f"日本語_{number}#章—ü{number}",
        f"doc_{number // 10}#section-{number}",
    )
    return forms[number % len(forms)]


if __name__ == "__main__":
    main()
