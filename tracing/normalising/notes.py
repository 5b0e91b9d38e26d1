"""Flags: what was noticed and is no failure. Warnings: what the sender could cure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from tracing.dialects.misread import MOST as MOST_MISREAD
from tracing.normalising import joining
from tracing.normalising.failures import Failure
from tracing.normalising.tree import Node, Tree
from tracing.normalising.wording import said_in
from tracing.otlp.warning import dropped_warning
from tracing.records import Candidate, Lane, StageRecord
from tracing.stages import Stage

_DROP_FLAGS = {"budget": "budget_drop", "duplicate": "dedupe_drop", "truncated": "truncated"}
_MOST = 50


def flags_of(
    tree: Tree,
    candidates: Sequence[Candidate],
    lanes: Sequence[Lane],
    stages: Sequence[StageRecord],
    failed: Sequence[Failure],
) -> tuple[str, ...]:
    """What the journey shows at once."""
    found: set[str] = {"joined"} if joining.joined_from(tree.spans) else set()
    for candidate in candidates:
        why = candidate.dropped_why
        if why in _DROP_FLAGS and candidate.dropped_at in (None, "context"):
            found.add(_DROP_FLAGS[why])
        if candidate.cited and candidate.survived is False:
            found.add("not_in_context")
    for record in stages:
        if (record.attempts or 1) > 1:
            found.add(f"retried:{record.stage}")
        if any(check.passed is False for check in record.checks):
            found.add(f"check_failed:{record.stage}")
    found.update(f"unstaged_{failure.status}" for failure in failed if failure.stage is None)
    if any(_is_over(_top(failure)) for failure in failed):
        found.add("ended_in_error")
    found.update(f"under_floor:{lane.name}" for lane in lanes if _is_thin(lane, candidates))
    if _named_nothing(tree):
        found.add("no_entities")
    return tuple(sorted(found))


def _named_nothing(tree: Tree) -> bool:
    """True where a resolver says that it found no name in the question, and not where it says nothing."""
    declared = next((said.entities for said in tree.declared if said.entities is not None), None)
    if declared is not None:
        return not declared
    steps = [said_in(node.reading.output) for node in tree.nodes if node.own in (Stage.RESOLVE, Stage.ROUTE)]
    given = [said["entities"] for said in steps if isinstance(said.get("entities"), list)]
    return bool(given) and not any(given)


def _top(failure: Failure) -> Node:
    node = failure.node
    while node.parent is not None:
        node = node.parent
    return node


def _is_over(top: Node) -> bool:
    """True where it failed as a whole: an orphan without children may be a small part of it."""
    return top.span.failed and (not top.span.parent_id or bool(top.children))


def _is_thin(lane: Lane, candidates: Sequence[Candidate]) -> bool:
    """True where nothing that the lane returned reaches its declared floor."""
    if lane.floor is None:
        return False
    scores = [
        hit.score
        for candidate in candidates
        for hit in candidate.hits
        if hit.lane == lane.name and hit.round == lane.round and hit.score is not None
    ]
    if not scores:
        return False
    return min(scores) > lane.floor if lane.score_kind == "distance" else max(scores) < lane.floor


def warnings_of(tree: Tree, failed: Sequence[Failure], *, query_cut: bool, answer_cut: bool) -> tuple[str, ...]:
    """What was lost on the way here, and what cures it."""
    found = []
    dropped = sum(span.dropped_attributes for span in tree.spans)
    if dropped:
        found.append(dropped_warning(dropped))
    cut_off = sum(node.reading.cut_off for node in tree.nodes)
    if cut_off:
        found.append(
            f"{cut_off} JSON values end in the middle: raise or unset OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT "
            "where the traces come from"
        )
    if query_cut:
        found.append("The question is longer than 32 KiB: only its beginning is shown; all of it is in its span")
    if answer_cut:
        found.append("The answer is longer than 256 KiB: only its beginning is shown; all of it is in its span")
    if tree.went_to:
        found.append(f"These spans are part of the trace {tree.went_to}, and are shown there")
    found += [
        f"The reranker came as a trace of its own, {came}, and was joined to this one: session, service and question "
        "are the same, and it ran within this one's time. Start its span within the current one, and it comes with it"
        for came in joining.joined_from(tree.spans)
    ]
    outside = [failure for failure in failed if failure.stage is None]
    found += [
        f"The span {failure.node.span.name} belongs to no known stage and ended in an error: {failure.message[:500]}"
        for failure in outside
    ]
    if tree.declared:
        found += islice(dict.fromkeys(sentence for said in tree.declared for sentence in said.misread), MOST_MISREAD)
    return tuple(found[:_MOST])
