"""A person's verdict is decided in the relational database, and reaches the trace store whatever happens between."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from tests.conftest import Sender
from tests.tracing.stored import keep, trace_id
from tests.tracing.test_attribute import dropped, expect, found, history, kept_due, say, shown, sweep
from tracing import store, tasks
from tracing.judging import human, outbox, verdicts
from tracing.models import HumanVerdict, Key, Outbox, Project, Scope

pytestmark = pytest.mark.usefixtures("clean_store")
PAGE = f"/p/atlas/traces/{trace_id(1)}"


@pytest.fixture
def reviewer(project: Project, people: dict[str, Any], sender: Sender) -> Sender:
    """theo's own key."""
    _, secret = Key.issue(project, "theo", list(Scope.values), people["theo"])
    return Sender(sender.client, secret)


@contextmanager
def verdicts_away() -> Iterator[None]:
    """The store cannot take a verdict meanwhile."""
    store.command("RENAME TABLE verdicts TO verdicts_away")
    try:
        yield
    finally:
        store.command("RENAME TABLE verdicts_away TO verdicts")


def test_a_verdict_is_a_decision_that_is_copied_at_once(reviewer: Sender) -> None:
    keep(dropped())
    assert say(reviewer, fault="ungrounded", note="It made\0 that up.").status_code == 201
    said = HumanVerdict.objects.get()
    assert (said.trace_id, said.name, said.stage, said.fault, said.note) == (
        trace_id(1), "theo", "generate", "ungrounded", "It made that up.",
    )  # fmt: skip
    assert not Outbox.objects.exists()
    assert shown(reviewer)["verdict"]["by"] == "theo"
    assert found(reviewer, "kind:human fault:ungrounded") == [trace_id(1)]


def test_who_cannot_tell_the_cause_is_not_certain_of_it(reviewer: Sender) -> None:
    keep(dropped())
    told = say(reviewer, fault="unknown", stage="rerank").json()
    assert (told["stage"], told["fault"], told["certainty"]) == (None, "unknown", "unknown")
    assert told["would_decide"] == shown(reviewer)["verdict"]["would_decide"] == verdicts.WOULD_DECIDE
    assert found(reviewer, "certainty:unknown kind:human") == [trace_id(1)]
    assert say(reviewer, fault="none").json()["certainty"] == "certain"


@pytest.mark.parametrize(
    ("word", "field", "suggestion"),
    [
        ({"stage": "bogus", "fault": "unknown"}, "stage", None),
        ({"stage": "rerunk", "fault": "none"}, "stage", "rerank"),
        ({"stage": "rerunk", "fault": "dropped"}, "stage", "rerank"),
        ({"fault": "droped"}, "fault", "dropped"),
    ],
)
def test_a_word_that_is_none_is_refused_whatever_stands_beside_it(
    reviewer: Sender, word: dict[str, str], field: str, suggestion: str | None
) -> None:
    keep(dropped())
    refused = say(reviewer, **word)
    assert (refused.status_code, refused.json()["field"], refused.json().get("suggestion")) == (400, field, suggestion)


@pytest.mark.django_db(transaction=True)
def test_a_process_that_dies_between_commit_and_copy_loses_nothing(
    reviewer: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: Any) -> None:
        raise Killed

    keep(dropped())
    with monkeypatch.context() as dying:
        dying.setattr(outbox, "send", die)
        with pytest.raises(Killed):
            say(reviewer, fault="ungrounded")
    connection.close()
    assert history() == ()
    tasks.copy_decisions()
    assert [(row.verdict.fault, row.person) for row in history()] == [("ungrounded", "theo")]
    assert found(reviewer, "kind:human") == [trace_id(1)]
    assert not Outbox.objects.exists()


