"""The sentences about one value that is left out or changed: what became of it, and what to send.

`of` is what stands after the value, as in ` of the stage 'rerank'`.
"""

from collections.abc import Callable, Iterator, Mapping

from tracing.dialects.documents import HIGHEST_RANK
from tracing.dialects.values import number, truth, whole
from tracing.records import Value

_LONGEST_SHOWN = 40
Note = tuple[str, str]  # what it is about, of which there is one, and the sentence


def is_rank(value: Value) -> bool:
    return type(value) is int and 0 < value <= HIGHEST_RANK


def counted(name: str, lane: str, value: Value) -> Iterator[Note]:
    if value is None or is_rank(value):
        return
    at = whole(value)
    about = f"{name} {shown(value)} of lane {shown(lane)}" if lane else f"{name} {shown(value)}"
    if not at:
        said = f"{about} was left out: {'rounds' if name.endswith('round') else 'ranks'} count from 1"
    elif at > HIGHEST_RANK:
        said = f"{about} was read as {HIGHEST_RANK}, the highest that is kept"
    elif at != number(value):
        said = f"{about} was read as {at}: send a whole number"
    else:
        return
    yield f"{name} of {lane}", said


def a_number(name: str, value: Value, of: str = "") -> Iterator[Note]:
    if value not in (None, "") and number(value) is None:
        yield name + of, f"{name} {shown(value)}{of} is no number and was left out: send a number"


def a_whole(name: str, value: Value, of: str = "") -> Iterator[Note]:
    if value not in (None, "") and whole(value) is None:
        yield name + of, f"{name} {shown(value)}{of} was left out: send a whole number"


def an_amount(name: str, value: Value, of: str = "") -> Iterator[Note]:
    yield from a_number(name, value, of)
    found = number(value)
    if found is not None and found < 0:
        yield name + of, f"{name} {shown(value)}{of} is below 0 and was kept as it is: send a number from 0"


def true_or_false(name: str, value: Value, of: str = "") -> Iterator[Note]:
    if value not in (None, "") and truth(value) is None:
        yield name + of, f"{name} {shown(value)}{of} was left out: send true or false"


def one_of(
    name: str,
    value: Value,
    known: tuple[str, ...],
    is_known: Callable[[str], bool],
    became: str = "left out",
    of: str = "",
) -> Iterator[Note]:
    if value in (None, "") or (isinstance(value, str) and is_known(value)):
        return
    yield name + of, f"{name} {shown(value)}{of} is not known and was {became}: send {listed(known)}"


def without(what: str, where: str) -> Note:
    return where, f"an entry of {where} without {what} was left out: send {what} with each"


def listed(known: tuple[str, ...]) -> str:
    return f"{', '.join(known[:-1])} or {known[-1]}"


def shown(value: Value) -> str:
    if isinstance(value, str):
        return repr(value if len(value) <= _LONGEST_SHOWN else value[:_LONGEST_SHOWN] + "…")
    if isinstance(value, Mapping):
        return "(an object)"
    return "(a list)" if isinstance(value, list) else str(value)[:_LONGEST_SHOWN]
