"""The corpus page: what exists to be cited, what answers cite of it, and what came apart."""

import json
import time
from typing import Any

import pytest
from django.test import Client

from tests.conftest import Sender
from tests.tracing.stored import a_trace, keep
from tracing import tasks
from tracing.views import corpus

pytestmark = pytest.mark.usefixtures("clean_store")
PAGE = "/p/atlas/corpus/"


@pytest.fixture
def vera(sender: Sender, people: dict[str, Any]) -> Client:
    """A viewer of a project with a manifest."""
    line = {"anchor": "doc#a", "product": "atlas", "path": "a.md"}
    assert sender.put("/api/v1/corpus/manifest", json.dumps(line), version="1").status_code == 201
    client = Client()
    client.force_login(people["vera"])
    return client


def recent(number: int, **more: Any) -> Any:
    return a_trace(number, started_ns=time.time_ns() - number * 10**9, **more)


def test_what_answers_cite_is_counted_with_n_interval_and_the_traces_behind_it(vera: Client) -> None:
    keep(recent(1, product="atlas"), anchors="false", false_anchor=True)
    keep(recent(2), recent(3), recent(4), anchors="ok", false_anchor=False)
    keep(recent(5, run_id="r"), anchors="false", false_anchor=True)
    whole = vera.get(PAGE).content.decode()
    assert 'hx-trigger="load"' in whole and "25.0 %" not in whole
    part = vera.get(PAGE, headers={"HX-Request": "true", "HX-Target": "rates"}).content.decode()
    assert "25.0 %" in part and "4.6 % to 69.9 %" in part and "<html" not in part
    assert "q=live%3Atrue+has%3Aproduct+has%3Aanchor+-anchor%3Aunchecked+anchor%3Afalse&amp;from=30d" in part
    assert "Cites another product&#x27;s page" in part and ">4</a> answers whose citations all exist" in part
    assert "of 0 questions for which no lane found anything above its minimum score" in part and "none to count" in part
    assert "25.0 %" in vera.get(PAGE, {"rates": "1"}).content.decode()


def test_answers_and_corpus_are_compared_when_somebody_asks(
    vera: Client, sender: Sender, people: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[tuple[Any, ...]] = []
    monkeypatch.setattr(tasks, "ring", lambda *given: rung.append(given))
    assert "Compare now" not in vera.get(PAGE).content.decode()
    assert vera.post(f"{PAGE}look").status_code == 403
    theo = Client()
    theo.force_login(people["theo"])
    assert "Compare now" in theo.get(PAGE).content.decode()
    assert "are being compared" in theo.post(f"{PAGE}look", follow=True).content.decode()
    assert rung == [(tasks.look_at_drift, "atlas")]
    assert sender.post("/api/v1/corpus/compare", b"", "application/json").status_code == 202
    assert rung == 2 * [(tasks.look_at_drift, "atlas")]


def test_the_links_of_a_rate_find_its_traces(vera: Client) -> None:
    keep(recent(1, product="atlas"), anchors="false", false_anchor=True)
    keep(recent(2, product="atlas"), anchors="ok", false_anchor=False)
    listed = vera.get(
        "/p/atlas/traces", {"q": "live:true has:product has:anchor -anchor:unchecked anchor:false", "from": "30d"}
    ).content.decode()
    assert recent(1).trace_id in listed and recent(2).trace_id not in listed


def test_what_a_version_changed_is_browsed_by_kind_searched_and_paged(
    sender: Sender, vera: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus, "CHANGES_SHOWN", 2)
    names = ["https://docs/x?a=1&b=2#s", "42", "日本#ü", "<script>alert(1)</script>"]
    lines = [json.dumps({"anchor": name, "product": "atlas", "path": "p.md"}) for name in names]
    assert sender.put("/api/v1/corpus/manifest", "\n".join(lines), version="2/ü&").status_code == 201
    page = vera.get(PAGE, {"version": "2/ü&"}).content.decode()
    assert "added 4" in page and "removed 1" in page and "The next ones" in page and "<script>alert" not in page
    assert "日本#ü" in vera.get(PAGE, {"version": "2/ü&", "find": "日本"}).content.decode().partition("changes")[2]
    removed = vera.get(PAGE, {"version": "2/ü&", "kind": "removed"}).content.decode()
    assert "<td>removed</td>" in removed and "<td>added</td>" not in removed and "The next ones" not in removed
    assert "All changes" in vera.get(PAGE, {"version": "2/ü&", "kind": "moved"}).content.decode()
    assert vera.get(PAGE, {"version": "none"}).status_code == 200

    def told(**query: str) -> Any:
        return sender.get("/api/v1/corpus/changes", **({"version": "2/ü&"} | query)).json()

    seen, after = [], ""
    while after is not None:
        body = told(limit="2", after=after)
        seen += [one["anchor"] for one in body["changes"]]
        after = body["next"]
    assert seen == sorted([*names, "doc#a"], key=str.encode)
    assert told(kind="removed")["changes"] == [{"anchor": "doc#a", "kind": "removed", "before": "a.md", "after": None}]
    assert told(q="42")["changes"] == [{"anchor": "42", "kind": "added", "before": None, "after": "p.md"}]
    assert told(kind="odd")["field"] == "kind" and told(version="9")["status"] == 404
