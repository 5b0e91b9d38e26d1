"""What `make demo` ends with: the traces that show their fault best."""

import json
from pathlib import Path

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
