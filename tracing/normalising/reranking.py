"""What went into a round's reranker, what came out, and what was filtered after it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from tracing.dialects.documents import CONTENT, listed, recovered
from tracing.dialects.loose import Found, found_by_place
from tracing.dialects.reading import Document, Documents, Lists, Role
from tracing.dialects.values import loaded
from tracing.normalising import joining
from tracing.normalising.round import Round
from tracing.normalising.tree import Node
from tracing.records import Seen, Value
from tracing.stages import Stage

LISTERS = frozenset((Role.RERANKER, Role.RETRIEVER, Role.MERGER))
_WHY_BY_NAME = (
    (re.compile(r"similar|thresh|cutoff|score", re.IGNORECASE), "threshold"),
    (re.compile(r"dedup|duplic|unique", re.IGNORECASE), "duplicate"),
    (re.compile(r"budget|token|limit", re.IGNORECASE), "budget"),
)
_MOST_LISTS = 100


def read_rerank(nodes: Sequence[Node], round_: Round) -> None:
    """Fill in the round from those of its spans that are of the reranking stage, in the order of their ends."""
    given = [(node, documents) for node in nodes if (documents := _output(node)) is not None]
    if not given:
        return
    chosen = _ranker([node for node, _ in given])
    position = next(index for index, (node, _) in enumerate(given) if node is chosen)
    reranked = given[position][1]
    own = chosen.reading.lists is not None and bool(chosen.reading.lists.inputs)
    inputs, how = _input(chosen if own else given[0][0], round_)
    inputs, renamed = _named(chosen, inputs, reranked, round_)
    round_.reranked = round_.scored(renamed)
    if own and position:
        round_.given_why = next((why for node, _ in given[:position] if (why := _why(node)) != "unknown"), "cut")
    named = chosen.role is Role.RERANKER or (chosen.declared is not None and chosen.declared.stage is not None)
    sent = named and joining.FROM not in chosen.span.attributes
    round_.seen["reranked"] = "declared" if sent else "inferred"
    if not named and "rank" not in chosen.name.lower() and (why := _why(chosen)) != "unknown":
        round_.cut_why = why
    round_.top_k = chosen.reading.lists.top_k if chosen.reading.lists else None
    if inputs is not None:
        round_.rerank_input, round_.seen["rerank_input"] = inputs, how
    for node, documents in given[position + 1 :]:
        round_.filtered = documents
        round_.filtered_why = _why(node)


def _why(node: Node) -> str:
    return next((why for name, why in _WHY_BY_NAME if name.search(node.name)), "unknown")


def _ranker(nodes: list[Node]) -> Node:
    rerankers = [node for node in nodes if node.role is Role.RERANKER]
    if rerankers:
        return rerankers[-1]
    named = [node for node in nodes if "rank" in node.name.lower()]
    return named[-1] if named else nodes[0]


def _output(node: Node) -> Documents | None:
    lists = node.reading.lists
    if lists is not None:
        return lists.documents if lists.seen else None
    if node.below & LISTERS or node.role not in (Role.STEP, Role.TOOL):
        return None
    found = recovered(node.reading.output)
    if found is not None:
        return found
    given = recovered(node.reading.input)
    placed = found_by_place(node.reading.output, Found(given)) if given else None
    return placed.documents if placed else None


def _input(node: Node, round_: Round) -> tuple[Documents | None, Seen]:
    lists = node.reading.lists
    if lists is not None and lists.inputs:
        told = node.role is Role.RERANKER and joining.FROM not in node.span.attributes
        return lists.inputs, "declared" if told else "inferred"
    if node.role is Role.RETRIEVER:
        merged: dict[str | None, Document] = {}
        for child in node.children:
            for document in child.reading.lists.documents if child.reading.lists else ():
                merged.setdefault(document.id, document)
        return (tuple(merged.values()), "inferred") if merged else (None, "no")
    found = recovered(node.reading.input) or _ids_in(node.reading.input, round_.found())
    return (found, "inferred") if found else (None, "no")


def _ids_in(given: str | None, known: Collection[str | None]) -> Documents | None:
    """The list in an input that holds nothing but ids of chunks that were found."""
    for values in _lists_in(loaded(given)):
        if values and all(isinstance(value, str) and value in known for value in values):
            return tuple(Document(rank, str(value)) for rank, value in enumerate(values, 1))
    return None


def _lists_in(value: Value) -> list[list[Value]]:
    found: list[list[Value]] = []
    level = [value]
    for _ in range(4):
        found += [each for each in level if isinstance(each, list)]
        if len(found) > _MOST_LISTS:
            break
        inner = [each.values() if isinstance(each, dict) else each for each in level if isinstance(each, list | dict)]
        level = [child for values in inner for child in values if isinstance(child, list | dict)]
    return found[:_MOST_LISTS]


def _named(
    node: Node, inputs: Documents | None, outputs: Documents, round_: Round
) -> tuple[Documents | None, Documents]:
    """Both lists with the chunks' own ids, where the reranker was given texts alone."""
    lists = node.reading.lists or Lists(outputs, inputs or (), sent=False)
    if not _is_nameless(lists):
        return inputs, outputs
    names = _names(node, lists, round_)

    def renamed(documents: Documents) -> Documents:
        return tuple(document._replace(id=names.get(document.id, document.id)) for document in documents)

    return renamed(inputs) if inputs is not None else None, renamed(outputs)


def _is_nameless(lists: Lists) -> bool:
    documents = lists.documents + lists.inputs
    return lists.by_place or all(document.id is None or document.id.startswith(CONTENT) for document in documents)


def _names(node: Node, lists: Lists, round_: Round) -> dict[str | None, str | None]:
    by_text = {
        document.text: document.id
        for found in (*[listed.documents for listed in round_.lanes], round_.fused or ())
        for document in found
        if document.text and document.id and not document.id.startswith(CONTENT)
    }
    sent = lists.inputs + lists.documents
    names: dict[str | None, str | None] = {
        document.id: by_text[document.text] for document in sent if document.text in by_text
    }
    outer = node.parent
    if outer is not None and outer.role is Role.STEP and outer.own is Stage.RERANK:
        results = recovered(outer.reading.output) or ()
        if len(results) == len(lists.documents):
            names |= _paired(lists.documents, results)
        names |= _paired(lists.inputs, _given(outer.reading.input, len(lists.inputs), round_))
    return names


def _paired(nameless: Documents, named: Documents) -> dict[str | None, str | None]:
    pairs = zip(nameless, named, strict=False)
    return {ours.id: other.id for ours, other in pairs if other.id and not other.id.startswith(CONTENT)}


def _given(text: str | None, count: int, round_: Round) -> Documents:
    """The list of that length in what the step around was given: ids of chunks that were found, or documents."""
    known = round_.found()
    for values in _lists_in(loaded(text)):
        if len(values) != count or not values:
            continue
        if all(isinstance(value, str) for value in values) and any(value in known for value in values):
            return tuple(Document(rank, str(value)) for rank, value in enumerate(values, 1))
        if found := listed(values):
            return found
    return ()
