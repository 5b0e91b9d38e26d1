"""Conditions to SQL over `traces FINAL`: clauses that we wrote, every value a bound parameter.

What would read big columns (phrases, endings of words, candidates) is looked up without FINAL, in rows that the indexes
left over, and compared by key and version, so that an older version of a trace never answers for it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tracing.filters import DAY_NS, Condition, Filter
from tracing.filters.fields import STAGES, WORDS, Holds, Table
from tracing.filters.values import Between, Compare, Equal, Exact, Moment, Number, Prefix, Present, Value, Word

SETTLED = "arrived_at <= fromUnixTimestamp64Milli({now_ms:Int64}) - toIntervalSecond(if(rooted, 5, 60))"
_TRACE_ID = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TOKENS = re.compile(r"[0-9A-Za-z\x80-\U0010ffff]+")
KEY = "(toStartOfHour(key_ts), trace_id, version)"
LIVE = "(run_id = '' AND (environment = '' OR environment IN {live:Array(String)}))"
YES_NO = {"refused": "ifNull(refused, 0)", "live": LIVE, "settled": SETTLED}


_NO_OTHER_RECORDS = (
    "trace_id NOT IN (SELECT trace_id FROM traces FINAL WHERE project = {{project:String}}{0} AND kind != 'query'"
    " AND (toStartOfHour(key_ts), trace_id) IN (SELECT toStartOfHour(key_ts), trace_id FROM traces"
    " WHERE project = {{project:String}}{0} AND kind != 'query'))"
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What the words `high`, `live`, `24h` mean for a project, now; and the clause that bounds `key_ts`, if any."""

    now_ns: int
    suggest_cut: float = 0.5
    answer_cut: float = 0.8
    window: str = ""
    of_marks: bool = False  # the clause is for rows of `marks`, which do not say what a trace records


@dataclass(frozen=True, slots=True)
class Clause:
    """SQL for a WHERE, and the parameters that it names."""

    sql: str
    parameters: Mapping[str, Any]


@dataclass(slots=True)
class _Writer:
    terms: Terms
    parameters: dict[str, Any] = field(default_factory=dict)

    def bind(self, value: Any, kind: str = "String") -> str:
        """The placeholder of a bound value."""
        name = f"f{len(self.parameters)}"
        self.parameters[name] = value
        return f"{{{name}:{kind}}}"

    def heavy(self, expression: str, first: str = "") -> str:
        """Rows whose newest version satisfies what is dear to read; `first` leaves little of it to be read."""
        where = f"project = {{project:String}}{self.terms.window}"
        if first:
            return f"{KEY} IN (SELECT {KEY} FROM traces PREWHERE {where} AND {first} WHERE {expression})"
        return f"{KEY} IN (SELECT {KEY} FROM traces WHERE {where} AND ({expression}))"


def clause(asked: Filter, terms: Terms) -> Clause:
    """What `traces FINAL` must satisfy; `project`, `live` and `now_ms` are bound by the caller."""
    writer = _Writer(terms)
    by_table: dict[Table, list[Condition]] = {table: [] for table in Table}
    for condition in asked.conditions:
        by_table[condition.field.table].append(condition)
    parts = [_negated(condition, _any(writer, condition)) for condition in by_table[Table.TRACES]]
    parts += _on_marks(writer, by_table[Table.MARKS])
    parts += [_on_signals(writer, condition) for condition in by_table[Table.SIGNALS]]
    if not asked.names("record"):
        parts.append(_NO_OTHER_RECORDS.format(terms.window) if terms.of_marks else "kind = 'query'")
    return Clause(" AND ".join(parts) or "1", writer.parameters)


def _negated(condition: Condition, sql: str) -> str:
    return f"NOT ({sql})" if condition.negated else f"({sql})"


def _any(writer: _Writer, condition: Condition) -> str:
    return " OR ".join(_one(writer, condition, value) for value in condition.values)


