import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { streamText } from "ai";
import { MockLanguageModelV3, simulateReadableStream } from "ai/test";

const url = process.env.STAGELIGHT_URL;
const key = process.env.STAGELIGHT_KEY;

const exporter = new OTLPTraceExporter({ url: `${url}/v1/traces`, headers: { Authorization: `Bearer ${key}` } });
const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
provider.register();
const tracer = provider.getTracer("my-rag");

// From here on it is your own application; this model is the SDK's own stand-in and needs no network.
const finish = { unified: "stop", raw: "stop" };
const usage = { inputTokens: { total: 21, noCache: 21 }, outputTokens: { total: 9, text: 9 } };
const chunks = [
  { type: "text-start", id: "1" },
  { type: "text-delta", id: "1", delta: "Call self.retry() in the task [1]." },
  { type: "text-end", id: "1" },
  { type: "finish", finishReason: finish, usage },
];
const model = new MockLanguageModelV3({ doStream: async () => ({ stream: simulateReadableStream({ chunks }) }) });

function search(question) {
  return tracer.startActiveSpan("vector", (span) => {
    const found = [{ chunk_id: "c1", title: "Retrying", text: "Call self.retry() in the task.", rank: 1, score: 0.82 }];
    span.setAttribute("rag.stage", "retrieve");
    span.setAttribute("rag.lane", "vector");
    span.setAttribute("rag.candidates", JSON.stringify(found));
    span.end();
    return found;
  });
}

async function answer(question) {
  return tracer.startActiveSpan("answer", async (root) => {
    root.setAttribute("openinference.span.kind", "CHAIN");
    root.setAttribute("input.value", question);
    const passages = search(question).map((each, place) => `[${place + 1}] ${each.text}`).join("\n");
    const telemetry = { isEnabled: true, metadata: { sessionId: "s1", userId: "u1" } };
    const said = streamText({ model, prompt: `${passages}\n\n${question}`, experimental_telemetry: telemetry });
    const text = await said.text;
    root.setAttribute("output.value", text);
    root.end();
    return text;
  });
}

console.log(await answer("How do I retry a task?"));
await provider.shutdown(); // sends what is still in the queue
