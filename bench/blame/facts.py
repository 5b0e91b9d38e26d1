"""A corpus manifest held in memory: its versions, its inventory, and what it knows of one trace's mentions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tracing.attribution.mentions import mentions
from tracing.records import Expectation, ManifestEntry, ManifestFacts, Trace


@dataclass(frozen=True)
class Version:
    """One version of the manifest, ready to be asked."""

    name: str
    entries: Mapping[str, ManifestEntry]
    owners: Mapping[str, frozenset[str]]
    defined_at: Mapping[str, frozenset[str]]
    products: frozenset[str]


def version_of(name: str, entries: Iterable[ManifestEntry]) -> Version:
    by_anchor = {entry.anchor: entry for entry in entries}
    owners: dict[str, set[str]] = defaultdict(set)
    places: dict[str, set[str]] = defaultdict(set)
    for entry in by_anchor.values():
        for entity in entry.entities:
            owners[entity.casefold()].add(entry.product or "")
            places[entity.casefold()].add(entry.anchor)
    return Version(
        name,
        by_anchor,
        {entity: frozenset(found) for entity, found in owners.items()},
        {entity: frozenset(found) for entity, found in places.items()},
        frozenset(entry.product for entry in by_anchor.values() if entry.product),
    )


@dataclass(frozen=True)
class Shelf:
    """All versions, the oldest first; `inventories` by the version of the index."""

    versions: Sequence[Version]
    inventories: Mapping[str, frozenset[str]]
    chunks: Mapping[str, str] = field(default_factory=dict)

    def facts(self, trace: Trace, expectation: Expectation | None) -> ManifestFacts:
        """What the newest version says of this trace."""
        asked = mentions(trace, expectation)
        *older, now = self.versions
        defined_at = {name: now.defined_at[name] for name in asked.names if name in now.defined_at}
        chunks = {one.chunk_id: self.chunks[one.chunk_id] for one in trace.candidates if one.chunk_id in self.chunks}
        anchors = asked.anchors.union(chunks.values(), *defined_at.values())
        entries = {anchor: now.entries[anchor] for anchor in anchors if anchor in now.entries}
        targets = {entry.redirect_to for entry in entries.values() if entry.redirect_to}
        entries |= {anchor: now.entries[anchor] for anchor in targets if anchor in now.entries}
        former = {}
        for version in older:
            former |= {anchor: version.entries[anchor] for anchor in asked.anchors if anchor in version.entries}
        held = self.inventories.get(trace.versions.index or "")
        return ManifestFacts(
            version=now.name,
            entries=entries,
            former={anchor: entry for anchor, entry in former.items() if anchor not in now.entries},
            entities={name: now.owners[name] for name in asked.names if name in now.owners},
            defined_at=defined_at,
            products=now.products,
            chunk_anchors=chunks,
            indexed=None if held is None else held & (anchors | targets),
        )
