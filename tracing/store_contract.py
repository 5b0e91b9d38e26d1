"""What the store must do, whichever engine is behind it and however it is reached.

The tests hold both ways to it; `check_clickhouse` holds a user's own server to it, in tables that it drops afterwards.
"""

import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracing import store

OLDEST = (26, 2)
TABLE = re.compile(r"^(CREATE TABLE IF NOT EXISTS|ALTER TABLE) (\w+)", re.MULTILINE)
LAST_NS = 2**63 - 1  # 2262-04-11, the last time that DateTime64(9) holds
MANY = 20_000
MONTH_NS = 31 * 86_400 * 10**9
MONTHS_FROM_NS = 946_684_800 * 10**9
AWKWARD = 'O\'Brien "said" \\n is {no:String}\tline\nbreak %s ❄ \u202eright to left\u202c \0 end'


class BrokenError(Exception):
    """The store did something else than it must."""


@dataclass(frozen=True, slots=True)
class Promise:
    """One thing that the store must do; the others are not worth trying where a `needed` one fails."""

    words: str
    hint: str
    keep: Callable[[str], None]
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it went; no error means that it was kept."""

    promise: Promise
    error: str = ""


def outcomes() -> Iterator[Outcome]:
    """Try every promise, in tables of its own, and drop these."""
    prefix = f"check_{secrets.token_hex(4)}_"
    answered = False
    try:
        for promise in PROMISES:
            error = _error_of(promise, prefix)
            answered = answered or not error
            yield Outcome(promise, error)
            if error and promise.needed:
                return
    finally:
        if answered:
            drop_tables(prefix)


def _error_of(promise: Promise, prefix: str) -> str:
    try:
        promise.keep(prefix)
    except store.StoreInUseError:
        raise
    except Exception as error:  # whatever the server says is what the user must read
        return str(error).strip()[:600] or repr(error)
    return ""


def make_tables(prefix: str) -> None:
    """The schema's tables, under names of their own."""
    for statement in _statements():
        store.define(TABLE.sub(lambda match: f"{match[1]} {prefix}{match[2]}", statement))


def drop_tables(prefix: str) -> None:
    """Drop what `make_tables` made."""
    names = {match[2] for statement in _statements() for match in TABLE.finditer(statement)}
    for name in sorted(names):
        store.define(f"DROP TABLE IF EXISTS {prefix}{name} @ON_CLUSTER@")


def _statements() -> list[str]:
    files = sorted(store.SCHEMA_DIR.glob("*.sql"))
    return [statement for file in files for statement in file.read_text().split(";\n") if statement.strip()]


def _expect(found: Any, wanted: Any) -> None:
    if found != wanted:
        raise BrokenError(f"got {found!r:.200}, not {wanted!r:.200}")


def _insert(prefix: str, project: str, columns: Mapping[str, Sequence[Any]], token: str = "") -> None:
    size = len(next(iter(columns.values())))
    given = {"project": [project] * size, "trace_id": [f"{number:032x}" for number in range(size)]}
    store.insert(f"{prefix}traces", {**given, "key_ts": [MONTHS_FROM_NS] * size, **columns}, token)


def _select(prefix: str, columns: str, project: str) -> list[tuple[Any, ...]]:
    return list(
        store.rows(
            f"SELECT {columns} FROM {prefix}traces FINAL"  # noqa: S608 (names of ours)
            " WHERE project = {project:String} ORDER BY key_ts, trace_id",
            project=project,
        )
    )


def _answers(prefix: str) -> None:
    _expect(store.rows("SELECT 1"), [(1,)])


def _is_new_enough(prefix: str) -> None:
    version = str(store.rows("SELECT version()")[0][0])
    if tuple(map(int, version.split(".")[:2])) < OLDEST:
        raise BrokenError(f"this is {version}; {'.'.join(map(str, OLDEST))} or newer is needed")


def _takes_once(prefix: str) -> None:
    for _ in range(2):  # rows enough for several blocks, which one token must not take for each other
        _insert(prefix, "once", {"query": ["asked"] * MANY}, "the same token")
    found = store.rows(f"SELECT count() FROM {prefix}traces WHERE project = 'once'")  # noqa: S608 (names of ours)
    _expect(found, [(MANY,)])


def _keeps_newest(prefix: str) -> None:
    for version, query in ((2, "newer"), (1, "older")):
        _insert(prefix, "newest", {"version": [version], "query": [query]})
    _expect(_select(prefix, "query", "newest"), [("newer",)])


