"""What a sender says in our own words and is not read as it was sent: what became of it, and what to send."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TypeGuard

from tracing.dialects.misread_parts import odd, of_context, of_parts
from tracing.dialects.misread_values import (
    Note,
    a_number,
    a_whole,
    an_amount,
    counted,
    is_rank,
    one_of,
    shown,
    true_or_false,
)
from tracing.dialects.shapes import DROPPED_AT, OUTCOMES, REASONS, Given
from tracing.dialects.values import is_broken, is_half, items, loaded, mapping, number, text
from tracing.records import Value
from tracing.stages import Stage

MOST = 20
_STAGES = tuple(stage.label for stage in Stage)
_RANKS, _SCORES = ("fused_rank", "rerank_rank"), ("fused_score", "rerank_score")
_TRUTHS, _COUNTS = ("survived", "cited", "rerank_in"), ("tokens", "kept_tokens")
_AMOUNTS = ("cost_usd", "first_token_ms", "duration_ms")  # of a native document
_NAMES_OF_FILTERS = {
    "env": "environment",
    "session": "session_id",
    "user": "user_id",
    "run": "run_id",
    "item": "item_id",
}
_JSON = {
    "candidates": "a list of candidates",
    "context": "an object",
    "checks": "a list of checks",
    "versions": "an object",
}
_JSON_OR_WORDS = {
    **dict.fromkeys(("citations", "entities", "lanes"), is_broken),
    **dict.fromkeys(("missing", "rewritten"), is_half),
}


def misread(given: Given, prefix: str) -> tuple[str, ...]:
    """A sentence for each value that was left out or changed; `prefix` is what its name begins with where it came."""
    notes = chain(
        _of_names(given) if not prefix else (),
        _of_words(given, prefix),
        _of_json(given, prefix),
        _of_candidates(given, prefix),
        _of_context(given, prefix),
        of_parts(given, prefix),
    )
    found: dict[str, str] = {}
    for about, sentence in notes:
        found.setdefault(about, sentence)
        if len(found) == MOST:
            break
    return tuple(found.values())


def _of_names(given: Given) -> Iterator[Note]:
    """What filters call otherwise than traces do is left out of a native document, as its sender's own."""
    for name, meant in _NAMES_OF_FILTERS.items():
        if name in given and given.get(meant) is None:
            yield name, f"{name} is no field of a trace and was left out: if it is the {meant}, call it so"
    if "release" in given and not mapping(given.get("versions")).get("release"):
        yield "release", "release is no field of a trace and was left out: send it in versions"


def _of_words(given: Given, prefix: str) -> Iterator[Note]:
    yield from one_of(f"{prefix}stage", given.get("stage"), _STAGES, lambda said: Stage.named(said) is not None)
    yield from one_of(f"{prefix}outcome", given.get("outcome"), OUTCOMES, lambda said: said.lower() in OUTCOMES)
    yield from a_number(f"{prefix}confidence", sure := given.get("confidence"))
    share = number(sure)
    if share is not None and not 0 <= share <= 1:
        name = f"{prefix}confidence"
        yield name, f"{name} {shown(sure)} was kept, but says nothing that can be compared: send a number from 0 to 1"
    yield from true_or_false(f"{prefix}refused", given.get("refused"))
    if not isinstance(cache := given.get("cache"), bool):
        yield from one_of(f"{prefix}cache", cache, ("hit", "miss"), ("hit", "miss").__contains__)
    yield from a_whole(f"{prefix}attempts", given.get("attempts"))
    yield from a_whole(f"{prefix}repeat", given.get("repeat"))
    if not prefix:
        for name in odd(given, _AMOUNTS):
            yield from an_amount(name, given[name])
    if given.get("round") is not None:
        yield from counted(f"{prefix}round", "", given["round"])


def _of_json(given: Given, prefix: str) -> Iterator[Note]:
    for name, kind in _JSON.items():
        value = given.get(name)
        if value is not None and loaded(value) is None and str(value).strip() not in ("", "null"):
            where = f"{prefix}{name}"
            yield where, f"{where} is no JSON, or is cut off, and was left out: send {kind} as JSON, whole"
        elif isinstance(value, list) and value and kind == "an object":
            yield f"{prefix}{name}", f"{prefix}{name} (a list) was left out: send an object"
    for name, is_wrong in _JSON_OR_WORDS.items():
        if is_wrong(given.get(name)):
            where = f"{prefix}{name}"
            yield where, f"{where} is cut off, or is no JSON, and was left out: send a list as JSON, whole"


def _of_candidates(given: Given, prefix: str) -> Iterator[Note]:
    own = text(given.get("lane"))
    value = given.get("candidates")
    for row in items(value) if value and loaded(value) is not None else ():
        if not _is_named(row):
            yield _nameless(f"{prefix}candidates")
            continue
        for name in _RANKS:
            if (rank := row.get(name)) is not None and not is_rank(rank):
                yield from counted(name, "", rank)
        for name in _SCORES:
            if (score := row.get(name)) is not None and type(score) is not float:
                yield from a_number(name, score)
        if (at := row.get("dropped_at")) is not None:
            yield from one_of("dropped_at", at, DROPPED_AT, DROPPED_AT.__contains__)
        yield from _of_chunk(row)
        if (lanes := row.get("lanes")) not in (None, "") and not isinstance(loaded(lanes), dict):
            yield "lanes", f"lanes {shown(lanes)} of a candidate was left out: send an object, of each lane its rank"
        for lane, place in mapping(lanes).items():
            if not _is_plain(place):
                yield from _of_place(lane, place)
        if own and "rank" in row:
            yield from counted("rank", own, row["rank"])


def _of_context(given: Given, prefix: str) -> Iterator[Note]:
    context = mapping(given.get("context"))
    if not context:
        return
    yield from of_context(context, f"{prefix}context")
    for row in items(context.get("chunks")):
        if _is_named(row):
            yield from _of_chunk(row)
        else:
            yield _nameless(f"{prefix}context.chunks")


def _is_named(row: Value) -> TypeGuard[dict[str, Value]]:
    return isinstance(row, dict) and bool(text(row.get("chunk_id")) or text(row.get("id")))


def _nameless(where: str) -> Note:
    return "chunk_id", f"an entry of {where} without a chunk_id was left out: send chunk_id with each"


def _of_chunk(row: Given) -> Iterator[Note]:
    for name in _TRUTHS:
        if name in row:
            yield from true_or_false(name, row[name])
    for name in _COUNTS:
        if name in row:
            yield from a_whole(name, row[name])
    if (why := row.get("dropped_why")) is not None:
        yield from one_of("dropped_why", why, REASONS, REASONS.__contains__, "read as unknown")


def _is_plain(place: Value) -> bool:
    """True of nearly all, and there may be thousands."""
    return type(place) is dict and type(place.get("score")) is float and is_rank(place.get("rank"))


def _of_place(lane: str, place: Value) -> Iterable[Note]:
    placed = place if isinstance(place, dict) else {"rank": place}
    rank, score = placed.get("rank"), placed.get("score")
    if rank is None:
        told = f"lane {shown(lane)} of a candidate was left out: send its rank, which counts from 1"
        return ((f"rank of {lane}", told),)
    return chain(counted("rank", lane, rank), a_number(f"score of lane {shown(lane)}", score))
