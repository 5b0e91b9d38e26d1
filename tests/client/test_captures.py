"""Requests of real clients, kept as files: imported, they leave what they left when their clients sent them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.client.conftest import Command
from tests.conftest import TABLES, Sender
from tests.tracing import captures, replays
from tracing import store

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = ("anthropic", "langchain", "langfuse5", "llamaindex", "otelgenai", "traceloop")


def bodies(client: str) -> list[Path]:
    """The files that hold what went to the endpoints of OTLP, in the order of arrival."""
    found = []
    for path in sorted(captures.folder(client).glob("*.headers.json")):
        body = path.with_name(path.name.replace(".headers.json", ".bin"))
        if body.exists() and json.loads(path.read_text())["path"].endswith(("/v1/traces", "/v1/logs")):
            found.append(body)
    return found


@pytest.mark.parametrize("client", CLIENTS)
def test_a_clients_requests_as_files_are_its_requests(
    stagelight: Command, sender: Sender, drained: Callable[[], None], client: str
) -> None:
    replays.replay(replays.requests(client), sender, at_once=True)
    sent = replays.state()
    for table in TABLES:
        store.command(f"TRUNCATE TABLE {table}")
    done = stagelight("import", *bodies(client))
    assert done.code == 0, done.said
    drained()
    assert replays.state() == sent


def test_langfuse_3s_scores_and_5s_lists_of_them_are_read(
    stagelight: Command, drained: Callable[[], None], sender: Sender
) -> None:
    for client, path in (("langfuse3", "/api/public/ingestion"), ("langfuse5", "/api/public/scores")):
        found = [name for name in sorted(captures.folder(client).glob("*.headers.json")) if is_to(name, path)]
        files = [name.with_name(name.name.replace(".headers.json", ".json")) for name in found]
        assert files
        done = stagelight("import", *files)
        assert done.code == 0, done.said
    drained()
    known: list[Any] = list(store.rows("SELECT count() FROM signals FINAL"))
    assert known[0][0] > 30


def is_to(headers: Path, path: str) -> bool:
    return bool(json.loads(headers.read_text())["path"] == path)
