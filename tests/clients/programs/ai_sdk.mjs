// The AI SDK: an embedding, a reranker, an answer and a stream, over OTLP's JSON; the retriever is the application's own.
import { readFileSync } from "node:fs";

import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { embed, generateText, rerank, streamText } from "ai";
import { MockEmbeddingModelV3, MockLanguageModelV3, MockRerankingModelV3, simulateReadableStream } from "ai/test";

const { PASSAGES, VECTOR, RERANKED, KEPT, QUESTION, STREAMED, SESSION, USER, ANSWER } = JSON.parse(readFileSync(0));
const headers = { Authorization: `Bearer ${process.env.STAGELIGHT_KEY}` };
const exporter = new OTLPTraceExporter({ url: `${process.env.STAGELIGHT_URL}/v1/traces`, headers });
const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
provider.register();
const tracer = provider.getTracer("docs-assistant");
const telemetry = { isEnabled: true, functionId: "ask", metadata: { sessionId: SESSION, userId: USER } };

const usage = { inputTokens: { total: 40, noCache: 28, cacheRead: 12 }, outputTokens: { total: 9, text: 9 } };
const finishReason = { unified: "stop", raw: "stop" };
const said = [
  { type: "text-start", id: "1" },
  { type: "text-delta", id: "1", delta: ANSWER },
  { type: "text-end", id: "1" },
  { type: "finish", finishReason, usage },
];
const model = new MockLanguageModelV3({
  doGenerate: async () => ({ content: [{ type: "text", text: ANSWER }], finishReason, usage, warnings: [] }),
  doStream: async () => ({ stream: simulateReadableStream({ chunks: said }) }),
});
const embedder = new MockEmbeddingModelV3({
  doEmbed: async () => ({ embeddings: [[1, 0.5]], usage: { tokens: 4 }, warnings: [] }),
});
const reranker = new MockRerankingModelV3({
  doRerank: async ({ documents, topN }) => {
    const scored = documents.values.map(({ id }, index) => ({ index, relevanceScore: RERANKED[id] }));
    return { ranking: scored.sort((a, b) => b.relevanceScore - a.relevanceScore).slice(0, topN), warnings: [] };
  },
});

function search(query) {
  return tracer.startActiveSpan("vector", (span) => {
    const found = Object.entries(VECTOR).map(([id, score]) => ({ id, score, text: PASSAGES[id] }));
    span.setAttributes({ "openinference.span.kind": "RETRIEVER", "input.value": query });
    span.setAttribute("output.value", JSON.stringify(found));
    span.end();
    return found;
  });
}

async function ask(query, streamed) {
  await tracer.startActiveSpan("ask", async (root) => {
    await embed({ model: embedder, value: query, experimental_telemetry: telemetry });
    const documents = search(query);
    const asked = { model: reranker, documents, query, topN: KEPT, experimental_telemetry: telemetry };
    const { rerankedDocuments } = await rerank(asked);
    const passages = rerankedDocuments.map(({ text }, at) => `[${at + 1}] ${text}`).join("\n");
    const prompt = `${passages}\n\nQuestion: ${query}`;
    const call = { model, system: "Answer from the passages.", prompt, experimental_telemetry: telemetry };
    await (streamed ? streamText(call).text : generateText(call));
    root.end();
  });
}

await ask(QUESTION, false);
await ask(STREAMED, true);
await provider.shutdown();
