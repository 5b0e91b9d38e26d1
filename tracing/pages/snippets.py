"""What to paste into one's pipeline, with this server's address and a key in it."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Snippet:
    """How one kind of client sends: what to install, and the code that sends a first trace."""

    slug: str
    label: str
    install: str
    code: str
    note: str = ""


def snippets(url: str, key: str) -> tuple[Snippet, ...]:
    """All of them, ready to paste; each sends one small trace when it is run."""
    fill = {
        "@URL@": url,
        "@KEY@": key,
        "@ID@": secrets.token_hex(16),
        "@NOW@": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    return tuple(
        Snippet(slug, label, install, _filled(code, fill), note) for slug, label, install, code, note in _TEMPLATES
    )


def _filled(code: str, fill: dict[str, str]) -> str:
    for mark, value in fill.items():
        code = code.replace(mark, value)
    return code.strip()


_PYTHON = """
import json

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
exporter = OTLPSpanExporter(
    endpoint="@URL@/v1/traces",
    headers={"Authorization": "Bearer @KEY@"},
)
provider.add_span_processor(BatchSpanProcessor(exporter))
tracer = provider.get_tracer("my-rag")

with tracer.start_as_current_span("answer") as root:
    root.set_attribute("openinference.span.kind", "CHAIN")
    root.set_attribute("input.value", "How do I retry a task?")
    with tracer.start_as_current_span("search") as span:
        span.set_attribute("rag.stage", "retrieve")
        span.set_attribute("rag.lane", "vector")
        found = {"chunk_id": "c1", "anchor": "doc_tasks#retrying", "text": "Call self.retry()."}
        span.set_attribute("rag.candidates", json.dumps([found]))
    root.set_attribute("output.value", "Call self.retry() in the task [1].")

provider.shutdown()  # sends what is still in the queue
"""

_OPENINFERENCE = """
from openinference.instrumentation.langchain import LangChainInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

# The default limit of 128 attributes a span loses the best documents of a long list.
provider = TracerProvider(span_limits=SpanLimits(max_span_attributes=10_000))
exporter = OTLPSpanExporter(
    endpoint="@URL@/v1/traces",
    headers={"Authorization": "Bearer @KEY@"},
)
provider.add_span_processor(BatchSpanProcessor(exporter))
LangChainInstrumentor().instrument(tracer_provider=provider)

# From here on, every chain that you run is a trace.
"""

_NODE = """
import { trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { NodeSDK } from "@opentelemetry/sdk-node";

const sdk = new NodeSDK({
  serviceName: "my-rag",
  traceExporter: new OTLPTraceExporter({
    url: "@URL@/v1/traces",
    headers: { Authorization: "Bearer @KEY@" },
  }),
});
sdk.start();

const tracer = trace.getTracer("my-rag");
tracer.startActiveSpan("answer", (root) => {
  root.setAttribute("openinference.span.kind", "CHAIN");
  root.setAttribute("input.value", "How do I retry a task?");
  tracer.startActiveSpan("search", (span) => {
    span.setAttribute("rag.stage", "retrieve");
    span.setAttribute("rag.lane", "vector");
    const found = { chunk_id: "c1", anchor: "doc_tasks#retrying", text: "Call self.retry()." };
    span.setAttribute("rag.candidates", JSON.stringify([found]));
    span.end();
  });
  root.setAttribute("output.value", "Call self.retry() in the task [1].");
  root.end();
});
await sdk.shutdown(); // sends what is still in the queue
"""

_CURL = """
curl -X POST @URL@/api/v1/traces \\
  -H 'Authorization: Bearer @KEY@' -H 'Content-Type: application/json' \\
  -d '{
    "trace_id": "@ID@",
    "started_at": "@NOW@",
    "query": "How do I retry a task?",
    "answer": "Call self.retry() in the task [1].",
    "candidates": [{"chunk_id": "c1", "anchor": "doc_tasks#retrying", "title": "Retrying",
                    "lanes": {"vector": {"rank": 1, "score": 0.82}}, "survived": true, "cited": true}]
  }'
"""

_ENVIRONMENT = """
OTEL_EXPORTER_OTLP_ENDPOINT=@URL@
OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer%20@KEY@"
OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT=10000
"""

_TEMPLATES = (
    (
        "python",
        "OpenTelemetry, Python",
        "pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http",
        _PYTHON,
        "",
    ),
    (
        "openinference",
        "OpenInference",
        "pip install openinference-instrumentation-langchain opentelemetry-sdk opentelemetry-exporter-otlp-proto-http",
        _OPENINFERENCE,
        "The same for LlamaIndex, Haystack, DSPy and the others: only the instrumentor's name changes.",
    ),
    (
        "node",
        "Node",
        "npm install @opentelemetry/api @opentelemetry/sdk-node @opentelemetry/exporter-trace-otlp-proto",
        _NODE,
        "",
    ),
    ("curl", "curl, JSON", "", _CURL, "A trace that is sent again with the same id replaces the first."),
    (
        "environment",
        "Already instrumented",
        "",
        _ENVIRONMENT,
        "Any OpenTelemetry SDK reads these variables: no code changes.",
    ),
)
