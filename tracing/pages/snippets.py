"""What to paste into one's pipeline: the files of docs/snippets, with this server's address and a key in them."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

FOLDER = Path(settings.BASE_DIR) / "docs" / "snippets"
_OTLP = "opentelemetry-sdk opentelemetry-exporter-otlp-proto-http"
_INSTRUMENTED = f"{_OTLP} openinference-instrumentation-"
_NODE = "npm install @opentelemetry/sdk-trace-node @opentelemetry/exporter-trace-otlp-proto"


@dataclass(frozen=True, slots=True)
class Snippet:
    """How one kind of client sends: what to install, and the code that sends a first trace."""

    slug: str
    label: str
    file: str
    install: str
    note: str = ""


SNIPPETS = (
    Snippet(
        "python",
        "OpenTelemetry",
        "with_opentelemetry.py",
        f"pip install {_OTLP}",
        "The attributes that begin with rag. are ours, for what no convention carries; all others are anybody's.",
    ),
    Snippet(
        "openinference",
        "OpenInference",
        "with_openinference.py",
        f"pip install openinference-instrumentation {_OTLP}",
        "By hand. An instrumentor for your framework does most of it: see the names beside this one.",
    ),
    Snippet(
        "llamaindex", "LlamaIndex", "with_llamaindex.py", f"pip install llama-index-core {_INSTRUMENTED}llama-index"
    ),
    Snippet(
        "langchain",
        "LangChain",
        "with_langchain.py",
        f"pip install langchain {_INSTRUMENTED}langchain",
        "A retriever of LangChain gives back no scores, so none arrive; a reranker may put its own into the metadata.",
    ),
    Snippet(
        "langgraph",
        "LangGraph",
        "with_langgraph.py",
        f"pip install langgraph langchain {_INSTRUMENTED}langchain",
        "Without get_current_span(), a span of yours in a node is the root of another trace.",
    ),
    Snippet("haystack", "Haystack", "with_haystack.py", f"pip install haystack-ai {_INSTRUMENTED}haystack"),
    Snippet(
        "anthropic",
        "Anthropic SDK",
        "with_anthropic.py",
        f"pip install anthropic {_INSTRUMENTED}anthropic",
        "The SDK needs its ANTHROPIC_API_KEY as well.",
    ),
    Snippet(
        "langfuse",
        "Langfuse",
        "with_langfuse.py",
        "pip install langfuse",
        "Already on Langfuse? Change LANGFUSE_BASE_URL and LANGFUSE_SECRET_KEY; the public key may be any text.",
    ),
    Snippet(
        "traceloop",
        "Traceloop",
        "with_traceloop.py",
        "pip install traceloop-sdk",
        "TRACELOOP_METRICS_ENABLED=false spares you its complaint that nothing takes metrics here.",
    ),
    Snippet(
        "mlflow",
        "MLflow",
        "with_mlflow.py",
        f"pip install mlflow-skinny {_OTLP}",
        "Leave MLFLOW_ENABLE_OTEL_GENAI_SEMCONV alone: it erases what retrievers found.",
    ),
    Snippet("dspy", "DSPy", "with_dspy.py", f"pip install dspy {_INSTRUMENTED}dspy"),
    Snippet("node", "Node", "with_node.mjs", _NODE),
    Snippet("ai-sdk", "AI SDK", "with_ai_sdk.mjs", f"{_NODE} ai@6"),
    Snippet(
        "rag",
        "All of rag.*",
        "rag_journey.py",
        f"pip install {_OTLP}",
        "Each span says what its stage did; together they fill the whole journey of each chunk.",
    ),
    Snippet(
        "curl",
        "curl",
        "with_curl.sh",
        "",
        "A trace that is sent again with the same id replaces the first.",
    ),
    Snippet(
        "environment",
        "Already instrumented",
        "with_environment.sh",
        "",
        "Any OpenTelemetry SDK reads these variables: no code changes.",
    ),
)


def filled(snippet: Snippet, url: str, key: str) -> str:
    """Its code, ready to paste: the address and the key stand where the file asks the environment."""
    code = written(snippet.file)
    for name, value in (("STAGELIGHT_URL", url), ("STAGELIGHT_KEY", key)):
        for asked in (f'os.environ["{name}"]', f"process.env.{name}"):
            code = code.replace(asked, f'"{value}"')
        code = code.replace(f"${name}", value)
    return code if re.search(r"\bos\.", code) else code.replace("import os\n", "", 1).lstrip()


@cache
def written(file: str) -> str:
    """A file of docs/snippets as it stands."""
    return (FOLDER / file).read_text().strip()
