"""OpenInference's flattened documents, `a.documents.7.document.id`, as lists: `{"a.documents.document.id": [..]}`.

Four attributes a document and three lists of them are nearly all attributes of a trace, so they are put together once,
where a span is decoded, and stay so in the store. A list begins at 0 and has no gaps; whatever does not fit one keeps
its own key.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from tracing.records import Lists, Span, Value

DOCUMENT = ".document."
_LONGEST_INDEX = 6  # digits


class _Layout(NamedTuple):
    """Where the attributes of these keys go."""

    plain: tuple[tuple[str, int], ...]
    lists: tuple[tuple[str, slice | tuple[int, ...]], ...]


def grouped(keys: Iterable[str], values: Sequence[Value]) -> tuple[dict[str, Value], Lists]:
    """The attributes that are no flattened documents, and those that are, a list a field."""
    plain, lists = _layout(tuple(keys))
    return (
        {key: values[place] for key, place in plain},
        {
            name: values[places] if isinstance(places, slice) else [values[place] for place in places]
            for name, places in lists
        },
    )


def sent(span: Span) -> dict[str, Value]:
    """All attributes of a span, each under the key that it was sent with."""
    return dict(span.attributes) | dict(_flat(span.lists))


def _flat(lists: Lists) -> Iterator[tuple[str, Value]]:
    for name, values in lists.items():
        prefix, _, field = name.partition(DOCUMENT)
        for index, value in enumerate(values):
            yield f"{prefix}.{index}{DOCUMENT}{field}", value


@lru_cache(maxsize=512)  # an instrumentation sends the same keys again and again
def _layout(keys: tuple[str, ...]) -> _Layout:
    plain: dict[str, int] = {}
    found: dict[str, dict[int, tuple[str, int]]] = {}
    for place, key in enumerate(keys):
        split = _split(key)
        if split is None:
            plain[key] = place
        else:
            found.setdefault(split[0], {})[split[1]] = key, place
    lists: list[tuple[str, slice | tuple[int, ...]]] = []
    for name, by_index in found.items():
        dense = [by_index[index][1] for index in range(len(by_index)) if index in by_index]
        whole = next((index for index in range(len(by_index)) if index not in by_index), len(by_index))
        if whole:
            lists.append((name, _places(dense[:whole])))
        plain |= {key: place for index, (key, place) in by_index.items() if index >= whole}
    return _Layout(tuple(plain.items()), tuple(lists))


def _places(places: Sequence[int]) -> slice | tuple[int, ...]:
    step = places[1] - places[0] if len(places) > 1 else 1
    even = step > 0 and all(after - before == step for before, after in pairwise(places))
    return slice(places[0], places[-1] + 1, step) if even else tuple(places)


def _split(key: str) -> tuple[str, int] | None:
    """`a.documents.7.document.id` as (`a.documents.document.id`, 7)."""
    numbered, found, field = key.partition(DOCUMENT)
    prefix, _, index = numbered.rpartition(".")
    if not found or not prefix or not (index.isdecimal() and index.isascii()) or len(index) > _LONGEST_INDEX:
        return None
    return (f"{prefix}{DOCUMENT}{field}", int(index)) if index == str(int(index)) else None
