"""The corpus page: what exists to be cited, what answers cite of it, and what came apart."""

import json
import time
from typing import Any

import pytest
from django.test import Client

from tests.conftest import Sender
from tests.tracing.stored import a_trace, keep

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
    assert "none to count" in part
    assert "25.0 %" in vera.get(PAGE, {"rates": "1"}).content.decode()


def test_the_links_of_a_rate_find_its_traces(vera: Client) -> None:
    keep(recent(1, product="atlas"), anchors="false", false_anchor=True)
    keep(recent(2, product="atlas"), anchors="ok", false_anchor=False)
    listed = vera.get(
        "/p/atlas/traces", {"q": "live:true has:product has:anchor -anchor:unchecked anchor:false", "from": "30d"}
    ).content.decode()
    assert recent(1).trace_id in listed and recent(2).trace_id not in listed
