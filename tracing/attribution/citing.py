"""What a manifest says of each citation: ok, redirected, unknown, false, stale, not_in_context or unchecked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from tracing import anchor_patterns
from tracing.attribution.case import DEFAULT_ANCHOR_PATTERN
from tracing.records import Candidate, Citation, ManifestEntry, ManifestFacts

_MOST_HOPS = 5
_DEFAULT = re.compile(DEFAULT_ANCHOR_PATTERN)
BAD = ("unknown", "stale", "false")
NAMELESS = "content:"  # what the id of a chunk begins with that came without one


@dataclass(frozen=True, slots=True)
class Routing:
    """Which products a citation may be of: the routed one, those that are shared, and those that were expected."""

    product: str | None
    allowed: frozenset[str]  # case-folded
    expected: frozenset[str] = frozenset()  # anchors that are right whatever product was routed to


@dataclass(frozen=True, slots=True)
class Anchors:
    """The anchors of one trace, as the manifest in force knows them."""

    facts: ManifestFacts | None
    pattern: str

    def of(self, candidate: Candidate) -> str | None:
        """Its metadata's; else the inventory's; else its id, where that is in the manifest or has an anchor's form."""
        return self.named(candidate.anchor, candidate.chunk_id)

    def named(self, anchor: str | None, chunk_id: str | None) -> str | None:
        """An anchor that is no more than a chunk's id is one only where it is known or has an anchor's form."""
        if anchor is not None and anchor != chunk_id:
            return anchor
        given = anchor or chunk_id
        if given is None:
            return None
        if self.facts is not None and given in self.facts.chunk_anchors:
            return self.facts.chunk_anchors[given]
        return given if self.is_known(given) or _matches(self.pattern, given) else None

    def is_known(self, anchor: str) -> bool:
        """True where some version of the manifest has it."""
        facts = self.facts
        return facts is not None and (anchor in facts.entries or anchor in facts.former or anchor in facts.later)

    def entry(self, anchor: str) -> ManifestEntry | None:
        """What the anchor leads to in the version in force, redirects followed."""
        return None if self.facts is None else _followed(self.facts.entries, anchor)

    def place(self, anchor: str) -> str:
        """The anchor that it leads to, or itself."""
        entry = self.entry(anchor)
        return entry.anchor if entry else anchor

    def is_gone(self, anchor: str) -> bool:
        """True where an earlier version had it, and the one in force has neither it nor what it was redirected to."""
        facts = self.facts
        if facts is None or anchor in facts.later:
            return False
        return anchor in facts.former if anchor not in facts.entries else self.entry(anchor) is None


def _followed(entries: Mapping[str, ManifestEntry], anchor: str) -> ManifestEntry | None:
    entry = entries.get(anchor)
    for _ in range(_MOST_HOPS):
        if entry is None or not entry.redirect_to or entry.redirect_to == entry.anchor:
            break
        entry = entries.get(entry.redirect_to)
    return entry


def _matches(pattern: str, anchor: str) -> bool:
    if len(anchor) > 500:
        return False
    if pattern == DEFAULT_ANCHOR_PATTERN:  # ours, and no trouble to Python
        return _DEFAULT.fullmatch(anchor) is not None
    return anchor_patterns.is_anchor(pattern, anchor)


def statuses(
    citations: Iterable[Citation], anchors: Anchors, routing: Routing, kept: Collection[str] | None
) -> tuple[str, ...]:
    """One a citation; `kept` are the places and chunk ids of the prompt, None where they are not known."""
    return tuple(_status(citation, anchors, routing, kept) for citation in citations)


def _status(citation: Citation, anchors: Anchors, routing: Routing, kept: Collection[str] | None) -> str:
    anchor = anchors.named(citation.anchor, citation.chunk_id)
    if anchors.facts is None or anchor is None or anchor in anchors.facts.later:
        return "unchecked"
    if anchors.is_gone(anchor):
        return "stale"
    entry = anchors.entry(anchor)
    if entry is None:
        # A chunk without an id or an anchor goes by its path: that a manifest lacks it does not make it up.
        return "unchecked" if (citation.chunk_id or "").startswith(NAMELESS) else "unknown"
    if is_false(entry.product or citation.product, entry.anchor, routing):
        return "false"
    if kept is not None and not {anchor, entry.anchor, citation.chunk_id}.intersection(kept):
        return "not_in_context"
    return "ok" if entry.anchor == anchor else "redirected"


def is_false(product: str | None, place: str, routing: Routing) -> bool:
    """True where the place is of another product than the routed one."""
    if not routing.product or not product or place in routing.expected:
        return False
    return product.casefold() not in routing.allowed
