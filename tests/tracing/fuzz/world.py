"""Sends requests, drains them, and looks whether all that was promised of them holds."""

import gzip
import hashlib
import zlib
from collections import Counter
from typing import Any

from django.conf import settings
from django.test import Client
from structlog.testing import capture_logs

from tests.conftest import TABLES, Sender
from tests.tracing.fuzz.requests import Request
from tests.tracing.fuzz.seeds import NEIGHBOUR, RESPONSE, TRACE
from tracing import receive, spool, store
from tracing.attribution.case import Case
from tracing.attribution.lexical import assess
from tracing.drain import Drain, bad_files
from tracing.judging.attribute import judged_row
from tracing.keyed import TraceKey
from tracing.queries.many import stored_traces

TAKEN = (200, 201, 202, 207)
FRESH_EVERY = 10  # rounds, after which the store is emptied
WHERE = {
    "spans": "traces", "native": "traces", "ingestion": "traces", "logs": "traces", "scores": "signals",
    "signals": "signals", "expectations": "expectations",
}  # fmt: skip
# A record that waited for its response is kept where it waited as well, with a word of where it went.
SPANS = """SELECT count(), uniqExact(trace_id, span_id),
    countIf(scope NOT IN ('stagelight.log', 'stagelight.joined')) + uniqExactIf(span_id, scope = 'stagelight.log')
    FROM spans FINAL"""


class World:
    """The receiver, the drain, the store, and somebody who looks at the pages."""

    def __init__(self, sender: Sender, viewer: Client) -> None:
        self.sender, self.viewer = sender, viewer
        self.sent = self.rounds = 0
        self.answers: Counter[int] = Counter()
        self.neighbours: list[tuple[str, str]] = []

    def begin(self) -> None:
        """A round; now and then on an empty store."""
        if self.rounds % FRESH_EVERY == 0:
            for table in TABLES:
                store.command(f"TRUNCATE TABLE {table}")
            self.drain = Drain(receive.spool())
        self.rounds += 1
        self.neighbours = []

    def send(self, request: Request) -> None:
        """Post or put it, twice where it says so; a round's requests are of different traces."""
        body, neighbour = self._named(request)
        packed = {"gzip": lambda: gzip.compress(body, 1), "deflate": lambda: zlib.compress(body, 1)}
        for _ in range(1 + request.twice):
            self.sent += 1
            answer = self.sender.client.generic(
                "PUT" if request.kind in ("manifest", "index", "expectations") else "POST",
                request.path,
                packed[request.encoding]() if request.encoding else body,
                content_type=request.content_type,
                headers={
                    "Authorization": f"Bearer {self.sender.secret}",
                    "Content-Encoding": request.encoding or "identity",
                },
            )
            self.answers[answer.status_code] += 1
            assert answer.status_code < 500, (answer.status_code, answer.content[:500])
            if request.sound:
                assert answer.status_code in TAKEN, (answer.status_code, answer.content[:500])
            if request.beside and answer.status_code in TAKEN:
                self.neighbours.append((WHERE[request.kind], neighbour))

    def _named(self, request: Request) -> tuple[bytes, str]:
        own, of_the_round = f"request {self.sent}", f"round {self.rounds}"
        names = {NEIGHBOUR: own, TRACE: of_the_round if request.shared else own, RESPONSE: of_the_round}
        body = request.body
        for stands_for, named in names.items():
            made = hashlib.sha256(f"{stands_for} {named}".encode()).hexdigest()[:32]
            body = body.replace(stands_for.encode(), made.encode())
            body = body.replace(bytes.fromhex(stands_for), bytes.fromhex(made))
        return body, hashlib.sha256(f"{NEIGHBOUR} {own}".encode()).hexdigest()[:32]

    def check(self) -> None:
        """Drain the round, and look."""
        receive.spool().seal()
        waited = spool.spans_waiting(settings.SPOOL_DIR).total()
        before = self._account()
        with capture_logs() as logged:
            self.drain.drain()
            self._read_all()
        assert [line for line in logged if line["log_level"] in ("error", "critical")] == []
        assert bad_files(settings.SPOOL_DIR) == []
        account = self._account()
        assert account["bad"] == 0
        assert sum(account.values()) - sum(before.values()) == waited
        [(spans, different, sent)] = store.rows(SPANS)
        assert (spans, account["stored"]) == (different, sent)
        [(traces, different)] = store.rows("SELECT count(), uniqExact(trace_id) FROM traces FINAL")
        assert traces == different
        for table, trace_id in self.neighbours:
            column = "subject" if table == "expectations" else "trace_id"
            assert store.rows(f"SELECT 1 FROM {table} WHERE {column} = '{trace_id}'"), (table, trace_id)

    def _account(self) -> dict[str, int]:
        names = ("stored", "duplicate", "rejected", "bad")
        [row] = store.rows(f"SELECT {', '.join(f'sum({name})' for name in names)} FROM account FINAL")
        return dict(zip(names, map(int, row), strict=True))

    def _read_all(self) -> None:
        """Each trace is read and judged, the latest one is shown, and so are the lists."""
        found = [
            TraceKey(*row)
            for row in store.rows("SELECT key_ts, trace_id FROM traces FINAL ORDER BY version DESC LIMIT 30")
        ]
        for one in stored_traces(project="atlas", keys=found):
            assert not any("could not be read beyond" in warning for warning in one.trace.warnings), one.trace
            assess(one.trace, 1)
            judged_row(Case(one.trace, settled=True), 1)
        pages = ["/p/atlas/traces", "/p/atlas/ingest/", *(f"/p/atlas/traces/{key.trace_id}" for key in found[:2])]
        self._look(self.viewer, pages[self.rounds % len(pages)])
        keyed = ["/api/v1/traces", *(f"/api/v1/traces/{key.trace_id}" for key in found[:3])]
        self._look(self.sender.client, keyed[self.rounds % len(keyed)], Authorization=f"Bearer {self.sender.secret}")

    def _look(self, client: Client, path: str, **headers: Any) -> None:
        answer = client.get(path, headers=headers)
        assert answer.status_code == 200, (path, answer.status_code)
