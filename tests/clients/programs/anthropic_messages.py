"""The Anthropic SDK: messages and streams of them, spans of OpenInference around; feedback after it."""

import anthropic
from corpus import FAILING, KEPT, LEXICAL, PASSAGES, QUESTION, RERANKED, SESSION, STREAMED, USER, VECTOR
from openinference.instrumentation import (
    OITracer,
    TraceConfig,
    get_reranker_attributes,
    get_retriever_attributes,
    using_attributes,
)
from openinference.instrumentation.anthropic import AnthropicInstrumentor
from opentelemetry.trace import Link
from telemetry import tracer_provider

MODEL = "claude-sonnet-5-5"


def document(each, score):
    return {"id": each, "content": PASSAGES[each], "score": score, "metadata": {"title": each, "product": "celery"}}


class Assistant:
    def __init__(self, provider):
        self.tracer = OITracer(provider.get_tracer("my-rag"), TraceConfig())
        self.claude = anthropic.Anthropic(max_retries=0)

    def search(self, question, lane, scores):
        with self.tracer.start_as_current_span(lane, openinference_span_kind="retriever") as span:
            span.set_input(question)
            span.set_attributes(get_retriever_attributes(documents=[document(*each) for each in scores.items()]))
        return list(scores)

    def rerank(self, question, found):
        ranked = sorted(found, key=lambda each: -RERANKED[each])
        with self.tracer.start_as_current_span("rerank", openinference_span_kind="reranker") as span:
            told = get_reranker_attributes(
                query=question,
                model_name="cross-encoder",
                input_documents=[document(each, None) for each in found],
                output_documents=[document(each, RERANKED[each]) for each in ranked[:KEPT]],
                top_k=KEPT,
            )
            span.set_attributes(told)
        return ranked[:KEPT]

    def ask(self, question, stream=False):
        with self.tracer.start_as_current_span("ask", openinference_span_kind="chain") as span:
            span.set_input(question)
            found = dict.fromkeys(self.search(question, "vector", VECTOR) + self.search(question, "bm25", LEXICAL))
            passages = "\n".join(
                f"[{place}] {PASSAGES[each]}" for place, each in enumerate(self.rerank(question, list(found)), 1)
            )
            answer = self.generate(passages, question, stream)
            span.set_output(answer)
        return span.get_span_context()

    def generate(self, passages, question, stream):
        asked = {
            "model": MODEL,
            "max_tokens": 300,
            "system": "Answer from the passages alone.",
            "messages": [{"role": "user", "content": f"{passages}\n\n{question}"}],
        }
        if not stream:
            return self.claude.messages.create(**asked).content[0].text
        with self.claude.messages.stream(**asked) as events:
            return "".join(events.text_stream)

    def feedback(self, context):
        carrier = self.tracer.start_span("user feedback", links=[Link(context)], openinference_span_kind="evaluator")
        for part, value in (("name", "user_feedback"), ("label", "up"), ("score", 1.0), ("annotator_kind", "HUMAN")):
            carrier.set_attribute(f"trace.annotations.0.annotation.{part}", value)
        carrier.end()


def main():
    provider = tracer_provider()
    AnthropicInstrumentor().instrument(tracer_provider=provider)
    assistant = Assistant(provider)
    with using_attributes(session_id=SESSION, user_id=USER):
        answered = assistant.ask(QUESTION)
        assistant.ask(STREAMED, stream=True)
        try:
            assistant.ask(FAILING)
        except anthropic.APIError as error:
            print(type(error).__name__)
    assistant.feedback(answered)
    provider.shutdown()


main()
