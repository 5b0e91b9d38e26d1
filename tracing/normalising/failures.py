"""Which span is to blame for an error: the deepest, unless a retry made good for it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from tracing.dialects.reading import Role
from tracing.dialects.values import text
from tracing.normalising.tree import Node
from tracing.stages import Stage

_TIMEOUT = re.compile(r"time[d]?[ _-]?out|deadline|cancel", re.IGNORECASE)
_STATUS_CODES = ("http.response.status_code", "http.status_code")
_TRACEBACK = "Traceback (most recent call last):"
_LONGEST_ERROR = 2000


@dataclass(frozen=True, slots=True)
class Failure:
    """One failing span, and what it said."""

    node: Node
    status: Literal["error", "timeout"]
    message: str

    @property
    def stage(self) -> Stage | None:
        """The stage to blame."""
        return self.node.stage


def failures(nodes: Sequence[Node]) -> tuple[list[Failure], dict[Node, int]]:
    """What failed for good, and for each span that succeeded after retries how many attempts it took."""
    failing = {node for node in nodes if node.span.failed}
    if not failing:
        return [], {}
    above: set[Node] = set()
    for node in reversed(nodes):
        if (node in failing or node in above) and node.parent is not None:
            above.add(node.parent)
    deepest = [node for node in nodes if node in failing and node not in above]
    attempts: dict[Node, int] = {}
    found = []
    successes = _successes(failing)
    top_failed = any(node.parent is None for node in failing)
    for node in deepest:
        success = _retried(node, successes)
        if success is not None:
            attempts[success] = attempts.get(success, 1) + 1
        elif top_failed or not _handled(node):
            found.append(_failure(node))
    return found, attempts


def _successes(failing: Iterable[Node]) -> dict[tuple[Node, str], list[Node]]:
    """What went well beside what failed, by parent and name, in time."""
    found: dict[tuple[Node, str], list[Node]] = {}
    for parent in {node.parent for node in failing if node.parent is not None}:
        for child in parent.children:
            if not child.span.failed:
                found.setdefault((parent, child.name), []).append(child)
    return found


def _retried(node: Node, successes: dict[tuple[Node, str], list[Node]]) -> Node | None:
    """The span that made good for a failing one, or for one that failed around it."""
    while node.parent is not None and node.span.failed:
        later = successes.get((node.parent, node.name), [])
        at = bisect_left(later, node.span.end_ns, key=lambda other: other.span.start_ns)
        if at < len(later) and later[at].role is node.role:
            return later[at]
        node = node.parent
    return None


def _handled(node: Node) -> bool:
    """True where a span above it, in the same stage, ended well all the same; what a lane lost, no other made good."""
    above = node.parent
    if above is not None and node.role is Role.RETRIEVER and _lanes(above) > 1:
        return False
    while above is not None and above.stage is node.stage is not None:
        if not above.span.failed:
            return True
        above = above.parent
    return False


def _lanes(node: Node) -> int:
    return len({child.name for child in node.children if child.role is Role.RETRIEVER})


def _failure(node: Node) -> Failure:
    span = node.span
    attributes = span.attributes
    kind = text(attributes.get("error.type")) or ""
    said = ""
    for event in span.events:
        if event.name == "exception":
            kind = text(event.attributes.get("exception.type")) or kind
            said = text(event.attributes.get("exception.message")) or said
    message = _without_traceback(span.status_message) or _without_traceback(said)
    if kind and kind.rpartition(".")[2] not in message:
        message = f"{kind}: {message}" if message else kind
    codes = {str(attributes.get(key)) for key in _STATUS_CODES}
    timed_out = bool(_TIMEOUT.search(f"{kind} {message[:_LONGEST_ERROR]}")) or bool(codes & {"408", "504"})
    return Failure(node, "timeout" if timed_out else "error", message[:_LONGEST_ERROR] or f"{span.name} failed")


def _without_traceback(message: str) -> str:
    """What was raised, without the lines of source that some instrumentations add: they name timeouts of their own."""
    said, traceback, lines = message.partition(_TRACEBACK)
    return said.strip() or (lines.strip().rpartition("\n")[2].strip() if traceback else "")


def is_model_leaf(node: Node) -> bool:
    """True for the innermost span of a model call: tokens count there, once."""
    return node.role is Role.MODEL and Role.MODEL not in node.below
