"""The one filter grammar: text to typed conditions, and back to canonical text. `filter_sql` makes SQL of them.

A space is AND, `-` negates, `field:(a OR b)` is any of them. What cannot be read is an error, never dropped.
"""

import difflib
import re
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from typing import NoReturn, Self

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput

from tracing.filters.fields import BY_NAME, FIELDS, WORDS, Field, Holds
from tracing.filters.misread import misread
from tracing.filters.values import (
    SECOND,
    Between,
    Compare,
    Exact,
    Moment,
    Prefix,
    Present,
    Value,
    ValueRefusedError,
    read_moment,
    read_value,
)

DAY_NS = 86_400 * SECOND
LONGEST = 2_000
MOST_CONDITIONS = 50
MOST_VALUES = 100
BOUNDS = {"from": ">=", "since": ">=", "to": "<", "until": "<"}

GRAMMAR = r"""
start: [clause (_WS clause)*]
clause: NEGATION? (FIELD value | atom)
value: atom | "(" _WS? atom (_WS _OR _WS atom)* _WS? ")"
atom: QUOTED | BARE
NEGATION.4: /-(?=[^\s])/
FIELD.3: /[^\s:()"\-][^\s:()"]*:/
_OR.3: /OR(?=\s)/
QUOTED.2: /"(?:[^"\\]|\\.)*"\*?/
BARE.1: /[^\s()"]+/
_WS: /\s+/
"""

__all__ = ("Between", "Compare", "Condition", "Exact", "Filter", "FilterError", "Prefix", "Present", "Value", "parse")


class FilterError(ValueError):
    """What is wrong with a filter, at which field, and what may have been meant: there, and by the whole filter.

    Where that cannot be told, `example` is something that the field takes.
    """

    def __init__(
        self,
        field: str,
        message: str,
        suggestion: str | None = None,
        part: slice | None = None,
        example: str | None = None,
    ) -> None:
        super().__init__(message)
        self.field = field
        self.message = message
        self.suggestion = suggestion
        self.example = example
        self.part = part
        self.meant = suggestion if part is None else None

    def within(self, text: str) -> Self:
        """The error in this filter, with the suggestion put in the place of what it is for."""
        if self.part and self.suggestion:
            self.meant = text[: self.part.start] + self.suggestion + text[self.part.stop :]
        return self


@dataclass(frozen=True, slots=True)
class Condition:
    """One clause: any of the values holds for the field, or, negated, none does."""

    field: Field
    values: tuple[Value, ...]
    key: str = ""
    negated: bool = False

    @property
    def name(self) -> str:
        """As written: `env`, `meta.team`, empty for plain words."""
        return f"{self.field.name}.{self.key}" if self.key else self.field.name

    def __str__(self) -> str:
        sign = "-" if self.negated else ""
        if self.values == (Present(),):
            return f"{sign}has:{self.name}"
        texts = [value.text() for value in self.values]
        if self.field is WORDS:
            return sign + texts[0]
        return f"{sign}{self.name}:" + (texts[0] if len(texts) == 1 else f"({' OR '.join(texts)})")


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that all hold; its text is canonical."""

    conditions: tuple[Condition, ...] = ()

    def __str__(self) -> str:
        return " ".join(map(str, self.conditions))

    def without(self, name: str) -> "Filter":
        """The filter less every condition on that field."""
        return Filter(tuple(c for c in self.conditions if c.name != name))

    def including(self, name: str, value: str) -> "Filter":
        """The filter that also asks for this value of the field, as a facet shows it."""
        (added,) = parse(f"{name}:{Exact(value).text()}").conditions
        return self if added in self.conditions else Filter((*self.conditions, added))

    def names(self, name: str) -> bool:
        """True where a condition is on that field."""
        return any(c.field.name == name for c in self.conditions)


@cache
def _grammar() -> Lark:
    return Lark(GRAMMAR, parser="lalr", lexer="contextual", maybe_placeholders=False, propagate_positions=True)


def parse(text: str) -> Filter:
    """The conditions of a filter's text; raises FilterError."""
    if len(text) > LONGEST:
        raise FilterError("q", f"a filter has at most {LONGEST:,} characters; this one has {len(text):,}")
    text = text.strip()
    if any((ord(c) < 32 and not c.isspace()) or "\ud800" <= c <= "\udfff" for c in text):
        raise FilterError("q", "the filter holds a control character")
    try:
        tree = _grammar().parse(text)
    except UnexpectedInput as error:
        _cannot_read(text, error)
    if len(tree.children) > MOST_CONDITIONS:
        raise FilterError("q", f"a filter has at most {MOST_CONDITIONS} conditions; this one has {len(tree.children)}")
    clauses = [clause for clause in tree.children if isinstance(clause, Tree)]
    try:
        found = Filter(tuple(map(_condition, clauses)))
    except FilterError as error:
        raise error.within(text) from None
    wrong = misread(text, list(map(_bare, clauses)), found.conditions)
    if wrong:
        raise FilterError("q", *wrong)
    return found