def _on_marks(writer: _Writer, conditions: list[Condition]) -> list[str]:
    """A trace without a row in `marks` is one of which nothing is said: what that satisfies excludes by NOT IN."""
    said = [_negated(c, _any(writer, c)) for c in conditions if not _holds_unsaid(c)]
    unsaid = [_negated(c, _any(writer, c)) for c in conditions if _holds_unsaid(c)]
    chosen = "trace_id {} (SELECT trace_id FROM marks FINAL WHERE project = {{project:String}}{} AND {})"
    window = writer.terms.window
    parts = [chosen.format("IN", window, " AND ".join(said))] if said else []
    if unsaid:
        parts.append(chosen.format("NOT IN", window, f"NOT ({' AND '.join(unsaid)})"))
    return parts


def _holds_unsaid(condition: Condition) -> bool:
    return any(value == Word("none") for value in condition.values) != condition.negated


def _on_signals(writer: _Writer, condition: Condition) -> str:
    parts = ["project = {project:String}"]
    if condition.key:
        name = writer.bind(condition.key)
        parts.append(f"(kind = {name} OR name = {name})")
    parts.append(f"({_any(writer, condition)})")
    where = " AND ".join(parts)
    return f"trace_id {'NOT ' * condition.negated}IN (SELECT trace_id FROM signals FINAL WHERE {where})"


def _one(writer: _Writer, condition: Condition, value: Value) -> str:
    return _CLAUSES[condition.field.holds](writer, condition, value)


def _on_text(writer: _Writer, condition: Condition, value: Value) -> str:
    column = condition.field.column
    if isinstance(value, Prefix):
        prefix = writer.bind(value.value)
        return f"startsWith({column}, {prefix})" + (f" OR startsWith(external_id, {prefix})" * _is_id(condition))
    if not isinstance(value, Exact):
        return f"{column} != ''"
    exact = writer.bind(value.value)
    if _is_id(condition):
        return f"trace_id = {writer.bind(value.value.lower().replace('-', ''))} OR external_id = {exact}"
    return f"{column} = {exact}"


def _is_id(condition: Condition) -> bool:
    return condition.field.column == "trace_id"


def _on_texts(writer: _Writer, condition: Condition, value: Value) -> str:
    column = condition.field.column
    if isinstance(value, Exact):
        return f"has({column}, {writer.bind(value.value)})"
    if isinstance(value, Prefix):
        return f"arrayExists(x -> startsWith(x, {writer.bind(value.value)}), {column})"
    return f"notEmpty({column})"


def _on_chunks(writer: _Writer, condition: Condition, value: Value) -> str:
    """By the hashes of ids and anchors first, a tenth of their size; then by what became of the one that was found."""
    column, _, became = condition.field.column.partition(" ")
    if isinstance(value, Present):
        return f"arrayExists(s -> s {became}, {column})" if column else "notEmpty(c_id)"
    bound = writer.bind(_text(value))
    prefix = isinstance(value, Prefix)
    named = f"(startsWith(i, {bound}) OR startsWith(a, {bound}))" if prefix else f"(i = {bound} OR a = {bound})"
    if column:
        there = f"arrayExists((i, a, s) -> s {became} AND {named}, c_id, c_anchor, {column})"
    else:
        there = f"arrayExists((i, a) -> {named}, c_id, c_anchor)"
    found = writer.heavy(there, "" if prefix else _hashed(bound))
    if column != "c_cited":
        return found
    return f"{found} OR " + (f"arrayExists(x -> startsWith(x, {bound}), cited)" if prefix else f"has(cited, {bound})")


def _hashed(bound: str) -> str:
    return f"has(c_hashes, toUInt32(cityHash64({bound})))"


def _text(value: Value) -> str:
    if isinstance(value, Exact | Prefix):
        return value.value
    raise TypeError(value)


def _on_parts(writer: _Writer, condition: Condition, value: Value) -> str:
    column = condition.field.column
    if isinstance(value, Prefix):
        return f"arrayExists(x -> startsWith(lowerUTF8(x), lowerUTF8({writer.bind(value.value)})), {column})"
    if isinstance(value, Exact) and column == "errors" and value.value in STAGES:
        return f"arrayExists(x -> startsWith(x, {writer.bind(value.value + ':')}), errors)"
    if isinstance(value, Exact):
        return f"arrayExists(x -> positionCaseInsensitiveUTF8(x, {writer.bind(value.value)}) > 0, {column})"
    return f"notEmpty({column})"


