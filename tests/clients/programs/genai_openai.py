"""OpenTelemetry GenAI: its OpenAI instrumentation and its handler for retrieval; content on spans or in log records."""

from contextlib import suppress

import openai
from corpus import FAILING, KEPT, LEXICAL, PASSAGES, QUESTION, RERANKED, SESSION, STREAMED, VECTOR
from opentelemetry._logs import SeverityNumber
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.util.genai.handler import TelemetryHandler
from opentelemetry.util.genai.types import InputMessage, OutputMessage, Text
from telemetry import HEADERS, RESOURCE, URL, tracer_provider


class Assistant:
    def __init__(self, provider, logs):
        self.handler = TelemetryHandler(tracer_provider=provider, logger_provider=logs)
        self.logger = logs.get_logger("my-rag")
        self.client = openai.OpenAI(max_retries=0)

    def retrieve(self, question, source, scores, model=None):
        with self.handler.retrieval(data_source_id=source, provider="my-index", request_model=model) as found:
            found.query_text = question
            found.top_k = len(scores)
            found.documents = [{"id": each, "score": score} for each, score in scores.items()]
        return list(scores)

    def ask(self, question, stream=False):
        with self.handler.workflow("ask", conversation_id=SESSION) as workflow:
            workflow.input_messages = [InputMessage(role="user", parts=[Text(content=question)])]
            self.retrieve(question, "vector", VECTOR)
            self.retrieve(question, "bm25", LEXICAL)
            kept = dict(sorted(RERANKED.items(), key=lambda item: -item[1])[:KEPT])
            self.retrieve(question, "rerank", kept, "cross-encoder")
            answer = self.generate(
                "\n".join(f"[{at}] {PASSAGES[each]}" for at, each in enumerate(kept, 1)), question, stream
            )
            workflow.output_messages = [
                OutputMessage(role="assistant", parts=[Text(content=answer)], finish_reason="stop")
            ]
            self.evaluated(0.9)

    def generate(self, passages, question, stream):
        messages = [
            {"role": "system", "content": "Answer from the passages alone."},
            {"role": "user", "content": f"{passages}\n\n{question}"},
        ]
        asked = {"model": "gpt-4o-mini", "messages": messages}
        if not stream:
            return self.client.chat.completions.create(**asked).choices[0].message.content
        chunks = self.client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True})
        return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)

    def evaluated(self, score):
        self.logger.emit(
            event_name="gen_ai.evaluation.result",
            severity_number=SeverityNumber.INFO,
            attributes={"gen_ai.evaluation.name": "groundedness", "gen_ai.evaluation.score.value": score},
        )


def main():
    provider, logs = tracer_provider(), LoggerProvider(resource=RESOURCE)
    logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(endpoint=f"{URL}/v1/logs", headers=HEADERS)))
    OpenAIInstrumentor().instrument(tracer_provider=provider, logger_provider=logs)
    assistant = Assistant(provider, logs)
    assistant.ask(QUESTION)
    assistant.ask(STREAMED, stream=True)
    with suppress(openai.APIError):
        assistant.ask(FAILING)
    provider.shutdown()
    logs.shutdown()


main()
