"""How fast traces are acked, stored and shown: one server, the same load twice, at 20 and at 1 trace a request.

python -m bench.ingest --traces 3000
"""

import argparse
import http.client
import os
import statistics
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from bench.kill import wait_until_drained
from bench.payload import Body, Corpus, body
from bench.server import Server, free_port

CONNECTIONS = 4


@dataclass(frozen=True)
class Figures:
    """What one load showed."""

    batch: int
    traces: int
    acked_a_second: float
    visible_a_second: float
    cpu_ms_a_trace: float
    ack_p50_ms: float
    ack_p99_ms: float
    ack_to_visible_s: float
    peak_mib: float


class Sender(threading.Thread):
    """One connection that takes the next body until none is left."""

    def __init__(self, server: Server, bodies: list[Body], lock: threading.Lock) -> None:
        super().__init__()
        self.server, self.bodies, self.lock = server, bodies, lock
        self.took: list[float] = []

    def run(self) -> None:
        """Send them, timing each ack."""
        headers = {"Content-Type": "application/x-protobuf", "Authorization": f"Bearer {self.server.key}"}
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        while True:
            with self.lock:
                if not self.bodies:
                    return
                request = self.bodies.pop()
            began = time.perf_counter()
            connection.request("POST", "/v1/traces", request.data, headers)
            response = connection.getresponse()
            response.read()
            if response.status != 200:
                raise RuntimeError(f"answered {response.status}")
            self.took.append(time.perf_counter() - began)


def measure(server: Server, corpus: Corpus, traces: int, batch: int) -> Figures:
    """Send that many traces and wait until all are visible."""
    bodies = [body(corpus, batch) for _ in range(traces // batch)]
    cpu, _ = server.usage()
    lock, peak = threading.Lock(), [0.0]
    senders = [Sender(server, bodies, lock) for _ in range(CONNECTIONS)]
    began = time.perf_counter()
    for sender in senders:
        sender.start()
    while any(sender.is_alive() for sender in senders):
        peak.append(server.usage()[1])
        time.sleep(0.1)
    acked = time.perf_counter()
    wait_until_drained(server)
    visible = time.perf_counter()
    time.sleep(1)  # merges that this load began belong to it
    took = sorted(t for sender in senders for t in sender.took)
    return Figures(
        batch=batch,
        traces=traces,
        acked_a_second=traces / (acked - began),
        visible_a_second=traces / (visible - began),
        cpu_ms_a_trace=(server.usage()[0] - cpu) * 1000 / traces,
        ack_p50_ms=statistics.median(took) * 1000,
        ack_p99_ms=took[int(len(took) * 0.99)] * 1000,
        ack_to_visible_s=visible - acked,
        peak_mib=max(*peak, server.usage()[1]),
    )


def table(figures: list[Figures]) -> str:
    """The figures as Markdown."""
    names = list(Figures.__dataclass_fields__)
    rows = [[f"{getattr(f, name):.1f}".removesuffix(".0") for name in names] for f in figures]
    lines = [
        "| " + " | ".join(row) + " |" for row in ([n.replace("_", " ") for n in names], ["---"] * len(names), *rows)
    ]
    return "\n".join(lines)


def main() -> None:
    """Print the table, with the machine's load before it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=int, default=3_000)
    options = parser.parse_args()
    print(f"load before: {os.getloadavg()}, processors: {os.cpu_count()}")
    corpus = Corpus(1)
    with tempfile.TemporaryDirectory(prefix="stagelight-bench-") as directory:
        server = Server(Path(directory) / "data", free_port())
        print(f"ready after {server.start():.1f} s")
        try:
            measure(server, corpus, 400, 20)
            print(table([measure(server, corpus, options.traces, batch) for batch in (20, 1)]))
        finally:
            server.kill()
    print(f"load after: {os.getloadavg()}")


if __name__ == "__main__":
    main()
