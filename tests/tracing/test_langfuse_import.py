"""A Langfuse instance's traces, observations, scores and datasets are imported, page by page, and once."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import CommandError, call_command

from tests.conftest import Sender
from tracing import queries
from tracing.dataset_models import Dataset, DatasetItem
from tracing.langfuse import importing as langfuse_import

TRACES = [f"{number:032x}" for number in range(1, 8)]


def observation(trace_id: str) -> dict[str, Any]:
    return {
        "id": trace_id[16:],
        "traceId": trace_id,
        "type": "RETRIEVER",
        "name": "lexical",
        "startTime": "2026-11-20T09:00:00.000Z",
        "endTime": "2026-11-20T09:00:01.000Z",
        "input": '{"query": "how?"}',
        "output": '[{"id": "a#1", "score": 2.5, "content": "The first chunk of all."}]',
        "userId": "u1",
    }


LISTS: dict[str, list[dict[str, Any]]] = {
    "traces": [{"id": each, "timestamp": "2026-11-20T09:00:00Z", "name": "rag", "input": "how?"} for each in TRACES],
    "observations": [observation(each) for each in TRACES],
    "scores": [
        {"id": "1", "name": "user_feedback", "value": True, "dataType": "BOOLEAN", "timestamp": "2026-11-20T09:01:00Z",
         "subject": {"kind": "trace", "id": TRACES[0]}},
        {"id": "2", "name": "tone", "value": 0, "stringValue": "dry", "dataType": "CATEGORICAL", "traceId": TRACES[0]},
        {"id": "3", "value": 1},
    ],
    "v2/datasets": [{"id": "d", "name": "golden"}],
    "dataset-items": [{"id": "i", "datasetName": "golden", "input": {"question": "how?"}, "status": "ACTIVE"}],
}  # fmt: skip


class Instance(ThreadingHTTPServer):
    """A fake of the lists that an instance offers; it refuses the requests whose number is in `refusals`."""

    def __init__(self, lists: dict[str, list[dict[str, Any]]], cursors: tuple[str, ...] = ()) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.lists, self.cursors = lists, cursors
        self.asked: list[str] = []
        self.refusals: dict[int, int] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answer(BaseHTTPRequestHandler):
    server: Instance

    def do_GET(self) -> None:
        path = urlsplit(self.path).path.removeprefix("/api/public/")
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        self.server.asked.append(path)
        status = self.server.refusals.get(len(self.server.asked))
        found = self.server.lists.get(path)
        if status or found is None:
            return self._say(status or 404, {"message": "no"})
        size = 3
        start = int(query.get("cursor") or 0) if path in self.server.cursors else (int(query["page"]) - 1) * size
        meta: dict[str, Any] = {"totalPages": -(-len(found) // size), "page": start // size + 1}
        if path in self.server.cursors:
            meta = {"cursor": str(start + size) if start + size < len(found) else None}
        return self._say(200, {"data": found[start : start + size], "meta": meta})

    def _say(self, status: int, content: Any) -> None:
        self.send_response(status)
        self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, *args: Any) -> None:
        """Nothing to say."""


@pytest.fixture
def instance(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Instance]]:
    """Call it for an instance with these lists."""
    settings.DATA_DIR = tmp_path
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", "pk")
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", "sk")
    started: list[Instance] = []

    def start(lists: dict[str, list[dict[str, Any]]], cursors: tuple[str, ...] = ()) -> Instance:
        found = Instance(lists, cursors)
        threading.Thread(target=found.serve_forever, args=(0.01,), daemon=True).start()
        started.append(found)
        return found

    yield start
    for each in started:
        each.shutdown()
        each.server_close()


def run(found: Instance, **options: Any) -> None:
    call_command("import_langfuse", found.url, project="atlas", a_second=1000.0, **options)


OLDER = LISTS
NEWER = {
    "v2/observations": LISTS["observations"], "v3/scores": LISTS["scores"], "v2/datasets": LISTS["v2/datasets"],
    "dataset-items": LISTS["dataset-items"],
}  # fmt: skip


@pytest.mark.parametrize(("lists", "cursors"), [(OLDER, ()), (NEWER, ("v2/observations", "v3/scores"))])
def test_older_and_newer_instances_are_imported(
    instance: Callable[..., Instance], sender: Sender, drained: Callable[[], None], lists: Any, cursors: tuple[str, ...]
) -> None:
    found = instance(lists, cursors)
    run(found)
    drained()
    for trace_id in TRACES:
        trace = sender.get(f"/api/v1/traces/{trace_id}").json()
        assert (trace["query"], trace["user_id"]) == ("how?", "u1")
        assert [(each["chunk_id"], each["lanes"]["lexical"]["score"]) for each in trace["candidates"]] == [("a#1", 2.5)]
    said = queries.signals(project="atlas", trace_id=TRACES[0])
    assert {(each.kind, each.value) for each in said} == {("thumb", "up"), ("score", "dry")}
    assert (Dataset.objects.get().name, DatasetItem.objects.get().input) == ("golden", {"question": "how?"})
    before = sender.get("/api/v1/ingest/account").json()["total"]["spans"]["stored"]
    run(found, again=True)
    drained()
    after = sender.get("/api/v1/ingest/account").json()["total"]["spans"]
    assert (after["stored"], after["duplicate"]) == (before, before)


def test_an_import_goes_on_with_the_page_where_it_stopped(
    instance: Callable[..., Instance], sender: Sender, drained: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    found = instance(OLDER)
    found.refusals = {3: 403}
    with pytest.raises(CommandError, match="answered 403"):
        run(found)
    assert found.asked == ["traces"] * 3
    found.asked.clear()
    found.refusals = {1: 429}
    run(found)
    assert found.asked.count("traces") == 2
    assert "traces: 7\n" in capsys.readouterr().out
    drained()
    assert sender.get(f"/api/v1/traces/{TRACES[-1]}").json()["query"] == "how?"


def test_the_other_is_asked_no_faster_than_told(instance: Callable[..., Instance], sender: Sender) -> None:
    waits: list[float] = []
    source = langfuse_import.Source(instance(OLDER).url, "pk", "sk", a_second=0.001, sleep=waits.append)
    pages = list(source.pages("traces", langfuse_import.Place(), "2026-11-21T00:00:00Z"))
    assert [len(items) for items, _ in pages] == [3, 3, 1]
    assert pages[-1][1].done
    assert [round(wait, -2) for wait in waits] == [1000.0, 1000.0]


def test_an_instance_that_is_none_is_said_so(instance: Callable[..., Instance], sender: Sender) -> None:
    found = instance({})
    with pytest.raises(CommandError, match="there is no project"):
        call_command("import_langfuse", found.url, project="none")
    with pytest.raises(CommandError, match="is the address right"):
        run(found)
    assert set(found.asked) >= {"traces", "v2/observations", "observations", "scores"}
