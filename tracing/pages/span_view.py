"""The tree of a trace's spans in reading order, each with its depth and its moment on the trace's line."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

PAGE = 200
WIDTH = 1000


class Outline(Protocol):
    """What a span's row needs to know of it: no attributes."""

    @property
    def span_id(self) -> str: ...
    @property
    def parent_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def start_ns(self) -> int: ...
    @property
    def end_ns(self) -> int: ...
    @property
    def status(self) -> int: ...


@dataclass(frozen=True, slots=True)
class SpanRow:
    """One span in the tree; `left` and `width` in thousandths of the whole; `stage` where a stage's record names it."""

    span: Outline
    depth: int
    left: int
    width: int
    stage: str

    @property
    def duration_ms(self) -> float:
        """How long it ran."""
        return max(0, self.span.end_ns - self.span.start_ns) / 1e6

    @property
    def failed(self) -> bool:
        """True where its sender set the status to error."""
        return self.span.status == 2


@dataclass(frozen=True, slots=True)
class SpanPage:
    """Some rows of the tree, and where the next ones begin (None at the end)."""

    rows: tuple[SpanRow, ...]
    total: int
    following: int | None


def span_page(spans: Sequence[Outline], *, stages: dict[str, str], offset: int = 0, size: int = PAGE) -> SpanPage:
    """The rows from `offset` of the tree in reading order; `stages` names the stage of a span id."""
    ordered = reading_order(spans)
    start = min((span.start_ns for span in spans), default=0)
    whole = max(1, max((span.end_ns for span in spans), default=0) - start)
    rows = tuple(
        SpanRow(
            span=span,
            depth=depth,
            left=(left := min(WIDTH - 3, max(0, span.start_ns - start) * WIDTH // whole)),
            width=max(3, min(WIDTH - left, max(0, span.end_ns - span.start_ns) * WIDTH // whole)),
            stage=stages.get(span.span_id, ""),
        )
        for span, depth in ordered[offset : offset + size]
    )
    end = offset + size
    return SpanPage(rows, len(ordered), end if end < len(ordered) else None)


def natural(name: str) -> tuple[tuple[str, int, str], ...]:
    """The order of attributes' names, in which `documents.2` is before `documents.10`."""
    parts = [*re.split(r"([0-9]+)", name), ""]
    numbers = (digits.lstrip("0") for digits in parts[1::2])
    return tuple((text, len(digits), digits) for text, digits in zip(parts[::2], numbers, strict=True))


def reading_order(spans: Sequence[Outline]) -> list[tuple[Outline, int]]:
    """Depth first, children by start; orphans are roots, and a circle of parents is broken at its first span."""
    known = {span.span_id for span in spans}
    children: dict[str, list[Outline]] = defaultdict(list)
    by_start = sorted(spans, key=lambda span: (span.start_ns, span.span_id))
    for span in by_start:
        children[span.parent_id if span.parent_id in known and span.parent_id != span.span_id else ""].append(span)
    ordered: list[tuple[Outline, int]] = []
    placed: set[str] = set()
    for root in [*children[""], *by_start]:
        stack = [(root, 0)]
        while stack:
            span, depth = stack.pop()
            if span.span_id not in placed:
                placed.add(span.span_id)
                ordered.append((span, depth))
                stack += [(child, depth + 1) for child in reversed(children[span.span_id])]
    return ordered
