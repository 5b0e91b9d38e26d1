"""Traces are judged when they have settled, again when something new is said, and a person's word stands."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import Sender
from tests.tracing.stored import a_trace, candidate, keep, keep_marks, keep_signal, stage, trace_id
from tracing import receive, store, tasks
from tracing.corpus import facts
from tracing.judging import attribute, verdicts
from tracing.judging.verdicts import Row
from tracing.keyed import TraceKey
from tracing.models import Key, Project, Scope
from tracing.records import Citation, Observed, Trace, Versions

pytestmark = pytest.mark.usefixtures("clean_store")

SEEN = Observed(lanes="declared", fused="declared", rerank_input="declared", reranked="declared", context="declared")
QUESTION = "How do I sign a webhook?"


def dropped(number: int = 1, **more: Any) -> Trace:
    """An answer whose expected page was found, reranked low, and not kept."""
    kept = candidate("c1", "doc#other", product="atlas", text="Other things.", fused_rank=2, rerank_in=True,
                     rerank_rank=1, survived=True, survived_source="declared", cited=True)  # fmt: skip
    lost = candidate("c2", "doc#sign", product="atlas", text="Sign it with the secret.", fused_rank=1, rerank_in=True,
                     rerank_rank=14, survived=False, survived_source="declared", dropped_at="rerank",
                     dropped_why="top_k")  # fmt: skip
    given = {
        "query": QUESTION,
        "answer": "You do other things.",
        "product": "atlas",
        "outcome": "answer",
        "candidates": (kept, lost),
        "observed": SEEN,
        "citations": (Citation(anchor="doc#other", chunk_id="c1"),),
        "stages": tuple(stage(name) for name in ("retrieve", "rerank", "context", "generate")),
    }
    return a_trace(number, **(given | more))


def kept_due(*traces: Trace) -> None:
    keep(*traces)
    keep_marks(*traces, version=2, due=True)


def expect(sender: Sender, **line: Any) -> None:
    answer = sender.put("/api/v1/expectations", json.dumps({"behaviour": "answer"} | line))
    assert answer.json()["accepted"] == 1


def manifest(sender: Sender, *anchors: str, version: str = "1", effective_at: str = "2026-01-01", **more: Any) -> None:
    lines = [json.dumps({"anchor": anchor, "product": "atlas", "path": "a.md"} | more) for anchor in anchors]
    answer = sender.put("/api/v1/corpus/manifest", "\n".join(lines), version=version, effective_at=effective_at)
    assert answer.status_code == 201, answer.content


def sweep() -> int:
    return sum(attribute.attribute_due(project) for project in Project.objects.all())


def shown(sender: Sender, number: int = 1) -> dict[str, Any]:
    body: dict[str, Any] = sender.get(f"/api/v1/traces/{trace_id(number)}").json()
    return body


def history(number: int = 1) -> tuple[Row, ...]:
    return verdicts.history(project="atlas", key=TraceKey(a_trace(number).started_ns, trace_id(number)))


def found(sender: Sender, q: str) -> list[str]:
    return [row["trace_id"] for row in sender.get("/api/v1/traces", q=q).json()["traces"]]


@pytest.fixture
def reviewer(project: Project, people: dict[str, Any], sender: Sender) -> Sender:
    """theo's own key."""
    _, secret = Key.issue(project, "theo", list(Scope.values), people["theo"])
    return Sender(sender.client, secret)


def say(sender: Sender, number: int = 1, **word: Any) -> Any:
    return sender.post(f"/api/v1/traces/{trace_id(number)}/verdicts", json.dumps(word), "application/json")


def test_a_settled_trace_is_judged_once(sender: Sender) -> None:
    kept_due(dropped())
    assert (sweep(), sweep()) == (1, 0)
    assert len(history()) == 1


def test_the_expected_page_that_the_reranker_dropped_is_its_fault(sender: Sender) -> None:
    manifest(sender, "doc#other", "doc#sign")
    expect(sender, query="how do i sign a webhook", anchors=["doc#sign"])
    kept_due(dropped())
    sweep()
    body = shown(sender)
    verdict = body["verdict"]
    assert (verdict["stage"], verdict["fault"], verdict["kind"], verdict["certainty"]) == (
        "rerank", "dropped", "gold", "certain",
    )  # fmt: skip
    assert verdict["evidence"] and verdict["at"] and verdict["by"] is None
    assert body["expectation"] == {
        "behaviour": "answer", "anchors": ["doc#sign"], "all_required": False, "product": None, "intent": None,
        "note": None, "from": "query",
    }  # fmt: skip
    assert [one["expected"] for one in body["candidates"]] == [False, True]
    assert [one["status"] for one in body["citations"]] == ["ok"]
    assert body["assessments"][0]["by"] == "lexical"
    assert found(sender, "stage:rerank fault:dropped kind:gold certainty:certain anchor:ok") == [trace_id(1)]
    assert found(sender, "-stage:rerank") == []


