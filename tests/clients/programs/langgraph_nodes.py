"""LangGraph: a node a stage, and spans of the application's own inside two of them."""

import json
from typing import TypedDict

from corpus import KEPT, LEXICAL, PASSAGES, QUESTION, RERANKED, SESSION, USER, VECTOR
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, StateGraph
from openinference.instrumentation.langchain import LangChainInstrumentor, get_current_span
from opentelemetry import trace
from telemetry import tracer_provider


class State(TypedDict, total=False):
    query: str
    rewritten: str
    found: list[str]
    kept: list[str]
    answer: str


def listed(scores, kind):
    return json.dumps(
        [
            {"id": each, "content": PASSAGES[each], kind: score}
            for each, score in sorted(scores.items(), key=lambda item: -item[1])
        ]
    )


def graph(tracer):
    model = ChatOpenAI(model="gpt-4o-mini", max_retries=0)

    def rewrite_query(state):
        return {"rewritten": f"{state['query']} celery"}

    def retrieve(state):
        with trace.use_span(get_current_span(), end_on_exit=False):
            for lane, scores in (("vector", VECTOR), ("bm25", LEXICAL)):
                with tracer.start_as_current_span(lane) as span:
                    span.set_attribute("openinference.span.kind", "RETRIEVER")
                    span.set_attribute("input.value", state["rewritten"])
                    span.set_attribute("output.value", listed(scores, "score"))
        return {"found": list(VECTOR | LEXICAL)}

    def rerank(state):
        kept = sorted(state["found"], key=lambda each: -RERANKED[each])[:KEPT]
        with trace.use_span(get_current_span(), end_on_exit=False), tracer.start_as_current_span("rerank") as span:
            span.set_attribute("openinference.span.kind", "RERANKER")
            span.set_attribute("reranker.model_name", "cross-encoder")
            for side, ids in (("input", state["found"]), ("output", kept)):
                for place, each in enumerate(ids):
                    key = f"reranker.{side}_documents.{place}.document"
                    span.set_attribute(f"{key}.id", each)
                    span.set_attribute(f"{key}.content", PASSAGES[each])
                    if side == "output":
                        span.set_attribute(f"{key}.score", RERANKED[each])
        return {"kept": kept}

    def generate(state):
        passages = "\n".join(f"[{place}] {PASSAGES[each]}" for place, each in enumerate(state["kept"], 1))
        return {"answer": model.invoke(f"{passages}\n\n{state['query']}").text}

    built = StateGraph(State)
    for node in (rewrite_query, retrieve, rerank, generate):
        built.add_node(node.__name__, node)
    built.add_edge(START, "rewrite_query")
    built.add_edge("rewrite_query", "retrieve")
    built.add_edge("retrieve", "rerank")
    built.add_edge("rerank", "generate")
    built.add_edge("generate", END)
    return built.compile()


def main():
    provider = tracer_provider()
    LangChainInstrumentor().instrument(tracer_provider=provider)
    config = {"metadata": {"session_id": SESSION, "user_id": USER}}
    print(graph(provider.get_tracer("my-rag")).invoke({"query": QUESTION}, config)["answer"])
    provider.shutdown()


main()
