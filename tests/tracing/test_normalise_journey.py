"""Every chunk's way: lanes, fusion, reranking, the prompt, and where it was lost."""

import json
from typing import Any

import pytest

from tests.tracing.made_spans import by_id, documents, messages, nodes, retrieved, span, text_of
from tracing.normalise import normalise
from tracing.normalising.outcome import Cuts
from tracing.records import Context, LaneHit, Observed, Slot, Span, Value

A, B, C, D = "docs#a", "docs#b", "docs#c", "docs#d"


def test_a_leaf_retriever_is_a_lane_and_its_index_the_rank() -> None:
    trace = normalise(
        [span(1, "ask"), span(2, "VectorIndexRetriever.retrieve", "RETRIEVER", 1, **retrieved((A, 0.9), (B, 0.5)))]
    )
    assert [(lane.name, lane.returned) for lane in trace.lanes] == [("VectorIndexRetriever", 2)]
    assert by_id(trace)[B].hits == (LaneHit("VectorIndexRetriever", 2, 0.5, 1),)
    assert trace.observed == Observed(lanes="declared")


def test_a_lane_is_called_as_its_metadata_says() -> None:
    lane = span(2, "search", "RETRIEVER", 1, metadata='{"lane": "bm25", "top_k": 8}', **retrieved((A, 3.0)))
    [found] = normalise([span(1, "ask"), lane]).lanes
    assert (found.name, found.top_k) == ("bm25", 8)


def test_a_retriever_over_retrievers_is_the_fused_list_and_no_lane() -> None:
    trace = normalise(
        [
            span(1, "ask"),
            span(2, "QueryFusionRetriever.retrieve", "RETRIEVER", 1, (0, 9), **retrieved((B, 0.03), (A, 0.02))),
            span(
                3, "QueryFusionRetriever._retrieve", "RETRIEVER", 2, (0, 9), output__value=nodes((B, 0.03), (A, 0.02))
            ),
            span(4, "vector", "RETRIEVER", 3, (1, 3), **retrieved((A, 0.9), (B, 0.5))),
            span(5, "bm25", "RETRIEVER", 3, (3, 5), **retrieved((B, 12.0), (C, 3.0))),
        ]
    )
    assert [lane.name for lane in trace.lanes] == ["vector", "bm25"]
    found = by_id(trace)
    assert (found[B].fused_rank, found[B].fused_score) == (1, 0.03)
    assert [hit.lane for hit in found[B].hits] == ["vector", "bm25"]
    assert (found[C].survived, found[C].dropped_at, found[C].dropped_why) == (False, "retrieve", "cut")


def test_a_retriever_that_only_repeats_its_child_is_one_lane() -> None:
    trace = normalise(
        [
            span(1, "ask"),
            span(2, "R.retrieve", "RETRIEVER", 1, **retrieved((A, 0.9))),
            span(3, "R._retrieve", "RETRIEVER", 2, output__value=nodes((A, 0.9))),
        ]
    )
    assert [lane.name for lane in trace.lanes] == ["R"]
    assert len(by_id(trace)[A].hits) == 1


def test_a_compressing_retriever_is_the_reranker() -> None:
    trace = normalise(
        [
            span(1, "ask"),
            span(2, "ContextualCompressionRetriever", "RETRIEVER", 1, (0, 9), **retrieved((B, 0.9))),
            span(3, "VectorStoreRetriever", "RETRIEVER", 2, (1, 3), **retrieved((A, 0.8), (B, 0.7))),
        ]
    )
    found = by_id(trace)
    assert (found[B].rerank_rank, found[B].rerank_score) == (1, 0.9)
    assert (found[A].rerank_in, found[A].dropped_at) == (True, "rerank")
    assert [stage.stage for stage in trace.stages] == ["retrieve", "rerank"]


def test_new_scores_over_the_same_documents_are_a_reranking() -> None:
    trace = normalise(
        [
            span(1, "ask"),
            span(2, "TwoStepRetriever", "RETRIEVER", 1, (0, 9), **retrieved((B, 0.99), (A, 0.1))),
            span(3, "vector", "RETRIEVER", 2, (1, 3), **retrieved((A, 0.8), (B, 0.7), (C, 0.6))),
        ]
    )
    assert by_id(trace)[B].rerank_rank == 1
    assert [lane.name for lane in trace.lanes] == ["vector"]