@pytest.mark.parametrize("subject", [{"trace_id": trace_id(1)}, {"item_id": "i1"}, {"query": QUESTION}])
def test_an_expectation_that_comes_later_changes_the_verdict(sender: Sender, subject: dict[str, str]) -> None:
    kept_due(dropped(item_id="i1"), dropped(2, query="another", item_id="i2"))
    sweep()
    assert shown(sender)["verdict"] is None or shown(sender)["verdict"]["kind"] != "gold"
    expect(sender, anchors=["doc#sign"], **subject)
    assert sweep() == 1
    assert shown(sender)["verdict"]["fault"] == "dropped"
    assert len(history()) == 2


@pytest.mark.parametrize(
    "written",
    ["  how do I\n sign a WEBHOOK ", "How do I sign a webhook!?", "How do I sign a webhook\uff1f", "\ufb01x it…"],
)
def test_a_question_is_known_by_its_words_however_it_is_typed(sender: Sender, written: str) -> None:
    kept_due(dropped(), dropped(2, query="Fix it"))
    sweep()
    expect(sender, query=written, anchors=["doc#sign"])
    assert sweep() == 1


def test_a_manifest_that_comes_later_changes_the_verdict(sender: Sender) -> None:
    manifest(sender, "doc#other")
    kept_due(dropped())
    sweep()
    assert [one["status"] for one in shown(sender)["citations"]] == ["ok"]
    manifest(sender, "doc#else", version="2", effective_at="2026-02-01")
    assert sweep() == 1
    assert [one["status"] for one in shown(sender)["citations"]] == ["stale"]
    assert shown(sender)["verdict"]["fault"] == "stale_chunk"


def test_a_manifest_of_another_time_judges_nothing_anew(sender: Sender) -> None:
    manifest(sender, "doc#other")
    kept_due(dropped())
    sweep()
    manifest(sender, "doc#else", version="2", effective_at="2027-01-01")
    assert sweep() == 0


def test_products_that_the_project_names_are_known_beside_the_manifests(sender: Sender, project: Project) -> None:
    manifest(sender, "doc#other")
    asked = [(dropped(), None)]
    (before,) = facts.facts_of(project="atlas", asked=asked)
    project.products = ["Borealis"]
    project.save()
    (after,) = facts.facts_of(project="atlas", asked=asked)
    assert before is not None and before.products == {"atlas"}
    assert after is not None and after.products == {"atlas", "Borealis"}


def test_a_manifest_that_goes_to_another_time_has_both_times_judged_anew(sender: Sender) -> None:
    manifest(sender, "doc#other", version="1")
    manifest(sender, "doc#else", version="2", effective_at="2026-10-01")
    kept_due(dropped())
    sweep()
    assert [one["status"] for one in shown(sender)["citations"]] == ["stale"]
    manifest(sender, "doc#else", version="2", effective_at="2027-01-01")
    assert sweep() == 1
    assert [one["status"] for one in shown(sender)["citations"]] == ["ok"]
    manifest(sender, "doc#else", version="2", effective_at="2026-10-01")
    assert sweep() == 1
    assert [one["status"] for one in shown(sender)["citations"]] == ["stale"]


def test_what_an_earlier_manifest_no_longer_lists_was_never_there(sender: Sender) -> None:
    manifest(sender, "doc#other", version="1")
    manifest(sender, "doc#else", version="2", effective_at="2026-10-01")
    kept_due(dropped())
    sweep()
    manifest(sender, "doc#more", version="1")
    assert sweep() == 1
    assert [one["status"] for one in shown(sender)["citations"]] == ["unknown"]


def test_a_manifest_pushed_for_the_past_has_its_own_time_judged_anew_and_no_other(sender: Sender) -> None:
    manifest(sender, "doc#other", version="1")
    kept_due(dropped(), dropped(2, query="old", age_s=40 * 86_400), dropped(3, query="older", age_s=80 * 86_400))
    sweep()
    manifest(sender, "doc#other", "doc#more", version="2", effective_at="2026-11-01")
    assert sweep() == 1
    manifest(sender, "doc#other", "doc#else", version="1.5", effective_at="2026-10-01")
    assert sweep() == 1
    assert [len(history(number)) for number in (1,)] == [2]