def parse_range(start: str, end: str, now_ns: int | None = None) -> tuple[int | None, int | None]:
    """The ns from which and before which; a day as the end is included whole. Raises FilterError."""
    now = time.time_ns() if now_ns is None else now_ns
    begin, stop = _moment("from", start), _moment("to", end)
    if begin is None or stop is None:
        return begin.at(now) if begin else None, stop.at(now) + DAY_NS * stop.day if stop else None
    begin_ns, stop_ns = begin.at(now), stop.at(now) + DAY_NS * stop.day
    if begin_ns > stop_ns:
        raise FilterError("to", "the range ends before it begins")
    return begin_ns, stop_ns


def _moment(name: str, text: str) -> Moment | None:
    try:
        return read_moment(text.strip()) if text.strip() else None
    except ValueRefusedError as error:
        raise FilterError(name, str(error), error.suggestion) from None


def _cannot_read(text: str, error: UnexpectedInput) -> NoReturn:
    at = error.pos_in_stream
    if at is None or at < 0 or at >= len(text):
        at = len(text)
    before = text[:at].rstrip()
    open_field = re.search(r'([^\s:()"]+):\(?[^()"]*$', before)
    name = open_field.group(1).lstrip("-") if open_field else "q"
    if text.count('"') % 2:
        raise FilterError(name, "a quotation mark is not closed", text + '"')
    if empty := re.search(r'([^\s:()"]+):(?=\s|$)', text):
        name = empty.group(1).lstrip("-")
        raise FilterError(name, f"{name}: needs a value right after its colon")
    if text.count("(") > text.count(")"):
        raise FilterError(name, "a bracket is not closed", text + ")")
    near = text[at : at + 20]
    raise FilterError(
        name,
        f"cannot read the filter at character {at + 1}"
        + (f", '{near}'" if near else "")
        + ": a field's values go as field:(a OR b), and what holds spaces or brackets goes in quotes",
    )


def _condition(clause: Tree[Token]) -> Condition:
    tokens = list(clause.scan_values(lambda found: isinstance(found, Token)))
    negated = tokens[0].type == "NEGATION"
    named = tokens[negated] if tokens[negated].type == "FIELD" else None
    field, atoms = str(named or "")[:-1], tokens[negated + (named is not None) :]
    if len(atoms) > MOST_VALUES:
        raise FilterError(field, f"a field takes at most {MOST_VALUES} values; this one has {len(atoms)}")
    if named is None:
        return _words(atoms[0], negated)
    if field.lower() == "has":
        return _has(atoms, negated)
    whole = slice(clause.meta.start_pos, clause.meta.end_pos)
    if field.lower() in BOUNDS:
        _no_bound(field, atoms, negated, whole)
    found, key = _field(field, slice(named.start_pos, (named.end_pos or 1) - 1))
    any_value = Condition(found, (Present(),), key, negated)
    if [str(atom) for atom in atoms] == ["*"]:
        raise FilterError(field, f"{any_value.name} needs a value", str(any_value), whole)
    if len(atoms) == 1 and not negated:
        _no_inner_minus(found, field, atoms[0], whole)
        if found.holds is Holds.WORD and atoms[0].lower() == "none" and "none" not in found.words:
            meant = str(replace(any_value, negated=True))
            raise FilterError(field, f"what has no {found.name} is asked for as {meant}", meant, whole)
    return replace(any_value, values=tuple(_value(found, field, atom) for atom in atoms))


