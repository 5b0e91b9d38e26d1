"""OpenTelemetry as an application sets it up, with ids that can be repeated and spans that can be collected."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.trace import Span, Status, StatusCode

from demo.telemetry.clock import LiveClock, PastClock

SERVICE = "docs-assistant"
# The SDK keeps 128 attributes a span and evicts the oldest: with 20 documents, the query and the best ranks go.
LIMITS = SpanLimits(max_attributes=10_000, max_span_attributes=10_000, max_events=256)


class RepeatableIds(IdGenerator):
    """Ids made from a key, so that the same turn sent twice is the same trace; random where no key is set."""

    def __init__(self) -> None:
        self._key = ""
        self._count = 0
        self._random = RandomIdGenerator()

    def begin(self, key: str) -> None:
        self._key, self._count = key, 0

    def generate_trace_id(self) -> int:
        return int(trace_id_of(self._key), 16) if self._key else self._random.generate_trace_id()

    def generate_span_id(self) -> int:
        if not self._key:
            return self._random.generate_span_id()
        self._count += 1
        return int(hashlib.sha256(f"{self._key}|{self._count}".encode()).hexdigest()[:16], 16)


def trace_id_of(key: str) -> str:
    return hashlib.sha256(f"trace|{key}".encode()).hexdigest()[:32]


class Collector(SpanExporter):
    """Keeps finished spans for a sender that batches them itself."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.spans.extend(spans)
        return SpanExportResult.SUCCESS

    def take(self) -> list[ReadableSpan]:
        taken, self.spans = self.spans, []
        return taken


class Telemetry:
    """One application at one release."""

    def __init__(self, exporter: SpanExporter, release: str = "2026.11.2", environment: str = "prod") -> None:
        self.ids = RepeatableIds()
        self.release = release
        resource = Resource.create(
            {"service.name": SERVICE, "service.version": release, "deployment.environment.name": environment}
        )
        self.provider = TracerProvider(
            resource=resource, span_limits=LIMITS, id_generator=self.ids, shutdown_on_exit=False
        )
        collects = isinstance(exporter, Collector)
        self.provider.add_span_processor(SimpleSpanProcessor(exporter) if collects else BatchSpanProcessor(exporter))
        self._tracer = self.provider.get_tracer("docs_assistant", release)
        self.clock: LiveClock | PastClock = LiveClock()

    @contextmanager
    def span(self, name: str, kind: str, **attributes: str | int | float | bool) -> Iterator[Span]:
        named = {key.replace("__", "."): value for key, value in attributes.items()}
        span = self._tracer.start_span(
            name, attributes={"openinference.span.kind": kind, **named}, start_time=self.clock.now()
        )
        with trace.use_span(span, end_on_exit=False, record_exception=False, set_status_on_exception=False):
            try:
                yield span
                span.set_status(Status(StatusCode.OK))
            except Exception as failure:
                span.record_exception(failure, timestamp=self.clock.now())
                span.set_attribute(
                    "error.type", "timeout" if isinstance(failure, TimeoutError) else type(failure).__name__
                )
                span.set_status(Status(StatusCode.ERROR, str(failure)))
                raise
            finally:
                span.end(end_time=self.clock.now())
