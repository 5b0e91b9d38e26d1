"""A record a stage and round: how long, how well, with what model and at what cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice

from tracing.dialects.declared import Declared
from tracing.dialects.reading import Call, Role
from tracing.dialects.values import number
from tracing.normalising.failures import Failure, is_model_leaf
from tracing.normalising.joining import FROM
from tracing.normalising.tree import Node
from tracing.normalising.wording import said_in
from tracing.records import Check, StageRecord
from tracing.stages import Stage

_MOST_CHECKS = 20  # of one output
_MOST_RECORDED = 500
_MOST_SPANS = 1_000
_NOTHING = Call()
_MAY_BE_UNTOLD = (
    "duration_ms", "model", "attempts", "cache", "input_tokens", "output_tokens", "cache_read_tokens", "cost_usd",
    "error",
)  # fmt: skip
_ORDER = {stage: place for place, stage in enumerate(Stage)}


def stage_records(
    nodes: Sequence[Node], failed: Sequence[Failure], attempts: dict[Node, int]
) -> tuple[StageRecord, ...]:
    """The records in pipeline order, rounds in theirs."""
    groups: dict[tuple[int, int], list[Node]] = {}
    foreign: dict[Node, list[tuple[int, int]]] = {}
    for node in reversed(nodes):
        if node.own is not None:
            groups.setdefault((_ORDER[node.own], node.round), []).append(node)
        _lend_times(node, foreign)
    blamed: dict[tuple[int, int], Failure] = {}
    for failure in failed:
        owner = _owner(failure.node)
        if owner is not None and owner.own is not None:
            blamed[(_ORDER[owner.own], owner.round)] = failure
    return tuple(_record(members[::-1], foreign, blamed.get(key), attempts) for key, members in sorted(groups.items()))


def _lend_times(node: Node, foreign: dict[Node, list[tuple[int, int]]]) -> None:
    """Tell the span above which of its time another stage took."""
    if node.parent is None or node.parent.stage is None:
        return
    if node.own is not None and _is_top(node):
        times = [(node.span.start_ns, node.end_ns)]
    else:
        times = foreign.get(node, [])
    if times and foreign.setdefault(node.parent, times) is not times:
        foreign[node.parent].extend(times)


def _is_top(node: Node) -> bool:
    """True where the span above is of another record: of another stage, or of another round of the same."""
    above = node.parent
    if above is None or above.stage is not node.own:
        return True
    return above.own is not None and above.round != node.round


def _owner(node: Node) -> Node | None:
    above: Node | None = node
    while above is not None and above.own is None:
        above = above.parent
    return above


def span_stages(nodes: Iterable[Node], records: Iterable[StageRecord]) -> dict[str, str]:
    """The stages of the spans that no record names, by span id; of the first of them, where they are very many."""
    named = {record.span_id for record in records}
    staged = ((node.span.span_id, node.own) for node in nodes if node.own is not None)
    return dict(islice(((span_id, own.label) for span_id, own in staged if span_id not in named), _MOST_SPANS))


def _record(
    members: list[Node],
    foreign: dict[Node, list[tuple[int, int]]],
    failure: Failure | None,
    attempts: dict[Node, int],
) -> StageRecord:
    first = members[0]
    own = first.own or Stage.VALIDATE
    tops = [node for node in members if _is_top(node)]
    inside = [(node.span.start_ns, node.end_ns) for node in tops]
    others = [times for node in tops for times in foreign.get(node, ())]
    said = [node.declared for node in members if node.declared is not None]
    call = _total([call_of(node) for node in members if node.reading.call is not None and _is_leaf(node)])
    return StageRecord(
        stage=own.label,
        round=first.round,
        status=failure.status if failure else "ok",
        start_ns=min([node.span.start_ns for node in members]),
        duration_ms=(_covered(inside + others) - _covered(others)) / 1e6 if others else _covered(inside) / 1e6,
        model=call.model,
        attempts=_attempts(members, said, attempts),
        cache=next((declared.cache for declared in said if declared.cache), None),
        input_tokens=call.input_tokens,
        output_tokens=call.output_tokens,
        cache_read_tokens=call.cache_read_tokens,
        cost_usd=call.cost_usd,
        cost_source="unknown" if call.cost_usd is None else "sent",
        error=failure.message if failure else None,
        source="inferred" if all(node.inferred or FROM in node.span.attributes for node in members) else "declared",
        checks=tuple(islice((check for node in members for check in _checks(node)), _MOST_RECORDED)),
        span_id=failure.node.span.span_id if failure else first.span.span_id,
    )


def _checks(node: Node) -> tuple[Check, ...]:
    if node.declared is not None and node.declared.checks:
        return node.declared.checks
    if node.reading.checks or node.own is not Stage.VALIDATE or node.role is not Role.STEP:
        return node.reading.checks
    scored = [(name, number(value)) for name, value in said_in(node.reading.output).items()]
    return tuple([Check(name, value) for name, value in scored[:_MOST_CHECKS] if value is not None])


def _attempts(members: list[Node], said: list[Declared], attempts: dict[Node, int]) -> int | None:
    declared = [each.attempts for each in said if each.attempts is not None]
    if declared:
        return max(declared)
    counted = [attempts[node] for node in members if node in attempts]
    return max(counted) if counted else None


def completed(said: StageRecord, seen: StageRecord) -> StageRecord:
    """What a sender says of a stage, with what its spans show where nothing is said; a failure that they show stays."""
    failed = said.status == "ok" and seen.status != "ok"
    absent = {name: getattr(seen, name) for name in _MAY_BE_UNTOLD if getattr(said, name) is None}
    return replace(
        said,
        **absent,
        status=seen.status if failed else said.status,
        start_ns=seen.start_ns,
        cost_source=seen.cost_source if said.cost_usd is None else said.cost_source,
        checks=said.checks or seen.checks,
        span_id=seen.span_id,
    )


def _total(calls: list[Call]) -> Call:
    """All calls of one record together; the last one's model stands for all."""
    if len(calls) < 2:
        return calls[0] if calls else _NOTHING
    return Call(
        model=next((call.model for call in reversed(calls) if call.model), None),
        input_tokens=_whole_sum(call.input_tokens for call in calls),
        output_tokens=_whole_sum(call.output_tokens for call in calls),
        cache_read_tokens=_whole_sum(call.cache_read_tokens for call in calls),
        cost_usd=_sum(call.cost_usd for call in calls),
    )


