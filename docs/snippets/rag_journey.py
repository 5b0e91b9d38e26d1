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


def step(name: str, **said: object) -> None:
    with provider.get_tracer("my-rag").start_as_current_span(name) as span:
        for key, value in said.items():
            span.set_attribute(f"rag.{key}", value if isinstance(value, str) else json.dumps(value))


retry = {"chunk_id": "c1", "title": "Retrying", "anchor": "doc_tasks#retry", "text": "Call retry()."}
limit = {"chunk_id": "c2", "title": "Limits", "anchor": "doc_tasks#limit", "text": "Count them."}
with provider.get_tracer("my-rag").start_as_current_span("answer") as root:
    root.set_attributes({"openinference.span.kind": "CHAIN", "input.value": "How do I retry a task?"})
    step("vector", stage="retrieve", lane="vector", candidates=[limit | {"score": 0.82}, retry | {"score": 0.71}])
    step("bm25", stage="retrieve", lane="bm25", candidates=[retry | {"score": 9.5}, limit | {"score": 7.1}])
    fused = [("c2", 1, 0.033), ("c1", 2, 0.032)]
    step("fuse", stage="retrieve", candidates=[{"id": c, "fused_rank": at, "fused_score": s} for c, at, s in fused])
    ranked = [("c1", 1, 0.94), ("c2", 2, 0.40)]
    step("rerank", stage="rerank", candidates=[{"id": c, "rerank_rank": at, "rerank_score": s} for c, at, s in ranked])
    kept = {"chunk_id": "c1", "slot": "docs", "tokens": 60, "kept_tokens": 60}
    lost = {"chunk_id": "c2", "slot": "docs", "tokens": 90, "kept_tokens": 0, "dropped_why": "budget"}
    step("pack", stage="context", context={"cap_tokens": 100, "slots": {"docs": 80}, "chunks": [kept, lost]})
    root.set_attribute("output.value", "Call retry() [1].")
provider.shutdown()
