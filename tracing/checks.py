"""Wrong combinations of settings, each with an id, and with a hint that says what to do."""

import ipaddress
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Warning

from tracing.otlp import wire

ACKS = ("spool", "clickhouse")
SCHEMES = ("chdb", "http", "https")
IN_MEMORY = ("tmpfs", "ramfs")
MOUNTS = Path("/proc/self/mounts")
SHORTEST_SECRET = 32
LAST_PORT = 65_535
LEAST_MEMORY = 100_000_000
MOST_BYTES = 2**63 - 1
LOCAL_NAMES = ("localhost", "testserver", "")


def embedded_store_is_one_process(**options: Any) -> list[CheckMessage]:
    """E001: a broker brings workers of their own, which cannot open an embedded store."""
    if not settings.EMBEDDED or settings.CELERY_BROKER_URL.startswith("memory:"):
        return []
    return [
        Error(
            "CELERY_BROKER_URL names a broker for several processes, but the embedded store opens in one alone.",
            hint="Set CLICKHOUSE_URL to a ClickHouse server, or leave CELERY_BROKER_URL unset.",
            id="stagelight.E001",
        )
    ]


def ack_is_known(**options: Any) -> list[CheckMessage]:
    """E002: a request is acknowledged when it is in the spool, or when it is in the store."""
    if settings.INGEST_ACK in ACKS:
        return []
    return [
        Error(
            f"INGEST_ACK is {settings.INGEST_ACK!r}; {' and '.join(ACKS)} are known.",
            hint="Leave it unset; 'clickhouse' is for hosts whose disk does not outlive the process.",
            id="stagelight.E002",
        )
    ]


def folders_can_be_written(**options: Any) -> list[CheckMessage]:
    """E003: the data directory and the spool must take files."""
    folders = {"STAGELIGHT_DATA_DIR": settings.DATA_DIR, "SPOOL_DIR": settings.SPOOL_DIR}
    return [
        Error(
            f"{name} is {str(folder)!r}, where this process may not write.",
            hint=f"Give {name} to the user that runs Stagelight (number {os.geteuid()}), or set it to another folder.",
            id="stagelight.E003",
        )
        for name, folder in folders.items()
        if not _is_writable(Path(folder))
    ]


def _is_writable(folder: Path) -> bool:
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)


def store_address_is_known(**options: Any) -> list[CheckMessage]:
    """E004: the store's address must be one that we can open."""
    scheme = urlsplit(settings.CLICKHOUSE_URL).scheme
    if scheme in SCHEMES:
        return []
    return [
        Error(
            f"CLICKHOUSE_URL begins with {scheme + '://' if scheme else 'no scheme'}; chdb, http and https are known.",
            hint="Name the HTTP port: http://user:password@host:8123/database (not 9000, the native protocol's).",
            id="stagelight.E004",
        )
    ]


def cluster_has_a_server(**options: Any) -> list[CheckMessage]:
    """E005: an embedded store is no cluster."""
    if not (settings.EMBEDDED and settings.CLICKHOUSE_CLUSTER):
        return []
    return [
        Error(
            "CLICKHOUSE_CLUSTER is set, but the store is embedded.",
            hint="Set CLICKHOUSE_URL to a server of the cluster, or leave CLICKHOUSE_CLUSTER unset.",
            id="stagelight.E005",
        )
    ]


def secret_cannot_be_guessed(**options: Any) -> list[CheckMessage]:
    """E006: whoever guesses the secret can sign in as anyone."""
    if len(settings.SECRET_KEY) >= SHORTEST_SECRET or not _public(settings.ALLOWED_HOSTS):
        return []
    return [
        Error(
            f"SECRET_KEY has {len(settings.SECRET_KEY)} characters and ALLOWED_HOSTS names public hosts.",
            hint="Set SECRET_KEY to 50 random characters, or leave it unset: one is made and kept.",
            id="stagelight.E006",
        )
    ]


def secret_is_shared(**options: Any) -> list[CheckMessage]:
    """W001: a key that this machine made for itself is unknown to the others."""
    kept = Path(settings.DATA_DIR) / "secret_key"
    if settings.EMBEDDED or not _public(settings.ALLOWED_HOSTS):
        return []
    if not (kept.exists() and kept.read_text() == settings.SECRET_KEY):
        return []
    return [
        Warning(
            f"SECRET_KEY is not set; the one in {str(kept)!r} is this machine's own.",
            hint="Set SECRET_KEY to one value on all machines, or people are signed out as they move between them.",
            id="stagelight.W001",
        )
    ]