def _keeps_text(prefix: str) -> None:
    _insert(prefix, AWKWARD, {"query": [AWKWARD], "answer": ["x" * 1_000_000], "entities": [[AWKWARD, ""]]})
    found = _select(prefix, "query, length(answer), entities", AWKWARD)
    _expect(found, [(AWKWARD, 1_000_000, [AWKWARD, ""])])


def _keeps_times(prefix: str) -> None:
    times = [0, 1, LAST_NS]
    _insert(prefix, "times", {"key_ts": times, "started_at": times})
    _expect(_select(prefix, "key_ts, started_at", "times"), [(at, at) for at in times])


def _keeps_shapes(prefix: str) -> None:
    columns: dict[str, list[Any]] = {
        "metadata": [{"plan": "pro", AWKWARD: AWKWARD}, {}],
        "confidence": [None, 0.25],
        "refused": [True, None],
        "h_score": [[0.5, -1e300], []],
        "c_text": [[bytes(range(16)), b"\0" * 16], []],
    }
    _insert(prefix, "shapes", columns)
    _expect(_select(prefix, ", ".join(columns), "shapes"), list(zip(*columns.values(), strict=True)))


def _takes_months(prefix: str) -> None:
    times = [MONTHS_FROM_NS + month * MONTH_NS for month in range(150)]
    store.insert(f"{prefix}marks", {"project": ["months"] * 150, "key_ts": times})
    found = store.rows(f"SELECT key_ts FROM {prefix}marks WHERE project = 'months' ORDER BY key_ts")  # noqa: S608
    _expect([at for (at,) in found], times)


def _finds_words(prefix: str) -> None:
    _insert(prefix, "words", {"query": ["How do I retry a task?", "What is a blueprint?"]})
    found = store.rows(
        f"SELECT query FROM {prefix}traces"  # noqa: S608 (names of ours)
        " WHERE project = 'words' AND hasAllTokens(lowerUTF8(query), {words:Array(String)})",
        words=["retry", "task"],
    )
    _expect(found, [("How do I retry a task?",)])


def _says_errors(prefix: str) -> None:
    try:
        store.rows("SELECT no_such_column FROM numbers(1)")
    except Exception:
        _expect(store.rows("SELECT 1"), [(1,)])
        return
    raise BrokenError("a query for a column that does not exist was answered")


def _keeps_limits(prefix: str) -> None:
    try:
        store.rows(
            "SELECT sleepEachRow(0.1) FROM numbers(100)", limits={"max_execution_time": 0.3, "max_block_size": 1}
        )
    except Exception:
        return
    raise BrokenError("a query of 10 s ran to its end though 0.3 s were allowed")


PROMISES = (
    Promise(
        "it answers",
        "Is CLICKHOUSE_URL right (http://user:password@host:8123/database), and does a firewall let it through?",
        _answers,
        needed=True,
    ),
    Promise("it is new enough for text indexes", "Upgrade ClickHouse.", _is_new_enough, needed=True),
    Promise(
        "its user may make and drop tables",
        "GRANT CREATE TABLE, DROP TABLE, ALTER, TRUNCATE, INSERT, SELECT ON database.* TO user.",
        make_tables,
        needed=True,
    ),
    Promise(
        "an insert that is sent twice is stored once",
        "Is a proxy dropping the setting insert_deduplication_token, or is insert_deduplicate 0 in the user's profile?",
        _takes_once,
    ),
    Promise("the newest version of a row counts", "Is `final` or `do_not_merge_across_partitions` set?", _keeps_newest),
    Promise("text comes back as it was sent", "Is a proxy between that rewrites bodies?", _keeps_text),
    Promise("times from 1970 to 2262 come back as sent", "Is a proxy between that rewrites bodies?", _keeps_times),
    Promise(
        "lists, maps and missing values come back as sent", "Is a proxy between that rewrites bodies?", _keeps_shapes
    ),
    Promise(
        "one insert may span 150 months",
        "Let the user set max_partitions_per_insert_block: it must not be readonly in its profile.",
        _takes_months,
    ),
    Promise("words are found", "Is `compatibility` set to a version before 26.2 in the user's profile?", _finds_words),
    Promise("errors are said", "Is a proxy between that hides statuses or X-ClickHouse-Exception-Code?", _says_errors),
    Promise(
        "a query ends at its time limit",
        "Let the user set max_execution_time: it must not be readonly in its profile.",
        _keeps_limits,
    ),
)
