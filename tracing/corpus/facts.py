"""What the manifest in force says of the anchors and names that traces mention: looked up once, remembered per push."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tracing import store
from tracing.attribution.mentions import Mentions, code_words, mentions, words_of
from tracing.corpus.manifests import Inventory, Manifest, inventories, manifests
from tracing.models import Project
from tracing.records import Expectation, ManifestEntry, ManifestFacts, Trace

MOST_HOPS = 5
MOST_PLACES = 50  # of one name
MOST_REMEMBERED = 300_000


@dataclass(frozen=True, slots=True)
class Span:
    """An anchor's entry in the versions from `since` on, before `until`."""

    since: int
    until: int
    entry: ManifestEntry


@dataclass(frozen=True, slots=True)
class Named:
    """An anchor that carries a name, in the versions from `since` on, before `until`."""

    since: int
    until: int
    product: str
    anchor: str


@dataclass(slots=True)
class Corpus:
    """A project's manifests and inventories, and what was looked up in them; `stamp` tells whether they still are."""

    stamp: tuple[object, ...]
    manifests: tuple[Manifest, ...]  # the oldest first
    inventories: tuple[Inventory, ...]  # the oldest first
    named_products: frozenset[str] = frozenset()  # by the project itself
    spans: dict[str, tuple[Span, ...]] = field(default_factory=dict)
    spellings: dict[str, tuple[str, ...]] | None = None  # normal form of a name -> as manifests spell it
    named: dict[str, tuple[Named, ...]] = field(default_factory=dict)
    products: dict[str, frozenset[str]] = field(default_factory=dict)  # by version
    held: dict[int, dict[str, bool]] = field(default_factory=dict)  # by push of an inventory
    chunks: dict[int, dict[str, str]] = field(
        default_factory=dict
    )  # the same: chunk -> anchor, empty where it has none

    def manifest_of(self, trace: Trace) -> Manifest:
        """The version that the trace names, else the one in force when it was answered, else the first."""
        for manifest in self.manifests:
            if manifest.version == trace.versions.corpus:
                return manifest
        at = bisect_right([manifest.effective_ns for manifest in self.manifests], trace.started_ns)
        return self.manifests[max(0, at - 1)]

    def inventory_of(self, trace: Trace) -> Inventory | None:
        """The one of the index that the trace names; where it names none, the last one before it was answered."""
        if trace.versions.index:
            return next((one for one in self.inventories if one.version == trace.versions.index), None)
        at = bisect_right([one.pushed_ns for one in self.inventories], trace.started_ns)
        return self.inventories[max(0, at - 1)] if self.inventories else None


_known: dict[str, Corpus] = {}


def corpus_of(project: str) -> Corpus:
    """The project's manifests as the store has them now, with what is remembered of these."""
    found = sorted(manifests(project=project), key=lambda one: one.effective_ns)
    held = sorted(inventories(project=project), key=lambda one: one.pushed_ns)
    named = Project.objects.filter(slug=project).values_list("products", flat=True).first() or ()
    stamp = (*((one.version, one.effective_ns, one.pushed_ns) for one in found), *(one.push for one in held), *named)
    known = _known.get(project)
    if known is None or known.stamp != stamp or _remembered(known) > MOST_REMEMBERED:
        known = _known[project] = Corpus(stamp, tuple(found), tuple(held), frozenset(map(str, named)))
    return known


def _remembered(known: Corpus) -> int:
    return len(known.spans) + len(known.named) + sum(map(len, known.chunks.values()))


Asked = Sequence[tuple[Trace, Expectation | None]]


def facts_of(*, project: str, asked: Asked) -> list[ManifestFacts | None]:
    """The facts for each trace with its expectation; None for all where the project has no manifest."""
    corpus = corpus_of(project)
    if not corpus.manifests:
        return [None] * len(asked)
    _look_up_chunks(project, corpus, asked)
    said = [mentions(trace, expectation) for trace, expectation in asked]
    _look_up_names(project, corpus, {name for one in said for name in one.names})
    said = [_with_known_places(corpus, trace, one) for (trace, _), one in zip(asked, said, strict=True)]
    _look_up_anchors(project, corpus, {anchor for one in said for anchor in one.anchors})
    _look_up_held(project, corpus, asked, said)
    return [_facts(project, corpus, trace, one) for (trace, _), one in zip(asked, said, strict=True)]


def _with_known_places(corpus: Corpus, trace: Trace, said: Mentions) -> Mentions:
    """With the anchors that the inventory knows its chunks by, and those that define what the question names."""
    by_chunk, defined_at = _anchors_by_chunk(corpus, trace), _defined_at(corpus, trace, said)
    if not by_chunk and not defined_at:
        return said
    return replace(said, anchors=said.anchors.union(by_chunk.values(), *defined_at.values()))