def test_a_trace_is_judged_by_the_version_that_it_names(sender: Sender) -> None:
    from tracing.records import Versions

    manifest(sender, "doc#else", version="1")
    manifest(sender, "doc#other", version="2", effective_at="2027-01-01")
    kept_due(dropped(versions=Versions(corpus="2")), dropped(2))
    sweep()
    assert [shown(sender, number)["citations"][0]["status"] for number in (1, 2)] == ["ok", "unchecked"]


def test_a_trace_older_than_every_manifest_is_judged_by_the_first(sender: Sender) -> None:
    manifest(sender, "doc#other", version="1", effective_at="2027-01-01")
    manifest(sender, "doc#else", version="2", effective_at="2027-02-01")
    kept_due(dropped())
    sweep()
    assert shown(sender)["citations"][0]["status"] == "ok"


def test_a_thumb_down_makes_a_trace_due(sender: Sender, drained: Callable[[], None]) -> None:
    kept_due(a_trace(1, query="q", answer="a"))
    sweep()
    assert shown(sender)["verdict"] is None
    thumb = {"trace_id": trace_id(1), "kind": "thumb", "value": "down"}
    sender.post("/api/v1/signals", json.dumps(thumb), "application/json")
    drained()
    assert sweep() == 1
    assert shown(sender)["verdict"] is not None
    assert found(sender, "feedback:down certainty:unknown") == [trace_id(1)]


def test_what_still_arrives_is_not_judged(sender: Sender) -> None:
    trace = dropped()
    keep(trace, arrived_ns=time.time_ns())
    keep_marks(trace, version=2, due=True)
    assert sweep() == 0


def native(number: int, **more: Any) -> str:
    return json.dumps({"trace_id": trace_id(number), "query": "q", "started_at": "2026-11-18T10:00:00Z"} | more)


def test_a_stage_that_raised_is_blamed_at_once(sender: Sender, drained: Callable[[], None]) -> None:
    raised = [{"stage": "rerank", "status": "error", "error": "ConnectionError: refused"}]
    assert sender.post("/api/v1/traces", native(1, stages=raised), "application/json").status_code == 202
    drained()
    verdict = shown(sender)["verdict"]
    assert (verdict["stage"], verdict["fault"], verdict["kind"]) == ("rerank", "error", "mechanical")
    assert found(sender, "stage:rerank fault:error") == [trace_id(1)]


def test_a_persons_verdict_stands_above_the_engines(reviewer: Sender) -> None:
    expect(reviewer, query=QUESTION, anchors=["doc#sign"])
    kept_due(dropped())
    sweep()
    answer = say(reviewer, fault="ungrounded", stage="generate", note="It made that up.")
    assert answer.status_code == 201
    expect(reviewer, query=QUESTION, anchors=["doc#sign", "doc#more"])
    assert sweep() == 1
    verdict = shown(reviewer)["verdict"]
    assert (verdict["fault"], verdict["kind"], verdict["by"], verdict["note"]) == (
        "ungrounded", "human", "theo", "It made that up.",
    )  # fmt: skip
    assert found(reviewer, "kind:human fault:ungrounded") == [trace_id(1)]
    assert found(reviewer, "fault:dropped") == []
    told = reviewer.get(f"/api/v1/traces/{trace_id(1)}/verdicts").json()["verdicts"]
    assert [(one["fault"], one["by"]) for one in told] == [("dropped", None), ("ungrounded", "theo"), ("dropped", None)]


def test_a_person_can_clear_a_trace(reviewer: Sender) -> None:
    expect(reviewer, query=QUESTION, anchors=["doc#sign"])
    kept_due(dropped())
    sweep()
    assert say(reviewer, fault="none").status_code == 201
    assert shown(reviewer)["verdict"] is None
    assert found(reviewer, "fault:dropped") == []