def test_what_the_reranker_was_given_and_dropped_is_told() -> None:
    reranker = span(
        3,
        "rerank",
        "RERANKER",
        1,
        (5, 6),
        reranker__model_name="cross-encoder",
        reranker__top_k=1,
        **documents("reranker.input_documents", (A, 0.9), (B, 0.5)),
        **documents("reranker.output_documents", (B, 0.7)),
    )
    trace = normalise(
        [span(1, "ask"), span(2, "vector", "RETRIEVER", 1, (0, 4), **retrieved((A, 0.9), (B, 0.5), (C, 0.1))), reranker]
    )
    found = by_id(trace)
    assert (found[A].dropped_at, found[A].dropped_why, found[A].survived_source) == ("rerank", "top_k", "inferred")
    assert (found[C].rerank_in, found[C].dropped_at, found[C].dropped_why) == (False, "retrieve", "cut")
    assert trace.stages[-1].model == "cross-encoder"
    assert (trace.observed.rerank_input, trace.observed.reranked) == ("declared", "declared")


def test_a_filter_after_the_reranker_says_why() -> None:
    trace = normalise(
        [
            span(1, "ask"),
            span(2, "vector", "RETRIEVER", 1, (0, 2), **retrieved((A, 0.9), (B, 0.5))),
            span(3, "rerank", "RERANKER", 1, (3, 4), **documents("reranker.output_documents", (A, 0.9), (B, 0.1))),
            span(4, "SimilarityPostprocessor._postprocess_nodes", "CHAIN", 1, (5, 6), output__value=nodes((A, 0.9))),
        ]
    )
    assert (by_id(trace)[B].dropped_at, by_id(trace)[B].dropped_why) == ("rerank", "threshold")
    assert by_id(trace)[B].rerank_rank == 2


def test_a_filter_that_keeps_nothing_leaves_no_survivor() -> None:
    trace = normalise(
        [
            span(1, "ask", output__value="Empty Response"),
            span(2, "vector", "RETRIEVER", 1, (0, 2), **retrieved((A, 0.1))),
            span(4, "SimilarityPostprocessor._postprocess_nodes", "CHAIN", 1, (5, 6), output__value="[]"),
        ]
    )
    assert by_id(trace)[A].survived is False
    assert trace.answer == "Empty Response"


def test_what_stands_in_the_prompt_survived() -> None:
    trace = normalise(
        [
            span(1, "ask"),
            span(2, "vector", "RETRIEVER", 1, (0, 2), **retrieved((A, 0.9), (B, 0.5))),
            span(3, "llm", "LLM", 1, (3, 9), **messages(B)),
        ]
    )
    found = by_id(trace)
    assert (found[B].survived, found[B].survived_source) == (True, "prompt")
    assert (found[A].survived, found[A].survived_source, found[A].dropped_at) == (False, "prompt", "context")
    assert trace.context == Context(text=text_of(B), source="prompt")
    assert trace.observed.context == "inferred"


@pytest.mark.parametrize(
    ("kept", "lost_at"),
    [((A, B), {C: "rerank", D: "rerank"}), ((A, C), {B: "context", D: "context"}), ((A, B, C), {D: "rerank"})],
)
def test_where_a_whole_ranking_came_and_its_best_were_kept_the_rest_was_lost_at_the_reranker(
    kept: tuple[str, ...], lost_at: dict[str, str]
) -> None:
    ranking = ((A, 0.9), (B, 0.8), (C, 0.3), (D, 0.1))
    trace = normalise(
        [
            span(1, "ask"),
            span(2, "vector", "RETRIEVER", 1, (0, 2), **retrieved(*ranking)),
            span(3, "rerank", "RERANKER", 1, (2, 3), **documents("reranker.output_documents", *ranking)),
            span(4, "llm", "LLM", 1, (3, 9), **messages(*kept)),
        ]
    )
    assert {c.chunk_id: c.dropped_at for c in trace.candidates if not c.survived} == lost_at


