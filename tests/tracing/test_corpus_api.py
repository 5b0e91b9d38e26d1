"""Manifests, inventories and expectations over HTTP: taken whole, told apart, and refused by line."""

import json
import time
from typing import Any

import pytest

from tests.conftest import Sender
from tracing.corpus import lines as corpus
from tracing.corpus import manifests
from tracing.models import Key, Project, Scope

pytestmark = pytest.mark.usefixtures("clean_store")

FIRST, SECOND, THIRD = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"


def line(anchor: str, **more: Any) -> dict[str, Any]:
    return {"anchor": anchor, "product": "atlas", "path": f"{anchor}.md"} | more


def lines(*found: dict[str, Any] | str) -> str:
    return "\n".join(one if isinstance(one, str) else json.dumps(one) for one in found) + "\n"


def push(sender: Sender, version: str, *found: dict[str, Any] | str, effective_at: str = "") -> Any:
    asked = {"version": version} | ({"effective_at": effective_at} if effective_at else {})
    return sender.put("/api/v1/corpus/manifest", lines(*found), **asked)


def at(day: str) -> int:
    return int(time.mktime(time.strptime(day, "%Y-%m-%d"))) * 10**9


def existing(day: str) -> list[str]:
    return sorted(manifests.entries_at(project="atlas", at_ns=at(day)))


def test_a_push_tells_how_it_differs_from_the_version_before(sender: Sender) -> None:
    first = push(
        sender,
        "1",
        line("kept"),
        line("gone"),
        line("edited", source_hash="a"),
        line("elsewhere"),
        line("old", source_hash="same"),
        line("leaving"),
        effective_at=FIRST,
    )
    assert first.status_code == 201
    assert (first.json()["against"], first.json()["added"], first.json()["anchors"]) == (None, 6, 6)
    second = push(
        sender,
        "2",
        line("kept"),
        line("edited", source_hash="b"),
        line("elsewhere", path="other.md"),
        line("new", source_hash="same"),
        line("leaving", redirect_to="kept"),
        line("fresh"),
        effective_at=SECOND,
    )
    told = second.json()
    assert told["against"] == "1"
    assert {kind: told["examples"][kind] for kind in corpus.KINDS} == {
        "added": ["fresh"],
        "removed": ["gone"],
        "moved": ["elsewhere", "old → new"],
        "changed": ["edited"],
        "redirected": ["leaving"],
    }
    assert [told[kind] for kind in corpus.KINDS] == [1, 1, 2, 1, 1]


def test_what_exists_depends_on_the_time(sender: Sender) -> None:
    push(sender, "1", line("a"), line("b"), effective_at=FIRST)
    push(sender, "2", line("b"), line("c"), effective_at=SECOND)
    assert [existing(day) for day in ("2025-12-01", "2026-01-15", "2026-02-15")] == [[], ["a", "b"], ["b", "c"]]


def test_a_version_that_comes_late_takes_its_place_between_the_others(sender: Sender) -> None:
    push(sender, "1", line("a"), line("b"), effective_at=FIRST)
    push(sender, "3", line("b"), line("c"), effective_at=THIRD)
    assert push(sender, "2", line("a"), line("d"), effective_at=SECOND).json()["against"] == "1"
    assert [existing(day) for day in ("2026-01-15", "2026-02-15", "2026-03-15")] == [["a", "b"], ["a", "d"], ["b", "c"]]
    shown = {one.version: one for one in manifests.manifests(project="atlas")}
    assert (shown["3"].against, shown["3"].added, shown["3"].removed) == ("2", 2, 2)


def test_a_version_pushed_again_replaces_what_it_said_and_keeps_its_time(sender: Sender) -> None:
    push(sender, "1", line("a"), effective_at=FIRST)
    push(sender, "2", line("a"), line("typo"), effective_at=SECOND)
    again = push(sender, "2", line("a"), line("b"))
    assert again.json()["effective_at"].startswith("2026-02-01T00:00:00")
    assert again.json()["examples"]["added"] == ["b"]
    assert (existing("2026-01-15"), existing("2026-02-15")) == (["a"], ["a", "b"])
    assert len(manifests.manifests(project="atlas")) == 2


def test_a_version_can_be_moved_to_another_time(sender: Sender) -> None:
    push(sender, "1", line("a"), effective_at=FIRST)
    push(sender, "2", line("b"), effective_at=SECOND)
    push(sender, "2", line("b"), effective_at=THIRD)
    assert [existing(day) for day in ("2026-01-15", "2026-02-15", "2026-03-15")] == [["a"], ["a"], ["b"]]


