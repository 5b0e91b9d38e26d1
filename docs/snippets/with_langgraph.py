import json
import os
from typing import TypedDict

from langchain_core.language_models import FakeListChatModel
from langgraph.graph import END, START, StateGraph
from openinference.instrumentation.langchain import LangChainInstrumentor, get_current_span
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

URL = os.environ["STAGELIGHT_URL"]
KEY = os.environ["STAGELIGHT_KEY"]

# The default limit of 128 attributes a span loses the best documents of a long list.
provider = TracerProvider(span_limits=SpanLimits(max_span_attributes=10_000))
exporter = OTLPSpanExporter(endpoint=f"{URL}/v1/traces", headers={"Authorization": f"Bearer {KEY}"})
provider.add_span_processor(BatchSpanProcessor(exporter))
LangChainInstrumentor().instrument(tracer_provider=provider)
tracer = provider.get_tracer("my-rag")

# From here on it is your own application; this one needs no model and no network.
model = FakeListChatModel(responses=["Call self.retry() in the task [1]."])


class State(TypedDict, total=False):
    query: str
    found: list[dict]
    answer: str


def retrieve(state: State) -> State:
    # A span of yours inside a node begins a trace of its own, unless the node's span is made current first:
    # OpenTelemetry's own get_current_span() does not know it, the instrumentor's does.
    with trace.use_span(get_current_span(), end_on_exit=False), tracer.start_as_current_span("vector") as span:
        found = [
            {"chunk_id": "c1", "title": "Retrying", "text": "Call self.retry() in the task.", "rank": 1, "score": 0.82}
        ]
        span.set_attribute("rag.stage", "retrieve")
        span.set_attribute("rag.lane", "vector")
        span.set_attribute("rag.candidates", json.dumps(found))
    return {"found": found}


def generate(state: State) -> State:
    passages = "\n".join(f"[{place}] {each['text']}" for place, each in enumerate(state["found"], 1))
    return {"answer": str(model.invoke(f"{passages}\n\n{state['query']}").content)}


graph = StateGraph(State)
graph.add_node("retrieve", retrieve)
graph.add_node("generate", generate)
graph.add_edge(START, "retrieve")
graph.add_edge("retrieve", "generate")
graph.add_edge("generate", END)
said = graph.compile().invoke({"query": "How do I retry a task?"}, {"metadata": {"session_id": "s1", "user_id": "u1"}})
print(said["answer"])

provider.shutdown()  # sends what is still in the queue