def _on_word(writer: _Writer, condition: Condition, value: Value) -> str:
    column = condition.field.column
    if not isinstance(value, Word):
        return f"{column} != ''"
    return f"{column} = {writer.bind('' if value.value == 'none' else value.value)}"


def _on_number(writer: _Writer, condition: Condition, value: Value) -> str:
    return _ordered(writer, condition.field.column, value)


def _ordered(writer: _Writer, column: str, value: Value) -> str:
    """A comparison that is false, not null, where there is no number."""
    if isinstance(value, Present):
        return f"ifNull({column} > 0 OR {column} <= 0, 0)"
    if isinstance(value, Compare) and isinstance(value.bound, Number):
        return f"ifNull({column} {value.operator} {_number(writer, value.bound)}, 0)"
    if isinstance(value, Between) and isinstance(value.low, Number) and isinstance(value.high, Number):
        return f"ifNull({column} BETWEEN {_number(writer, value.low)} AND {_number(writer, value.high)}, 0)"
    if isinstance(value, Equal) and isinstance(value.bound, Number):
        return f"ifNull({column} = {_number(writer, value.bound)}, 0)"
    raise TypeError(value)


def _number(writer: _Writer, number: Number) -> str:
    return writer.bind(number.value, "Float64")


def _on_confidence(writer: _Writer, condition: Condition, value: Value) -> str:
    if not isinstance(value, Word):
        return _on_number(writer, condition, value)
    low = writer.bind(writer.terms.suggest_cut, "Float64")
    high = writer.bind(writer.terms.answer_cut, "Float64")
    sql = {
        "high": f"confidence >= {high}",
        "middle": f"confidence >= {low} AND confidence < {high}",
        "low": f"confidence < {low}",
    }
    return f"ifNull({sql[value.value]}, 0)"


def _on_anchor(writer: _Writer, condition: Condition, value: Value) -> str:
    if isinstance(value, Exact):
        exact = writer.bind(value.value)
        among = writer.heavy(f"has(c_id, {exact}) OR has(c_anchor, {exact})", _hashed(exact))
        return f"has(cited, {exact}) OR {among}"
    if isinstance(value, Prefix):
        prefix = writer.bind(value.value)
        return writer.heavy(f"arrayExists(x -> startsWith(x, {prefix}), arrayConcat(c_anchor, cited))")
    status = f"anchors = {writer.bind(value.value)}" if isinstance(value, Word) else "anchors != ''"
    return (
        "trace_id IN (SELECT trace_id FROM marks FINAL"
        f" WHERE project = {{project:String}}{writer.terms.window} AND {status})"
    )


def _on_time(writer: _Writer, condition: Condition, value: Value) -> str:
    column = condition.field.column
    if isinstance(value, Compare) and isinstance(value.bound, Moment):
        return f"{column} {_compared(writer, value.operator, value.bound)}"
    if isinstance(value, Between) and isinstance(value.low, Moment) and isinstance(value.high, Moment):
        return f"{column} {_compared(writer, '>=', value.low)} AND {column} {_compared(writer, '<=', value.high)}"
    if isinstance(value, Equal) and isinstance(value.bound, Moment):
        sql = f"{column} {_compared(writer, '>=', value.bound)}"
        return sql if value.bound.ago else f"{sql} AND {column} {_compared(writer, '<=', value.bound)}"
    return "1"


def _compared(writer: _Writer, operator: str, moment: Moment) -> str:
    """A day counts whole: later than it begins when it has ended."""
    at = moment.at(writer.terms.now_ns)
    if moment.day and operator in (">", "<="):
        at, operator = at + DAY_NS, {">": ">=", "<=": "<"}[operator]
    return f"{operator} fromUnixTimestamp64Nano({writer.bind(at, 'Int64')})"


def _on_yes_no(writer: _Writer, condition: Condition, value: Value) -> str:
    name = condition.field.column
    if not isinstance(value, Word):
        return "isNotNull(refused)" if name == "refused" else "1"
    if name == "refused" and value.value == "false":
        return "ifNull(NOT refused, 0)"
    return YES_NO[name] if value.value == "true" else f"NOT ({YES_NO[name]})"


