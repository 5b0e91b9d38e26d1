"""What `make demo` ends with: the traces that show their fault best."""

import json
from pathlib import Path

import pytest

from demo import start
from demo.settings import Settings
from demo.start import blamed_on, surest, traces_with
from demo.telemetry.server import Server


def truth(trace_id: str, **change: object) -> str:
    whole = {
        "trace_id": trace_id, "fault": "rerank:reverse", "stage": "rerank", "clean_met": True, "lost": ["doc#a"],
        "seed": "past|1",
    }  # fmt: skip
    return json.dumps(whole | change)


def test_only_past_traces_that_the_fault_harmed_are_shown_the_newest_first(tmp_path: Path) -> None:
    lines = [
        truth("old"),
        truth("harmless", lost=[]),
        truth("another", fault="rerank:dropped"),
        truth("never right", clean_met=False),
        truth("live", seed="live|1"),
        truth("new"),
    ]
    (tmp_path / "truth.jsonl").write_text("\n".join(lines))
    assert traces_with(tmp_path / "truth.jsonl", "rerank:reverse") == ["new", "old"]
    late = truth("late", fault="validate:false_anchor", stage="validate", lost=[])
    (tmp_path / "truth.jsonl").write_text(late)
    assert traces_with(tmp_path / "truth.jsonl", "validate:false_anchor") == ["late"]


def test_the_surest_is_shown_and_the_newest_where_none_is_judged() -> None:
    assert surest(["a", "b", "c"], {"a": "suspected", "b": "certain", "c": "certain"}) == "b"
    assert surest(["a", "b"], {}) == "a"
    assert surest([], {}) is None


def test_a_server_that_does_not_answer_takes_nothing_from_the_links() -> None:
    assert blamed_on(Server("http://127.0.0.1:9", "key"), "rerank") == {}


def test_a_link_that_cannot_be_given_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(start, "shown_best", lambda settings, fault: None if fault == "validate:false_anchor" else "t1")
    monkeypatch.setattr(start, "_sign_in", lambda port, url, path: f"{url}{path}")
    links = start._links(Settings(tmp_path, "http://x", "key"), 8000)
    assert "no link to an answer that cites the wrong product" in capsys.readouterr().out
    assert "http://x/t/t1" in links.values()
