"""The sentences about lists and objects of which an entry, a name or a number is left out."""

from collections.abc import Callable, Iterator
from dataclasses import fields

from tracing.dialects.misread_values import (
    Note,
    a_number,
    a_whole,
    an_amount,
    counted,
    listed,
    one_of,
    shown,
    true_or_false,
    without,
)
from tracing.dialects.shapes import STATUSES, Given
from tracing.dialects.values import items, loaded, mapping, text
from tracing.records import Value, Versions

VERSIONS = tuple(field.name for field in fields(Versions))
_SCORE_KINDS = ("similarity", "distance", "unknown")
_CITED = ("anchor", "chunk_id", "claim")
_LANE_COUNTS = ("top_k", "returned")
_STAGE_COUNTS = ("attempts", "input_tokens", "output_tokens", "cache_read_tokens")
_STAGE_AMOUNTS = ("duration_ms", "cost_usd")


def of_parts(given: Given, prefix: str) -> Iterator[Note]:
    """Of the lists and objects that a span or a document has, beside its candidates and its context."""
    for name, read in _PARTS.items():
        if value := given.get(name):
            yield from read(value, prefix + name)


def odd(given: Given, names: tuple[str, ...]) -> list[str]:
    """The names whose values are no plain numbers from 0, as nearly all are."""
    return [
        name
        for name in names
        if (said := given.get(name)) is not None
        and not ((type(said) is int or type(said) is float) and 0 <= said < 2**53)
    ]


def _of_lanes(value: Value, where: str) -> Iterator[Note]:
    for item in items(value):
        given: Given = item if isinstance(item, dict) else {"name": item}
        lane = text(given.get("name"))
        if not lane:
            yield without("a name", where)
            continue
        of = f" of the lane {shown(lane)}"
        for name in odd(given, _LANE_COUNTS):
            yield from a_whole(name, given[name], of)
        for name in odd(given, ("floor",)):
            yield from a_number(name, given[name], of)
        if (kind := given.get("score_kind")) is not None:
            yield from one_of("score_kind", kind, _SCORE_KINDS, _SCORE_KINDS.__contains__, "read as unknown", of)
        if given.get("round") is not None:
            yield from counted("round", "", given["round"])


def _of_checks(value: Value, where: str) -> Iterator[Note]:
    for item in items(value) if loaded(value) is not None else ():
        name = text(item.get("name")) if isinstance(item, dict) else None
        if not isinstance(item, dict) or not name:
            yield without("a name", where)
        else:
            of = f" of the check {shown(name)}"
            yield from a_number("threshold", item.get("threshold"), of)
            yield from true_or_false("passed", item.get("passed"), of)


def _of_citations(value: Value, where: str) -> Iterator[Note]:
    for item in items(value):
        if not (any(text(item.get(key)) for key in _CITED) if isinstance(item, dict) else text(item)):
            yield without("an anchor, a chunk_id or a claim", where)


def _of_entities(value: Value, where: str) -> Iterator[Note]:
    for item in items(value):
        if not (text(item.get("text")) or text(item.get("name")) if isinstance(item, dict) else text(item)):
            yield without("a text", where)


def _of_versions(value: Value, where: str) -> Iterator[Note]:
    for name, version in mapping(value).items():
        if name not in VERSIONS:
            told = f"{shown(name)} of {where} is no name of a version and was left out: send {listed(VERSIONS)}"
            yield f"{where}.{name}", told
        elif version is not None and text(version) is None and version != "":
            yield f"{where}.{name}", f"{name} {shown(version)} of {where} was left out: send a text"


def of_context(given: Given, where: str) -> Iterator[Note]:
    """Of the numbers of a context, and of its slots."""
    yield from a_whole("cap_tokens", given.get("cap_tokens"), f" of {where}")
    yield from a_whole("used_tokens", given.get("used_tokens"), f" of {where}")
    slots = given.get("slots")
    caps = mapping(slots)
    for item in [{"name": name, "cap_tokens": cap} for name, cap in caps.items()] if caps else items(slots):
        slot: Given = item if isinstance(item, dict) else {"name": item}
        name = text(slot.get("name"))
        if not name:
            yield without("a name", f"{where}.slots")
        else:
            of = f" of the slot {shown(name)}"
            yield from a_whole("cap_tokens", slot.get("cap_tokens"), of)
            yield from a_whole("used_tokens", slot.get("used_tokens"), of)


def _of_stages(value: Value, where: str) -> Iterator[Note]:
    for row in items(value):
        if not isinstance(row, dict):
            continue
        of = f" of the stage {shown(row.get('stage'))}"
        status = row.get("status")
        if status is not None and status not in STATUSES:
            yield f"status{of}", f"status {shown(status)}{of} was read as ok: send {listed(STATUSES)}"
        for name in odd(row, _STAGE_COUNTS):
            yield from a_whole(name, row[name], of)
        for name in odd(row, _STAGE_AMOUNTS):
            yield from an_amount(name, row[name], of)
        if row.get("round") is not None:
            yield from counted("round", "", row["round"])
        if (cache := row.get("cache")) is not None:
            yield from one_of("cache", cache, ("hit", "miss"), ("hit", "miss").__contains__, of=of)
        if checks := row.get("checks"):
            yield from _of_checks(checks, f"checks{of}")


_PARTS: dict[str, Callable[[Value, str], Iterator[Note]]] = {
    "lanes": _of_lanes,
    "checks": _of_checks,
    "citations": _of_citations,
    "entities": _of_entities,
    "versions": _of_versions,
    "stages": _of_stages,
}