def test_what_did_not_fit_or_came_beside_a_cut_ranking_is_not_told_from_its_rank() -> None:
    ranking = ((A, 0.9), (B, 0.8), (C, 0.3))
    given = documents("reranker.input_documents", *ranking, (D, 0.1))
    budget = json.dumps({"cap_tokens": 700, "used_tokens": 600})
    told = json.dumps([{"chunk_id": chunk_id, "tokens": 300} for chunk_id in (A, B, C)])
    for reranker, model in ((given, {}), ({}, {"rag__context": budget, "rag__candidates": told})):
        trace = normalise(
            [
                span(1, "ask"),
                span(2, "vector", "RETRIEVER", 1, (0, 2), **retrieved(*ranking)),
                span(
                    3, "rerank", "RERANKER", 1, (2, 3), **reranker, **documents("reranker.output_documents", *ranking)
                ),
                span(4, "llm", "LLM", 1, (3, 9), **messages(A, B), **model),
            ]
        )
        assert by_id(trace)[C].dropped_at == "context"


def test_a_chunk_whose_beginning_alone_is_in_the_prompt_was_truncated() -> None:
    long = "A sentence of a long chunk. " * 40
    trace = normalise(
        [
            span(1, "ask"),
            span(
                2,
                "vector",
                "RETRIEVER",
                1,
                (0, 2),
                **{"retrieval.documents.0.document.id": A, "retrieval.documents.0.document.content": long},
            ),
            span(
                3,
                "llm",
                "LLM",
                1,
                (3, 9),
                **{"llm.input_messages.0.message.content": long[:500], "llm.input_messages.0.message.role": "user"},
            ),
        ]
    )
    assert (by_id(trace)[A].survived, by_id(trace)[A].dropped_why) == (True, "truncated")
    assert "truncated" in trace.flags


def test_a_prompt_that_was_sent_as_input_alone_is_searched_too() -> None:
    given = json.dumps({"messages": [{"role": "user", "content": f"Context: {text_of(B)}"}]})
    trace = normalise(
        [
            span(1, "ask"),
            span(2, "vector", "RETRIEVER", 1, (0, 2), **retrieved((A, 0.9), (B, 0.5))),
            span(3, "llm", "LLM", 1, (3, 9), input__value=given, output__value="It is so."),
        ]
    )
    assert (by_id(trace)[B].survived_source, by_id(trace)[A].survived) == ("prompt", False)
    assert trace.answer == "It is so."


def test_a_prompt_that_holds_none_of_the_texts_tells_nothing() -> None:
    trace = normalise(
        [
            span(1, "ask"),
            span(2, "vector", "RETRIEVER", 1, (0, 2), **retrieved((A, 0.9))),
            span(3, "llm", "LLM", 1, (3, 9), **messages("another")),
        ]
    )
    assert (by_id(trace)[A].survived, by_id(trace)[A].survived_source) == (True, "inferred")
    assert trace.observed.context == "no"


def test_what_the_limit_of_attributes_dropped_is_recovered_from_the_output() -> None:
    kept = {key: value for key, value in retrieved((A, 0.9), (B, 0.5), (C, 0.1)).items() if ".2." in key}
    lane = span(2, "vector", "RETRIEVER", 1, dropped=80, output__value=nodes((A, 0.9), (B, 0.5), (C, 0.1)), **kept)
    trace = normalise([span(1, "ask"), lane])
    assert [hit.rank for chunk in (A, B, C) for hit in by_id(trace)[chunk].hits] == [1, 2, 3]
    assert "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT=10000" in trace.warnings[0]


def test_without_recovery_the_ranks_that_are_left_stay() -> None:
    listed = [(f"docs#{index}", 1.0 - index / 100) for index in range(50)]
    kept = {key: value for key, value in retrieved(*listed).items() if int(key.split(".")[2]) >= 19}
    trace = normalise([span(1, "ask"), span(2, "vector", "RETRIEVER", 1, dropped=80, **kept)])
    assert by_id(trace)["docs#19"].hits[0].rank == 20
    assert len(trace.candidates) == 31


def test_ids_come_from_the_output_then_the_metadata_then_the_content() -> None:
    listed = {
        "retrieval.documents.0.document.content": "first text",
        "retrieval.documents.1.document.content": "second text",
        "retrieval.documents.1.document.metadata": '{"chunk_id": "from-metadata", "relevance_score": 0.25}',
        "retrieval.documents.2.document.content": "third text",
    }
    output = json.dumps(
        {"documents": [{"id": "from-output", "page_content": "first text"}, {"id": None, "page_content": "x"}]}
    )
    trace = normalise([span(1, "ask"), span(2, "lane", "RETRIEVER", 1, output__value=output, **listed)])
    first, second, third = trace.candidates
    assert (first.chunk_id, second.chunk_id) == ("from-output", "from-metadata")
    assert second.hits[0].score == 0.25
    assert third.chunk_id.startswith("content:")


