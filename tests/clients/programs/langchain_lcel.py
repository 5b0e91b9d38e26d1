"""LangChain: two retrievers, an ensemble, a compressor that reranks, a chat model; one answer streamed, one failing."""

from corpus import FAILING, KEPT, LEXICAL, PASSAGES, QUESTION, RERANKED, SESSION, STREAMED, USER, VECTOR
from langchain_classic.retrievers import ContextualCompressionRetriever, EnsembleRetriever
from langchain_core.documents import BaseDocumentCompressor, Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from langchain_openai import ChatOpenAI
from openinference.instrumentation.langchain import LangChainInstrumentor
from telemetry import tracer_provider

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


def main():
    provider = tracer_provider()
    LangChainInstrumentor().instrument(tracer_provider=provider)
    config = {"metadata": {"session_id": SESSION, "user_id": USER}, "run_name": "ask"}
    print(chain().invoke(QUESTION, config))
    print("".join(chain().stream(STREAMED, config)))
    try:
        chain().invoke(FAILING, config)
    except Exception as error:
        print(type(error).__name__)
    provider.shutdown()


main()
