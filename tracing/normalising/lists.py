"""The lists of a trace's journey, round by round: lanes, fused, into and out of the reranker, the last one."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence

from tracing.dialects.documents import recovered
from tracing.dialects.reading import Role
from tracing.normalising.reranking import LISTERS, read_rerank
from tracing.normalising.retrievers import Retriever, lane_name, retrievers
from tracing.normalising.round import LaneList, Round
from tracing.normalising.staging import BY_WORDS_NAME, FUSION_NAME
from tracing.normalising.tree import Node
from tracing.normalising.wording import asked_in
from tracing.records import Lane
from tracing.stages import Stage

Embedded = Mapping[Node | None, Sequence[tuple[int, str]]]


def rounds(nodes: Sequence[Node]) -> list[Round]:
    """The rounds in the order in which they began, and each node's round filled in; none where no list was seen."""
    found_retrievers = retrievers(nodes)
    lanes = sorted((found for found in found_retrievers if found.is_lane), key=_start)
    found = _by_lanes(lanes, _embedded(nodes) if lanes else {})
    if not found and any(node.own is Stage.RERANK or node.own is Stage.RETRIEVE for node in nodes):
        found = [Round(0)]
    if not found:
        return []
    starts = [round_.start_ns for round_ in found]
    groups: list[list[Node]] = [[] for _ in found]
    outer = {retriever.node for retriever in found_retrievers if retriever.children}
    numbered = {retriever.node for retriever in found_retrievers}
    held = _rounds_below(lanes)
    for node in nodes:
        if node in outer:
            index = min(bisect_left(starts, node.span.start_ns), len(found) - 1)
        else:
            index = max(bisect_right(starts, node.span.start_ns) - 1, 0)
        groups[index].append(node)
        if node not in numbered:
            node.round = node.told_round or _round_of(node, held.get(node, set())) or index + 1
    for retriever in found_retrievers:
        if not retriever.is_lane:
            start = retriever.node.span.start_ns
            index = bisect_left(starts, start) if retriever.children else max(bisect_right(starts, start) - 1, 0)
            _place(retriever, found[min(index, len(found) - 1)])
    for round_, inside in zip(found, groups, strict=True):
        inside.sort(key=lambda node: (node.end_ns, node.span.start_ns, node.span.span_id))
        _read_merged(inside, round_)
        read_rerank([node for node in inside if node.own is Stage.RERANK], round_)
    return found


def _round_of(node: Node, below: set[int]) -> int | None:
    """Of a span around a retrieval, or of one that only repeats what is around it, the round of that; else None."""
    if node.own is not Stage.RETRIEVE:
        return None
    if len(below) == 1:
        return max(below)
    above = node.parent
    return above.round if node.role is Role.RETRIEVER and above is not None and above.own is node.own else None


def _rounds_below(lanes: Sequence[Retriever]) -> dict[Node, set[int]]:
    """The rounds of the lanes below each span; of more than two the first two."""
    found: dict[Node, set[int]] = {}
    for retriever in lanes:
        above = retriever.node.parent
        while above is not None and len(known := found.setdefault(above, set())) < 2:
            if retriever.node.round in known:
                break
            known.add(retriever.node.round)
            above = above.parent
    return found


def _start(retriever: Retriever) -> tuple[int, str]:
    return retriever.node.span.start_ns, retriever.node.span.span_id


def _by_lanes(lanes: list[Retriever], embedded: Embedded) -> list[Round]:
    found: list[Round] = []
    times: dict[str, int] = {}
    ends: dict[str, int] = {}
    unit: Node | None = None
    after: dict[int, list[Retriever]] = {}
    base = highest = 0
    for retriever in lanes:
        name = lane_name(retriever.node)
        span = retriever.node.span
        if found and _works_on(retriever, found[-1], ends):
            after.setdefault(len(found) - 1, []).append(retriever)
            continue
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
        found[-1].lanes.append(_lane_list(retriever, name, number, embedded))
        if retriever.lists.seen:
            seen = found[-1].seen
            seen["lanes"] = "declared" if retriever.lists.sent else seen.get("lanes", "inferred")
    for index, later in after.items():
        _settle_later(later, found[index])
    return found