def test_the_anchor_is_the_metadatas_else_the_id() -> None:
    told = '{"anchor": "doc_x#y", "product": "atlas", "title": "T", "source_hash": "h"}'
    listed = retrieved((A, 0.9), (B, 0.5)) | {"retrieval.documents.0.document.metadata": told}
    first, second = normalise([span(1, "ask"), span(2, "lane", "RETRIEVER", 1, **listed)]).candidates
    assert (first.anchor, first.product, first.title, first.source_hash) == ("doc_x#y", "atlas", "T", "h")
    assert second.anchor == B


def test_an_agent_that_searches_twice_has_two_rounds() -> None:
    spans = [
        span(1, "agent", "AGENT", 0, (0, 100)),
        span(2, "plan", "LLM", 1, (0, 5)),
        span(3, "search", "TOOL", 1, (10, 20)),
        span(4, "vector", "RETRIEVER", 3, (11, 19), **retrieved((A, 0.9))),
        span(5, "think", "LLM", 1, (21, 25)),
        span(6, "search", "TOOL", 1, (30, 40)),
        span(7, "vector", "RETRIEVER", 6, (31, 39), **retrieved((B, 0.8), (A, 0.7))),
        span(8, "answer", "LLM", 1, (41, 60), **messages(A, B)),
    ]
    trace = normalise(spans)
    assert [(lane.name, lane.round) for lane in trace.lanes] == [("vector", 1), ("vector", 2)]
    assert [(hit.rank, hit.round) for hit in by_id(trace)[A].hits] == [(1, 1), (2, 2)]
    assert [(stage.stage, stage.round) for stage in trace.stages] == [
        ("retrieve", 1),
        ("retrieve", 2),
        ("generate", 1),
        ("generate", 2),
    ]


def test_several_queries_under_one_retriever_are_rounds_of_its_lanes() -> None:
    spans = [
        span(1, "ask", at=(0, 50)),
        span(2, "MultiQueryRetriever", "RETRIEVER", 1, (0, 30), **retrieved((A, None), (B, None))),
        span(3, "vector", "RETRIEVER", 2, (1, 9), **retrieved((A, 0.9))),
        span(4, "vector", "RETRIEVER", 2, (2, 9), **retrieved((B, 0.8))),
        span(5, "llm", "LLM", 1, (31, 40), **messages(A)),
    ]
    trace = normalise(spans)
    assert [(lane.name, lane.round) for lane in trace.lanes] == [("vector", 1), ("vector", 2)]
    assert [(stage.stage, stage.round) for stage in trace.stages if stage.stage == "generate"] == [("generate", 1)]


def test_rag_candidates_win_over_what_is_derived() -> None:
    said = [
        {
            "chunk_id": A,
            "lanes": {"lexical": {"rank": 1, "score": 9.5}},
            "survived": False,
            "dropped_at": "context",
            "dropped_why": "budget",
        },
        {
            "chunk_id": D,
            "text": text_of(D),
            "fused_rank": 2,
            "rerank_in": True,
            "rerank_rank": 1,
            "survived": True,
            "tokens": 12,
        },
    ]
    trace = normalise(
        [
            span(1, "ask", rag__candidates=json.dumps(said)),
            span(2, "vector", "RETRIEVER", 1, (0, 2), **retrieved((A, 0.9), (B, 0.5))),
            span(3, "llm", "LLM", 1, (3, 9), **messages(A)),
        ]
    )
    found = by_id(trace)
    assert (found[A].survived, found[A].survived_source, found[A].dropped_why) == (False, "declared", "budget")
    assert {hit.lane for hit in found[A].hits} == {"vector", "lexical"}
    assert (found[D].rerank_rank, found[D].survived, found[D].tokens) == (1, True, 12)
    assert {lane.name for lane in trace.lanes} == {"vector", "lexical"}
    assert "budget_drop" in trace.flags


def test_a_declared_lane_without_ranks_is_in_order() -> None:
    said = json.dumps([{"chunk_id": A, "score": 0.9}, {"chunk_id": B, "score": 0.5}])
    trace = normalise(
        [span(1, "ask"), span(2, "look", None, 1, rag__stage="retrieve", rag__lane="v", rag__candidates=said)]
    )
    assert [(lane.name, lane.returned) for lane in trace.lanes] == [("v", 2)]
    assert by_id(trace)[B].hits == (LaneHit("v", 2, 0.5, 1),)