def test_the_version_after_one_that_moved_away_differs_from_the_one_before_it(sender: Sender) -> None:
    push(sender, "1", line("a"), effective_at=FIRST)
    push(sender, "2", line("b"), effective_at=SECOND)
    push(sender, "3", line("a"), line("c"), effective_at=THIRD)
    push(sender, "2", line("b"), effective_at="2026-04-01")
    shown = {one.version: (one.against, one.added, one.removed) for one in manifests.manifests(project="atlas")}
    assert shown == {"1": ("", 1, 0), "3": ("1", 1, 0), "2": ("3", 1, 2)}
    assert [existing(day) for day in ("2026-02-15", "2026-03-15", "2026-04-15")] == [["a"], ["a", "c"], ["b"]]
    push(sender, "2", line("b"), effective_at="2025-12-01")
    assert [existing(day) for day in ("2025-12-15", "2026-01-15", "2026-04-15")] == [["b"], ["a"], ["a", "c"]]


def test_a_push_that_ended_in_the_middle_leaves_nothing_in_force(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: Any) -> None:
        raise Killed

    push(sender, "1", line("a"), line("b"), effective_at=FIRST)
    with monkeypatch.context() as dying:
        dying.setattr(manifests, "_note", die)
        with pytest.raises(Killed):
            push(sender, "2", line("a", title="half"), line("c"))
    assert [one["anchor"] for one in sender.get("/api/v1/corpus/anchors").json()["anchors"]] == ["a", "b"]
    assert [one.version for one in manifests.manifests(project="atlas")] == ["1"]
    again = push(sender, "2", line("a"), line("c")).json()
    assert {kind: again["examples"][kind] for kind in corpus.KINDS} == {
        "added": ["c"], "removed": ["b"], "moved": [], "changed": [], "redirected": [],
    }  # fmt: skip
    assert [one["anchor"] for one in sender.get("/api/v1/corpus/anchors").json()["anchors"]] == ["a", "c"]


def test_two_versions_of_one_moment_both_stay(sender: Sender) -> None:
    push(sender, "1", line("a"), effective_at=FIRST)
    push(sender, "2", line("b"), effective_at=FIRST)
    assert existing("2026-01-15") == ["b"]
    assert [one.version for one in manifests.manifests(project="atlas")] == ["2", "1"]


