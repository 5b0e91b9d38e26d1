"""LlamaIndex: two retrievers fused, a reranker that sends its events, OpenAI's client; one streamed, one failing."""

from corpus import FAILING, KEPT, LEXICAL, PASSAGES, QUESTION, RERANKED, SESSION, STREAMED, USER, VECTOR
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.events.rerank import ReRankEndEvent, ReRankStartEvent
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import get_response_synthesizer
from llama_index.core.retrievers import BaseRetriever, QueryFusionRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index.llms.openai import OpenAI
from openinference.instrumentation import using_attributes
from openinference.instrumentation.llama_index import LlamaIndexInstrumentor
from telemetry import tracer_provider

NODES = {each: TextNode(id_=each, text=text, metadata={"title": each}) for each, text in PASSAGES.items()}
dispatcher = get_dispatcher(__name__)


class Lane(BaseRetriever):
    def __init__(self, scores):
        self.scores = scores
        super().__init__()

    def _retrieve(self, query_bundle):
        return [NodeWithScore(node=NODES[each], score=score) for each, score in self.scores.items()]


class VectorRetriever(Lane):
    pass


class Bm25Retriever(Lane):
    pass


class EventedReranker(BaseNodePostprocessor):
    def _postprocess_nodes(self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None):
        began = ReRankStartEvent(query=query_bundle, nodes=nodes, top_n=KEPT, model_name="cross-encoder")
        dispatcher.event(began)
        scored = [NodeWithScore(node=each.node, score=RERANKED[each.node.node_id]) for each in nodes]
        kept = sorted(scored, key=lambda each: -each.score)[:KEPT]
        dispatcher.event(ReRankEndEvent(nodes=kept))
        return kept


def engine(llm, streaming=False):
    fusion = QueryFusionRetriever(
        [VectorRetriever(VECTOR), Bm25Retriever(LEXICAL)], llm=llm, num_queries=1, mode="reciprocal_rerank",
        similarity_top_k=4, use_async=False,
    )  # fmt: skip
    synthesizer = get_response_synthesizer(llm=llm, streaming=streaming)
    return RetrieverQueryEngine(fusion, synthesizer, node_postprocessors=[EventedReranker()])


def main():
    provider = tracer_provider()
    LlamaIndexInstrumentor().instrument(tracer_provider=provider)
    llm = OpenAI(model="gpt-4o-mini", max_retries=0)
    with using_attributes(session_id=SESSION, user_id=USER):
        print(engine(llm).query(QUESTION))
        print("".join(engine(llm, streaming=True).query(STREAMED).response_gen))
        try:
            engine(llm).query(FAILING)
        except Exception as error:
            print(type(error).__name__)
    provider.shutdown()


main()