def test_what_has_a_declared_rank_of_the_reranker_went_into_it() -> None:
    said = json.dumps([{"chunk_id": A, "rerank_rank": 1}, {"chunk_id": B, "fused_rank": 2}])
    trace = normalise([span(1, "ask", rag__candidates=said)])
    assert [by_id(trace)[each].rerank_in for each in (A, B)] == [True, False]
    assert trace.observed.rerank_input == "no"  # others may have gone in as well


def test_a_step_that_searches_by_its_name_and_gives_back_documents_is_a_lane() -> None:
    found = json.dumps([{"id": A, "content": text_of(A), "score": 0.9}])
    for name, lane in (("vector_search", "vector"), ("search-docs", "docs"), ("bm25", "bm25")):
        trace = normalise([span(1, "ask"), span(2, name, "CHAIN", 1, output__value=found)])
        assert [(each.name, each.returned) for each in trace.lanes] == [(lane, 1)]
        assert by_id(trace)[A].hits[0].score == 0.9
    assert not normalise([span(1, "ask"), span(2, "research", "CHAIN", 1, output__value=found)]).lanes


def test_the_declared_context_tells_what_survived() -> None:
    context = {
        "cap_tokens": 100,
        "slots": [{"name": "docs", "cap_tokens": 80}],
        "chunks": [
            {"chunk_id": A, "tokens": 40, "kept_tokens": 40, "slot": "docs"},
            {"chunk_id": B, "tokens": 70, "kept_tokens": 0, "slot": "docs", "dropped_why": "budget"},
        ],
    }
    trace = normalise(
        [
            span(1, "ask"),
            span(2, "vector", "RETRIEVER", 1, (0, 2), **retrieved((A, 0.9), (B, 0.5), (C, 0.4))),
            span(3, "assemble_context", "CHAIN", 1, (2, 3), rag__context=json.dumps(context)),
        ]
    )
    found = by_id(trace)
    assert (found[A].survived, found[A].kept_tokens, found[A].slot) == (True, 40, "docs")
    assert (found[B].dropped_at, found[B].dropped_why, found[B].tokens) == ("context", "budget", 70)
    assert (found[C].survived, found[C].survived_source) == (False, "declared")
    assert (trace.context.cap_tokens, trace.context.used_tokens) == (100, 40)
    assert trace.context.slots == (Slot("docs", 80, 40),)
    assert trace.observed.context == "declared"


def test_numbers_in_the_answer_point_at_the_context_in_its_order() -> None:
    trace = normalise(
        [
            span(1, "ask", output__value="It is so. See B first [1], and then A [2, 9]."),
            span(2, "vector", "RETRIEVER", 1, (0, 2), **retrieved((A, 0.9), (B, 0.5), (C, 0.3))),
            span(3, "llm", "LLM", 1, (3, 9), **messages(B, A)),
        ]
    )
    assert [citation.chunk_id for citation in trace.citations] == [B, A]
    assert trace.citations[0].claim == "See B first"
    assert [chunk for chunk, found in by_id(trace).items() if found.cited] == [A, B]


def test_ids_and_anchors_in_the_answer_are_citations_too() -> None:
    trace = normalise(
        [
            span(1, "ask", output__value="As (docs#a) says; not docs#c2, but doc_atlas#limits."),
            span(2, "vector", "RETRIEVER", 1, (0, 2), **retrieved((A, 0.9), (C, 0.5))),
        ]
    )
    assert [(citation.chunk_id, citation.anchor) for citation in trace.citations] == [
        (A, A),
        (None, "doc_atlas#limits"),
    ]


def test_a_cited_chunk_that_was_not_in_the_prompt_is_a_flag() -> None:
    trace = normalise(
        [
            span(1, "ask", output__value="As (docs#a) says."),
            span(2, "vector", "RETRIEVER", 1, (0, 2), **retrieved((A, 0.9), (B, 0.5))),
            span(3, "llm", "LLM", 1, (3, 9), **messages(B)),
        ]
    )
    assert "not_in_context" in trace.flags


def test_a_reason_that_the_api_does_not_know_is_unknown() -> None:
    said = json.dumps([{"chunk_id": A, "survived": False, "dropped_at": "context", "dropped_why": "mood"}])
    assert by_id(normalise([span(1, "ask", rag__candidates=said)]))[A].dropped_why == "unknown"


