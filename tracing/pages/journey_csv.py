"""The chunk journey as CSV, for a spreadsheet or a ticket: one row a chunk, as sent, all of them."""

import csv
import io
from collections.abc import Collection, Iterable

from tracing.pages.journey_view import lane_names
from tracing.records import Candidate, Trace
from tracing.spreadsheet import safe

PLAIN = (
    "fused_rank", "fused_score", "rerank_in", "rerank_rank", "rerank_score", "survived", "survived_source",
    "dropped_at", "dropped_why", "tokens", "kept_tokens", "slot", "cited", "stale",
)  # fmt: skip


def journey_csv(trace: Trace, *, expected: Collection[int] = ()) -> str:
    """A line a chunk in the order in which they were sent; empty where it is not known."""
    lanes = lane_names(trace)
    written = io.StringIO()
    out = csv.writer(written, lineterminator="\n")
    head = ["chunk_id", "anchor", "product", "title", "expected"]
    out.writerow(map(safe, [*head, *(f"{lane} {what}" for lane in lanes for what in ("rank", "score")), *PLAIN]))
    for place, candidate in enumerate(trace.candidates):
        out.writerow(map(safe, _cells(candidate, lanes, place in expected)))
    return written.getvalue()


def _cells(candidate: Candidate, lanes: Iterable[str], expected: bool) -> Iterable[object]:
    yield from (candidate.chunk_id, candidate.anchor, candidate.product, candidate.title, expected)
    for lane in lanes:
        best = min((hit for hit in candidate.hits if hit.lane == lane), key=lambda hit: hit.rank, default=None)
        yield from (best.rank, best.score) if best else (None, None)
    for name in PLAIN:
        yield getattr(candidate, name)
