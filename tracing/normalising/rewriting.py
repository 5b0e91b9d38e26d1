"""Which model calls worded what was searched for: they resolve the question, and do not answer it."""

from __future__ import annotations

from collections.abc import Sequence

from tracing.dialects.reading import Role
from tracing.normalising.failures import is_model_leaf
from tracing.normalising.round import Round
from tracing.normalising.stagework import call_of
from tracing.normalising.tree import Node
from tracing.stages import Stage

_SHORTEST = 4  # a shorter query can be in a reply by chance


def reworded(nodes: Sequence[Node], rounds: Sequence[Round]) -> tuple[str, ...]:
    """The queries that a model worded before any lane was asked; such a call is put with the stage that it serves.

    What its prompt held already was not worded by it.
    """
    if not rounds:
        return ()
    last = rounds[-1].start_ns
    before = [node for node in nodes if node.span.start_ns < last and node.role is Role.MODEL]
    if not before:
        return ()
    asked = dict.fromkeys(listed.lane.query for round_ in rounds for listed in round_.lanes)
    queries = [query for query in asked if query and len(query) >= _SHORTEST]
    found: dict[str, None] = {}
    for node in before:
        if node.end_ns <= last and is_model_leaf(node):
            call = call_of(node)
            said = "\n".join((call.called_with, call.reply or node.reading.output or ""))
            worded = [query for query in queries if query in said and query not in call.prompt]
            if worded:
                _resolves(node)
                found |= dict.fromkeys(worded)
    return tuple(found)


def _resolves(node: Node | None) -> None:
    while node is not None and node.role is Role.MODEL and not node.stage_is_declared:
        if node.own is Stage.GENERATE:
            node.own = node.stage = Stage.RESOLVE
        node = node.parent
