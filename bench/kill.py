"""kill -9 under load, again and again: is every acked trace there after the restart, once?

python -m bench.kill --kills 20
"""

import argparse
import http.client
import random
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench.payload import Body, Corpus, body
from bench.server import Server, free_port


@dataclass
class Load:
    """Senders that remember what was acked; every tenth request is sent twice, as after a lost answer."""

    server: Server
    corpus: Corpus
    acked: set[str] = field(default_factory=set)
    stopping: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, bodies: list[Body]) -> None:
        """Send one after another until told to stop or nobody answers."""
        headers = {"Content-Type": "application/x-protobuf", "Authorization": f"Bearer {self.server.key}"}
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        for number, request in enumerate(bodies):
            for _ in range(2 if number % 10 == 0 else 1):
                if self.stopping.is_set():
                    return
                try:
                    connection.request("POST", "/v1/traces", request.data, headers)
                    response = connection.getresponse()
                    response.read()
                except (OSError, http.client.HTTPException):
                    return
                if response.status == 200:
                    with self.lock:
                        self.acked.update(request.trace_ids)


def wait_until_drained(server: Server, seconds: float = 120) -> dict[str, dict[str, int]]:
    """The account, once nothing waits."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        total: dict[str, dict[str, int]] = server.get("/api/v1/ingest/account")["total"]
        if total["spans"]["waiting"] == 0:
            return total
        time.sleep(0.1)
    raise RuntimeError("the spool was not drained in time")


def one_round(server: Server, corpus: Corpus, seconds: float) -> set[str]:
    """Load for some seconds, then kill -9; returns what was acked."""
    load = Load(server, corpus)
    work = [[body(corpus, random.choice((1, 1, 5, 20))) for _ in range(60)] for _ in range(3)]
    threads = [threading.Thread(target=load.send, args=(bodies,)) for bodies in work]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    server.kill()
    load.stopping.set()
    for thread in threads:
        thread.join()
    return load.acked


def stored_ids(server: Server) -> list[str]:
    """The id of every trace that the server shows, over all pages."""
    ids: list[str] = []
    cursor = ""
    while True:
        page = server.get(f"/api/v1/traces?limit=500{cursor}")
        ids += [row["trace_id"] for row in page["traces"]]
        if not page["next"]:
            return ids
        cursor = f"&cursor={page['next']}"


@dataclass(frozen=True)
class Outcome:
    """What a run of kills found."""

    kills: int
    acked: int
    missing: int
    doubled: int
    account: dict[str, dict[str, int]]

    @property
    def sound(self) -> bool:
        """Nothing lost, nothing twice, and the account agrees."""
        spans = self.account["spans"]
        balanced = spans["received"] == sum(spans[n] for n in ("stored", "duplicate", "rejected", "bad", "waiting"))
        return self.missing == self.doubled == spans["bad"] == 0 and balanced and self.acked > 0


def run(directory: Path, kills: int, seconds: tuple[float, float] = (0.3, 2.5)) -> Outcome:
    """Kill it that many times under load, then count."""
    server = Server(directory, free_port())
    corpus = Corpus(7, chunks=2_000)
    acked: set[str] = set()
    for number in range(kills):
        server.start()
        acked |= one_round(server, corpus, random.uniform(*seconds))
        print(f"kill {number + 1}: {len(acked)} traces acked so far", flush=True)
    server.start()
    try:
        account = wait_until_drained(server)
        ids = stored_ids(server)
    finally:
        server.kill()
    return Outcome(kills, len(acked), len(acked - set(ids)), len(ids) - len(set(ids)), account)


def main() -> None:
    """Print what was found; exit 1 where something was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stagelight-kill-") as directory:
        outcome = run(Path(directory) / "data", options.kills)
    print(outcome)
    raise SystemExit(0 if outcome.sound else 1)


if __name__ == "__main__":
    main()
