"""Send collected spans in bulk over OTLP/HTTP, and count what was acknowledged.

The SDK's own exporter gives up on a batch after ten seconds and does not say how many spans the server refused; a
backfill waits as long as it is asked to, and reports.
"""

import gzip
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.trace import ReadableSpan

RETRYABLE = (429, 502, 503, 504)
PATIENCE_SECONDS = 60.0


class SendError(RuntimeError):
    """The server cannot be reached or refuses the key; the message says what to do."""


@dataclass
class Sender:
    url: str
    key: str
    acked_spans: int = 0
    rejected_spans: int = 0
    retries: int = 0

    def send(self, spans: Sequence[ReadableSpan]) -> None:
        if not spans:
            return
        body = gzip.compress(encode_spans(spans).SerializeToString(), compresslevel=1)
        headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"}
        answer = self._post("/v1/traces", body, headers)
        rejected = ExportTraceServiceResponse.FromString(answer).partial_success.rejected_spans
        self.rejected_spans += rejected
        self.acked_spans += len(spans) - rejected

    def _post(self, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            request = urllib.request.Request(self.url + path, data=body, method="POST")
            for name, value in (headers | {"Authorization": f"Bearer {self.key}"}).items():
                request.add_header(name, value)
            try:
                with urllib.request.urlopen(request, timeout=15) as response:
                    return response.read()
            except urllib.error.HTTPError as refusal:
                wait = _wait_after(refusal, self.url)
            except (urllib.error.URLError, ConnectionError, TimeoutError) as failure:
                wait = 1.0
                if time.monotonic() + wait > deadline:
                    raise SendError(
                        f"no server answers at {self.url} ({failure}); start it with `make up`"
                    ) from failure
            if time.monotonic() + wait > deadline:
                raise SendError(f"{self.url} was busy for {PATIENCE_SECONDS:.0f} s; try again")
            self.retries += 1
            time.sleep(wait)


def _wait_after(refusal: urllib.error.HTTPError, url: str) -> float:
    """Seconds to wait as the server asks; an answer that will not change is an error at once."""
    if refusal.code in (401, 403):
        raise SendError(
            f"{url} refuses the key (HTTP {refusal.code}); set STAGELIGHT_KEY or pass --key-file"
        ) from refusal
    if refusal.code not in RETRYABLE:
        detail = refusal.read()[:200].decode("utf-8", "replace")
        raise SendError(f"{url} answered HTTP {refusal.code}: {detail}") from refusal
    asked = refusal.headers.get("Retry-After", "1")
    return min(float(asked), 30.0) if asked.replace(".", "", 1).isdigit() else 2.0
