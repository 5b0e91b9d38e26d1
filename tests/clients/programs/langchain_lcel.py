"""LangChain: two retrievers, an ensemble, a compressor that reranks, a chat model; one answer streamed, one failing.

Instrumented by whom the variable INSTRUMENTED_BY names.
"""

import os

from corpus import FAILING, KEPT, LEXICAL, PASSAGES, QUESTION, RERANKED, SESSION, STREAMED, USER, VECTOR
from langchain_classic.retrievers import ContextualCompressionRetriever, EnsembleRetriever
from langchain_core.documents import BaseDocumentCompressor, Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from langchain_openai import ChatOpenAI
from telemetry import HEADERS, URL, tracer_provider

DOCUMENTS = {each: Document(id=each, page_content=text, metadata={"title": each}) for each, text in PASSAGES.items()}


class VectorRetriever(BaseRetriever):
    found: list[str] = list(VECTOR)

    def _get_relevant_documents(self, query, *, run_manager):
        return [DOCUMENTS[each] for each in self.found]


class Bm25Retriever(VectorRetriever):
    found: list[str] = list(LEXICAL)


class Reranker(BaseDocumentCompressor):
    def compress_documents(self, documents, query, callbacks=None):
        ranked = sorted(documents, key=lambda each: -RERANKED[each.id])[:KEPT]
        return [
            Document(id=each.id, page_content=each.page_content, metadata={"relevance_score": RERANKED[each.id]})
            for each in ranked
        ]


def chain():
    ensemble = EnsembleRetriever(retrievers=[VectorRetriever(), Bm25Retriever()], weights=[0.5, 0.5])
    retriever = ContextualCompressionRetriever(base_compressor=Reranker(), base_retriever=ensemble)
    prompt = ChatPromptTemplate.from_template("Answer from the context.\n\n{context}\n\nQuestion: {question}")
    passages = retriever | (lambda found: "\n\n".join(each.page_content for each in found))
    model = ChatOpenAI(model="gpt-4o-mini", max_retries=0, stream_usage=True)
    route = RunnableLambda(lambda question: {"intent": "how_to", "product": "celery"}).with_config(run_name="route")
    asked = {"context": passages, "question": RunnablePassthrough(), "routed": route}
    return asked | prompt | model | StrOutputParser()


def openinference():
    from openinference.instrumentation.langchain import LangChainInstrumentor

    provider = tracer_provider()
    LangChainInstrumentor().instrument(tracer_provider=provider)
    return provider.shutdown, {}


def genai():
    from opentelemetry.instrumentation.genai.langchain import LangChainInstrumentor

    provider = tracer_provider()
    LangChainInstrumentor().instrument(tracer_provider=provider)
    return provider.shutdown, {}


def traceloop():
    from traceloop.sdk import Traceloop
    from traceloop.sdk.instruments import Instruments

    only = {Instruments.LANGCHAIN}
    Traceloop.init(app_name="docs-assistant", api_endpoint=URL, headers=HEADERS, instruments=only)
    return lambda: None, {}


def langfuse():
    from langfuse import Langfuse
    from langfuse.langchain import CallbackHandler

    client = Langfuse(base_url=URL, public_key="pk-lf-any", secret_key=os.environ["STAGELIGHT_KEY"])
    who = {"langfuse_session_id": SESSION, "langfuse_user_id": USER}
    return client.shutdown, {"callbacks": [CallbackHandler()], "metadata": who}


def main():
    instrument = {each.__name__: each for each in (openinference, genai, traceloop, langfuse)}
    shutdown, more = instrument[os.environ["INSTRUMENTED_BY"]]()
    config = {"metadata": {"session_id": SESSION, "user_id": USER}, "run_name": "ask"} | more
    print(chain().invoke(QUESTION, config))
    print("".join(chain().stream(STREAMED, config)))
    try:
        chain().invoke(FAILING, config)
    except Exception as error:
        print(type(error).__name__)
    shutdown()


main()