def spool_outlives_a_restart(**options: Any) -> list[CheckMessage]:
    """W002: what is acknowledged must survive a restart of the machine."""
    if settings.INGEST_ACK == "clickhouse":
        return []
    kind = filesystem_of(Path(settings.SPOOL_DIR), MOUNTS.read_text() if MOUNTS.exists() else "")
    if kind not in IN_MEMORY:
        return []
    return [
        Warning(
            f"SPOOL_DIR is in memory ({kind}): traces that were acknowledged are lost when the machine stops.",
            hint="Set SPOOL_DIR to a folder on a disk, or INGEST_ACK to clickhouse where there is none.",
            id="stagelight.W002",
        )
    ]


def filesystem_of(folder: Path, mounts: str) -> str:
    """The kind of file system that a folder is on, by the kernel's list of mounts; "" where it says nothing."""
    found = [line.split() for line in mounts.splitlines()]
    kinds = {Path(fields[1].encode().decode("unicode_escape")): fields[2] for fields in found if len(fields) > 2}
    real = Path(os.path.realpath(folder))
    return next((kinds[path] for path in (real, *real.parents) if path in kinds), "")


def public_address_is_encrypted(**options: Any) -> list[CheckMessage]:
    """W003: keys and sign-ins cross the network."""
    address = urlsplit(settings.PUBLIC_URL)
    if address.scheme != "http" or not _public([address.hostname or ""]):
        return []
    return [
        Warning(
            f"PUBLIC_URL is {settings.PUBLIC_URL!r}: keys and passwords cross the network unencrypted.",
            hint="Serve it over TLS and set PUBLIC_URL to its https address.",
            id="stagelight.W003",
        )
    ]


def langfuse_is_named_whole(**options: Any) -> list[CheckMessage]:
    """E007: where scores are sent, with which keys, and how fast."""
    named = settings.LANGFUSE_BASE_URL, settings.LANGFUSE_PUBLIC_KEY, settings.LANGFUSE_SECRET_KEY
    address = urlsplit(settings.LANGFUSE_BASE_URL)
    known = address.scheme in ("http", "https") and bool(address.hostname)
    if (not any(named) or (all(named) and known)) and settings.LANGFUSE_PUSHES_A_SECOND > 0:
        return []
    return [
        Error(
            "LANGFUSE_BASE_URL, LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY do not name an instance and its keys, "
            "or LANGFUSE_PUSHES_A_SECOND is not above 0.",
            hint="Set all three, the first to an address as https://cloud.langfuse.com, or none of them.",
            id="stagelight.E007",
        )
    ]


def sizes_are_possible(**options: Any) -> list[CheckMessage]:
    """E008: a port, and room for what may be sent."""
    bounds = {
        "PORT": (1, LAST_PORT),
        "INGEST_MAX_BYTES": (1, MOST_BYTES),
        "SPOOL_MAX_BYTES": (settings.INGEST_MAX_BYTES, MOST_BYTES),
        "STORE_MEMORY_BYTES": (LEAST_MEMORY, MOST_BYTES),
    }
    return [
        Error(
            f"{name} is {getattr(settings, name)}: it is from {least} to {most}.",
            hint=f"Leave {name} unset: README says what it is for.",
            id="stagelight.E008",
        )
        for name, (least, most) in bounds.items()
        if not least <= getattr(settings, name) <= most
    ]


def public_address_is_one(**options: Any) -> list[CheckMessage]:
    """E009: links and snippets begin with it."""
    address = urlsplit(settings.PUBLIC_URL)
    if address.scheme in ("http", "https") and address.hostname:
        return []
    return [
        Error(
            f"PUBLIC_URL is {settings.PUBLIC_URL!r}, which is no address.",
            hint="Write it as in https://traces.example.com, or leave it unset.",
            id="stagelight.E009",
        )
    ]


def inner_loops_are_in_c(**options: Any) -> list[CheckMessage]:
    """I001: without a C compiler the same is done in Python, for more CPU a trace."""
    if wire.IS_FAST:
        return []
    return [
        Info(
            "The inner loops in C (speedups/) were not built: to receive a trace takes some tenth more CPU.",
            hint="Install a C compiler and Python's headers (Debian: gcc and python3-dev), then run make speedups, or"
            " where make is not, install again with --reinstall-package stagelight-speedups beside all that was given.",
            id="stagelight.I001",
        )
    ]


def _public(hosts: Iterable[str]) -> bool:
    return any(not _local(host) for host in hosts)


def _local(host: str) -> bool:
    name = host.strip("[].").lower()
    if name in LOCAL_NAMES or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


ALL: Sequence[Callable[..., list[CheckMessage]]] = (
    embedded_store_is_one_process,
    ack_is_known,
    folders_can_be_written,
    store_address_is_known,
    cluster_has_a_server,
    secret_cannot_be_guessed,
    secret_is_shared,
    spool_outlives_a_restart,
    public_address_is_encrypted,
    langfuse_is_named_whole,
    sizes_are_possible,
    public_address_is_one,
    inner_loops_are_in_c,
)
