"""The only ClickHouse connection: an embedded chDB directory or a server, behind the same SQL.

A client a thread: a shared one makes a trivial query wait behind a slow one.
Nothing opens before the first call, because chDB forbids any fork after its import.
"""

import fcntl
import hashlib
import os
import re
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TextIO, TypeVar
from urllib.parse import urlsplit

from django.conf import settings

Value = TypeVar("Value")

LISTED = 2_000  # ids, hashes or times in one parameter
SCHEMA_DIR = Path(__file__).parent / "schema"
LIMITS = {"max_execution_time": 30, "max_memory_usage": 400_000_000, "max_threads": 2, "async_insert": 0}
INSERT_LIMITS = {
    "async_insert": 0,
    "optimize_on_insert": 0,  # a batch holds no key twice, or reads and merges see to it
    "max_partitions_per_insert_block": 0,
    "max_execution_time": 120,
    # Making skip indexes is a quarter of an insert into `traces`: merges do it, and what is not merged yet is small.
    "materialize_skip_indexes_on_insert": 0,
}
# The engine takes a thread less for each GiB that is not free: in a small memory every read was one thread's.
EMBEDDED_SETTINGS = {"max_threads_min_free_memory_per_thread": 0}
SERVER_TIMEOUTS = {"connect_timeout": 3, "send_receive_timeout": 130}  # s; the second above all limits on queries
CODEC = re.compile(r"@(ZSTD\(\d\))@")
READ_FORMATS = {"DateTime64": "int", "FixedString": "bytes"}

ENGINE_CONFIG = """<clickhouse>
    <mark_cache_size>67108864</mark_cache_size>
    <index_mark_cache_size>16777216</index_mark_cache_size>
    <uncompressed_cache_size>0</uncompressed_cache_size>
    <index_uncompressed_cache_size>0</index_uncompressed_cache_size>
    <mmap_cache_size>100</mmap_cache_size>
    <primary_index_cache_size>67108864</primary_index_cache_size>
    <max_server_memory_usage>{memory}</max_server_memory_usage>
    <background_pool_size>2</background_pool_size>
    <background_merges_mutations_concurrency_ratio>1</background_merges_mutations_concurrency_ratio>
    <background_schedule_pool_size>4</background_schedule_pool_size>
    <background_common_pool_size>2</background_common_pool_size>
    <background_move_pool_size>1</background_move_pool_size>
    <background_fetches_pool_size>1</background_fetches_pool_size>
    <background_message_broker_schedule_pool_size>1</background_message_broker_schedule_pool_size>
    <background_distributed_schedule_pool_size>1</background_distributed_schedule_pool_size>
    <tables_loader_foreground_pool_size>2</tables_loader_foreground_pool_size>
    <tables_loader_background_pool_size>2</tables_loader_background_pool_size>
    <compression>
        <case>
            <min_part_size>4194304</min_part_size>
            <min_part_size_ratio>0</min_part_size_ratio>
            <method>zstd</method>
            <level>1</level>
        </case>
    </compression>
    <merge_tree>
        <number_of_free_entries_in_pool_to_lower_max_size_of_merge>1</number_of_free_entries_in_pool_to_lower_max_size_of_merge>
        <number_of_free_entries_in_pool_to_execute_mutation>1</number_of_free_entries_in_pool_to_execute_mutation>
        <number_of_free_entries_in_pool_to_execute_optimize_entire_partition>1</number_of_free_entries_in_pool_to_execute_optimize_entire_partition>
        <merge_selector_base>16</merge_selector_base>
        <min_bytes_for_wide_part>67108864</min_bytes_for_wide_part>
        <merge_max_block_size_bytes>8388608</merge_max_block_size_bytes>
        <max_bytes_to_merge_at_max_space_in_pool>16106127360</max_bytes_to_merge_at_max_space_in_pool>
    </merge_tree>
</clickhouse>
"""


class StoreInUseError(RuntimeError):
    """Another process holds the embedded store's directory."""


class StoreAwayError(RuntimeError):
    """The server that CLICKHOUSE_URL names does not answer, or refuses."""


class SchemaChangedError(RuntimeError):
    """A schema file that was applied before has another text now."""


class _Local(threading.local):
    client: Any = None

    def __init__(self) -> None:
        self.column_types: dict[tuple[str, tuple[str, ...]], Any] = {}


_local = _Local()
_opening = threading.Lock()
_held: dict[Path, TextIO] = {}


def embedded_path() -> Path | None:
    """The embedded store's directory; None for a server, and for a store in memory."""
    url: str = settings.CLICKHOUSE_URL
    if not url.startswith("chdb://") or url.endswith(":memory:"):
        return None
    return Path(url.removeprefix("chdb://"))


