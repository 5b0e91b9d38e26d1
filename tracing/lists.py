"""The lists of a trace's journey, round by round: lanes, fused, into and out of the reranker, the last one."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from tracing.dialects.documents import recovered
from tracing.dialects.reading import Document, Documents, Role
from tracing.records import Lane, Seen
from tracing.retrievers import Retriever, lane_name, retrievers
from tracing.stages import Stage
from tracing.staging import FUSION_NAME
from tracing.tree import Node

_WHY_BY_NAME = (
    (re.compile(r"similar|thresh|cutoff|score", re.IGNORECASE), "threshold"),
    (re.compile(r"dedup|duplic|unique", re.IGNORECASE), "duplicate"),
    (re.compile(r"budget|token|limit", re.IGNORECASE), "budget"),
)


_LISTERS = {Role.RERANKER, Role.RETRIEVER}


@dataclass(slots=True, eq=False)
class LaneList:
    """What one lane returned."""

    lane: Lane
    documents: Documents


@dataclass(slots=True, eq=False)
class Round:
    """One retrieval and what follows it; None is a list that was not seen."""

    start_ns: int
    lanes: list[LaneList] = field(default_factory=list)
    fused: Documents | None = None
    rerank_input: Documents | None = None
    reranked: Documents | None = None
    top_k: int | None = None
    filtered: Documents | None = None
    filtered_why: str = "unknown"
    seen: dict[str, Seen] = field(default_factory=dict)

    @property
    def last(self) -> Documents | None:
        """The last list that was seen before the model; lanes in their order where nothing merged them."""
        for found in (self.filtered, self.reranked, self.fused):
            if found is not None:
                return found
        if not self.lanes:
            return None
        return tuple(document for listed in self.lanes for document in listed.documents)


def rounds(nodes: Sequence[Node]) -> list[Round]:
    """The rounds in the order in which they began, and each node's round filled in; none where no list was seen."""
    found_retrievers = retrievers(nodes)
    found = _by_lanes(sorted((found for found in found_retrievers if found.is_lane), key=_start))
    if not found and any(node.own is Stage.RERANK or node.own is Stage.RETRIEVE for node in nodes):
        found = [Round(0)]
    if not found:
        return []
    starts = [round_.start_ns for round_ in found]
    groups: list[list[Node]] = [[] for _ in found]
    outer = {retriever.node for retriever in found_retrievers if not retriever.is_lane}
    for node in nodes:
        if node in outer:
            index = min(bisect_left(starts, node.span.start_ns), len(found) - 1)
        else:
            index = max(bisect_right(starts, node.span.start_ns) - 1, 0)
        groups[index].append(node)
        if node.role is not Role.RETRIEVER:
            node.round = node.told_round or index + 1
    for retriever in found_retrievers:
        if not retriever.is_lane:
            _place(retriever, found[min(bisect_left(starts, retriever.node.span.start_ns), len(found) - 1)])
    for round_, inside in zip(found, groups, strict=True):
        inside.sort(key=lambda node: (node.end_ns, node.span.start_ns, node.span.span_id))
        _read_by_name(inside, round_)
        _rerank([node for node in inside if node.own is Stage.RERANK], round_)
    return found


def _start(retriever: Retriever) -> tuple[int, str]:
    return retriever.node.span.start_ns, retriever.node.span.span_id


def _by_lanes(lanes: list[Retriever]) -> list[Round]:
    found: list[Round] = []
    times: dict[str, int] = {}
    ends: dict[str, int] = {}
    unit: Node | None = None
    base = highest = 0
    for retriever in lanes:
        name = lane_name(retriever.node)
        span = retriever.node.span
        again = name in times and span.start_ns >= ends[name] and retriever.unit is None
        apart = retriever.unit is not unit and span.start_ns >= max(ends.values(), default=0)
        if not found or again or apart:
            base = highest
            found.append(Round(span.start_ns))
            times, ends, unit = {}, {}, retriever.unit
        times[name] = times.get(name, 0) + 1
        ends[name] = max(ends.get(name, 0), span.end_ns)
        number = retriever.node.told_round or base + times[name]
        retriever.node.round = number
        highest = max(highest, number)
        found[-1].lanes.append(_lane_list(retriever, name, number))
        if retriever.lists.seen:
            seen = found[-1].seen
            seen["lanes"] = "declared" if retriever.lists.sent else seen.get("lanes", "inferred")
    return found


