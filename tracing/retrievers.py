"""Which retriever spans are one call, which are lanes, and which merge others."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tracing.dialects.reading import Lists, Role
from tracing.stages import Stage
from tracing.tree import Node

_METHOD = re.compile(r"\._?a?(retrieve|invoke|search|query|get_relevant_documents)$")
_LONGEST_NAME = 200
_VERB = re.compile(r"^(retrieve|search|query)_|_(retrieve|retrieval|retriever|search|query|lookup)$")
_NO_LISTS = Lists()


class Retriever:
    """One retrieval, its wrappers folded in; a lane where no other retriever is below it."""

    __slots__ = ("children", "node", "unit")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.children: list[Retriever] = []
        self.unit: Node | None = None  # what it is a part of: a fusion or a tool's call

    @property
    def lists(self) -> Lists:
        """Its documents."""
        return self.node.reading.lists or _NO_LISTS

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
    if lists is None:
        name = _VERB.sub("", name) or name
    return name[:_LONGEST_NAME]


def retrievers(nodes: Sequence[Node]) -> list[Retriever]:
    """All retrievers of a trace, outer ones first, without the spans that only repeat another."""
    known: dict[Node, Retriever] = {}
    nearest: dict[Node, Retriever] = {}
    tops: list[Retriever] = []
    for node in nodes:
        above = nearest.get(node.parent) if node.parent is not None else None
        if node.role is Role.RETRIEVER:
            found = known[node] = nearest[node] = Retriever(node)
            (above.children if above else tops).append(found)
        elif above is not None:
            nearest[node] = above
    for retriever in reversed(list(known.values())):
        _fold(retriever)
    flat: list[Retriever] = []
    level = tops
    while level:
        flat += level
        level = [child for retriever in level for child in retriever.children]
    for top in tops:
        _mark_units(top)
    return flat


def _fold(retriever: Retriever) -> None:
    """Make one of a retriever and its only child, where one of them adds nothing."""
    if len(retriever.children) != 1 or retriever.children[0].node.own is not retriever.node.own:
        return
    child = retriever.children[0]
    outer, inner = retriever.lists, child.lists
    if not inner.documents or (outer.sent and not inner.sent) or _same(outer, inner):
        retriever.children = child.children
    elif not outer.documents or inner.sent > outer.sent:
        retriever.node, retriever.children = child.node, child.children


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
