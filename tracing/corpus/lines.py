"""What exists to be cited: the lines of a manifest, how two of them differ, and what a push changes of the past.

A manifest is in force from its time on, until the next one's. Times are in ns; STILL stands for no end.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from tracing import anchor_patterns
from tracing.spelling import misspelt

STILL = 2**63 - 1
MOST_LINES = 1_000_000
MOST_ENTITIES = 200
LONGEST = 2_000
SHOWN = 50


class BadLineError(ValueError):
    """The first line that cannot be taken: its number, counted from 1, and what is wrong with it."""

    def __init__(self, number: int, field: str, detail: str, suggestion: str | None = None) -> None:
        super().__init__(f"line {number}: {detail}")
        self.number, self.field, self.suggestion = number, field, suggestion


class Entry(NamedTuple):
    """What a manifest says of one anchor. A tuple, because a push makes and compares some hundred thousand."""

    product: str
    path: str
    title: str = ""
    source_hash: str = ""
    redirect_to: str = ""
    entities: tuple[str, ...] = ()


OF_ANCHOR = ("anchor", *Entry._fields)
OF_CHUNK = ("chunk_id", "anchor", "source_hash")


@dataclass(frozen=True, slots=True)
class Holding:
    """A chunk that the retriever's index holds."""

    chunk_id: str
    anchor: str
    source_hash: str = ""


Entries = Mapping[str, Entry]


class Interval(NamedTuple):
    """An anchor's entry from `since` on, before `until`; an empty one was taken back."""

    anchor: str
    since: int
    until: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Difference:
    """How a manifest differs from the one before it: each anchor is in one of these at most.

    Moved: the same anchor at another path or of another product, or a removed one whose source hash only one added one
    has, written `old → new`. Changed: another source hash, title, or names.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    redirected: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many of each."""
        return {name: len(getattr(self, name)) for name in KINDS}

    @property
    def examples(self) -> dict[str, list[str]]:
        """The first of each."""
        return {name: list(getattr(self, name)[:SHOWN]) for name in KINDS}


KINDS = ("added", "removed", "moved", "changed", "redirected")


def read_manifest(body: bytes, pattern: str = "") -> dict[str, Entry]:
    """The entries of JSON Lines by anchor; raises BadLineError. `pattern` is what the project's anchors match."""
    entries: dict[str, Entry] = {}
    numbers: dict[str, int] = {}
    for number, line in _lines(body, OF_ANCHOR):
        anchor = _needed(line, "anchor", number)
        if anchor in entries:
            raise BadLineError(number, "anchor", f"the anchor {anchor[:200]!r} is in line {numbers[anchor]} already")
        entries[anchor] = _entry(line, number)
        if entries[anchor].redirect_to == anchor:
            raise BadLineError(number, "redirect_to", "redirect_to is the anchor itself: it is where the anchor went")
        numbers[anchor] = number
    if not entries:
        raise BadLineError(1, "", "there is no line: a manifest lists every anchor that exists")
    named = list(entries) if pattern else []
    for anchor, has_form in zip(named, anchor_patterns.matches(pattern, named), strict=True):
        if not has_form:
            said = f"the anchor {anchor[:200]!r} does not match the project's pattern"
            raise BadLineError(numbers[anchor], "anchor", said)
    return entries


def _entry(line: Mapping[str, Any], number: int) -> Entry:
    entities = line.get("entities")
    if entities is None:
        entities = ()
    elif not isinstance(entities, list) or not all(isinstance(name, str) for name in entities):
        raise BadLineError(number, "entities", "entities is a list of texts")
    return Entry(
        product=_needed(line, "product", number),
        path=_needed(line, "path", number),
        title=_optional(line, "title", number),
        source_hash=_optional(line, "source_hash", number),
        redirect_to=_optional(line, "redirect_to", number),
        entities=tuple(name[:LONGEST] for name in entities[:MOST_ENTITIES]),
    )


def read_inventory(body: bytes) -> list[Holding]:
    """The chunks of JSON Lines; raises BadLineError."""
    holdings: list[Holding] = []
    numbers: dict[tuple[str, str], int] = {}
    for number, line in _lines(body, OF_CHUNK):
        chunk_id, anchor = _needed(line, "chunk_id", number), _needed(line, "anchor", number)
        if (before := numbers.setdefault((chunk_id, anchor), number)) != number:
            raise BadLineError(number, "chunk_id", f"the chunk {chunk_id[:200]!r} is in line {before} already")
        holdings.append(Holding(chunk_id, anchor, _optional(line, "source_hash", number)))
    if not holdings:
        raise BadLineError(1, "", "there is no line: an inventory lists every chunk that the index holds")
    return holdings


