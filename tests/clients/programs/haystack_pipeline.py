"""Haystack: two retrievers, a joiner, a ranker, a prompt, a generator; by OpenInference, or traced by itself."""

import os
from contextlib import nullcontext

from corpus import KEPT, LEXICAL, PASSAGES, QUESTION, RERANKED, SESSION, USER, VECTOR
from haystack import Document, Pipeline, component, tracing
from haystack.components.builders import ChatPromptBuilder
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.components.joiners import DocumentJoiner
from haystack.dataclasses import ChatMessage
from haystack_integrations.tracing.opentelemetry import OpenTelemetryTracer
from openinference.instrumentation import using_attributes
from openinference.instrumentation.haystack import HaystackInstrumentor
from telemetry import tracer_provider

TEMPLATE = "{% for each in documents %}[{{ loop.index }}] {{ each.content }}\n{% endfor %}\nQuestion: {{ query }}"


def documents(scores):
    found = (
        Document(id=each, content=PASSAGES[each], meta={"title": each}, score=score) for each, score in scores.items()
    )
    return list(found)


@component
class VectorRetriever:
    @component.output_types(documents=list[Document])
    def run(self, query: str):
        return {"documents": documents(VECTOR)}


@component
class Bm25Retriever:
    @component.output_types(documents=list[Document])
    def run(self, query: str):
        return {"documents": documents(LEXICAL)}


@component
class CrossEncoderRanker:
    @component.output_types(documents=list[Document])
    def run(self, query: str, documents: list[Document]):
        ranked = sorted(documents, key=lambda each: -RERANKED[each.id])[:KEPT]
        kept = [Document(id=each.id, content=each.content, meta=each.meta, score=RERANKED[each.id]) for each in ranked]
        return {"documents": kept}


def pipeline():
    built = Pipeline()
    built.add_component("vector", VectorRetriever())
    built.add_component("bm25", Bm25Retriever())
    built.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion"))
    built.add_component("ranker", CrossEncoderRanker())
    built.add_component("prompt", ChatPromptBuilder([ChatMessage.from_user(TEMPLATE)], required_variables="*"))
    built.add_component("llm", OpenAIChatGenerator(model="gpt-4o-mini", max_retries=0))
    built.connect("vector", "joiner")
    built.connect("bm25", "joiner")
    built.connect("joiner", "ranker")
    built.connect("ranker", "prompt.documents")
    built.connect("prompt", "llm.messages")
    return built


def main():
    provider = tracer_provider()
    native = "HAYSTACK_CONTENT_TRACING_ENABLED" in os.environ
    if native:
        tracing.enable_tracing(OpenTelemetryTracer(provider.get_tracer("haystack")))
    else:
        HaystackInstrumentor().instrument(tracer_provider=provider)
    named = {each: {"query": QUESTION} for each in ("vector", "bm25", "ranker", "prompt")}
    with nullcontext() if native else using_attributes(session_id=SESSION, user_id=USER):
        print(pipeline().run(named)["llm"]["replies"][0].text)
    provider.shutdown()


main()
