"""The spans of one trace as a tree, the same whatever the order in which they came."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tracing import dialects
from tracing.dialects import langfuse_trace, log_records, rag
from tracing.dialects.declared import Declared
from tracing.dialects.reading import Reading, Role
from tracing.dialects.values import plain
from tracing.document_lists import sent
from tracing.langfuse import events as langfuse_events
from tracing.normalising import joining
from tracing.records import Span
from tracing.stages import Stage


class Node:
    """One span in its place; the fields after `children` are filled in by staging."""

    __slots__ = (
        "below", "children", "declared", "depth", "inferred", "own", "parent", "reading", "role", "round", "span",
        "stage", "stage_is_declared", "told_round", "tool",
    )  # fmt: skip

    def __init__(self, span: Span, reading: Reading, declared: Declared | None) -> None:
        self.span = span
        self.reading = reading
        self.role = reading.role
        self.declared = declared
        self.parent: Node | None = None
        self.children: list[Node] = []
        self.depth = 0
        self.below: frozenset[Role] = frozenset()
        self.own: Stage | None = None  # the stage that this span is an operation of
        self.inferred = False  # told by its name alone
        self.stage: Stage | None = None  # its own, or that of the nearest span above it
        self.stage_is_declared = False
        self.told_round: int | None = None  # as declared on it or above
        self.tool: Node | None = None  # the tool's call that it is a part of
        self.round = 1

    @property
    def name(self) -> str:
        """What the operation is called."""
        return self.reading.name or self.span.name

    @property
    def is_root(self) -> bool:
        """True where nothing of its application called it."""
        return not self.span.parent_id or (self.parent is None and self.reading.root)

    @property
    def end_ns(self) -> int:
        """Its end, or its last event: a stream goes on after the span that opened it."""
        span = self.span
        return max([span.end_ns, *[event.at_ns for event in span.events]]) if span.events else span.end_ns


class Tree:
    """All nodes, parents before children, earlier before later; and what native documents declare."""

    def __init__(self, spans: Sequence[Span]) -> None:
        once = list(_once(spans))
        self.went_to = joining.went_to(once)
        sent = [span for span in once if span.scope != joining.SCOPE] or once
        kept = sorted(langfuse_events.assembled(sent), key=lambda span: (span.start_ns, span.span_id))
        records = [span for span in kept if span.scope == log_records.LOG_SCOPE]
        if records:
            kept = [span for span in kept if span.scope != log_records.LOG_SCOPE]
        self.spans = kept or records
        self.documents = [span for span in kept if span.scope == rag.NATIVE_SCOPE]
        told = log_records.joined(kept, records) if records else kept
        nodes = [_node(span) for span in joining.placed(told) if span.scope != rag.NATIVE_SCOPE]
        self.nodes = _linked(nodes)
        self.top = _top(self.nodes)
        saying = [node for node in self.nodes if node.declared is not None]
        documents = [declared for span in self.documents if (declared := rag.read(span)) is not None]
        inner_first = sorted(saying, key=lambda node: -node.depth)
        # Of what spans say outright the outermost counts, and a native document before any span.
        self.declared = documents + [node.declared for node in saying if node.declared is not None]
        self.traced = langfuse_trace.read((node.span, node.parent is None) for node in self.nodes)
        if self.traced is not None:
            self.declared.append(replace(self.traced, metadata=None))
        self.overlays = [node.declared for node in inner_first if node.declared is not None] + documents

    def take_apart(self) -> None:
        """Undo the rings of parents and children, so that all of it goes at once and not when cycles are looked for."""
        for node in self.nodes:
            node.parent = node.tool = None
            node.children = []


def _top(nodes: Sequence[Node]) -> Node | None:
    """The root, or where it has not come the earliest span whose parent is not here."""
    tops = [node for node in nodes if node.parent is None]
    return next((node for node in tops if node.is_root), tops[0] if tops else None)


def _node(span: Span) -> Node:
    reading = dialects.read(span)
    return Node(reading.span, reading, rag.read(span))


def _once(spans: Iterable[Span]) -> Iterable[Span]:
    kept: dict[str, Span] = {}
    for span in spans:
        other = kept.setdefault(span.span_id, span)
        if other is not span and other != span:
            kept[span.span_id] = max(other, span, key=_completeness)
    return kept.values()


def _completeness(span: Span) -> tuple[int, int, str]:
    attributes = sent(span)
    told = [
        span.name,
        span.parent_id,
        span.start_ns,
        span.status,
        span.status_message,
        span.scope,
        span.scope_version,
        span.kind,
        span.dropped_attributes,
        span.resource,
        [[event.name, event.at_ns, event.attributes] for event in span.events],
        [[link.trace_id, link.span_id, link.attributes] for link in span.links],
        attributes,
    ]
    return span.end_ns, len(attributes), plain(told)


def _linked(nodes: list[Node]) -> list[Node]:
    by_id = {node.span.span_id: node for node in nodes}
    for node in nodes:
        parent = by_id.get(node.span.parent_id)
        if parent is not None and parent is not node:
            node.parent = parent
            parent.children.append(node)
    ordered: list[Node] = []
    reached: set[str] = set()
    _descend([node for node in nodes if node.parent is None], ordered, reached)
    for node in nodes:
        # Parents that form a ring have no top: cut it at its earliest span.
        if node.span.span_id not in reached and node.parent is not None:
            node.parent.children.remove(node)
            node.parent = None
            _descend([node], ordered, reached)
    return ordered


def _descend(tops: list[Node], ordered: list[Node], reached: set[str]) -> None:
    level = tops
    while level:
        for node in level:
            reached.add(node.span.span_id)
            node.depth = node.parent.depth + 1 if node.parent is not None else 0
        ordered += level
        level = [child for node in level for child in node.children]
