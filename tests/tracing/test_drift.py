"""Where the index, the manifest and the expectations came apart."""

import json
import time
from typing import Any

import pytest

from tests.conftest import Sender
from tests.tracing.stored import candidate, keep, trace_id
from tracing.corpus import drift
from tracing.records import Trace

pytestmark = pytest.mark.usefixtures("clean_store")


def line(anchor: str, **more: Any) -> str:
    return json.dumps({"anchor": anchor, "product": "atlas", "path": "a.md"} | more)


def asked(number: int, *candidates: Any) -> Trace:
    start = time.time_ns() - number * 10**9
    return Trace(trace_id(number), start, start + 10**9, rooted=True, candidates=candidates)


def push(sender: Sender, version: str, at: str, *lines: str) -> None:
    answer = sender.put("/api/v1/corpus/manifest", "\n".join(lines), version=version, effective_at=at)
    assert answer.status_code == 201, answer.content


def test_without_a_manifest_there_is_nothing_to_look_at(sender: Sender) -> None:
    assert drift.look("atlas") is None
    assert drift.latest(project="atlas") is None


def test_a_look_tells_what_came_apart(sender: Sender) -> None:
    gone, old, same = line("gone"), line("old", source_hash="h1"), line("same", source_hash="s1")
    push(sender, "1", "2026-01-01", gone, old, same, line("left", source_hash="l"))
    push(
        sender,
        "2",
        "2026-02-01",
        line("new", source_hash="h1"),
        line("same", source_hash="s2"),
        line("left", source_hash="l", redirect_to="new"),
        line("quiet"),
    )
    sender.put("/api/v1/corpus/index", json.dumps({"chunk_id": "1", "anchor": "same"}), version="7")
    sender.put("/api/v1/expectations", json.dumps({"query": "q", "behaviour": "answer", "anchors": ["gone", "same"]}))
    keep(
        asked(1, candidate("1", "gone"), candidate("2", "old"), candidate("9", "nowhere")),
        asked(2, candidate("1", "gone"), candidate("3", "same", source_hash="s1"), candidate("4", "left")),
    )
    run = drift.look("atlas")
    assert run is not None and run == drift.latest(project="atlas")
    found = drift.findings(project="atlas", run=run.run)
    told = {kind: [(one.anchor, one.n, one.other) for one in some] for kind, some in found.items()}
    assert told == {
        "gone": [("gone", 2, "")],
        "moved": [("old", 1, "new")],
        "drifted": [("same", 1, "s1")],
        "not_indexed": [("new", 0, ""), ("quiet", 0, "")],
        "expected_gone": [("gone", 1, "q")],
        "never": [("new", 0, ""), ("quiet", 0, "")],
    }
    assert run.counts == {"gone": 1, "moved": 1, "drifted": 1, "not_indexed": 2, "expected_gone": 1, "never": 2}
    assert run.lag_s == 31 * 86_400


def test_another_projects_traces_are_not_looked_at(sender: Sender) -> None:
    push(sender, "1", "2026-01-01", line("a"))
    keep(asked(1, candidate("1", "a")), project="borealis")
    run = drift.look("atlas")
    assert run is not None and run.counts["never"] == 1
