"""Which retriever spans are one call, which are lanes, and which merge others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from tracing.dialects.documents import are_distances, recovered
from tracing.dialects.loose import given_back
from tracing.dialects.reading import Lists, Role
from tracing.dialects.top_k import top_k_in
from tracing.normalising.reranking import LISTERS
from tracing.normalising.staging import FUSION_NAME
from tracing.normalising.tree import Node
from tracing.stages import Stage

_METHOD = re.compile(r"\._?a?(retrieve|invoke|search|query|get_relevant_documents|run|run_async|forward)$")
_LONGEST_NAME = 200
_VERB = re.compile(r"^(retrieve|search|query)[_-]|[_-](retrieve|retrieval|retriever|search|query|lookup)$")
_OF_NO_KIND = (Role.STEP, Role.TOOL)
_NO_LISTS = Lists(sent=False, seen=False)


class Retriever:
    """One retrieval, its wrappers folded in; a lane where no other retriever is below it."""

    __slots__ = ("children", "lists", "node", "unit")

    def __init__(self, node: Node, lists: Lists | None) -> None:
        self.node = node
        self.lists = lists or _NO_LISTS
        self.children: list[Retriever] = []
        self.unit: Node | None = None  # what it is a part of: a fusion or a tool's call

    @property
    def is_lane(self) -> bool:
        """True for a retriever that asks an index, not other retrievers."""
        return not self.children and self.node.own is Stage.RETRIEVE


def lane_name(node: Node) -> str:
    """What the lane is called: as declared, as its metadata says, else its span's name without the method."""
    if node.declared is not None and node.declared.lane:
        return node.declared.lane
    lists = node.reading.lists
    name = (lists.lane if lists else None) or _METHOD.sub("", node.name) or node.name
    if node.role is Role.STEP:
        name = _VERB.sub("", name) or name
    return name[:_LONGEST_NAME]


def retrievers(nodes: Sequence[Node]) -> list[Retriever]:
    """All retrievers of a trace, outer ones first, without the spans that only repeat another."""
    known: dict[Node, Retriever] = {}
    nearest: dict[Node, Retriever] = {}
    tops: list[Retriever] = []
    for node in nodes:
        above = nearest.get(node.parent) if node.parent is not None else None
        lists = node.reading.lists if node.role is Role.RETRIEVER else _by_name(node)
        if node.role is Role.RETRIEVER or lists is not None:
            found = known[node] = nearest[node] = Retriever(node, lists)
            (above.children if above else tops).append(found)
        elif above is not None:
            nearest[node] = above
    for retriever in reversed(list(known.values())):
        _fold(retriever)
        if not retriever.lists.seen and not retriever.children:
            _adopt(retriever)
    flat: list[Retriever] = []
    level = tops
    while level:
        flat += level
        level = [child for retriever in level for child in retriever.children]
    for top in tops:
        _mark_units(top)
    return flat


def _by_name(node: Node) -> Lists | None:
    """The documents of a step or tool that is no retriever by kind, and retrieves by name or declaration."""
    if node.role not in _OF_NO_KIND or node.own is not Stage.RETRIEVE or node.below & LISTERS:
        return None
    return None if FUSION_NAME.search(node.name) else _given_back(node)


def _given_back(node: Node) -> Lists | None:
    lists = node.reading.lists
    if lists is not None:
        return replace(lists, sent=False) if lists.seen else None
    if node.role is Role.TOOL:
        told = given_back(node.reading.output)
        top_k = top_k_in(node.reading.input)
        return told and Lists(
            told.documents, sent=False, lane=told.lane, top_k=top_k, lower_is_better=told.lower_is_better
        )
    found = recovered(node.reading.output)
    return None if found is None else Lists(found, sent=False, lower_is_better=are_distances(node.reading.output))


def _adopt(retriever: Retriever) -> None:
    """Take the documents of the step around it, where a call of an index does not say what it found."""
    outer = retriever.node.parent
    if outer is None or outer.role not in _OF_NO_KIND or outer.own is not Stage.RETRIEVE:
        return
    if sum(child.role is Role.RETRIEVER for child in outer.children) == 1 and (found := _given_back(outer)):
        retriever.lists = replace(found, lane=retriever.lists.lane, top_k=retriever.lists.top_k)


def _fold(retriever: Retriever) -> None:
    """Make one of a retriever and its only child, where one of them adds nothing."""
    if len(retriever.children) != 1 or retriever.children[0].node.own is not retriever.node.own:
        return
    child = retriever.children[0]
    outer, inner = retriever.lists, child.lists
    if not inner.documents or (outer.sent and not inner.sent) or _same(outer, inner):
        retriever.children = child.children
    elif not outer.documents or inner.sent > outer.sent:
        retriever.node, retriever.lists, retriever.children = child.node, child.lists, child.children


def _same(outer: Lists, inner: Lists) -> bool:
    return [(document.id, document.score) for document in outer.documents] == [
        (document.id, document.score) for document in inner.documents
    ]


def _mark_units(top: Retriever) -> None:
    unit = top.node.tool or (top.node if top.children else None)
    level = [top]
    while level:
        for retriever in level:
            retriever.unit = unit
        level = [child for retriever in level for child in retriever.children]
