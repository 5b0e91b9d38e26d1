"""Langfuse's SDK, as it is installed, sends here when its address and its key are changed, and complains of nothing."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Sender
from tracing.dataset_models import DatasetItem, Media

pytestmark = pytest.mark.django_db(transaction=True)
PIPELINE = Path(__file__).parent / "programs" / "langfuse5.py"


def test_sdk_5_sends_all_that_it_can_without_a_warning(
    address: str, sender: Sender, drained: Callable[[], None]
) -> None:
    pytest.importorskip("langfuse")
    environment = {
        **os.environ,
        "LANGFUSE_BASE_URL": address,
        "LANGFUSE_PUBLIC_KEY": "pk-lf-anything",
        "LANGFUSE_SECRET_KEY": sender.secret,
        "LANGFUSE_RELEASE": "docs@5.2.0",
        "LANGFUSE_TRACING_ENVIRONMENT": "production",
    }
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", str(PIPELINE)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    # The SDK says itself, of any server, that it falls back where a prompt is not kept: that and nothing else.
    assert [line for line in done.stderr.splitlines() if "docs-answer-label:production" not in line] == []
    drained()
    live, run = done.stdout.split()[:2]
    found = sender.get(f"/api/v1/traces/{live}").json()
    assert (found["query"], found["answer"]) == ("How is a task retried?", "With autoretry_for [1].")
    assert (found["live"], found["environment"], found["versions"]["release"]) == (True, "production", "docs@5.2.0")
    assert (found["user_id"], found["session_id"], found["metadata"]["question_id"]) == ("u1", "s1", "q01")
    [lane] = found["lanes"]
    assert (lane["name"], lane["query"], lane["returned"]) == ("retrieve", "How is a task retried?", 2)
    ranks = {
        each["chunk_id"]: (each["rerank_rank"], each["rerank_score"], each["survived"]) for each in found["candidates"]
    }
    assert ranks == {"tasks#1": (1, 0.9, True), "tasks#2": (None, None, False)}
    assert found["cost_usd"] == 0.001
    said = {(each["kind"], each["name"], each["value"]) for each in found["signals"]}
    assert said == {("thumb", "user_feedback", "up"), ("score", "fluent", 0.5)}
    tried = sender.get(f"/api/v1/traces/{run}").json()
    assert (tried["live"], tried["environment"]) == (False, "sdk-experiment")
    assert tried["item_id"] == DatasetItem.objects.get().item_id
    assert Media.objects.get().content is not None
