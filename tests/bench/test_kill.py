"""kill -9 under load."""

from pathlib import Path

from bench import kill


def test_after_three_kills_every_acked_trace_is_there_once(tmp_path: Path) -> None:
    outcome = kill.run(tmp_path / "data", kills=3, seconds=(0.5, 1.5))
    assert outcome.acked > 0
    assert (outcome.missing, outcome.doubled) == (0, 0)
    assert outcome.account["spans"]["bad"] == 0
    assert outcome.sound
