"""What became of the spans that were received."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tracing import store


@dataclass(frozen=True, slots=True)
class Day:
    """One day's account: received is the sum of what became of it."""

    day: dt.date
    traces: int
    stored: int
    duplicate: int
    rejected: int
    bad: int
    waiting: int = 0
    ignored: int = 0  # log records of something else, which are no spans

    @property
    def received(self) -> int:
        """Every span that came."""
        return self.stored + self.duplicate + self.rejected + self.bad + self.waiting


@dataclass(frozen=True, slots=True)
class Account:
    """The whole account and that of each day, the newest first."""

    total: Day
    days: tuple[Day, ...]


@dataclass(frozen=True, slots=True)
class ClientDay:
    """What one client sent on one day, as far as it was drained."""

    client: str
    account: Day


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that was refused."""

    at_ms: int
    client: str
    status: int
    reason: str
    detail: str


def account(*, project: str, waiting: int) -> Account:
    """What became of the project's spans; `waiting` are spooled, and today's. Count them before this is read:
    a batch that is stored meanwhile is then counted twice rather than not at all."""
    rows: Any = store.rows(
        "SELECT day, sum(traces), sum(stored), sum(duplicate), sum(rejected), sum(bad), 0, sum(ignored)"
        " FROM account FINAL WHERE project = {project:String} GROUP BY day ORDER BY day DESC",
        project=project,
    )
    days = {row[0]: Day(*row) for row in rows}
    today = dt.datetime.now(dt.UTC).date()
    if waiting:
        days[today] = replace(days.get(today, Day(today, 0, 0, 0, 0, 0)), waiting=waiting)
    newest_first = tuple(sorted(days.values(), key=lambda day: day.day, reverse=True))
    return Account(
        Day(dt.date.min, *(sum(getattr(day, name) for day in newest_first) for name in COUNTED)), newest_first
    )


COUNTED = ("traces", "stored", "duplicate", "rejected", "bad", "waiting", "ignored")


def client_days(*, project: str, limit: int = 100) -> tuple[ClientDay, ...]:
    """The account of each client on each day, the newest day first and its busiest client first."""
    rows = store.rows(
        "SELECT client, day, sum(traces), sum(stored), sum(duplicate), sum(rejected), sum(bad), 0, sum(ignored)"
        " FROM account FINAL WHERE project = {project:String} GROUP BY day, client"
        " ORDER BY day DESC, sum(stored) DESC, client LIMIT {limit:UInt32}",
        project=project,
        limit=limit,
    )
    return tuple(ClientDay(client, Day(*counts)) for client, *counts in rows)


def clients(*, project: str, waiting: Mapping[str, int], days: int = 7, limit: int = 50) -> tuple[ClientDay, ...]:
    """The account of each client over the last days, the busiest first; `day` is the last on which it sent.

    `waiting` are the spooled spans of each client: count them before this is read.
    """
    rows = store.rows(
        "SELECT client, max(day), sum(traces), sum(stored) AS kept, sum(duplicate), sum(rejected), sum(bad), 0,"
        " sum(ignored) FROM account FINAL WHERE project = {project:String} AND day > toDate(now('UTC')) - {days:UInt16}"
        " GROUP BY client ORDER BY kept DESC, client LIMIT {limit:UInt32}",
        project=project,
        days=days,
        limit=limit,
    )
    known = {client: Day(*counts) for client, *counts in rows}
    today = dt.datetime.now(dt.UTC).date()
    for client, spans in waiting.items():
        known[client] = replace(known.get(client, Day(today, 0, 0, 0, 0, 0)), waiting=spans)
    return tuple(ClientDay(client, day) for client, day in known.items())


def refusals(*, project: str, limit: int = 50) -> tuple[Refusal, ...]:
    """The latest requests that were refused."""
    rows = store.rows(
        "SELECT at, client, status, reason, detail FROM refusals FINAL WHERE project = {project:String}"
        " ORDER BY at DESC LIMIT {limit:UInt32}",
        project=project,
        limit=limit,
    )
    return tuple(Refusal(*row) for row in rows)
