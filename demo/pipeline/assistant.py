"""The application: it runs a turn through the stages, and tells OpenTelemetry about each."""

from collections.abc import Callable

from opentelemetry.trace import Span, format_trace_id

from demo.corpus.library import Corpus
from demo.corpus.moves import former
from demo.faults import Injection
from demo.pipeline.context import assemble
from demo.pipeline.generate import generate
from demo.pipeline.rerank import MODEL as RERANKER
from demo.pipeline.rerank import rerank
from demo.pipeline.resolve import resolve
from demo.pipeline.retrieve import FLOORS, LANE_DEPTH, embed, fuse, search_lane
from demo.pipeline.retrieve import MODEL as EMBEDDER
from demo.pipeline.route import answer_directly, route
from demo.pipeline.turn import Turn
from demo.pipeline.validate import validate
from demo.search.index import Index
from demo.telemetry import attributes as say
from demo.telemetry.provider import Telemetry

SORRY = "Sorry, something went wrong. Please try again."


class Assistant:
    def __init__(self, corpus: Corpus, index: Index, telemetry: Telemetry) -> None:
        self.corpus = corpus
        self.index = index
        self.telemetry = telemetry
        # Old anchors too: the validator's list is no newer than the index that it checks.
        self.known_anchors = frozenset(corpus.places) | frozenset(map(former, corpus.places))

    def ask(self, turn: Turn, injection: Injection | None = None, key: str = "") -> Turn:
        """Answer; a stage that fails ends in an apology and a trace with an error. The same key gives the same ids."""
        self.telemetry.ids.begin(key)
        about = {"session__id": turn.session_id, "user__id": turn.user_id, "input__value": turn.question}
        about |= turn.attributes
        try:
            with self.telemetry.span("answer question", "CHAIN", **about) as root:
                turn.trace_id = format_trace_id(root.get_span_context().trace_id)
                try:
                    self._run(turn, injection)
                except Exception as failure:
                    turn.error, turn.answer = str(failure), SORRY
                    raise
                finally:
                    say.put_root(root, turn, self._versions(turn))
        except Exception:
            if turn.error is None:
                raise
        return turn

    def _versions(self, turn: Turn) -> dict[str, str]:
        versions = {
            "release": self.telemetry.release,
            "prompt": "answer-4",
            "index": self.index.version,
            "embedding": EMBEDDER,
            "reranker": RERANKER,
            "corpus": self.corpus.version,
        }
        return versions | turn.conditions.versions

    def _run(self, turn: Turn, injection: Injection | None) -> None:
        self._stage(turn, injection, "route", "CHAIN", lambda span: route(turn, self.index), say.put_route)
        if turn.intent == "greeting":
            answer_directly(turn)
            return
        self._stage(turn, injection, "resolve", "CHAIN", lambda span: resolve(turn, self.index), say.put_resolve)
        self._stage(turn, injection, "embed", "EMBEDDING", lambda span: self._embed(turn, span))
        self._stage(
            turn, injection, "retrieve", "RETRIEVER", lambda span: self._retrieve(turn, injection), self._put_fused
        )
        self._stage(turn, injection, "rerank", "RERANKER", lambda span: self._rerank(turn, span), self._put_reranked)
        self._stage(turn, injection, "context", "CHAIN", lambda span: assemble(turn), say.put_context)
        self._stage(turn, injection, "generate", "LLM", lambda span: self._generate(turn, span), say.put_model)
        self._stage(
            turn, injection, "validate", "GUARDRAIL", lambda span: validate(turn, self.known_anchors), say.put_validate
        )

    def _stage(
        self,
        turn: Turn,
        injection: Injection | None,
        stage: str,
        kind: str,
        work: Callable[[Span], None],
        describe: Callable[[Span, Turn], None] | None = None,
    ) -> None:
        with self.telemetry.span(stage, kind, rag__stage=stage) as span:
            if injection:
                injection.at(f"before:{stage}", turn)
            work(span)
            if stage != "generate":
                self.telemetry.clock.work(stage)
            if injection:
                injection.at(f"after:{stage}", turn)
            if describe:
                describe(span, turn)
            say.put_checks(span, turn, stage)

    def _embed(self, turn: Turn, span: Span) -> None:
        embed(turn, self.index)
        text = " ".join(turn.terms)
        parameters = {"dimensions": len(turn.vector) if turn.vector is not None else 0}
        say.put(span, embedding__model_name=EMBEDDER, input__value=text, embedding__invocation_parameters=parameters)
        span.set_attribute("embedding.embeddings.0.embedding.text", text)

    def _retrieve(self, turn: Turn, injection: Injection | None) -> None:
        for lane in ("lexical", "vector"):
            with self.telemetry.span(f"search {lane}", "RETRIEVER", rag__stage="retrieve", rag__lane=lane) as span:
                if injection:
                    injection.at(f"during:{lane}", turn)
                found = search_lane(turn, self.index, lane)
                self.telemetry.clock.work(lane)
                say.put(span, input__value=turn.rewritten, metadata={"lane": lane, "top_k": LANE_DEPTH})
                say.put_documents(span, "retrieval.documents", found, lane, with_text=True)
        fuse(turn)

    def _put_fused(self, span: Span, turn: Turn) -> None:
        lanes = [
            {
                "name": name,
                "round": 1,
                "query": turn.rewritten,
                "top_k": LANE_DEPTH,
                "returned": len(found),
                "floor": FLOORS[name],
                "score_kind": "similarity",
            }
            for name, found in turn.lanes.items()
        ]
        passed = [candidate for candidate in turn.fused if candidate.rerank_in]
        say.put(span, input__value=turn.rewritten, rag__lanes=lanes)
        say.put_documents(span, "retrieval.documents", passed, "fused_score", with_text=False)

    def _rerank(self, turn: Turn, span: Span) -> None:
        pool = [candidate for candidate in turn.fused if candidate.rerank_in]
        say.put(
            span,
            reranker__query=turn.rewritten,
            reranker__model_name=self._versions(turn)["reranker"],
            reranker__top_k=turn.conditions.keep,
        )
        say.put_documents(span, "reranker.input_documents", pool, "fused_score", with_text=False)
        rerank(turn, self.index)

    def _put_reranked(self, span: Span, turn: Turn) -> None:
        kept = [candidate for candidate in turn.reranked if candidate.survived]
        say.put(span, reranker__top_k=turn.conditions.keep)
        say.put_documents(span, "reranker.output_documents", kept, "rerank_score", with_text=False)

    def _generate(self, turn: Turn, span: Span) -> None:
        self.telemetry.clock.work("first_token")
        span.add_event("First Token Stream Event", timestamp=self.telemetry.clock.now())
        generate(turn, self.index)
        self.telemetry.clock.work("generate", factor=0.4 + len(turn.output) / 1500)
        parameters = {"temperature": 0, "max_tokens": 600}
        say.put(span, llm__invocation_parameters=parameters)
