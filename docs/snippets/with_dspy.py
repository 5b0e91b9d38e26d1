import json
import os

import dspy
from dspy.utils import DummyLM
from openinference.instrumentation import using_attributes
from openinference.instrumentation.dspy import DSPyInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

URL = os.environ["STAGELIGHT_URL"]
KEY = os.environ["STAGELIGHT_KEY"]

# The default limit of 128 attributes a span loses the best documents of a long list.
provider = TracerProvider(span_limits=SpanLimits(max_span_attributes=10_000))
exporter = OTLPSpanExporter(endpoint=f"{URL}/v1/traces", headers={"Authorization": f"Bearer {KEY}"})
provider.add_span_processor(BatchSpanProcessor(exporter))
DSPyInstrumentor().instrument(tracer_provider=provider)
tracer = provider.get_tracer("my-rag")


# From here on it is your own application; this one needs no model and no network.
class Answer(dspy.Module):
    def __init__(self) -> None:
        super().__init__()
        self.generate = dspy.Predict("context, question -> answer")

    def search(self, question: str) -> list[str]:
        # dspy.Retrieve is traced, with texts alone, and its subclasses are not: a span of yours says more.
        with tracer.start_as_current_span("vector") as span:
            found = [{"chunk_id": "c1", "title": "Retrying", "text": "Call self.retry() in the task.", "rank": 1}]
            span.set_attribute("rag.stage", "retrieve")
            span.set_attribute("rag.lane", "vector")
            span.set_attribute("rag.candidates", json.dumps(found))
        return [each["text"] for each in found]

    def forward(self, question: str) -> dspy.Prediction:
        return self.generate(context=self.search(question), question=question)


dspy.configure(lm=DummyLM([{"answer": "Call self.retry() in the task [1]."}]))
with using_attributes(session_id="s1", user_id="u1"):
    print(Answer()(question="How do I retry a task?").answer)

provider.shutdown()  # sends what is still in the queue
