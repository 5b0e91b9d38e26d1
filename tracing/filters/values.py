"""The values of a filter's fields: read from text, typed, and written back."""

import datetime as dt
import difflib
import math
import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tracing.filters.fields import Field, Holds

SECOND = 10**9
UNITS = {"s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND, "d": 86_400 * SECOND, "w": 7 * 86_400 * SECOND}
LAST_NS = 2**63 - 1
Operator = Literal["<", "<=", ">", ">="]


class ValueRefusedError(ValueError):
    """A value that its field does not take."""

    def __init__(self, message: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.suggestion = suggestion


@dataclass(frozen=True, slots=True)
class Exact:
    """This text, whole; for words, these side by side."""

    value: str

    def text(self) -> str:
        """As written in a filter."""
        return quoted(self.value) if _needs_quotes(self.value) else self.value


@dataclass(frozen=True, slots=True)
class Prefix:
    """Any text that begins so; for words, the last one's beginning."""

    value: str

    def text(self) -> str:
        """As written in a filter."""
        return (quoted(self.value) if _needs_quotes(self.value) else self.value) + "*"


@dataclass(frozen=True, slots=True)
class Word:
    """One of the field's own words."""

    value: str

    def text(self) -> str:
        """As written in a filter."""
        return self.value


@dataclass(frozen=True, slots=True)
class Number:
    """A number as a bound, or on its own."""

    value: float

    def text(self) -> str:
        """As written in a filter."""
        return str(int(self.value)) if self.value.is_integer() and abs(self.value) < 1e15 else repr(self.value)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time: `ns` since 1970, or, where `ago`, before now; `day` stands for the whole day that begins there."""

    ns: int
    ago: bool = False
    day: bool = False

    def text(self) -> str:
        """As written in a filter."""
        if self.ago:
            unit = next(unit for unit in reversed(UNITS) if self.ns % UNITS[unit] == 0)
            return f"{self.ns // UNITS[unit]}{unit}"
        at = dt.datetime.fromtimestamp(self.ns // SECOND, dt.UTC).replace(tzinfo=None).isoformat()
        return at[:10] if self.day else f"{at}.{self.ns % SECOND:09d}Z"

    def at(self, now_ns: int) -> int:
        """The time that it means, now."""
        return max(0, now_ns - self.ns) if self.ago else self.ns


Bound: TypeAlias = Number | Moment


@dataclass(frozen=True, slots=True)
class Equal:
    """Exactly that number, that day, or since that long ago."""

    bound: Bound

    def text(self) -> str:
        """As written in a filter."""
        return self.bound.text()


@dataclass(frozen=True, slots=True)
class Compare:
    """Less or more than a bound."""

    operator: Operator
    bound: Bound

    def text(self) -> str:
        """As written in a filter."""
        return f"{self.operator}{self.bound.text()}"


@dataclass(frozen=True, slots=True)
class Between:
    """From one bound to another, both included; a day is included whole."""

    low: Bound
    high: Bound

    def text(self) -> str:
        """As written in a filter."""
        return f"{self.low.text()}..{self.high.text()}"


@dataclass(frozen=True, slots=True)
class Present:
    """There is a value."""

    def text(self) -> str:
        """As written in a filter, after `has:`."""
        return ""


Value: TypeAlias = Exact | Prefix | Word | Equal | Compare | Between | Present

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?)?", re.IGNORECASE)
_AGO = re.compile(r"(\d{1,6})([smhdw])", re.IGNORECASE)
_NUMBER = re.compile(r"-?\d{1,18}(?:\.\d{1,18})?(?:e[+-]?\d{1,2})?", re.IGNORECASE)
_DURATION = re.compile(r"(\d{1,18}(?:\.\d{1,18})?(?:e[+-]?\d{1,2})?)(ms|s|m|h)?", re.IGNORECASE)
_COMPARED = re.compile(r"(<=|>=|<|>)(.*)", re.DOTALL)
_SHORT = {
    word: short
    for short, words in {
        "ms": "msec msecs millis millisecond milliseconds",
        "s": "sec secs second seconds",
        "m": "min mins minute minutes",
        "h": "hr hrs hour hours",
    }.items()
    for word in words.split()
}
_UNIT_WORDS = re.compile(rf"(?<=\d)({'|'.join(_SHORT)})(?=$|\.\.)", re.IGNORECASE)
MS_OF = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}
_NEEDS_QUOTES = re.compile(r"""[\s()":*\\]|\.\.|^[-<>]|^(?:AND|OR|NOT)$|^$""")
YES_NO = {"true": "true", "yes": "true", "false": "false", "no": "false"}
ORDERED = (Holds.NUMBER, Holds.MILLISECONDS, Holds.CONFIDENCE, Holds.TIME)


def quoted(text: str) -> str:
    """In quotation marks, so that nothing in it has a meaning."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _needs_quotes(text: str) -> bool:
    return _NEEDS_QUOTES.search(text) is not None


def read_value(field: Field, written: str, *, quoted: bool) -> Value:
    """The typed value of what was written after a field's colon; raises ValueRefusedError."""
    prefix = written.endswith("*")
    text = written[:-1] if prefix else written
    if quoted:
        text = re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
    if not text:
        raise ValueRefusedError(f"{field.name or 'a search'} needs a value")
    if field.holds is Holds.ANCHOR and (quoted or prefix or not _near_word(text.lower(), field.words)):
        return _text(field, text, prefix, literal=quoted)
    if field.holds in ORDERED or field.words:
        return _typed(field, text + "*" * (prefix and not quoted))
    if field.holds in (Holds.SIGNAL, Holds.META) and not (quoted or prefix) and (number := _numeric(text)):
        return number
    return _text(field, text, prefix, literal=quoted)


def _typed(field: Field, text: str) -> Value:
    if field.holds in ORDERED and text.lower() not in field.words:
        return _ordered(field, text)
    word = YES_NO.get(text.lower(), text.lower()) if field.holds is Holds.YES_NO else text.lower()
    if word not in field.words:
        near = difflib.get_close_matches(word, field.words, n=1, cutoff=0.5)
        raise ValueRefusedError(f"{field.name} is one of {', '.join(field.words)}", near[0] if near else None)
    return Word(word)


def _near_word(word: str, words: tuple[str, ...]) -> bool:
    """True where it is a status, or a slip of the pen for one, rather than an anchor."""
    return bool(difflib.get_close_matches(word, words, n=1, cutoff=0.75))


def _text(field: Field, text: str, prefix: bool, *, literal: bool) -> Value:
    if not literal and field.holds is not Holds.SEARCH:
        if _COMPARED.match(text):
            raise ValueRefusedError(f"{field.name} holds a text and takes no comparison", quoted(text))
        if "*" in text:
            raise ValueRefusedError("* stands at the end of a word only; in quotes it is a plain star", quoted(text))
    if field.holds is Holds.SEARCH and not re.search(r"[0-9A-Za-z\x80-\U0010ffff]", text):
        raise ValueRefusedError("a search needs a letter or a digit")
    return Prefix(text) if prefix else Exact(text)


def _numeric(text: str) -> Value | None:
    compared = _COMPARED.fullmatch(text)
    if compared:
        return Compare(_operator(compared.group(1)), Number(_number(compared.group(2))))
    low, dots, high = text.partition("..")
    if dots and _NUMBER.fullmatch(low) and _NUMBER.fullmatch(high):
        return _between(Number(_number(low)), Number(_number(high)), f"{high}..{low}")
    return None


def _ordered(field: Field, text: str) -> Value:
    if (
        field.holds is Holds.MILLISECONDS
        and (short := _UNIT_WORDS.sub(lambda unit: _SHORT[unit[1].lower()], text)) != text
    ):
        _ordered(field, short)
        raise ValueRefusedError(f"{field.name} has its unit as ms, s, m or h", short)
    compared = _COMPARED.fullmatch(text)
    if compared:
        return Compare(_operator(compared.group(1)), _bound(field, compared.group(2)))
    low, dots, high = text.partition("..")
    if dots:
        return _between(_bound(field, low), _bound(field, high), f"{high}..{low}")
    bound = _bound(field, text)
    if isinstance(bound, Moment) and not (bound.ago or bound.day):
        raise ValueRefusedError("a moment alone matches nothing: give a day, a range or a bound", f">={bound.text()}")
    return Equal(bound)


def _between(low: Bound, high: Bound, other_way: str) -> Between:
    if isinstance(low, Moment) and isinstance(high, Moment):
        backwards = low.ago == high.ago and (low.ns < high.ns if low.ago else low.ns > high.ns)
    else:
        backwards = isinstance(low, Number) and isinstance(high, Number) and low.value > high.value
    if backwards:
        raise ValueRefusedError("the range is backwards", other_way)
    return Between(low, high)


def _operator(text: str) -> Operator:
    return "<" if text == "<" else "<=" if text == "<=" else ">" if text == ">" else ">="


def _bound(field: Field, text: str) -> Bound:
    if field.holds is Holds.TIME:
        return read_moment(text)
    if field.holds is Holds.MILLISECONDS:
        found = _DURATION.fullmatch(text)
        if found is None:
            raise ValueRefusedError(f"{field.name} is a duration: 1500, 1500ms, 1.5s")
        return Number(round(float(found.group(1)) * MS_OF[(found.group(2) or "ms").lower()], 6))
    if field.words and not _NUMBER.fullmatch(text):
        near = difflib.get_close_matches(text.lower(), field.words, n=1)
        told = f"{field.name} is a number, or one of {', '.join(field.words)}"
        raise ValueRefusedError(told, near[0] if near else None)
    return Number(_number(text, field.name))


def _number(text: str, name: str = "a comparison") -> float:
    if not _NUMBER.fullmatch(text):
        raise ValueRefusedError(f"{name} takes a number, not '{text[:40]}'")
    value = float(text)
    if not math.isfinite(value):
        raise ValueRefusedError(f"{name} takes a finite number")
    return value + 0.0


def read_moment(text: str) -> Moment:
    """`24h` (ago), a date, or a time as in RFC 3339, UTC where it names no zone; raises ValueRefusedError."""
    ago = _AGO.fullmatch(text)
    if ago:
        return Moment(int(ago.group(1)) * UNITS[ago.group(2).lower()], ago=True)
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueRefusedError(f"'{text[:40]}' is no time: write 24h, 7d, 2026-11-20 or 2026-11-20T10:00:00Z", "24h")
    day, clock, fraction, zone = found.groups()
    try:
        at = dt.datetime.fromisoformat(f"{day}T{clock or '00:00'}{(zone or 'Z').upper()}")
    except ValueError:
        raise ValueRefusedError(f"'{text[:40]}' is no time of the calendar") from None
    ns = round(at.timestamp()) * SECOND + int((fraction or "").ljust(9, "0"))
    if not 0 <= ns <= LAST_NS:
        raise ValueRefusedError("times go from 1970 to 2262")
    return Moment(ns, day=clock is None)