def test_what_a_cutoff_alone_left_out_was_below_its_threshold() -> None:
    trace = normalise(
        [
            span(1, "ask", at=(0, 50)),
            span(2, "vector", "RETRIEVER", 1, (1, 5), **retrieved(("a", 0.9), ("b", 0.1))),
            span(
                3, "SimilarityPostprocessor._postprocess_nodes", "CHAIN", 1, (6, 8),
                input__value=json.dumps({"nodes": json.loads(nodes(("a", 0.9), ("b", 0.1)))}),
                output__value=nodes(("a", 0.9)),
            ),
        ]
    )  # fmt: skip
    assert (by_id(trace)["b"].dropped_at, by_id(trace)["b"].dropped_why) == ("rerank", "threshold")


PAGES = ("Call self.retry() within the task.", "Set autoretry_for to retry on errors.", "Chain tasks with a canvas.")


def of_one_source(*texts: str, key: str = "source", prefix: str = "retrieval.documents") -> dict[str, Any]:
    """Documents without ids, as loaders make them: each says what page it is of."""
    return {
        f"{prefix}.{place}.document.{part}": value
        for place, text in enumerate(texts)
        for part, value in (("content", text), ("metadata", json.dumps({key: "docs/tasks.md", "page": place})))
    }


@pytest.mark.parametrize("key", ["source", "doc_id"])
def test_chunks_of_one_page_without_ids_of_their_own_are_told_apart_by_their_texts(key: str) -> None:
    reranked = of_one_source(PAGES[1], PAGES[0], key=key, prefix="reranker.output_documents")
    trace = normalise(
        [
            span(1, "ask"),
            span(2, "search", "RETRIEVER", 1, (1, 2), **of_one_source(*PAGES, key=key)),
            span(3, "rerank", "RERANKER", 1, (3, 4), **reranked),
        ]
    )
    assert trace.lanes[0].returned == 3
    assert [candidate.text for candidate in trace.candidates] == list(PAGES)
    assert [candidate.rerank_rank for candidate in trace.candidates] == [2, 1, None]
    assert [candidate.survived for candidate in trace.candidates] == [True, True, False]
    assert {candidate.anchor for candidate in trace.candidates} == {"docs/tasks.md"}


def test_a_part_of_a_chunk_is_that_chunk() -> None:
    compressed = of_one_source(PAGES[0][:20], prefix="reranker.output_documents")
    for found in (PAGES[:1], PAGES):
        trace = normalise(
            [
                span(1, "ask"),
                span(2, "search", "RETRIEVER", 1, (1, 2), **of_one_source(*found)),
                span(3, "compress", "RERANKER", 1, (3, 4), **compressed),
            ]
        )
        assert [candidate.rerank_rank for candidate in trace.candidates] == [1, None, None][: len(found)]


def test_an_id_that_was_sent_as_such_is_believed_whatever_is_said_under_it() -> None:
    first, second = retrieved((A, 0.9)), retrieved((A, 0.5))
    first["retrieval.documents.0.document.content"], second["retrieval.documents.0.document.content"] = PAGES[:2]
    trace = normalise([span(1, "ask"), span(2, "a", "RETRIEVER", 1, **first), span(3, "b", "RETRIEVER", 1, **second)])
    assert [candidate.chunk_id for candidate in trace.candidates] == [A]


@pytest.mark.parametrize(("others", "chunks"), [(62, 63), (63, 65)], ids=["compared", "too many"])
def test_very_many_chunks_of_one_page_are_told_apart_without_comparing_each_with_all(others: int, chunks: int) -> None:
    listed = ("This is a part", "This is a part of it.", *(f"Number {number};" for number in range(others)))
    trace = normalise([span(1, "ask"), span(2, "search", "RETRIEVER", 1, **of_one_source(*listed))])
    assert len({candidate.chunk_id for candidate in trace.candidates}) == chunks