def _on_cache(writer: _Writer, condition: Condition, value: Value) -> str:
    if not isinstance(value, Word):
        return "notEmpty(caches)"
    return f"arrayExists(x -> endsWith(x, {writer.bind(':' + value.value)}), caches)"


def _on_search(writer: _Writer, condition: Condition, value: Value) -> str:
    columns = condition.field.column.split()
    if isinstance(value, Present):
        return f"{columns[0]} != ''"
    if isinstance(value, Prefix):
        return _on_beginning(writer, columns, value.value)
    if not isinstance(value, Exact):
        raise TypeError(value)
    found = _of_words(writer, columns, value.value)
    if condition.field is WORDS and _TRACE_ID.fullmatch(value.value):
        return f"{found} OR trace_id = {writer.bind(value.value.replace('-', '').lower())}"
    return found


def _of_words(writer: _Writer, columns: list[str], words: str) -> str:
    text = f"lowerUTF8({writer.bind(words)})"
    tokens = " OR ".join(f"hasAllTokens(lowerUTF8({column}), {text})" for column in columns)
    if _is_one_token(words):
        return tokens
    return " OR ".join(writer.heavy(f"hasPhrase(lowerUTF8({column}), {text})") for column in columns)


def _is_one_token(text: str) -> bool:
    return len(_TOKENS.findall(text)) == 1


def _on_beginning(writer: _Writer, columns: list[str], text: str) -> str:
    """LIKE finds the word in the index's dictionary; the pattern then asks that it begins so."""
    lower = text.lower()
    like = writer.bind("%" + lower.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%")
    pattern = writer.bind(r"(^|[\x00-\x2f\x3a-\x60\x7b-\x7f])" + _escaped(lower))
    return " OR ".join(
        writer.heavy(f"match(lowerUTF8({c}), {pattern})", f"lowerUTF8({c}) LIKE {like}") for c in columns
    )


def _escaped(text: str) -> str:
    return "".join(c if c.isalnum() or ord(c) > 127 else f"\\x{ord(c):02x}" for c in text)


def _on_signal(writer: _Writer, condition: Condition, value: Value) -> str:
    if isinstance(value, Present):
        return "1"
    if isinstance(value, Prefix):
        return f"startsWith(lowerUTF8(value), lowerUTF8({writer.bind(value.value)}))"
    if not isinstance(value, Exact):
        return _ordered(writer, "number", value)
    same = f"lowerUTF8(value) = lowerUTF8({writer.bind(value.value)})"
    number = _as_number(value.value)
    return same if number is None else f"{same} OR ifNull(number = {writer.bind(number, 'Float64')}, 0)"


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _on_meta(writer: _Writer, condition: Condition, value: Value) -> str:
    if not condition.key:
        return "notEmpty(metadata)"
    key = writer.bind(condition.key)
    if isinstance(value, Present):
        return f"mapContains(metadata, {key})"
    if isinstance(value, Prefix):
        return f"startsWith(metadata[{key}], {writer.bind(value.value)})"
    if isinstance(value, Exact):
        return f"metadata[{key}] = {writer.bind(value.value)}"
    return _ordered(writer, f"toFloat64OrNull(metadata[{key}])", value)


_CLAUSES: dict[Holds, Callable[[_Writer, Condition, Value], str]] = {
    Holds.TEXT: _on_text,
    Holds.TEXTS: _on_texts,
    Holds.CHUNKS: _on_chunks,
    Holds.PARTS: _on_parts,
    Holds.WORD: _on_word,
    Holds.NUMBER: _on_number,
    Holds.MILLISECONDS: _on_number,
    Holds.CONFIDENCE: _on_confidence,
    Holds.ANCHOR: _on_anchor,
    Holds.TIME: _on_time,
    Holds.YES_NO: _on_yes_no,
    Holds.CACHE: _on_cache,
    Holds.SEARCH: _on_search,
    Holds.SIGNAL: _on_signal,
    Holds.META: _on_meta,
}