def _lines(body: bytes, known: tuple[str, ...]) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    for number, text in enumerate(body.split(b"\n"), start=1):
        if not text.strip():
            continue
        if number > MOST_LINES:
            raise BadLineError(number, "", f"{MOST_LINES:,} lines are taken at most")
        try:
            line = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise BadLineError(number, "", f"this is no JSON: {error}") from error
        if not isinstance(line, dict):
            raise BadLineError(number, "", "a line is a JSON object")
        if found := misspelt(line, known):
            name, meant = found
            raise BadLineError(number, name, f"there is no field '{name}'", meant)
        yield number, line


def _needed(line: Mapping[str, Any], field: str, number: int) -> str:
    value = line.get(field)
    if not isinstance(value, str) or not value.strip():
        raise BadLineError(number, field, f"{field} is missing: it is a text that is not empty")
    return _bounded(value, field, number)


def _optional(line: Mapping[str, Any], field: str, number: int) -> str:
    value = line.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadLineError(number, field, f"{field} is a text")
    return _bounded(value, field, number)


def _bounded(value: str, field: str, number: int) -> str:
    if len(value) > LONGEST:
        raise BadLineError(number, field, f"{field} has {len(value):,} characters; {LONGEST:,} are taken")
    return value


def difference(before: Entries, after: Entries) -> Difference:
    """What the later list added, removed, moved, changed and redirected."""
    added = [anchor for anchor in after if anchor not in before]
    removed = [anchor for anchor in before if anchor not in after]
    renamed = _renamed({a: before[a] for a in removed}, {a: after[a] for a in added})
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    found["removed"] = [anchor for anchor in removed if anchor not in renamed]
    found["moved"] = [f"{old} → {new}" for old, new in renamed.items()]
    targets = set(renamed.values())
    for anchor, entry in after.items():
        kind = "" if anchor in targets else _kind(before.get(anchor), entry)
        if kind:
            found[kind].append(anchor)
    return Difference(**{kind: tuple(sorted(anchors)) for kind, anchors in found.items()})


def _kind(before: Entry | None, after: Entry) -> str:
    if before == after:
        return ""
    if after.redirect_to and after.redirect_to != (before.redirect_to if before else ""):
        return "redirected"
    if before is None:
        return "added"
    if (before.path, before.product) != (after.path, after.product):
        return "moved"
    return "changed"


def _renamed(removed: Entries, added: Entries) -> dict[str, str]:
    """Removed anchors whose content stands under one added anchor, and under no other."""
    old, new = _by_hash(removed), _by_hash(added)
    return {old[value][0]: new[value][0] for value in old if len(old[value]) == 1 and len(new.get(value, ())) == 1}


def _by_hash(entries: Entries) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for anchor, entry in entries.items():
        if entry.source_hash and not entry.redirect_to:
            found.setdefault(entry.source_hash, []).append(anchor)
    return found


def changes(current: Mapping[str, Interval], then: Entries, at: int, until: int) -> Iterator[Interval]:
    """The intervals to write so that `then` is what exists from `at` on, before `until`.

    `current` are those that hold `at`; a row that is written replaces the one of the same anchor and `since`.
    """
    for anchor, interval in current.items():
        entry = then.get(anchor)
        if entry == interval.entry and interval.until >= until:
            continue
        yield from _cut(interval, entry, at, until)
    for anchor, entry in then.items():
        if anchor not in current:
            yield Interval(anchor, at, until, entry)


def _cut(interval: Interval, entry: Entry | None, at: int, until: int) -> Iterator[Interval]:
    anchor = interval.anchor
    if interval.until > until:
        yield Interval(anchor, until, interval.until, interval.entry)
    if interval.since < at or entry is None:
        yield Interval(anchor, interval.since, max(at, interval.since), interval.entry)
    if entry is not None:
        yield Interval(anchor, at, until, entry)


def anchors_of(intervals: Collection[Interval]) -> dict[str, Interval]:
    """By anchor: of one time there is one interval each."""
    return {interval.anchor: interval for interval in intervals}
