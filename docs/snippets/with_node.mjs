import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";

const url = process.env.STAGELIGHT_URL;
const key = process.env.STAGELIGHT_KEY;

const exporter = new OTLPTraceExporter({ url: `${url}/v1/traces`, headers: { Authorization: `Bearer ${key}` } });
const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
provider.register();
const tracer = provider.getTracer("my-rag");

tracer.startActiveSpan("answer", (root) => {
  root.setAttribute("openinference.span.kind", "CHAIN");
  root.setAttribute("input.value", "How do I retry a task?");
  tracer.startActiveSpan("search", (span) => {
    span.setAttribute("rag.stage", "retrieve");
    span.setAttribute("rag.lane", "vector");
    const found = [{ chunk_id: "c1", title: "Retrying", text: "Call self.retry() in the task.", rank: 1, score: 0.82 }];
    span.setAttribute("rag.candidates", JSON.stringify(found));
    span.end();
  });
  root.setAttribute("output.value", "Call self.retry() in the task [1].");
  root.end();
});

await provider.shutdown(); // sends what is still in the queue
