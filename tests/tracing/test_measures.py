"""Rates with their n and interval."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Sender
from tests.tracing.stored import a_trace, candidate, keep, keep_marks
from tests.tracing.test_attribute import found, kept_due, manifest, sweep
from tracing.corpus import drift
from tracing.models import Project
from tracing.queries.measures import MEASURES, wilson
from tracing.records import Lane


@pytest.mark.usefixtures("clean_store")
def test_the_false_anchor_rate_counts_live_answers_that_could_be_told(sender: Sender) -> None:
    keep(a_trace(1, product="atlas"), a_trace(2, product="atlas"), false_anchor=True)
    keep(a_trace(3, product="atlas"), a_trace(4, product="borealis"), false_anchor=False)
    keep(a_trace(5, product="atlas"))
    keep(a_trace(6, product="atlas", run_id="r"), false_anchor=True)
    keep(a_trace(7, product="atlas"), false_anchor=True, project="borealis")
    (row,) = sender.get("/api/v1/measures/false_anchor_rate").json()["rows"]
    assert (row["value"], row["n"]) == (0.5, 4)
    assert 0.14 < row["low"] < 0.16 and 0.84 < row["high"] < 0.86
    by = sender.get("/api/v1/measures/false_anchor_rate", by="product").json()["rows"]
    assert [(one["product"], one["n"]) for one in by] == [("atlas", 3), ("borealis", 1)]
    assert sender.get("/api/v1/measures/false_anchor_rate", q="run:r").json()["rows"][0]["n"] == 1


@pytest.mark.usefixtures("clean_store")
@pytest.mark.parametrize(
    ("q", "n"),
    [
        ("", 2),
        ("env:prod", 1),
        ("-env:staging", 2),
        ("env:staging", 1),
        ("run:r", 2),
        ("item:i", 1),
        ("run:r env:staging", 1),
        ("has:run has:env", 2),
        ("live:false", 3),
    ],
)
def test_a_filter_that_names_environments_lets_no_runs_in_and_one_that_names_runs_all_of_theirs(
    sender: Sender, q: str, n: int
) -> None:
    keep(a_trace(1, environment="prod"), a_trace(2), a_trace(3, environment="staging"), fault="miss")
    keep(a_trace(4, environment="prod", run_id="r", item_id="i"), a_trace(5, environment="staging", run_id="r"))
    body = asked(sender, "failure_rate", q=q)
    assert body["rows"][0]["n"] == n == len(found(sender, body["of"]))


def asked(sender: Sender, name: str, **query: str) -> Any:
    answer = sender.get(f"/api/v1/measures/{name}", **query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def thin(number: int, **more: Any) -> Any:
    """A question for which the only lane's best stays under its floor."""
    given = {
        "query": f"q{number}",
        "lanes": (Lane("lexical", floor=20.0, score_kind="similarity"),),
        "candidates": (candidate("c1", "doc#a"),),
    }
    return a_trace(number, **(given | more))


@pytest.mark.usefixtures("clean_store")
def test_the_abstention_rate_counts_refusals_where_nothing_reached_a_floor(sender: Sender) -> None:
    manifest(sender, "doc#a")
    refused = {"outcome": "refuse", "refused": True, "answer": "That is not in the documentation."}
    kept_due(
        thin(1, **refused),
        thin(2, **refused),
        thin(3, outcome="answer", answer="Turn it twice."),
        thin(4, outcome="direct", answer="Hello!"),
        thin(5, **refused, run_id="r"),
        thin(6, lanes=(Lane("lexical", floor=5.0, score_kind="similarity"),), **refused),
        thin(7, lanes=(Lane("lexical"),), **refused),
    )
    sweep()
    body = asked(sender, "abstention_rate")
    assert (body["rows"][0]["value"], body["rows"][0]["n"]) == (pytest.approx(2 / 3), 3)
    assert len(found(sender, body["of"])) == 3 and len(found(sender, body["hits"])) == 2
    missed = asked(sender, "missed_refusal_rate")
    assert (missed["rows"][0]["value"], missed["rows"][0]["n"]) == (0.5, 2)
    assert len(found(sender, missed["hits"])) == 1


@pytest.mark.usefixtures("clean_store")
def test_a_projects_own_floor_makes_a_retrieval_thin(sender: Sender, project: Project) -> None:
    project.lane_floors = {"lexical": 20.0}
    project.save()
    kept_due(thin(1, lanes=(Lane("lexical"),), outcome="refuse", refused=True))
    sweep()
    assert asked(sender, "abstention_rate")["rows"][0]["value"] == 1.0


