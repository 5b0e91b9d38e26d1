import os

URL = os.environ["STAGELIGHT_URL"]
KEY = os.environ["STAGELIGHT_KEY"]

os.environ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = f"{URL}/v1/traces"
os.environ["OTEL_EXPORTER_OTLP_TRACES_HEADERS"] = f"Authorization=Bearer%20{KEY}"
os.environ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] = "http/protobuf"  # MLflow's default is gRPC

import mlflow  # noqa: E402
from mlflow.entities import Document, SpanType  # noqa: E402


@mlflow.trace(span_type=SpanType.RETRIEVER)
def vector(question: str) -> list[Document]:
    return [
        Document(id="c1", page_content="Call self.retry() in the task.", metadata={"title": "Retrying", "score": 0.82})
    ]


@mlflow.trace(span_type=SpanType.LLM)
def generate(prompt: str) -> str:
    return "Call self.retry() in the task [1]."


@mlflow.trace(span_type=SpanType.CHAIN)
def answer(question: str) -> str:
    passages = "\n".join(f"[{place}] {each.page_content}" for place, each in enumerate(vector(question), 1))
    return generate(f"{passages}\n\n{question}")


print(answer("How do I retry a task?"))
