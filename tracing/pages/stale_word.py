"""Whether what a person was shown still stands when they answer it: nobody overrules in silence what they never saw."""

import time
from datetime import UTC, datetime

from django.utils.timesince import timesince

from tracing.judging.verdicts import Row, Standing
from tracing.pages.value_words import fault_words


def token_of(standing: Standing) -> str:
    """What names the verdict that a page shows: when a person said it, or what the rules say; empty without any."""
    row = standing.row
    if row is None:
        return ""
    return str(row.at_ns) if row.person else f"{row.verdict.stage or ''}.{row.verdict.fault}"


def overlooked(standing: Standing, seen: str | None, person: str) -> str:
    """What was said since by another, in words; empty where the page showed it, or does not say what it showed."""
    row = standing.row
    if row is None or seen is None or seen == token_of(standing) or row.person == person:
        return ""
    if not row.person and not seen:
        return ""  # the rules came to what nobody had judged: a person's word stands above it either way
    return f"{row.person or 'The rules'} said “{_words(row)}” {_ago(row.at_ns)}: look again. Nothing was saved."


def _words(row: Row) -> str:
    if not row.blames:
        return "nothing went wrong"
    return ": ".join(filter(None, (row.verdict.stage, fault_words(row.verdict.fault))))


def _ago(at_ns: int) -> str:
    passed = time.time_ns() - at_ns
    return (
        "just now" if passed < 60 * 10**9 else f"{timesince(datetime.fromtimestamp(at_ns / 10**9, UTC), depth=1)} ago"
    )