@pytest.mark.usefixtures("clean_store")
def test_every_share_is_of_the_traces_that_its_filters_find(sender: Sender) -> None:
    keep(a_trace(1, outcome="refuse"), a_trace(2, outcome="refuse"), fault="over_refusal")
    keep(a_trace(3, outcome="refuse"), a_trace(4, outcome="answer"), anchors="ok", false_anchor=False)
    keep(a_trace(5, outcome="answer"), fault="thin", flags=["thin_retrieval"])
    keep(a_trace(6, outcome="answer"), fault="unknown_anchor", anchors="unknown")
    keep(a_trace(7, outcome="answer"), fault="unknown")
    keep(a_trace(8, outcome="answer"), anchors="stale", fault="stale_chunk")
    keep(a_trace(9, outcome="answer"), fault="error")
    keep_marks(a_trace(9), version=2, due=True, fault="error")
    told = {name: asked(sender, name) for name in MEASURES}
    shares = {
        name: (round((row["value"] or 0) * row["n"]), row["n"]) for name, body in told.items() for row in body["rows"]
    }
    assert shares == {
        "false_anchor_rate": (0, 2),
        "unknown_anchor_rate": (1, 4),
        "stale_anchor_rate": (1, 4),
        "abstention_rate": (0, 1),
        "missed_refusal_rate": (1, 5),
        "over_refusal_rate": (2, 3),
        "failure_rate": (6, 8),
        "unknown_rate": (1, 6),
    }
    for name in (
        "over_refusal_rate",
        "missed_refusal_rate",
        "unknown_anchor_rate",
        "stale_anchor_rate",
        "unknown_rate",
    ):
        assert len(found(sender, told[name]["hits"])) == shares[name][0], name


@pytest.mark.usefixtures("clean_store")
def test_days_and_weeks_are_cut_in_the_projects_zone(sender: Sender, project: Project) -> None:
    project.zone, project.week_start = "Pacific/Auckland", 7
    project.save()
    keep(a_trace(1, age_s=0), a_trace(2), a_trace(3, age_s=5 * 86_400))  # the first is just past midnight there

    def cut(by: str) -> list[tuple[str, int]]:
        return [(row[by], row["n"]) for row in asked(sender, "failure_rate", by=by)["rows"]]

    assert cut("day") == [("2026-11-14", 1), ("2026-11-18", 1), ("2026-11-19", 1)]
    assert cut("week") == [("2026-11-08", 1), ("2026-11-15", 2)]


@pytest.mark.usefixtures("clean_store")
def test_measures_of_the_corpus_are_counts_and_no_samples(sender: Sender) -> None:
    assert asked(sender, "index_lag")["rows"] == [{"value": None, "n": 0, "low": None, "high": None}]
    manifest(sender, "doc#a", "doc#b")
    drift.look("atlas")
    assert asked(sender, "anchors_never")["rows"] == [{"value": 2, "n": 2, "low": None, "high": None}]
    assert asked(sender, "anchors_gone")["rows"][0]["value"] == 0
    assert sender.get("/api/v1/measures/anchors_never", q="product:atlas").status_code == 400
    names = {one["name"] for one in sender.get("/api/v1/measures").json()["measures"]}
    assert {"abstention_rate", "index_lag", "anchors_not_indexed", *MEASURES} <= names


@pytest.mark.usefixtures("clean_store")
def test_nothing_to_count_is_no_rate(sender: Sender) -> None:
    nothing = {"value": None, "n": 0, "low": None, "high": None}
    assert sender.get("/api/v1/measures/false_anchor_rate").json()["rows"] == [nothing]


@pytest.mark.usefixtures("clean_store")
@pytest.mark.parametrize(("path", "status"), [("nothing", 404), ("false_anchor_rate?by=x", 400)])
def test_what_is_no_measure_is_said(sender: Sender, path: str, status: int) -> None:
    assert sender.get(f"/api/v1/measures/{path}").status_code == status


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_proportion(counted: tuple[int, int]) -> None:
    hits, n = counted
    low, high = wilson(hits, n)
    assert 0 <= low <= hits / n + 1e-12 and hits / n - 1e-12 <= high <= 1