def _defined_at(corpus: Corpus, trace: Trace, said: Mentions) -> dict[str, frozenset[str]]:
    """Name in the question that looks like code -> the anchors that carry it in the manifest in force."""
    at_ns = corpus.manifest_of(trace).effective_ns
    found = {}
    for name in said.names.intersection(code_words(trace.query or "")):
        carriers = sorted({one.anchor for one in corpus.named.get(name, ()) if one.since <= at_ns < one.until})
        if carriers:
            found[name] = frozenset(carriers[:MOST_PLACES])
    return found


def _anchors_by_chunk(corpus: Corpus, trace: Trace) -> dict[str, str]:
    inventory = corpus.inventory_of(trace)
    known = corpus.chunks.get(inventory.push, {}) if inventory else {}
    return {chunk: anchor for chunk in _nameless(trace) if (anchor := known.get(chunk))}


def _nameless(trace: Trace) -> set[str]:
    """The chunks of which the trace says no more than their id."""
    found = {one.chunk_id for one in trace.candidates if one.anchor in (None, one.chunk_id)}
    return found | {one.chunk_id for one in trace.citations if one.chunk_id and one.anchor in (None, one.chunk_id)}


def _look_up_chunks(project: str, corpus: Corpus, asked: Asked) -> None:
    wanted: dict[int, set[str]] = defaultdict(set)
    for trace, _ in asked:
        if (inventory := corpus.inventory_of(trace)) is not None:
            known = corpus.chunks.setdefault(inventory.push, {})
            wanted[inventory.push] |= {chunk for chunk in _nameless(trace) if chunk not in known}
    for push, chunks in wanted.items():
        for some in store.pieces(chunks):
            found = dict(chunk_rows(project=project, push=push, chunks=some))
            corpus.chunks[push] |= {chunk: found.get(chunk, "") for chunk in some}


def chunk_rows(*, project: str, push: int, chunks: Sequence[str]) -> Sequence[tuple[Any, ...]]:
    """The anchors of these chunks, as that push of the inventory has them."""
    return store.rows(
        "SELECT chunk_id, any(anchor) FROM inventory WHERE project = {project:String} AND push = {push:UInt64}"
        " AND chunk_id IN {chunks:Array(String)} GROUP BY chunk_id",
        project=project,
        push=push,
        chunks=list(chunks),
    )


def _facts(project: str, corpus: Corpus, trace: Trace, said: Mentions) -> ManifestFacts:
    manifest = corpus.manifest_of(trace)
    at_ns = manifest.effective_ns
    entries: dict[str, ManifestEntry] = {}
    former: dict[str, ManifestEntry] = {}
    later: set[str] = set()
    mentioned = _with_targets(corpus, said.anchors, at_ns)
    for anchor in mentioned:
        spans = corpus.spans.get(anchor, ())
        current = next((span.entry for span in spans if span.since <= at_ns < span.until), None)
        past = [span for span in spans if span.until <= at_ns]
        if current is not None:
            entries[anchor] = current
        elif past:
            former[anchor] = max(past, key=lambda span: span.until).entry
        elif spans:
            later.add(anchor)
    named = {name: [one for one in corpus.named.get(name, ()) if one.since <= at_ns < one.until] for name in said.names}
    inventory = corpus.inventory_of(trace)
    held = corpus.held.get(inventory.push, {}) if inventory else {}
    return ManifestFacts(
        version=manifest.version,
        entries=entries,
        former=former,
        later=frozenset(later),
        entities={name: frozenset(one.product for one in found) for name, found in named.items() if found},
        defined_at=_defined_at(corpus, trace, said),
        products=_products(project, corpus, manifest),
        chunk_anchors=_anchors_by_chunk(corpus, trace),
        indexed=frozenset(anchor for anchor in mentioned if held.get(anchor)) if inventory else None,
    )


def _with_targets(corpus: Corpus, anchors: Iterable[str], at_ns: int) -> set[str]:
    found = set(anchors)
    waiting = list(found)
    while waiting:
        for span in corpus.spans.get(waiting.pop(), ()):
            target = span.entry.redirect_to
            if target and span.since <= at_ns < span.until and target not in found:
                found.add(target)
                waiting.append(target)
    return found


def _look_up_anchors(project: str, corpus: Corpus, wanted: set[str]) -> None:
    for _ in range(MOST_HOPS):
        missing = [anchor for anchor in wanted if anchor not in corpus.spans]
        if not missing:
            return
        found: dict[str, list[Span]] = defaultdict(list)
        for some in store.pieces(missing):
            for row in anchor_rows(project=project, anchors=some):
                span = _span(row)
                found[span.entry.anchor].append(span)
        corpus.spans |= {anchor: tuple(found.get(anchor, ())) for anchor in missing}
        wanted = {span.entry.redirect_to for spans in found.values() for span in spans if span.entry.redirect_to}