def _works_on(retriever: Retriever, round_: Round, ends: Mapping[str, int]) -> bool:
    """True where a retriever came after all lanes, found nothing of its own, and scored anew what they had found."""
    lists = retriever.lists
    if not lists.unnamed_kind or not lists.documents or retriever.node.span.start_ns < max(ends.values()):
        return False
    known = round_.found()
    if any(document.id not in known for document in lists.documents):
        return False
    rescored = any(document.score not in known[document.id] for document in lists.documents)
    return rescored and (len(round_.lanes) > 1 or _names_a_model(retriever.node))


def _names_a_model(node: Node) -> bool:
    return node.reading.call is not None and node.reading.call.model is not None


def _settle_later(later: list[Retriever], round_: Round) -> None:
    """Of several lists made of the lanes' own the last is the reranker's; one that dropped nothing merges."""
    *earlier, last = [retriever.node for retriever in later]
    number = max(listed.lane.round for listed in round_.lanes)
    lists = later[-1].lists
    if len(lists.documents) < len(round_.found()) or _names_a_model(last):
        last.own = last.stage = Stage.RERANK
    else:
        earlier.append(last)
    for retriever in later:
        retriever.node.round = number
        if retriever.node in earlier and round_.fused is None:
            round_.fused, round_.seen["fused"] = retriever.lists.documents, "inferred"


def _lane_list(retriever: Retriever, name: str, number: int, embedded: Embedded) -> LaneList:
    reading = retriever.node.reading
    lists = retriever.lists
    lane = Lane(
        name=name,
        round=number,
        query=lists.query or asked_in(reading.input) or _embedded_for(retriever.node, name, embedded),
        top_k=lists.top_k,
        returned=len(lists.documents),
        score_kind="distance" if lists.lower_is_better else "unknown",
    )
    return LaneList(lane, lists.documents)


def _embedded(nodes: Sequence[Node]) -> Embedded:
    """The texts that were embedded, by the step in which they were, each with its first end, the earliest first."""
    ends: dict[Node | None, dict[str, int]] = {}
    for node in nodes:
        if node.role is Role.EMBEDDER:
            asked = asked_in(node.reading.input) or ""  # several texts, or none that was sent
            beside = ends.setdefault(node.parent, {})
            beside[asked] = min(node.end_ns, beside.get(asked, node.end_ns))
    return {parent: sorted((end, asked) for asked, end in beside.items()) for parent, beside in ends.items()}


def _embedded_for(node: Node, lane: str, embedded: Embedded) -> str | None:
    """The one text that was embedded beside it, before it began; none for a lane that searches by words."""
    if BY_WORDS_NAME.search(lane):
        return None
    found = [asked for end, asked in embedded.get(node.parent, ())[:2] if end <= node.span.start_ns]
    return (found[0] or None) if len(found) == 1 and node.parent is not None else None


def _place(retriever: Retriever, into: Round) -> None:
    documents = retriever.lists.documents
    retriever.node.round = max((listed.lane.round for listed in into.lanes), default=1)
    if retriever.node.own is Stage.RERANK or _rescored(retriever):
        retriever.node.own = retriever.node.stage = Stage.RERANK
        return
    if into.fused is None and documents:
        into.fused = into.scored(documents)
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


def _read_merged(inside: list[Node], round_: Round) -> None:
    """Steps that are no retrievers by kind, and merge lanes by kind, name or declaration."""
    for node in inside:
        merger = node.role is Role.MERGER
        if node.own is not Stage.RETRIEVE or not (merger or node.role is Role.STEP) or node.below & LISTERS:
            continue
        if round_.fused is not None or not (merger or FUSION_NAME.search(node.name)):
            continue
        lists = node.reading.lists
        documents = recovered(node.reading.output) if lists is None else lists.documents
        if documents is not None:
            round_.fused, round_.seen["fused"] = round_.scored(documents), "declared" if merger else "inferred"
