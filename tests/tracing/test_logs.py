"""Logs are JSON lines on standard error, whoever writes them and whatever they hold."""

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from django.test import Client

from config import logs
from tests.conftest import Sender

HOSTILE = 'line one\nline two "quoted" \x1b[31m\u202e \ud800 end'


Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def as_it_was() -> Iterator[None]:
    """What the test configures is undone."""
    root, configured = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**configured)


@pytest.fixture
def lines(as_it_was: None, monkeypatch: pytest.MonkeyPatch) -> Lines:
    """Call it for what was logged so far; each line must be JSON."""
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    logs.configure("info")
    return lambda: [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_line_says_what_when_and_how_grave(lines: Lines) -> None:
    structlog.get_logger().info("stored", frames=3)
    [line] = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "stored", "frames": 3, "level": "info"}


def test_a_librarys_record_is_a_json_line_too(lines: Lines) -> None:
    logging.getLogger("some.library").warning("it took %d s", 3)
    [line] = lines()
    assert (line["event"], line["level"], line["logger"]) == ("it took 3 s", "warning", "some.library")


def test_what_senders_write_stays_within_its_line(lines: Lines) -> None:
    structlog.get_logger().warning("refused", client=HOSTILE)
    logging.getLogger("some.library").warning(HOSTILE)
    own, library = lines()
    assert own["client"] == HOSTILE
    assert library["event"] == HOSTILE


def test_an_exception_stays_within_its_line(lines: Lines) -> None:
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        structlog.get_logger().exception("own")
        logging.getLogger("some.library").exception("theirs")
    for line in lines():
        assert "ValueError: line one" in line["exception"]


def test_what_is_below_the_level_is_not_written(lines: Lines) -> None:
    structlog.get_logger().debug("too fine")
    logging.getLogger("some.library").debug("too fine")
    assert lines() == []


def test_an_unknown_level_is_refused(as_it_was: None) -> None:
    with pytest.raises(ValueError, match="LOUD"):
        logs.configure("loud")


def test_a_refused_request_is_logged_without_its_key(sender: Sender, client: Client, lines: Lines) -> None:
    secret = "sl_this-key-is-unknown-and-must-not-be-logged"
    headers = {"Authorization": f"Bearer {secret}"}
    answer = client.post("/v1/traces", b"", content_type="application/x-protobuf", headers=headers)
    assert answer.status_code == 401
    refused = [line for line in lines() if line["event"] == "refused"]
    assert [line["status"] for line in refused] == [401]
    assert secret not in json.dumps(refused)
