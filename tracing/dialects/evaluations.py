"""What an evaluator or a guardrail found: scores and words, in whatever shape it gave them back."""

from tracing.dialects.values import loaded, number, text
from tracing.records import Check, Value

SUPPORT_NAMES = ("groundedness", "grounded", "faithfulness", "faithful")
_PASSED = {"passed": True, "ok": True, "valid": True, "safe": True, "allowed": True, "blocked": False, "flagged": False}
_MOST = 100
_LONGEST_WORD = 200
_VERDICTS = {"label", "verdict", "result", "outcome", "status", "action", "decision", "passed", "category", "severity"}


def checks_in(name: str, result: Value) -> tuple[Check, ...]:
    """Each as a check: an object or a list of them, which may be JSON text, or the one score or word itself."""
    decoded = loaded(result)
    if decoded is None:
        return _check(name, result)
    rows = decoded if isinstance(decoded, list) else [decoded]
    return tuple(check for row in rows for check in _of_row(name, row))[:_MOST]


def _of_row(name: str, row: Value) -> tuple[Check, ...]:
    if not isinstance(row, dict):
        return _check(name, row)
    for key in ("value", "score"):
        if key in row and not isinstance(row[key], list | dict):
            return _check(text(row.get("name")) or text(row.get("key")) or name, row[key])
    found = [check for key, value in row.items() for check in _check(key, value)]
    told = [check for check in found if isinstance(check.value, float) or check.value in ("true", "false")]
    return tuple(told or [check for check in found if check.name.lower() in _VERDICTS])  # other words say why


def _check(name: str, value: Value) -> tuple[Check, ...]:
    name = name[:_LONGEST_WORD]
    if isinstance(value, bool):
        good = _PASSED.get(name.lower())
        return (Check(name, text(value), passed=None if good is None else value is good),)
    score = number(value)
    if score is not None:
        return (Check(name, score),)
    word = text(value)
    return (Check(name, word),) if word and len(word) <= _LONGEST_WORD else ()