def _lane_list(retriever: Retriever, name: str, number: int) -> LaneList:
    reading = retriever.node.reading
    lists = retriever.lists
    lane = Lane(
        name=name,
        round=number,
        query=lists.query or reading.input,
        top_k=lists.top_k,
        returned=len(lists.documents),
        score_kind="distance" if lists.lower_is_better else "unknown",
    )
    return LaneList(lane, lists.documents)


def _place(retriever: Retriever, into: Round) -> None:
    documents = retriever.lists.documents
    retriever.node.round = max((listed.lane.round for listed in into.lanes), default=1)
    if retriever.node.own is Stage.RERANK or _rescored(retriever):
        retriever.node.own = retriever.node.stage = Stage.RERANK
        return
    if into.fused is None and documents:
        into.fused = documents
        into.seen["fused"] = "inferred"


def _rescored(retriever: Retriever) -> bool:
    if len(retriever.children) != 1:
        return False
    inner = {document.id: document.score for document in retriever.children[0].lists.documents}
    outer = retriever.lists.documents
    return (
        bool(outer)
        and all(document.id in inner for document in outer)
        and any(document.score is not None and document.score != inner[document.id] for document in outer)
    )


def _read_by_name(inside: list[Node], round_: Round) -> None:
    """Steps that are no retrievers by kind, and retrieve or merge by name or declaration."""
    for node in inside:
        if node.role is not Role.STEP or node.own is not Stage.RETRIEVE or node.below & _LISTERS:
            continue
        documents = recovered(node.reading.output)
        if documents is None:
            continue
        if FUSION_NAME.search(node.span.name):
            if round_.fused is None:
                round_.fused, round_.seen["fused"] = documents, "inferred"
        else:
            number = node.told_round or node.round
            lane = Lane(lane_name(node), number, node.reading.input, returned=len(documents))
            round_.lanes.append(LaneList(lane, documents))
            round_.seen["lanes"] = "inferred"


def _rerank(nodes: list[Node], round_: Round) -> None:
    listed = [(node, documents) for node in nodes if (documents := _output(node)) is not None]
    if not listed:
        return
    chosen = _ranker([node for node, _ in listed])
    position = next(index for index, (node, _) in enumerate(listed) if node is chosen)
    round_.reranked = listed[position][1]
    sent = chosen.role is Role.RERANKER or (chosen.declared is not None and chosen.declared.stage is not None)
    round_.seen["reranked"] = "declared" if sent else "inferred"
    round_.top_k = chosen.reading.lists.top_k if chosen.reading.lists else None
    inputs, how = _input(listed[0][0])
    if inputs is not None:
        round_.rerank_input, round_.seen["rerank_input"] = inputs, how
    for node, documents in listed[position + 1 :]:
        round_.filtered = documents
        round_.filtered_why = next((why for name, why in _WHY_BY_NAME if name.search(node.span.name)), "unknown")


def _ranker(nodes: list[Node]) -> Node:
    rerankers = [node for node in nodes if node.role is Role.RERANKER]
    if rerankers:
        return rerankers[-1]
    named = [node for node in nodes if "rank" in node.span.name.lower()]
    return named[-1] if named else nodes[0]


def _output(node: Node) -> Documents | None:
    lists = node.reading.lists
    if lists is not None:
        return lists.documents if lists.seen else None
    if node.below & _LISTERS or node.role is not Role.STEP:
        return None
    return recovered(node.reading.output)


def _input(node: Node) -> tuple[Documents | None, Seen]:
    lists = node.reading.lists
    if lists is not None and lists.inputs:
        return lists.inputs, "declared"
    if node.role is Role.RETRIEVER:
        merged: dict[str | None, Document] = {}
        for child in node.children:
            for document in child.reading.lists.documents if child.reading.lists else ():
                merged.setdefault(document.id, document)
        return (tuple(merged.values()), "inferred") if merged else (None, "no")
    found = recovered(node.reading.input)
    return (found, "inferred") if found else (None, "no")
