"""MLflow: its decorators and its types of spans; one answer, one failing."""

import os

os.environ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = f"{os.environ['STAGELIGHT_URL']}/v1/traces"
os.environ["OTEL_EXPORTER_OTLP_TRACES_HEADERS"] = f"Authorization=Bearer%20{os.environ['STAGELIGHT_KEY']}"
os.environ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] = "http/protobuf"

from contextlib import suppress

import mlflow
import openai
from corpus import FAILING, KEPT, LEXICAL, PASSAGES, QUESTION, RERANKED, VECTOR
from mlflow.entities import Document, SpanType

client = openai.OpenAI(max_retries=0)


def listed(scores):
    return [
        Document(id=each, page_content=PASSAGES[each], metadata={"title": each, "score": score})
        for each, score in scores.items()
    ]


@mlflow.trace(span_type=SpanType.RETRIEVER)
def vector(question):
    return listed(VECTOR)


@mlflow.trace(span_type=SpanType.RETRIEVER)
def bm25(question):
    return listed(LEXICAL)


@mlflow.trace(span_type=SpanType.RERANKER)
def rerank(question, found):
    return listed(dict(sorted(((each, RERANKED[each]) for each in found), key=lambda item: -item[1])[:KEPT]))


@mlflow.trace(span_type=SpanType.CHAT_MODEL)
def generate(messages):
    said = client.chat.completions.create(model="gpt-4o-mini", messages=messages)
    span = mlflow.get_current_active_span()
    span.set_attribute("mlflow.llm.model", said.model)
    used = {"input_tokens": said.usage.prompt_tokens, "output_tokens": said.usage.completion_tokens}
    span.set_attribute("mlflow.chat.tokenUsage", used)
    return said.choices[0].message.content


@mlflow.trace(span_type=SpanType.CHAIN)
def ask(question):
    found = dict.fromkeys(each.id for each in vector(question) + bm25(question))
    kept = rerank(question, list(found))
    passages = "\n".join(f"[{place}] {each.page_content}" for place, each in enumerate(kept, 1))
    return generate([{"role": "user", "content": f"{passages}\n\nQuestion: {question}"}])


print(ask(QUESTION))
with suppress(openai.APIError):
    ask(FAILING)
