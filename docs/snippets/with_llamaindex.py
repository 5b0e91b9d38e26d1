import os

from llama_index.core import MockEmbedding, Settings, VectorStoreIndex
from llama_index.core.llms import MockLLM
from llama_index.core.schema import TextNode
from openinference.instrumentation import using_attributes
from openinference.instrumentation.llama_index import LlamaIndexInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

URL = os.environ["STAGELIGHT_URL"]
KEY = os.environ["STAGELIGHT_KEY"]

# The default limit of 128 attributes a span loses the best documents of a long list.
provider = TracerProvider(span_limits=SpanLimits(max_span_attributes=10_000))
exporter = OTLPSpanExporter(endpoint=f"{URL}/v1/traces", headers={"Authorization": f"Bearer {KEY}"})
provider.add_span_processor(BatchSpanProcessor(exporter))
LlamaIndexInstrumentor().instrument(tracer_provider=provider)

# From here on it is your own application; this one needs no model and no network.
Settings.llm, Settings.embed_model = MockLLM(max_tokens=40), MockEmbedding(embed_dim=8)
index = VectorStoreIndex([TextNode(id_="c1", text="Call self.retry() in the task.", metadata={"title": "Retrying"})])
with using_attributes(session_id="s1", user_id="u1"):
    print(index.as_query_engine(similarity_top_k=1).query("How do I retry a task?"))

provider.shutdown()  # sends what is still in the queue
