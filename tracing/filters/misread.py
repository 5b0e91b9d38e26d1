"""What reads as words and was surely meant otherwise: OR, AND and NOT beside fields, a field without its colon, and a
unit apart from its number.

A word stands here as the filter's text has it; a clause that is no bare word stands as an empty text.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tracing.filters.fields import BY_NAME, WORDS, Holds
from tracing.filters.values import MS_OF, Present

if TYPE_CHECKING:
    from tracing.filters import Condition

MEANINGS = {
    "AND": "AND is not needed: a space between conditions means and",
    "OR": "OR stands between the values of a field: field:(a OR b)",
    "NOT": "NOT is written as a minus right before what it excludes",
}
_DURATIONS = "|".join(name for name, field in BY_NAME.items() if field.holds is Holds.MILLISECONDS)
_NO_COLON = re.compile(r"(?P<field>[a-z_]+)(?:==?|(?P<operator>[<>]=?))(?P<value>.+)", re.IGNORECASE)
_APART = re.compile(rf"((?:{_DURATIONS}):\S*\d)\s+({'|'.join(MS_OF)})(?=\s|$)", re.IGNORECASE)


def misread(text: str, words: Sequence[str], conditions: Sequence["Condition"]) -> tuple[str, str | None] | None:
    """What is wrong, and the whole filter that was perhaps meant; None where the text means what it says."""
    operators = [word if word in MEANINGS else "" for word in words]
    with_fields = any(condition.field is not WORDS for condition in conditions)
    used = next((one for one in operators if one == "OR" or (one and with_fields)), "")
    if used:
        meant = _meant(operators, conditions)
        return MEANINGS[used] + "; in quotes it is a word to look for", " ".join(map(str, meant)) or None
    for condition, word in zip(conditions, words[1:], strict=False):
        if condition.field.holds is Holds.MILLISECONDS and word.lower() in MS_OF and _APART.search(text):
            words_of = f"the unit of {condition.name} stands right after its number"
            return words_of, _APART.sub(r"\1\2", text, count=1)
    return _without_colon(text, words)


def _without_colon(text: str, words: Sequence[str]) -> tuple[str, str | None] | None:
    for before, word in zip(("", *words), words, strict=False):
        found = _NO_COLON.fullmatch(word)
        if found and (field := _unkeyed(found["field"])):
            value = f"{field}:{found['operator'] or ''}{found['value']}"
            return _colon_wanted(value), _replaced(text, re.escape(word), value)
        if len(word) > 1 and word.startswith(":") and (field := _unkeyed(before)):
            return _colon_wanted(field + word), _replaced(text, rf"{before}\s+{re.escape(word)}", field + word)
    return None


def _unkeyed(name: str) -> str:
    field = BY_NAME.get(name.lower())
    return field.name if field is not None and not field.keyed else ""


def _colon_wanted(meant: str) -> str:
    return f"a field has a colon right between its name and its value, as in {meant[:80]}; in quotes it is a word"


def _replaced(text: str, pattern: str, meant: str) -> str:
    return re.sub(rf"(?<!\S){pattern}(?!\S)", lambda _: meant, text, count=1)


def _meant(operators: Sequence[str], conditions: Sequence["Condition"]) -> list["Condition"]:
    """The conditions as the operators before them have it; none where the grammar has no way to say it."""
    if _is_in_a_phrase(operators, conditions):
        return []
    meant: list[Condition] = []
    before = ""
    for operator, condition in zip(operators, conditions, strict=True):
        if operator != "":
            before += "" if operator == "AND" else operator
        elif before == "":
            meant.append(condition)
        elif before == "NOT" and not condition.negated:
            meant.append(replace(condition, negated=True))
        elif before == "OR" and meant and _join(meant[-1], condition):
            meant[-1] = replace(meant[-1], values=(*meant[-1].values, *condition.values))
        else:
            return []
        before = before if operator else ""
    return [] if before else meant


def _join(one: "Condition", other: "Condition") -> bool:
    """True where both ask for values of one field."""
    same = one.name == other.name and one.field is not WORDS and not (one.negated or other.negated)
    return same and Present() not in (*one.values, *other.values)


def _is_in_a_phrase(operators: Sequence[str], conditions: Sequence["Condition"]) -> bool:
    """True where a NOT stands between two words, as in SQL NOT NULL, and may as well be a word itself."""
    return any(
        tuple(operators[at - 1 : at + 2]) == ("", "NOT", "")
        and conditions[at - 1].field is WORDS
        and conditions[at + 1].field is WORDS
        for at in range(1, len(operators) - 1)
    )
