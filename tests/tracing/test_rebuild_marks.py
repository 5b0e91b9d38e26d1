"""Marks are derived: lost ones come back from the stored rows as they were."""

import json
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command

from tests.conftest import Sender
from tests.tracing.otlp_bodies import START_NS, otlp_json, otlp_span
from tracing import rebuild, store
from tracing.models import Key, Project, Scope

HOUR_NS = 3600 * 10**9


def trace_id(number: int) -> str:
    return f"{number:032x}"


def stored_marks() -> list[tuple[object, ...]]:
    return list(store.rows("SELECT * EXCEPT version FROM marks FINAL ORDER BY project, key_ts, trace_id"))


@pytest.fixture
def marked(sender: Sender, drained: Callable[[], None]) -> list[tuple[object, ...]]:
    """Seven traces in two hours, three of them with thumbs, one of which changed; and their marks."""
    spans = [otlp_span(trace_id(n), start_ns=START_NS + n % 2 * HOUR_NS) for n in range(1, 8)]
    assert sender.post("/v1/traces", otlp_json(*spans), "application/json").status_code == 200
    drained()
    for number, value in ((1, "down"), (2, "up"), (3, "down"), (3, "up")):
        thumb = {"trace_id": trace_id(number), "kind": "thumb", "value": value, "user": "mara"}
        assert sender.post("/api/v1/signals", json.dumps(thumb), "application/json").status_code == 202
        drained()
    return stored_marks()


def test_lost_marks_are_rebuilt_as_they_were(
    marked: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rebuild, "BATCH", 2)
    store.command("TRUNCATE TABLE marks")
    call_command("rebuild_marks")
    assert len(marked) == 7
    assert stored_marks() == marked
    said = capsys.readouterr()
    assert said.out == "7 marks are rebuilt.\n"
    assert all(line.startswith("atlas: up to 20") for line in said.err.splitlines())


def test_thumbs_are_in_the_marks_that_are_compared(marked: list[tuple[object, ...]]) -> None:
    thumbs = store.rows("SELECT trace_id, thumb FROM marks FINAL WHERE thumb != '' ORDER BY trace_id")
    assert thumbs == [(trace_id(1), "down"), (trace_id(2), "up"), (trace_id(3), "up")]


def test_one_project_can_be_rebuilt_alone(
    marked: list[tuple[object, ...]], sender: Sender, drained: Callable[[], None]
) -> None:
    _, secret = Key.issue(Project.objects.create(slug="other", name="Other"), "test", [Scope.INGEST])
    Sender(sender.client, secret).post("/v1/traces", otlp_json(otlp_span(trace_id(1))), "application/json")
    drained()
    store.command("TRUNCATE TABLE marks")
    call_command("rebuild_marks", project="other")
    assert store.rows("SELECT project, count() FROM marks FINAL GROUP BY project") == [("other", 1)]


def test_a_mark_that_is_written_meanwhile_counts(marked: list[tuple[object, ...]]) -> None:
    newer = store.rows("SELECT max(version) FROM marks")[0][0] + 10**12
    store.insert(
        "marks",
        {
            "project": ["atlas"],
            "key_ts": [marked[0][1]],
            "trace_id": [marked[0][2]],
            "version": [newer],
            "review": ["open"],
        },
    )
    call_command("rebuild_marks")
    found = store.rows("SELECT review FROM marks FINAL WHERE trace_id = {id:String}", id=marked[0][2])
    assert found == [("open",)]


def test_an_unknown_project_is_said(clean_store: None) -> None:
    with pytest.raises(CommandError, match="no trace of a project 'nowhere' is stored; stored are: none"):
        call_command("rebuild_marks", project="nowhere")
