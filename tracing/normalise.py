"""The spans of one trace, in any order and any convention, into the one record that pages and rules read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tracing.dialects.messages import context_in
from tracing.dialects.reading import Call
from tracing.normalising.anchoring import anchored
from tracing.normalising.citations import citations_in
from tracing.normalising.failures import failures, is_model_leaf
from tracing.normalising.journey import observed, rows_of, settle
from tracing.normalising.lists import rounds
from tracing.normalising.notes import flags_of, warnings_of
from tracing.normalising.outcome import DEFAULT_CUTS, Cuts, outcome_of
from tracing.normalising.overlay import declare, finished
from tracing.normalising.particulars import particulars
from tracing.normalising.prompt import Presence
from tracing.normalising.rewriting import reworded
from tracing.normalising.round import Round
from tracing.normalising.stagework import call_of, completed, span_stages, stage_records
from tracing.normalising.staging import assign
from tracing.normalising.telling_apart import tell_apart
from tracing.normalising.tree import Node, Tree
from tracing.records import Candidate, Citation, Context, Lane, Span, StageRecord, Trace
from tracing.stages import Stage

MOST_QUERY = 32 * 1024
MOST_ANSWER = 256 * 1024


def normalise(spans: Sequence[Span], cuts: Cuts = DEFAULT_CUTS) -> Trace:
    """The trace; the same whatever the order of its spans, however often each came."""
    if not spans:
        raise ValueError("a trace has at least one span")
    tree = Tree(spans)
    try:
        return _read(tree, cuts)
    finally:
        tree.take_apart()


def _read(tree: Tree, cuts: Cuts) -> Trace:
    assign(tree.nodes)
    found_rounds = rounds(tree.nodes)
    rewritten = reworded(tree.nodes, found_rounds)
    calls = _calls(tree)
    whole = particulars(tree, calls)
    query, answer = _capped(whole.query, MOST_QUERY), _capped(whole.answer, MOST_ANSWER)
    prompt = "\n\n".join(_prompts(calls))
    candidates, presence = _journey(tree, found_rounds, prompt, cuts.anchor_pattern)
    candidates, citations = _cited(answer, tree, candidates, presence, cuts.anchor_pattern)
    lanes = _lanes(tree, found_rounds, candidates)
    failed, attempts = failures(tree.nodes)
    stages = _stages(tree, stage_records(tree.nodes, failed, attempts))
    retrieved = bool(lanes or candidates)
    return replace(
        whole,
        query=query,
        rewritten=whole.rewritten or rewritten,
        answer=answer,
        lanes=lanes,
        observed=observed(found_rounds, candidates, tree.declared),
        candidates=candidates,
        context=_context(tree, presence, prompt),
        citations=citations,
        stages=stages,
        span_stages=span_stages(tree.nodes, stages),
        cost_usd=_cost(tree, stages),
        outcome=whole.outcome or outcome_of(whole.confidence, whole.refused, retrieved, cuts),
        flags=flags_of(tree, candidates, lanes, stages, failed),
        warnings=warnings_of(tree, failed, query_cut=query != whole.query, answer_cut=answer != whole.answer),
    )


def _capped(words: str | None, most: int) -> str | None:
    return words if words is None or len(words) <= most else words[:most]


def _calls(tree: Tree) -> list[tuple[Node, Call]]:
    """The model calls that generate, innermost spans only, in time."""
    found = [(node, call_of(node)) for node in tree.nodes if node.own is Stage.GENERATE and is_model_leaf(node)]
    return sorted(found, key=lambda each: (each[0].span.start_ns, each[0].span.span_id))


def _prompts(calls: Sequence[tuple[Node, Call]]) -> list[str]:
    """What the model was given, call by call, without a call that failed and was made again."""
    kept: list[str] = []
    later: set[str] = set()
    for node, call in reversed(calls):
        if call.prompt and not (node.span.failed and call.prompt in later):
            kept.append(call.prompt)
            later.add(call.prompt)
    return kept[::-1]


def _journey(
    tree: Tree, found_rounds: list[Round], prompt: str, pattern: str
) -> tuple[tuple[Candidate, ...], Presence]:
    rows = rows_of(found_rounds)
    if rows.disputed:
        tell_apart(found_rounds, rows.disputed)
        rows = rows_of(found_rounds)
    if tree.overlays:
        declare(rows, tree.overlays)
    presence = Presence(prompt, {row.chunk_id: row.text for row in rows.values()})
    settle(rows, found_rounds, presence)
    return anchored(finished(rows), rows, pattern), presence


def _cited(
    answer: str | None, tree: Tree, candidates: tuple[Candidate, ...], presence: Presence, pattern: str
) -> tuple[tuple[Candidate, ...], tuple[Citation, ...]]:
    citations = next((said.citations for said in tree.declared if said.citations is not None), None)
    if citations is None:
        context = _in_context(candidates, presence) if answer and "[" in answer else ()
        citations = citations_in(answer, context, candidates, pattern) if answer else ()
    if not citations:
        return candidates, citations
    chunks = {citation.chunk_id for citation in citations}
    anchors = {citation.anchor for citation in citations if citation.chunk_id is None}
    marked = tuple(
        candidate._replace(cited=True)
        if candidate.chunk_id in chunks or (candidate.anchor is not None and candidate.anchor in anchors)
        else candidate
        for candidate in candidates
    )
    return marked, citations


def _in_context(candidates: Sequence[Candidate], presence: Presence) -> list[Candidate]:
    """What survived, in the order of the prompt; where that is not known, in the order of the last list."""
    far = 10**9

    def place(candidate: Candidate) -> tuple[int, ...]:
        at = presence.position(candidate.chunk_id)
        first_hit = min((hit.rank for hit in candidate.hits), default=far)
        ranks = (candidate.rerank_rank, candidate.fused_rank, first_hit)
        return (far if at is None else at, *(far if rank is None else rank for rank in ranks))

    return sorted((candidate for candidate in candidates if candidate.survived), key=place)


def _lanes(tree: Tree, found_rounds: list[Round], candidates: Sequence[Candidate]) -> tuple[Lane, ...]:
    found = {(listed.lane.name, listed.lane.round): listed.lane for round_ in found_rounds for listed in round_.lanes}
    counted: dict[tuple[str, int], int] = {}
    if tree.declared:
        for candidate in candidates:
            for hit in candidate.hits:
                counted[(hit.lane, hit.round)] = counted.get((hit.lane, hit.round), 0) + 1
    for said in tree.declared:
        for lane in said.lanes:
            key = (lane.name, lane.round)
            known = found.get(key)
            found[key] = lane if known is None else _merged(known, lane)
    for key, count in counted.items():
        known = found.get(key, Lane(*key))
        found[key] = replace(known, returned=max(known.returned, count))
    return tuple(sorted(found.values(), key=lambda lane: lane.round))


def _merged(known: Lane, said: Lane) -> Lane:
    return Lane(
        name=said.name,
        round=said.round,
        query=said.query or known.query,
        top_k=said.top_k if said.top_k is not None else known.top_k,
        returned=said.returned or known.returned,
        floor=said.floor if said.floor is not None else known.floor,
        score_kind=said.score_kind if said.score_kind != "unknown" else known.score_kind,
    )


def _context(tree: Tree, presence: Presence, prompt: str) -> Context:
    declared = next((said.context for said in tree.declared if said.context is not None), None)
    steps = [node for node in tree.nodes if node.own is Stage.CONTEXT and node.reading.output]
    sent = steps[-1].reading.output if steps else None
    if sent is None and presence.extent is not None:
        start, end = presence.extent
        sent = prompt[start:end]
    elif sent is None and prompt:
        sent = context_in(prompt)
    words = _capped(sent, MOST_ANSWER)
    if declared is not None:
        return replace(declared, text=declared.text or words)
    if words is None:
        return Context()
    return Context(text=words, source="declared" if steps else "prompt")


def _stages(tree: Tree, derived: tuple[StageRecord, ...]) -> tuple[StageRecord, ...]:
    said = {(record.stage, record.round): record for declared in tree.declared for record in declared.stages}
    if not said:
        return derived
    found = {(record.stage, record.round): record for record in derived}
    for key, record in said.items():
        known = found.get(key)
        found[key] = record if known is None else completed(record, known)
    order = {stage.label: stage.order for stage in Stage}
    return tuple(sorted(found.values(), key=lambda record: (order[record.stage], record.round)))


def _cost(tree: Tree, stages: Sequence[StageRecord]) -> float | None:
    declared = next((said.cost_usd for said in tree.declared if said.cost_usd is not None), None)
    if declared is not None:
        return declared
    known = [record.cost_usd for record in stages if record.cost_usd is not None]
    return sum(known) if known else None