@pytest.mark.parametrize(
    ("word", "field", "suggestion"),
    [
        ({"fault": "droped"}, "fault", "dropped"),
        ({"fault": "dropped", "stage": "retrieve"}, "stage", "rerank"),
        ({"fault": "error"}, "stage", None),
        ({"fault": "error", "stage": "oven"}, "stage", None),
        ({"stage": "rerank"}, "fault", None),
        ({"fault": "none", "by": "god"}, "by", None),
    ],
)
def test_a_verdict_that_cannot_be_is_refused(
    reviewer: Sender, word: dict[str, str], field: str, suggestion: str | None
) -> None:
    keep(dropped())
    answer = say(reviewer, **word)
    assert answer.status_code in (400, 422)
    assert (answer.json()["field"], answer.json().get("suggestion")) == (field, suggestion)
    assert history() == ()


def test_who_may_give_a_verdict(project: Project, people: dict[str, Any], sender: Sender) -> None:
    keep(dropped())
    everything = list(Scope.values)

    def status(person: str | None, scopes: list[str]) -> tuple[int, str | None]:
        secret = Key.issue(project, "k", scopes, people[person] if person else None)[1]
        answer = say(Sender(sender.client, secret), fault="dropped")
        return answer.status_code, answer.json().get("code")

    assert status(None, everything) == (403, "person_required")
    assert status("mara", everything) == (201, None)
    assert status("theo", everything) == (201, None)
    assert status("theo", [Scope.READ]) == (403, "missing_scope")
    assert status("vera", everything) == (403, "role")
    assert status("kim", everything) == (401, "key_refused")
    assert say(sender, 99, fault="dropped").json()["code"] == "person_required"