def hold(path: Path) -> bool:
    """Take the directory for this process, or say who has it. True where this process did not have it before."""
    if path in _held:
        return False
    path.mkdir(parents=True, exist_ok=True)
    lock = (path.parent / f"{path.name}.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        holder = lock.read().strip() or "another process"
        lock.close()
        raise StoreInUseError(
            f"{path} is in use by {holder}. Stop that process, or set STAGELIGHT_DATA_DIR to another directory."
        ) from None
    lock.truncate(0)
    lock.write(f"process {os.getpid()}, since {time.strftime('%Y-%m-%d %H:%M:%S %Z')}")
    lock.flush()
    _held[path] = lock
    return True


def _connect() -> Any:
    import clickhouse_connect
    from clickhouse_connect.driver import options as libraries
    from clickhouse_connect.driver.exceptions import OperationalError

    # chDB brings pandas along, and the first insert would spend three seconds on importing it to look for data frames
    vars(libraries).update(dict.fromkeys(("pd", "pd_time_test", "arrow", "pl"), None))

    scheme = urlsplit(settings.CLICKHOUSE_URL).scheme  # the library would take https on another port for http
    options: dict[str, Any] = {"interface": scheme, "tz_mode": "aware", "settings": {"async_insert": 0}}
    if scheme == "chdb":
        options["settings"] |= EMBEDDED_SETTINGS
    else:
        options |= SERVER_TIMEOUTS
    path = embedded_path()
    if path is not None:
        hold(path)
        config = path.parent / f"{path.name}.config.xml"
        config.write_text(ENGINE_CONFIG.format(memory=settings.STORE_MEMORY_BYTES))
        options["chdb_options"] = {"config-file": str(config)}
    try:
        return clickhouse_connect.get_client(dsn=settings.CLICKHOUSE_URL, **options)
    except OperationalError as error:
        host = urlsplit(settings.CLICKHOUSE_URL).netloc.rpartition("@")[2]
        raise StoreAwayError(f"the store at {host}, which CLICKHOUSE_URL names, does not answer: {error}") from error


def client() -> Any:
    """This thread's client, opened at its first call."""
    if _local.client is None:
        # Only chDB must not be opened twice at once: a server that does not answer must not make threads queue.
        with _opening if settings.CLICKHOUSE_URL.startswith("chdb:") else nullcontext():
            _local.client = _connect()
    return _local.client


def close() -> None:
    """Close this thread's client, if it has one."""
    if _local.client is not None:
        _local.client.close()
        _local.client = None
        _local.column_types.clear()


def rows(sql: str, limits: Mapping[str, Any] | None = None, **parameters: Any) -> Sequence[tuple[Any, ...]]:
    """The rows of one SELECT; `{name:Type}` in its text is bound from `parameters`. Times are integers in ns."""
    result = client().query(
        sql, parameters=parameters, settings={**LIMITS, **(limits or {})}, query_formats=READ_FORMATS
    )
    found: Sequence[tuple[Any, ...]] = result.result_rows
    return found


def pieces(values: Iterable[Value]) -> Iterator[list[Value]]:
    """The values in lists that each fit one parameter of a query: a server takes 128 KiB."""
    waiting = list(values)
    for start in range(0, len(waiting), LISTED):
        yield waiting[start : start + LISTED]


def command(sql: str, **parameters: Any) -> None:
    """Run one statement that returns nothing."""
    client().command(sql, parameters=parameters)


def insert(table: str, columns: Mapping[str, Sequence[Any]], token: str = "") -> None:
    """Append rows, column by column; a repeated `token` appends nothing."""
    if not next(iter(columns.values())):
        return
    limits: dict[str, Any] = dict(INSERT_LIMITS)
    if token:
        limits["insert_deduplication_token"] = token
    names, values = tuple(columns), list(columns.values())
    types = _column_types(table, names)
    try:
        client().insert(table, values, column_names=names, column_types=types, column_oriented=True, settings=limits)
    finally:
        values.clear()  # the library's context holds itself, and would hold these until the next sweep for cycles


def _column_types(table: str, names: tuple[str, ...]) -> Any:
    """Asked for once a table and thread: the library would ask before every insert."""
    if (table, names) not in _local.column_types:
        _local.column_types[table, names] = client().create_insert_context(table, names).column_types
    return _local.column_types[table, names]


def takes_writes() -> bool:
    """True where a trivial row can be written: what fails then fails for what it holds."""
    try:
        insert("schema_ledger", {"name": ["~probe"], "digest": [""], "at": [int(time.time())]})
    except Exception:  # whatever the reason, it does not
        return False
    return True


def apply_schema() -> list[str]:
    """Apply the schema files that the ledger lacks; returns their names."""
    define(
        "CREATE TABLE IF NOT EXISTS schema_ledger @ON_CLUSTER@ (name String, digest String, at DateTime)"
        " ENGINE = @REPLACING@ ORDER BY name"
    )
    known = {str(name): str(digest) for name, digest in rows("SELECT name, digest FROM schema_ledger FINAL")}
    return [path.name for path in sorted(SCHEMA_DIR.glob("*.sql")) if _apply_file(path, known)]


def _apply_file(path: Path, known: Mapping[str, str]) -> bool:
    text = path.read_text()
    digest = hashlib.sha256(text.encode()).hexdigest()
    if known.get(path.name) == digest:
        return False
    if path.name in known:
        raise SchemaChangedError(f"{path.name} was applied with another text; add a new numbered file instead.")
    for statement in filter(str.strip, text.split(";\n")):
        define(statement)
    insert("schema_ledger", {"name": [path.name], "digest": [digest], "at": [int(time.time())]})
    return True


def define(statement: str) -> None:
    """Run one statement of a schema, with the engine, the cluster and the codecs filled in."""
    cluster = settings.CLICKHOUSE_CLUSTER
    engine = "ReplicatedReplacingMergeTree" if cluster else "ReplacingMergeTree"
    statement = statement.replace("@ON_CLUSTER@", f"ON CLUSTER '{cluster}'" if cluster else "")
    statement = CODEC.sub(r"\1" if embedded_path() is None else "Default", statement)
    command(statement.replace("@REPLACING@", engine))


@contextmanager
def closing() -> Iterator[None]:
    """Close this thread's client at the end: for threads that come and go."""
    try:
        yield
    finally:
        close()
