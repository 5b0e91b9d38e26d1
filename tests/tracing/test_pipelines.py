"""A trace is judged beside others of its pipeline: what they show and it does not was not seen."""

from typing import Any

import pytest

from tests.conftest import Sender
from tests.tracing.stored import a_trace, keep
from tests.tracing.test_attribute import dropped, expect, kept_due, manifest, shown, stage, sweep
from tracing.judging import pipelines
from tracing.keyed import TraceKey
from tracing.queries.many import Stored
from tracing.records import Lane, Trace

pytestmark = pytest.mark.usefixtures("clean_store")

WHOLE = ("route", "resolve", "retrieve", "rerank", "context", "generate")
PIPELINE = {"service": "search", "root_name": "answer"}


def sound(number: int, **more: Any) -> Trace:
    """A trace of the pipeline that shows every step."""
    given = {**PIPELINE, "stages": tuple(stage(name) for name in WHOLE), "product": "atlas", "lanes": (Lane("v"),)}
    return dropped(number, **(given | more))


def missed(number: int = 1, **more: Any) -> Trace:
    """The expected page is in no list, and no router was seen."""
    stages = tuple(stage(name) for name in WHOLE if name != "route")
    return dropped(number, **({**PIPELINE, "stages": stages, "product": None, "lanes": (Lane("v"),)} | more))


def blamed(sender: Sender, number: int = 1) -> tuple[str | None, str]:
    verdict = shown(sender, number)["verdict"]
    return verdict["stage"], verdict["fault"]


def asked(sender: Sender) -> None:
    manifest(sender, "doc#other", "doc#sign", "doc#else")
    expect(sender, query="how do i sign a webhook", anchors=["doc#else"])


def test_a_step_that_others_of_the_pipeline_show_was_not_seen(sender: Sender) -> None:
    asked(sender)
    keep(*(sound(number) for number in range(10, 16)))
    kept_due(missed())
    sweep()
    assert blamed(sender) == (None, "unknown")
    assert "The span of route" in shown(sender)["verdict"]["would_decide"]


def test_another_pipeline_says_nothing_of_this_one(sender: Sender) -> None:
    asked(sender)
    keep(*(sound(number, service="chat") for number in range(10, 16)))
    keep(*(missed(number) for number in range(20, 26)))
    kept_due(missed())
    sweep()
    assert blamed(sender) == ("retrieve", "miss")


def test_what_is_usual_is_that_of_the_trace_s_own_days() -> None:
    keep(*(sound(number, service="old") for number in range(10, 16)))
    late = a_trace(1, service="old", root_name="answer", age_s=-7 * 86_400)
    near = a_trace(2, service="old", root_name="answer")
    stored = [Stored(TraceKey(one.started_ns, one.trace_id), one, 1, True) for one in (late, near)]
    found = pipelines.usual_shapes(project="atlas", traces=stored)
    assert found[late.trace_id] is None
    usual = found[near.trace_id]
    assert usual is not None
    assert usual.stages == set(WHOLE)
    assert (usual.lanes, usual.told) == ({"v"}, {"product"})


def test_too_few_are_looked_at_again_before_long(monkeypatch: pytest.MonkeyPatch) -> None:
    near = a_trace(2, **PIPELINE)
    stored = [Stored(TraceKey(near.started_ns, near.trace_id), near, 1, True)]
    assert pipelines.usual_shapes(project="atlas", traces=stored) == {near.trace_id: None}
    keep(*(sound(number) for number in range(10, 16)))
    monkeypatch.setattr(pipelines, "AGAIN_S", 0.0)
    assert pipelines.usual_shapes(project="atlas", traces=stored)[near.trace_id] is not None