def anchor_rows(*, project: str, anchors: Sequence[str]) -> Sequence[tuple[Any, ...]]:
    """Every interval of these anchors that was not taken back."""
    return store.rows(
        "SELECT anchor, since, until, product, path, title, source_hash, redirect_to, entities FROM anchors FINAL"
        " WHERE project = {project:String} AND anchor IN {anchors:Array(String)} AND since < until",
        project=project,
        anchors=list(anchors),
    )


def _span(row: Sequence[Any]) -> Span:
    anchor, since, until, product, path, title, source_hash, redirect_to, entities = row
    entry = ManifestEntry(
        anchor, product, path, title or None, source_hash or None, redirect_to or None, tuple(entities)
    )
    return Span(since, until, entry)


def _look_up_names(project: str, corpus: Corpus, wanted: set[str]) -> None:
    if corpus.spellings is None:
        corpus.spellings = _spellings(project=project)
    missing = {name: corpus.spellings[name] for name in wanted if name in corpus.spellings and name not in corpus.named}
    normal = {spelling: name for name, spellings in missing.items() for spelling in spellings}
    found: dict[str, list[Named]] = defaultdict(list)
    for some in store.pieces(normal):
        for name, since, until, product, anchor in name_rows(project=project, names=some):
            found[normal[name]].append(Named(since, until, product, anchor))
    corpus.named |= {name: tuple(found.get(name, ())) for name in missing}


def _spellings(*, project: str) -> dict[str, tuple[str, ...]]:
    rows = store.rows(
        "SELECT DISTINCT arrayJoin(entities) FROM anchors WHERE project = {project:String} LIMIT 1000000",
        project=project,
    )
    found: dict[str, tuple[str, ...]] = {}
    for (spelling,) in rows:
        name = " ".join(words_of(spelling))
        if name:
            found[name] = (*found.get(name, ()), spelling)
    return found


def name_rows(*, project: str, names: Sequence[str]) -> Sequence[tuple[Any, ...]]:
    """Who carries these names, and in which versions."""
    return store.rows(
        "SELECT name, since, until, product, anchor FROM anchors FINAL ARRAY JOIN entities AS name"
        " WHERE project = {project:String} AND since < until AND name IN {names:Array(String)}",
        project=project,
        names=list(names),
    )


def _look_up_held(project: str, corpus: Corpus, asked: Asked, said: Sequence[Mentions]) -> None:
    """Of the anchors that any version knows alone: a chunk's id is no anchor."""
    wanted: dict[int, set[str]] = defaultdict(set)
    for (trace, expectation), one in zip(asked, said, strict=True):
        inventory = corpus.inventory_of(trace)
        if inventory is not None:
            known = corpus.held.setdefault(inventory.push, {})
            named = set(expectation.anchors) if expectation else set()
            anchors = _with_targets(corpus, one.anchors, corpus.manifest_of(trace).effective_ns)
            wanted[inventory.push] |= {a for a in anchors if a not in known and (corpus.spans.get(a) or a in named)}
    for push, anchors in wanted.items():
        for some in store.pieces(anchors):
            held = set(held_rows(project=project, push=push, anchors=some))
            corpus.held[push] |= {anchor: anchor in held for anchor in some}


def held_rows(*, project: str, push: int, anchors: Sequence[str]) -> list[str]:
    """Those of the anchors that the index held."""
    rows = store.rows(
        "SELECT DISTINCT anchor FROM inventory WHERE project = {project:String} AND push = {push:UInt64}"
        " AND anchor IN {anchors:Array(String)}",
        project=project,
        push=push,
        anchors=list(anchors),
    )
    return [str(anchor) for (anchor,) in rows]


def _products(project: str, corpus: Corpus, manifest: Manifest) -> frozenset[str]:
    if manifest.version not in corpus.products:
        listed = product_names(project=project, at_ns=manifest.effective_ns)
        corpus.products[manifest.version] = listed | corpus.named_products
    return corpus.products[manifest.version]


def product_names(*, project: str, at_ns: int) -> frozenset[str]:
    """The products of the manifest that was in force then."""
    rows = store.rows(
        "SELECT DISTINCT product FROM anchors FINAL"
        " WHERE project = {project:String} AND since <= {at:Int64} AND until > {at:Int64}",
        project=project,
        at=at_ns,
    )
    return frozenset(str(product) for (product,) in rows)