@pytest.mark.parametrize(
    "told",
    [
        {"chunk_id": "c1"},
        {"id": "c1", "source": "tasks.md"},
        {"doc_id": "c1"},
        {"doc_id": "tasks", "chunk_id": "c1"},
        {"doc_id": "tasks", "id": "c1"},
    ],
)
def test_the_id_of_a_chunk_is_believed_whatever_its_lanes_made_of_its_text(told: dict[str, str]) -> None:
    sent = {"retrieval.documents.0.document.id": "c1"} if told == {"doc_id": "c1"} else {}

    def lane(number: int, text: str) -> Span:
        held: dict[str, Value] = {
            "retrieval.documents.0.document.content": text,
            "retrieval.documents.0.document.metadata": json.dumps(told),
        }
        return span(number, f"lane{number}", "RETRIEVER", 1, (number, number + 1), **held, **sent)

    reranked: dict[str, Value] = {"reranker.output_documents.0.document.id": "c1"}
    last = span(9, "rerank", "RERANKER", 1, (9, 10), **reranked)
    [only] = normalise([span(1, "ask"), lane(2, "Call <em>it</em> here."), lane(3, "Call it here."), last]).candidates
    assert (only.chunk_id, len(only.hits), only.rerank_rank) == ("c1", 2, 1)


def test_white_space_and_the_dots_of_what_was_cut_tell_no_chunks_apart() -> None:
    listed = (
        "Call  it\nwithin the task, again and again.",
        "Call it within the task...",
        "\u2026within the task, again\u2026",
    )
    trace = normalise([span(1, "ask"), span(2, "search", "RETRIEVER", 1, **of_one_source(*listed))])
    assert len({candidate.chunk_id for candidate in trace.candidates}) == 1


def scored_documents(*listed: tuple[str, dict[str, float]]) -> dict[str, Value]:
    """A retriever's documents whose scores stand in their metadata."""
    found = retrieved(*((chunk_id, None) for chunk_id, _ in listed))
    for index, (_, metadata) in enumerate(listed):
        found[f"retrieval.documents.{index}.document.metadata"] = json.dumps(metadata)
    return found


def test_of_two_scores_in_its_metadata_a_reranked_document_has_the_rerankers() -> None:
    trace = normalise(
        [
            span(1, "ask"),
            span(2, "ContextualCompressionRetriever", "RETRIEVER", 1, (1, 9), **scored_documents(
                (B, {"score": 0.8, "relevance_score": 0.97}), (A, {"score": 0.85, "relevance_score": 0.55}),
            )),
            span(3, "VectorStoreRetriever", "RETRIEVER", 2, (2, 5), **scored_documents(
                (A, {"score": 0.85}), (B, {"score": 0.8}), (C, {"score": 0.7}),
            )),
        ]
    )  # fmt: skip
    found = by_id(trace)
    assert {key: (found[key].rerank_rank, found[key].rerank_score) for key in (A, B)} == {A: (2, 0.55), B: (1, 0.97)}


def test_scores_that_are_a_lane_s_and_contradict_the_fused_order_are_not_the_fusion_s() -> None:
    lanes = [
        span(3, "Vector", "RETRIEVER", 2, (2, 5), **scored_documents((A, {"score": 0.9}), (B, {"score": 0.8}))),
        span(4, "BM25", "RETRIEVER", 2, (2, 5), **retrieved((C, None), (B, None))),
    ]
    fused = scored_documents((B, {"score": 0.8}), (A, {"score": 0.9}), (C, {}))
    found = by_id(normalise([span(1, "ask"), span(2, "EnsembleRetriever", "RETRIEVER", 1, (1, 9), **fused), *lanes]))
    assert [(found[key].fused_rank, found[key].fused_score) for key in (B, A, C)] == [(1, None), (2, None), (3, None)]
    assert found[A].hits == (LaneHit("Vector", 1, 0.9, 1),)


def test_what_a_filter_before_the_reranker_left_out_did_not_go_into_it() -> None:
    lanes = retrieved((A, 0.9), (B, 0.8), (C, 0.01))
    ranked = documents("reranker.input_documents", (A, 0.9), (B, 0.8)) | documents(
        "reranker.output_documents", (B, 0.7)
    )
    trace = normalise(
        [
            span(1, "ask"),
            span(2, "VectorIndexRetriever.retrieve", "RETRIEVER", 1, (1, 2), **lanes),
            span(3, "SimilarityPostprocessor._postprocess_nodes", "CHAIN", 1, (3, 4),
                 input__value=nodes((A, 0.9), (B, 0.8), (C, 0.01)), output__value=nodes((A, 0.9), (B, 0.8))),
            span(4, "Reranker._postprocess_nodes", "RERANKER", 1, (5, 6), **ranked),
        ]
    )  # fmt: skip
    found = by_id(trace)
    assert trace.observed.rerank_input == "declared"
    assert [found[key].rerank_in for key in (A, B, C)] == [True, True, False]
    assert (found[C].dropped_at, found[C].dropped_why) == ("retrieve", "threshold")
    assert found[A].dropped_at == "rerank"