def test_a_trace_that_breaks_the_engine_stops_no_other(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = attribute.judge

    def fragile(case: Any) -> Any:
        if case.trace.trace_id == trace_id(1):
            raise RuntimeError("odd")
        return judge(case)

    monkeypatch.setattr(attribute, "judge", fragile)
    kept_due(dropped(), dropped(2))
    assert (sweep(), sweep()) == (2, 0)
    assert (len(history(1)), len(history(2))) == (0, 1)


def test_lost_marks_come_back_with_their_verdicts(reviewer: Sender) -> None:
    from django.core.management import call_command

    expect(reviewer, query=QUESTION, anchors=["doc#sign"])
    kept_due(dropped(), dropped(2), dropped(3, query="unknown"))
    sweep()
    say(reviewer, 2, fault="none")
    said = "SELECT * EXCEPT version FROM marks FINAL ORDER BY trace_id"
    before = store.rows(said)
    store.command("TRUNCATE TABLE marks")
    call_command("rebuild_marks")
    assert store.rows(said) == before


def test_the_sweep_by_the_clock_judges_every_project(sender: Sender) -> None:
    kept_due(dropped())
    tasks.attribute_due()
    assert len(history()) == 1


def inventory(sender: Sender, *lines: dict[str, str], version: str = "i1") -> None:
    answer = sender.put("/api/v1/corpus/index", "\n".join(map(json.dumps, lines)), version=version)
    assert answer.status_code == 201, answer.content


def test_the_inventory_says_which_page_a_bare_chunk_is_of(sender: Sender) -> None:
    manifest(sender, "doc#other", "doc#sign")
    inventory(sender, {"chunk_id": "7f01", "anchor": "doc#other"}, {"chunk_id": "7f02", "anchor": "doc#sign"})
    expect(sender, trace_id=trace_id(1), anchors=["doc#sign"])
    kept, lost = dropped().candidates
    bare = (kept._replace(chunk_id="7f01", anchor="7f01"), lost._replace(chunk_id="7f02", anchor=None))
    kept_due(dropped(candidates=bare, citations=(Citation(chunk_id="7f01"),)))
    sweep()
    body = shown(sender)
    assert (body["verdict"]["stage"], body["verdict"]["certainty"]) == ("rerank", "certain")
    assert [one["status"] for one in body["citations"]] == ["ok"]
    assert [one["expected"] for one in body["candidates"]] == [False, True]


def test_a_page_that_was_moved_with_a_redirect_is_in_the_index_under_either_name(sender: Sender) -> None:
    manifest(sender, "doc#other", "doc#new")
    page = {"product": "atlas", "path": "a.md"}
    lines = [page | {"anchor": "doc#other"}, page | {"anchor": "doc#new"}]
    lines.append(page | {"anchor": "doc#old", "redirect_to": "doc#new"})
    body = "\n".join(map(json.dumps, lines))
    assert sender.put("/api/v1/corpus/manifest", body, version="2", effective_at="2026-02-01").status_code == 201
    for number, held in enumerate(("doc#new", "doc#old"), start=1):
        inventory(sender, {"chunk_id": "c", "anchor": held}, version=f"i{number}")
        versions = Versions(index=f"i{number}")
        expect(sender, trace_id=trace_id(number), anchors=["doc#old"])
        kept_due(dropped(number, candidates=dropped().candidates[:1], versions=versions))
        sweep()
        assert shown(sender, number)["verdict"]["fault"] == "miss"


def test_a_name_in_the_question_is_looked_for_where_it_is_now_and_in_the_index(sender: Sender) -> None:
    page = {"product": "atlas", "path": "a.md", "entities": ["SIGNING_SECRET"]}
    lines = [{"anchor": "doc#other", "product": "atlas", "path": "b.md"}, page | {"anchor": "doc#new"}]
    lines.append(page | {"anchor": "doc#old", "redirect_to": "doc#new"})
    body = "\n".join(map(json.dumps, lines))
    assert sender.put("/api/v1/corpus/manifest", body, version="1", effective_at="2026-01-01").status_code == 201
    for number, held, fault in ((1, "doc#new", "miss"), (2, "doc#other", "not_indexed")):
        inventory(sender, {"chunk_id": "c", "anchor": held}, version=f"i{number}")
        given: dict[str, Any] = {"query": "What is SIGNING_SECRET?", "candidates": dropped().candidates[:1]}
        kept_due(
            dropped(number, answer="I don't know.", outcome="refuse", versions=Versions(index=f"i{number}"), **given)
        )
        keep_signal(trace_id(number), "thumb", "down")
        sweep()
        verdict = shown(sender, number)["verdict"]
        assert verdict["fault"] == fault
        assert "doc#new" in str(verdict["evidence"]) and "doc#old" not in str(verdict["evidence"])


def test_a_name_that_stands_too_late_to_be_looked_up_is_not_known_from_another_trace(sender: Sender) -> None:
    manifest(sender, "doc#other", entities=["SIGNING_SECRET"])
    early, late = "What is SIGNING_SECRET?", "word " * 400 + "SIGNING_SECRET"
    found = [facts.facts_of(project="atlas", asked=[(dropped(query=query), None)])[0] for query in (late, early, late)]
    assert [one and one.defined_at for one in found] == [{}, {"signing_secret": frozenset(["doc#other"])}, {}]


def test_projects_take_turns_until_nothing_is_due(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[str] = []
    judged = attribute.attribute_due

    def noted(project: Project, most: int) -> int:
        turns.append(project.slug)
        return judged(project, most)

    Project.objects.create(slug="borealis", name="Borealis")
    monkeypatch.setattr(tasks, "A_TURN", 1)
    monkeypatch.setattr(attribute, "PIECE", 1)
    monkeypatch.setattr(attribute, "attribute_due", noted)
    kept_due(dropped(1), dropped(2), dropped(3))
    keep(dropped(4), project="borealis")
    keep_marks(dropped(4), project="borealis", version=2, due=True)
    tasks.attribute_due()
    assert turns == ["atlas", "borealis", "atlas", "borealis", "atlas", "atlas"]
    assert [len(history(number)) for number in (1, 2, 3)] == [1, 1, 1]


@pytest.fixture
def waiting(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """What waits in the spool, in bytes; and nobody sleeps."""
    bytes_waiting = [0]
    monkeypatch.setattr(receive.spool(), "backlog", lambda: bytes_waiting[0])
    monkeypatch.setattr(attribute, "SMALL_PIECE", 1)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    attribute._looked_after.clear()
    yield bytes_waiting
    attribute._looked_after.clear()


def test_while_much_arrives_judging_rests_and_then_goes_on(waiting: list[int]) -> None:
    assert sweep() == 0  # it was looked after just now
    kept_due(dropped(1), dropped(2), dropped(3))
    waiting[0] = attribute.REST_BYTES + 1
    assert sweep() == 0
    waiting[0] = attribute.REST_BYTES
    assert sweep() == 3


def test_however_much_arrives_judging_rests_no_longer_than_it_may(waiting: list[int]) -> None:
    assert sweep() == 0
    kept_due(dropped(1), dropped(2), dropped(3))
    waiting[0] = attribute.REST_BYTES + 1
    attribute._looked_after["atlas"] -= attribute.LONGEST_REST
    assert sweep() == 3  # a whole piece
    kept_due(dropped(4))
    assert sweep() == 0  # and rests again


def test_a_project_that_was_never_looked_after_does_not_wait_for_calm(waiting: list[int]) -> None:
    kept_due(dropped(1))
    waiting[0] = attribute.REST_BYTES + 1
    assert sweep() == 1
