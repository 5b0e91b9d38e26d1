"""A check that a stage made of its own result and that did not pass, in words."""

from collections.abc import Iterable

from tracing.records import Check, StageRecord, Trace

MOST_NAMED = 3
LONGEST = 60


def failed_checks(trace: Trace, stage: str | None) -> tuple[str, ...]:
    """The stage's checks that did not pass, each named; of many the first, and how many more there are."""
    return told_of(record for record in trace.stages if record.stage == stage)


def told_of(records: Iterable[StageRecord]) -> tuple[str, ...]:
    """The same of records that are given."""
    failed = [check_words(check) for record in records for check in record.checks if check.passed is False]
    told, more = failed[:MOST_NAMED], len(failed) - MOST_NAMED
    return (*told, f"{more} more check{'s' if more > 1 else ''} did not pass") if more > 0 else tuple(told)


def check_words(check: Check) -> str:
    """Its name and its value, and what that had to reach or stay under, where both are numbers."""
    name = " ".join(check.name[:LONGEST].replace("_", " ").split()) or "a check"
    if check.value is None:
        return f"{name} did not pass"
    if isinstance(check.value, str) or check.threshold is None or check.value == check.threshold:
        return f"{name} did not pass ({_short(check.value)})"
    wanted = "needs" if check.value < check.threshold else "at most"
    value, threshold = _short(check.value), _short(check.threshold)
    if value == threshold:
        value, threshold = repr(check.value), repr(check.threshold)
    return f"{name} {value}, {wanted} {threshold}"


def _short(value: float | str) -> str:
    return value[:LONGEST] if isinstance(value, str) else f"{value:.4g}"
