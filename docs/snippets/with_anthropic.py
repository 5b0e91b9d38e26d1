import os

import anthropic
from openinference.instrumentation import TracerProvider, get_retriever_attributes, using_attributes
from openinference.instrumentation.anthropic import AnthropicInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import BatchSpanProcessor

URL = os.environ["STAGELIGHT_URL"]
KEY = os.environ["STAGELIGHT_KEY"]

provider = TracerProvider()  # OpenInference's own: it also raises the limit of 128 attributes a span
exporter = OTLPSpanExporter(endpoint=f"{URL}/v1/traces", headers={"Authorization": f"Bearer {KEY}"})
provider.add_span_processor(BatchSpanProcessor(exporter))
AnthropicInstrumentor().instrument(tracer_provider=provider)
tracer = provider.get_tracer("my-rag")
claude = anthropic.Anthropic()  # takes ANTHROPIC_API_KEY from the environment, as ever


def search(question: str) -> list[dict]:
    with tracer.start_as_current_span("vector", openinference_span_kind="retriever") as span:
        span.set_input(question)
        found = [
            {"id": "c1", "content": "Call self.retry() in the task.", "score": 0.82, "metadata": {"title": "Retrying"}}
        ]
        span.set_attributes(get_retriever_attributes(documents=found))
        return found


@tracer.chain(name="answer")
def answer(question: str) -> str:
    passages = "\n".join(f"[{place}] {each['content']}" for place, each in enumerate(search(question), 1))
    asked = {"role": "user", "content": f"{passages}\n\n{question}"}
    with claude.messages.stream(model="claude-sonnet-5-5", max_tokens=300, messages=[asked]) as stream:
        return stream.get_final_text()


with using_attributes(session_id="s1", user_id="u1"):
    print(answer("How do I retry a task?"))

provider.shutdown()  # sends what is still in the queue