def test_a_decision_is_not_made_by_half(reviewer: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise OSError("the disk is full")

    keep(dropped())
    monkeypatch.setattr(Outbox.objects, "create", refuse)
    with pytest.raises(OSError, match="full"):
        human.say(
            project=Project.objects.get(slug="atlas"),
            key=human.TraceKey(dropped().started_ns, trace_id(1)),
            person=User.objects.get(username="theo"),
            verdict=human.verdict_of(None, "none"),
        )
    assert not HumanVerdict.objects.exists()


def test_a_decision_that_is_copied_twice_is_said_once(reviewer: Sender) -> None:
    keep(dropped())
    say(reviewer, fault="ungrounded")
    Outbox.objects.create(verdict=HumanVerdict.objects.get())
    tasks.copy_decisions()
    assert len(history()) == 1
    told = reviewer.get(f"/api/v1/traces/{trace_id(1)}/verdicts").json()["verdicts"]
    assert [one["fault"] for one in told] == ["ungrounded"]


def test_the_later_of_two_tabs_stands_whichever_is_copied_first(reviewer: Sender, people: dict[str, Any]) -> None:
    keep(dropped())
    with verdicts_away():
        assert say(reviewer, fault="ungrounded").status_code == 201
    assert say(reviewer, fault="incomplete").status_code == 201
    assert shown(reviewer)["verdict"]["fault"] == "incomplete"
    tasks.copy_decisions()
    assert shown(reviewer)["verdict"]["fault"] == "incomplete"
    assert found(reviewer, "fault:incomplete") == [trace_id(1)]
    assert [row.verdict.fault for row in history()] == ["incomplete", "ungrounded"]


def test_a_clock_that_was_set_back_does_not_bury_the_newer_word(
    reviewer: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(dropped())
    say(reviewer, fault="ungrounded")
    monkeypatch.setattr(human.time, "time_ns", lambda: 10**18)
    say(reviewer, fault="incomplete")
    assert shown(reviewer)["verdict"]["fault"] == "incomplete"


def test_one_decision_that_cannot_be_copied_stops_no_other(reviewer: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(dropped(), dropped(2))
    with verdicts_away():
        say(reviewer, fault="ungrounded")
        say(reviewer, 2, fault="ungrounded")
    copied = outbox._copy

    def picky(said: HumanVerdict) -> None:
        if said.trace_id == trace_id(1):
            raise RuntimeError("odd")
        copied(said)

    with monkeypatch.context() as odd:
        odd.setattr(outbox, "_copy", picky)
        assert outbox.sweep() == 1
    left = Outbox.objects.get()
    assert (left.verdict.trace_id, left.attempts, "odd" in left.error) == (trace_id(1), 2, True)
    assert outbox.sweep() == 1


def test_a_store_that_takes_nothing_is_asked_once_a_sweep(reviewer: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(dropped(), dropped(2))
    with verdicts_away():
        say(reviewer, fault="ungrounded")
        say(reviewer, 2, fault="ungrounded")
        monkeypatch.setattr(store, "takes_writes", lambda: False)
        assert outbox.sweep() == 0
    assert sorted(Outbox.objects.values_list("attempts", flat=True)) == [1, 2]


def test_a_person_clears_a_trace_and_that_stands(reviewer: Sender) -> None:
    expect(reviewer, query="How do I sign a webhook?", anchors=["doc#sign"])
    kept_due(dropped())
    sweep()
    assert say(reviewer, fault="none").status_code == 201
    assert shown(reviewer)["verdict"] is None
    expect(reviewer, trace_id=trace_id(1), anchors=["doc#sign"])
    assert sweep() == 1
    assert shown(reviewer)["verdict"] is None
    assert found(reviewer, "has:fault") == []


def test_a_projects_key_decides_nothing(sender: Sender, project: Project) -> None:
    keep(dropped())
    secret = Key.issue(project, "robot", list(Scope.values))[1]
    answer = say(Sender(sender.client, secret), fault="none")
    assert (answer.status_code, answer.json()["code"]) == (403, "person_required")
    assert not HumanVerdict.objects.exists()


def test_the_page_shows_the_verdict_at_once_or_says_that_it_is_kept(
    project: Project, people: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: Any) -> None:
        raise OSError("the store does not answer")

    keep(dropped())
    client = Client()
    client.force_login(people["theo"])
    page = client.post(PAGE + "/verdict", {"what": "generate.ungrounded"}, follow=True).content.decode()
    assert "said by <b><bdi>theo</bdi></b>" in page and "Your verdict stands now" in page
    with monkeypatch.context() as away:
        away.setattr(verdicts, "keep", refuse)
        answer = client.post(PAGE + "/verdict", {"what": "generate.incomplete"})
    assert answer.status_code == 302
    assert "Your verdict is kept" in client.get(PAGE).content.decode()
    tasks.copy_decisions()
    assert "the context held the answer" in client.get(PAGE).content.decode()


def signed_in(people: dict[str, Any], name: str) -> Client:
    client = Client()
    client.force_login(people[name])
    return client


def test_a_word_that_is_taken_back_leaves_what_the_rules_say(reviewer: Sender, people: dict[str, Any]) -> None:
    expect(reviewer, query="How do I sign a webhook?", anchors=["doc#sign"])
    kept_due(dropped())
    sweep()
    before = shown(reviewer)["verdict"]
    theo = signed_in(people, "theo")
    assert "Undo" not in theo.get(PAGE).content.decode()
    page = theo.post(PAGE + "/verdict", {"what": f"{before['stage']}.{before['fault']}"}, follow=True).content.decode()
    assert f'action="{PAGE}/verdict/undo"' in page
    assert f'action="{PAGE}/verdict/undo"' not in signed_in(people, "mara").get(PAGE).content.decode()
    page = theo.post(PAGE + "/verdict/undo", follow=True).content.decode()
    assert "Your verdict is taken back" in page and "Right, that is it" in page and "said by" not in page
    assert "takes back what was said before" in page.partition("<summary>History")[2]
    assert shown(reviewer)["verdict"] == before
    assert found(reviewer, "kind:human") == []
    assert sweep() == 1, "the rules judge again without that word"
    assert shown(reviewer)["verdict"] | {"at": 0} == before | {"at": 0}
    told = reviewer.get(f"/api/v1/traces/{trace_id(1)}/verdicts").json()["verdicts"]
    assert [one["fault"] for one in told if one["by"]] == ["withdrawn", "dropped"]


def test_a_word_that_is_taken_back_leaves_the_word_before_it(reviewer: Sender, people: dict[str, Any]) -> None:
    keep(dropped())
    mara, theo = signed_in(people, "mara"), signed_in(people, "theo")
    mara.post(PAGE + "/verdict", {"what": "generate.ungrounded", "note": "it made that up"})
    theo.post(PAGE + "/verdict", {"what": ".none"})
    page = mara.post(PAGE + "/verdict/undo", follow=True).content.decode()
    assert "the last word on this trace is not yours" in page
    assert shown(reviewer)["verdict"] is None
    page = theo.post(PAGE + "/verdict/undo", follow=True).content.decode()
    assert "said by" in page and "mara" in page and "it made that up" in page
    assert shown(reviewer)["verdict"]["fault"] == "ungrounded"
    said = [(row.person, row.verdict.fault, row.note) for row in history()]
    assert said == [("theo", "withdrawn", ""), ("theo", "none", ""), ("mara", "ungrounded", "it made that up")]
    assert "not yours" in theo.post(PAGE + "/verdict/undo", follow=True).content.decode()
    mara.post(PAGE + "/verdict/undo")
    assert "said by" not in mara.get(PAGE).content.decode()


def test_taking_back_goes_back_one_word_at_a_time_to_none(reviewer: Sender, people: dict[str, Any]) -> None:
    keep(dropped())
    theo = signed_in(people, "theo")
    theo.post(PAGE + "/verdict", {"what": "generate.ungrounded"})
    theo.post(PAGE + "/verdict", {"what": "retrieve.miss"})
    theo.post(PAGE + "/verdict/undo")
    assert shown(reviewer)["verdict"]["fault"] == "ungrounded"
    theo.post(PAGE + "/verdict/undo")
    assert shown(reviewer)["verdict"] is None
    assert "Nothing was changed" in theo.post(PAGE + "/verdict/undo", follow=True).content.decode()
    theo.post(PAGE + "/verdict", {"what": "retrieve.miss"})
    assert shown(reviewer)["verdict"]["fault"] == "miss"


@pytest.mark.parametrize(("name", "status"), [("vera", 403), ("kim", 404)])
def test_who_may_not_say_a_verdict_takes_none_back(
    reviewer: Sender, people: dict[str, Any], name: str, status: int
) -> None:
    keep(dropped())
    say(reviewer, fault="ungrounded")
    assert signed_in(people, name).post(PAGE + "/verdict/undo").status_code == status
    assert shown(reviewer)["verdict"]["fault"] == "ungrounded"


def test_a_person_who_left_is_still_named(reviewer: Sender, people: dict[str, Any]) -> None:
    keep(dropped())
    say(reviewer, fault="ungrounded")
    people["theo"].delete()
    assert HumanVerdict.objects.get().name == "theo"