def _no_bound(field: str, atoms: list[Token], negated: bool, whole: slice) -> NoReturn:
    """The range's words are no fields: what they mean is said with `time`; a day that ends a range is in it."""
    suggestion, operator = None, BOUNDS[field.lower()]
    with suppress(ValueRefusedError):
        ends_with_day = read_moment(str(atoms[0])).day and operator == "<"
        if len(atoms) == 1:
            suggestion = f"{'-' * negated}time:{operator}{'=' * ends_with_day}{atoms[0]}"
    raise FilterError(field, f"there is no field '{field}': times are asked for with time:", suggestion, whole)


def _no_inner_minus(field: Field, written: str, atom: Token, whole: slice) -> None:
    """A minus before a value that the field takes without it stands before the field."""
    if not atom.startswith("-") or _reads(field, atom) or not _reads(field, atom[1:]):
        return
    raise FilterError(written, "what is excluded has its minus before the field", f"-{written}:{atom[1:]}", whole)


def _reads(field: Field, text: str) -> bool:
    with suppress(ValueRefusedError):
        return bool(read_value(field, text, quoted=False))
    return False


def _bare(clause: Tree[Token]) -> str:
    """The clause's text where it is one word without quotes, minus or field; else empty."""
    (first, *more) = clause.children
    (atom,) = first.children if isinstance(first, Tree) else (None,)
    return str(atom) if not more and isinstance(atom, Token) and atom.type == "BARE" else ""


def _words(atom: Token, negated: bool) -> Condition:
    return Condition(WORDS, (_value(WORDS, "q", atom),), negated=negated)


def _has(atoms: list[Token], negated: bool) -> Condition:
    if len(atoms) != 1:
        raise FilterError("has", "has: takes one field; several are several clauses: has:error has:warning")
    field, key = _field(str(atoms[0]).strip('"'), _place(atoms[0]), bare=True)
    return Condition(field, (Present(),), key, negated)


def _field(written: str, part: slice, bare: bool = False) -> tuple[Field, str]:
    head, _, key = (written, "", "") if written.lower() in BY_NAME else written.partition(".")
    field = BY_NAME.get(head.lower())
    if field is None or (key and not field.keyed):
        raise FilterError(
            written,
            f"there is no field '{written[:80]}' (text that holds a colon goes in quotes)",
            closest(written),
            part,
        )
    if field.keyed and not key and not bare:
        raise FilterError(written, f"{field.name} takes a name: {field.name}.<name>:value")
    return field, key


def closest(written: str) -> str | None:
    """The field whose name is nearest to what was written."""
    names = (name for name in (*BY_NAME, "has") if "." in written or "." not in name)
    near = difflib.get_close_matches(written.lower(), names, n=1, cutoff=0.6)
    return (BY_NAME[near[0]].name if near[0] in BY_NAME else near[0]) if near else None


def _value(field: Field, written: str, atom: Token) -> Value:
    try:
        return read_value(field, str(atom), quoted=atom.type == "QUOTED")
    except ValueRefusedError as error:
        suggestion = None if atom.startswith("-") else error.suggestion  # near to it would be its opposite
        raise FilterError(written, str(error), suggestion, _place(atom), _example(field)) from None


_EXAMPLES = {
    Holds.MILLISECONDS: ">1.5s",
    Holds.NUMBER: ">=1",
    Holds.CONFIDENCE: ">=0.5",
    Holds.TIME: "24h",
    Holds.YES_NO: "true",
    Holds.CACHE: "hit",
}


def _example(field: Field) -> str | None:
    value = field.words[0] if field.words else _EXAMPLES.get(field.holds)
    return f"{field.name}:{value}" if value else None


def _place(token: Token) -> slice:
    return slice(token.start_pos, token.end_pos)


def documentation() -> str:
    """The table of fields, as Markdown."""
    lines = ["| field | what it is | what it takes | also written |", "|---|---|---|---|"]
    for field in FIELDS:
        name = f"{field.name}.<{'name' if field.name == 'signal' else 'key'}>" if field.keyed else field.name
        takes = field.holds.value + (": " + ", ".join(f"`{word}`" for word in field.words) if field.words else "")
        aliases = ", ".join(f"`{alias}`" for alias in field.aliases)
        lines.append(f"| `{name}` | {field.doc} | {takes.replace('|', '/')} | {aliases} |")
    return "\n".join(lines)