@pytest.mark.parametrize("said", [{"query": "?", "top_k": 4}, {"args": ["?"], "kwargs": {"k": 4}}])
def test_how_many_were_asked_for_stands_in_what_a_retriever_was_given(said: dict[str, Any]) -> None:
    found = span(2, "search", "RETRIEVER", 1, input__value=json.dumps(said), **retrieved((A, 0.9)))
    assert [lane.top_k for lane in normalise([span(1, "ask"), found]).lanes] == [4]


@pytest.mark.parametrize("context", [None, {"cap_tokens": 100, "chunks": [{"chunk_id": A, "tokens": 10}]}])
def test_a_reason_of_the_ranking_keeps_its_stage(context: dict[str, Any] | None) -> None:
    ranked = [
        {"chunk_id": A, "rerank_in": True, "rerank_rank": 1, "survived": True},
        {"chunk_id": B, "rerank_in": True, "rerank_rank": 2, "dropped_why": "threshold", "survived": False},
        {"chunk_id": C, "rerank_in": True, "rerank_rank": 3, "dropped_why": "budget", "survived": False},
    ]
    told = {"rag.stage": "rerank", "rag.candidates": json.dumps(ranked)}
    packed = {"rag.stage": "context"} | ({"rag.context": json.dumps(context)} if context else {})
    found = by_id(
        normalise([span(1, "ask", None), span(2, "rank", None, 1, **told), span(3, "pack", None, 1, **packed)])
    )
    assert (found[B].dropped_at, found[B].dropped_why) == ("rerank", "threshold")
    assert (found[C].dropped_at, found[C].dropped_why) == ("context", "budget")


def test_a_declared_rank_without_a_score_leaves_the_score_that_was_seen() -> None:
    lane = span(2, "ret", "RETRIEVER", 1, **retrieved((A, 0.5)))
    told = span(3, "note", None, 1, **{"rag.candidates": json.dumps([{"chunk_id": A, "lanes": {"ret": {"rank": 7}}}])})
    assert by_id(normalise([span(1, "ask"), lane, told]))[A].hits == (LaneHit("ret", 7, 0.5, 1),)


def test_a_call_that_was_made_again_is_one_prompt() -> None:
    said = messages(A, question="Why?")
    calls = [span(3, "chat", "LLM", 1, (3, 4), error="429", **said), span(4, "chat", "LLM", 1, (5, 6), **said)]
    assert normalise([span(1, "ask"), *calls]).context.text == normalise([span(1, "ask"), calls[1]]).context.text


UUID = "3f1c9a52-0b0e-4a53-9d2b-7f1f6f0f7a11"


@pytest.mark.parametrize(
    ("chunk_id", "metadata", "pattern", "anchor"),
    [
        (UUID, {"path": "docs/a.md#frag"}, "", UUID),  # which an inventory or a manifest may name
        (UUID, {"path": "docs/a.md#frag"}, r"docs/[\w.]+#\w+", "docs/a.md#frag"),
        (UUID, {"path": "docs/a.md#frag", "anchor": "doc_a#x"}, r"docs/[\w.]+#\w+", "doc_a#x"),
        ("doc_a#x", {"path": "docs/a.md"}, "", "doc_a#x"),
        ("c-17", {"path": "docs/a.md", "fragment": "#frag"}, r"docs/[\w.]+#\w+", "docs/a.md#frag"),
        ("docs/b.md#y", {"path": "docs/a.md#frag"}, r"docs/[\w.]+#\w+", "docs/b.md#y"),
        ("c-17", {"path": "elsewhere"}, r"docs/[\w.]+#\w+", "c-17"),
        (UUID, {"path": "docs/a.md"}, r"[0-9a-f-]{36}", UUID),
    ],
)
def test_a_document_is_of_the_place_that_its_id_or_its_path_names(
    chunk_id: str, metadata: dict[str, str], pattern: str, anchor: str
) -> None:
    found = retrieved((chunk_id, 0.9)) | {"retrieval.documents.0.document.metadata": json.dumps(metadata)}
    trace = normalise([span(1, "ask"), span(2, "search", "RETRIEVER", 1, **found)], Cuts(anchor_pattern=pattern))
    assert [one.anchor for one in trace.candidates] == [anchor]
