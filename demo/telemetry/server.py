"""The few calls of Stagelight's API that the demo makes beside sending spans."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass


class UnreachableError(RuntimeError):
    """Nothing answers at the URL."""


@dataclass(frozen=True)
class Server:
    url: str
    key: str

    def call(
        self, method: str, path: str, body: bytes | None = None, content_type: str = "application/json"
    ) -> tuple[int, object]:
        """(status, parsed body or None); raises only where no server answers."""
        request = urllib.request.Request(self.url + path, data=body, method=method)
        request.add_header("Authorization", f"Bearer {self.key}")
        request.add_header("Content-Type", content_type)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, _parsed(response.read())
        except urllib.error.HTTPError as refusal:
            return refusal.code, _parsed(refusal.read())
        except (urllib.error.URLError, ConnectionError, TimeoutError) as failure:
            raise UnreachableError(str(getattr(failure, "reason", failure))) from failure

    def is_up(self) -> bool:
        try:
            return self.call("GET", "/healthz")[0] < 500
        except UnreachableError:
            return False

    def trace(self, trace_id: str) -> dict[str, object] | None:
        status, found = self.call("GET", f"/api/v1/traces/{trace_id}")
        return found if status == 200 and isinstance(found, dict) else None

    def waiting(self) -> int:
        """How many spans are acknowledged and not stored yet."""
        status, found = self.call("GET", "/api/v1/ingest/account")
        return int(found["total"]["spans"]["waiting"]) if status == 200 and isinstance(found, dict) else 0

    def put_lines(self, path: str, lines: Iterable[str], **parameters: str) -> int:
        """Status of a JSON Lines upload: 404 where this server does not have the endpoint, or hung up on the body."""
        query = f"?{urllib.parse.urlencode(parameters)}" if parameters else ""
        body = ("\n".join(lines) + "\n").encode()
        try:
            return self.call("PUT", path + query, body, "application/x-ndjson")[0]
        except UnreachableError:
            # A server may answer a path that it does not know before it has read a megabyte, and close.
            if self.is_up():
                return 404
            raise

    def post_signals(self, signals: list[dict[str, object]]) -> int:
        return self.call("POST", "/api/v1/signals", json.dumps(signals).encode())[0]


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None
