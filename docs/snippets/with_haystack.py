import os

from haystack import Document, Pipeline, component
from haystack.components.builders import PromptBuilder
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from openinference.instrumentation import using_attributes
from openinference.instrumentation.haystack import HaystackInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

URL = os.environ["STAGELIGHT_URL"]
KEY = os.environ["STAGELIGHT_KEY"]

# The default limit of 128 attributes a span loses the best documents of a long list.
provider = TracerProvider(span_limits=SpanLimits(max_span_attributes=10_000))
exporter = OTLPSpanExporter(endpoint=f"{URL}/v1/traces", headers={"Authorization": f"Bearer {KEY}"})
provider.add_span_processor(BatchSpanProcessor(exporter))
HaystackInstrumentor().instrument(tracer_provider=provider)


# From here on it is your own application; this one needs no model and no network.
@component
class FakeGenerator:
    @component.output_types(replies=list[str])
    def run(self, prompt: str) -> dict:
        return {"replies": ["Call self.retry() in the task [1]."]}


store = InMemoryDocumentStore()
store.write_documents([Document(id="c1", content="Call self.retry() in the task.", meta={"title": "Retrying"})])
template = "{% for each in documents %}[{{ loop.index }}] {{ each.content }}\n{% endfor %}\n{{ query }}"
pipeline = Pipeline()
pipeline.add_component("bm25_retriever", InMemoryBM25Retriever(store))
pipeline.add_component("prompt_builder", PromptBuilder(template, required_variables=["documents", "query"]))
pipeline.add_component("generator", FakeGenerator())
pipeline.connect("bm25_retriever.documents", "prompt_builder.documents")
pipeline.connect("prompt_builder.prompt", "generator.prompt")
question = "How do I retry a task?"
with using_attributes(session_id="s1", user_id="u1"):
    print(pipeline.run({"bm25_retriever": {"query": question}, "prompt_builder": {"query": question}}))

provider.shutdown()  # sends what is still in the queue
