import os

from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.language_models import FakeListChatModel
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnablePassthrough
from langchain_core.vectorstores import InMemoryVectorStore
from openinference.instrumentation import using_attributes
from openinference.instrumentation.langchain import LangChainInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

URL = os.environ["STAGELIGHT_URL"]
KEY = os.environ["STAGELIGHT_KEY"]

# The default limit of 128 attributes a span loses the best documents of a long list.
provider = TracerProvider(span_limits=SpanLimits(max_span_attributes=10_000))
exporter = OTLPSpanExporter(endpoint=f"{URL}/v1/traces", headers={"Authorization": f"Bearer {KEY}"})
provider.add_span_processor(BatchSpanProcessor(exporter))
LangChainInstrumentor().instrument(tracer_provider=provider)

# From here on it is your own application; this one needs no model and no network.
store = InMemoryVectorStore(DeterministicFakeEmbedding(size=8))
# Give documents ids: a retriever of LangChain sends no scores, and without an id a chunk is known by its text alone.
store.add_documents([Document(id="c1", page_content="Call self.retry() in the task.", metadata={"title": "Retrying"})])
prompt = ChatPromptTemplate.from_template("Answer from the context.\n\n{context}\n\nQuestion: {question}")
model = FakeListChatModel(responses=["Call self.retry() in the task [1]."])
passages = store.as_retriever() | (lambda found: "\n\n".join(each.page_content for each in found))
chain = {"context": passages, "question": RunnablePassthrough()} | prompt | model | StrOutputParser()
with using_attributes(session_id="s1", user_id="u1"):
    print(chain.invoke("How do I retry a task?"))

provider.shutdown()  # sends what is still in the queue