@pytest.mark.parametrize(
    ("bad", "field", "said"),
    [
        ("{", None, "no JSON"),
        ("[]", None, "JSON object"),
        (line("b") | {"product": None}, "product", "product is missing"),
        (line("b") | {"path": " "}, "path", "path is missing"),
        (line(""), "anchor", "anchor is missing"),
        (line("a"), "anchor", "is in line 1 already"),
        (line("b", title=7), "title", "title is a text"),
        (line("b", entities="x"), "entities", "entities is a list of texts"),
        (line("b" * 2001), "anchor", "2,001 characters"),
        (b"\xff".decode("latin-1").join(['{"anchor": "', '"']), None, "no JSON"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_taken(
    sender: Sender, bad: dict[str, Any] | str, field: str | None, said: str
) -> None:
    push(sender, "1", line("before"), effective_at=FIRST)
    response = push(sender, "2", line("a"), "", bad, line("z"), effective_at=SECOND)
    assert response.status_code == 400
    problem = response.json()
    assert (problem["line"], problem.get("field")) == (3, field)
    assert problem["detail"].startswith("line 3: ") and said in problem["detail"]
    assert existing("2026-02-15") == ["before"]
    assert [one.version for one in manifests.manifests(project="atlas")] == ["1"]


def test_an_empty_manifest_is_refused(sender: Sender) -> None:
    response = push(sender, "1", "")
    assert (response.status_code, "every anchor" in response.json()["detail"]) == (400, True)


def test_anchors_match_the_projects_pattern(sender: Sender, project: Project) -> None:
    project.anchor_pattern = r"doc_\w+#\w+"
    project.save()
    assert push(sender, "1", line("doc_a#b")).status_code == 201
    assert "pattern" in push(sender, "2", line("doc_a#b"), line("doc_a")).json()["detail"]


@pytest.mark.parametrize(
    ("query", "field"),
    [({}, "version"), ({"version": ""}, "version"), ({"version": "1", "effective_at": "soon"}, "effective_at"),
     ({"version": "1", "effective_at": "0001-01-01"}, "effective_at")],
)  # fmt: skip
def test_what_is_asked_badly_is_named(sender: Sender, query: dict[str, str], field: str) -> None:
    response = sender.put("/api/v1/corpus/manifest", lines(line("a")), **query)
    assert (response.status_code, response.json()["field"]) == (400, field)


def test_a_key_without_the_scope_cannot_push(project: Project, sender: Sender) -> None:
    reader = Sender(sender.client, Key.issue(project, "reader", [Scope.READ])[1])
    for path in ("corpus/manifest", "corpus/index", "expectations"):
        assert reader.put(f"/api/v1/{path}", "{}", version="1").status_code == 403
        assert Sender(sender.client, "sl_wrong").put(f"/api/v1/{path}", "{}", version="1").status_code == 401


def test_another_project_sees_nothing_of_it(sender: Sender) -> None:
    push(sender, "1", line("a"))
    other = Project.objects.create(slug="borealis", name="Borealis")
    stranger = Sender(sender.client, Key.issue(other, "test", [Scope.INGEST, Scope.READ])[1])
    assert stranger.get("/api/v1/corpus/manifests").json()["manifests"] == []
    assert stranger.get("/api/v1/corpus/anchors").json()["anchors"] == []
    assert push(stranger, "1", line("b")).json()["against"] is None
    assert [one["anchor"] for one in sender.get("/api/v1/corpus/anchors").json()["anchors"]] == ["a"]


def test_anchors_are_searched_by_id_title_path_and_name(sender: Sender) -> None:
    push(
        sender,
        "1",
        line("doc#sign", title="Signing webhooks"),
        line("doc#retry", entities=["max_retries"], product="borealis"),
        line("doc#webhook"),
    )

    def found(**query: str) -> list[str]:
        return [one["anchor"] for one in sender.get("/api/v1/corpus/anchors", **query).json()["anchors"]]

    assert found(q="WEBHOOK") == ["doc#sign", "doc#webhook"]
    assert found(q="max_ret") == ["doc#retry"]
    assert found(product="borealis") == ["doc#retry"]
    assert found(q="%") == found(q="' OR 1 --") == []
    assert found(limit="1") == ["doc#retry"]
    assert sender.get("/api/v1/corpus/anchors", version="9").status_code == 404


def test_an_inventory_is_listed_and_a_bad_one_refused(sender: Sender) -> None:
    good = lines({"chunk_id": "1", "anchor": "a"}, {"chunk_id": "2", "anchor": "a", "source_hash": "x"})
    response = sender.put("/api/v1/corpus/index", good, version="7")
    assert (response.status_code, response.json()) == (201, {"version": "7", "chunks": 2, "anchors": 1})
    bad = sender.put("/api/v1/corpus/index", lines({"chunk_id": "1", "anchor": "a"}, {"chunk_id": "1", "anchor": "a"}))
    assert bad.status_code == 400
    again = sender.put("/api/v1/corpus/index", lines({"chunk_id": "1"}), version="8")
    assert (again.status_code, again.json()["line"], again.json()["field"]) == (400, 1, "anchor")
    assert [one["version"] for one in sender.get("/api/v1/corpus/manifests").json()["inventories"]] == ["7"]


@pytest.mark.parametrize(
    ("wrong", "field", "suggestion"),
    [
        ({"titel": "Retrying"}, "titel", "title"),
        ({"source_hsh": "a"}, "source_hsh", "source_hash"),
        ({"sourceHash": "a"}, "sourceHash", "source_hash"),
        ({"redirect_to": "b"}, "redirect_to", None),
    ],
)
def test_a_manifests_line_that_says_what_it_cannot_mean_is_named(
    sender: Sender, wrong: dict[str, str], field: str, suggestion: str | None
) -> None:
    told = push(sender, "1", line("a", language="en", lines=3), line("b") | wrong)
    assert (told.status_code, told.json()["line"], told.json()["field"]) == (400, 2, field)
    assert told.json().get("suggestion") == suggestion
    assert push(sender, "1", line("a", language="en", titles=["A"], title="A")).status_code == 201


def test_a_misspelt_field_of_an_inventory_is_named(sender: Sender) -> None:
    told = sender.put("/api/v1/corpus/index", lines({"chunkId": "1", "anchor": "a"}), version="7").json()
    assert (told["line"], told["field"], told["suggestion"]) == (1, "chunkId", "chunk_id")


def test_expectations_are_taken_line_by_line(sender: Sender) -> None:
    response = sender.put(
        "/api/v1/expectations",
        lines(
            {"query": "How?", "behaviour": "answer", "anchors": ["a"]},
            {"query": "How?", "behaviour": "answr"},
            {"behaviour": "refuse"},
            {"trace_id": "7" * 32, "behaviour": "route", "intent": "greeting"},
            {"item_id": "i", "behaviour": "answer", "anchors": "a"},
            "nonsense",
        ),
    )
    assert response.status_code == 200
    told = response.json()
    assert (told["accepted"], told["rejected"]) == (2, 4)
    assert [(error["line"], error["field"], error["suggestion"]) for error in told["errors"]] == [
        (2, "behaviour", "answer"),
        (3, "query", None),
        (5, "anchors", None),
        (6, "", None),
    ]


def test_a_misspelt_field_of_an_expectation_is_named_and_a_foreign_one_is_not(sender: Sender) -> None:
    told = sender.put(
        "/api/v1/expectations",
        lines(
            {"query": "How?", "behavior": "answer"},
            {"query": "How?", "behaviour": "answer", "anchor": ["a"]},
            {"query": "How?", "behaviour": "answer", "ancors": ["a"]},
            {"query": "How?", "behaviour": "answer", "ticket": 7, "customer": "x"},
        ),
    ).json()
    assert told["accepted"] == 1
    assert [(error["line"], error["field"], error["suggestion"]) for error in told["errors"]] == [
        (1, "behavior", "behaviour"), (2, "anchor", "anchors"), (3, "ancors", "anchors"),
    ]  # fmt: skip
