import json
import os

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

URL = os.environ["STAGELIGHT_URL"]
KEY = os.environ["STAGELIGHT_KEY"]

provider = TracerProvider()
exporter = OTLPSpanExporter(endpoint=f"{URL}/v1/traces", headers={"Authorization": f"Bearer {KEY}"})
provider.add_span_processor(BatchSpanProcessor(exporter))
tracer = provider.get_tracer("my-rag")

with tracer.start_as_current_span("answer") as root:
    root.set_attribute("openinference.span.kind", "CHAIN")
    root.set_attribute("input.value", "How do I retry a task?")
    with tracer.start_as_current_span("search") as span:
        span.set_attribute("rag.stage", "retrieve")
        span.set_attribute("rag.lane", "vector")
        found = {
            "chunk_id": "c1",
            "anchor": "doc_tasks#retrying",
            "text": "Call self.retry().",
            "rank": 1,
            "score": 0.82,
        }
        span.set_attribute("rag.candidates", json.dumps([found]))
    with tracer.start_as_current_span("chat") as span:
        span.set_attribute("gen_ai.operation.name", "chat")
        span.set_attribute("gen_ai.request.model", "claude-sonnet-5-5")
        prompt = [
            {"role": "user", "parts": [{"type": "text", "content": "[1] Call self.retry().\n\nHow do I retry a task?"}]}
        ]
        span.set_attribute("gen_ai.input.messages", json.dumps(prompt))
        span.set_attribute("gen_ai.usage.input_tokens", 21)
        span.set_attribute("gen_ai.usage.output_tokens", 9)
    root.set_attribute("output.value", "Call self.retry() in the task [1].")

provider.shutdown()  # sends what is still in the queue