def _is_leaf(node: Node) -> bool:
    if node.role is Role.MODEL:
        return is_model_leaf(node)
    return node.role not in node.below


def call_of(node: Node) -> Call:
    """A call as its innermost span tells it; what that leaves out, the spans that wrap it alone fill in."""
    call = node.reading.call or _NOTHING
    outer = node.parent
    while outer is not None and outer.role is node.role and len(outer.children) == 1 and outer.reading.call:
        call = _filled(call, outer.reading.call)
        outer = outer.parent
    return call


def _filled(call: Call, outer: Call) -> Call:
    return Call(
        model=call.model or outer.model,
        prompt=call.prompt or outer.prompt,
        reply=call.reply or outer.reply,
        prompt_version=call.prompt_version or outer.prompt_version,
        input_tokens=call.input_tokens if call.input_tokens is not None else outer.input_tokens,
        output_tokens=call.output_tokens if call.output_tokens is not None else outer.output_tokens,
        cache_read_tokens=call.cache_read_tokens if call.cache_read_tokens is not None else outer.cache_read_tokens,
        cost_usd=call.cost_usd if call.cost_usd is not None else outer.cost_usd,
        first_token_ns=call.first_token_ns or outer.first_token_ns,
    )


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _whole_sum(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _covered(times: list[tuple[int, int]]) -> int:
    if len(times) == 1:
        return times[0][1] - times[0][0]
    total = 0
    reached = -1
    for start, end in sorted(times):
        if end > reached:
            total += end - max(start, reached)
            reached = end
    return total
