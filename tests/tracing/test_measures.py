"""Rates with their n and interval."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Sender
from tests.tracing.stored import a_trace, keep
from tracing.queries.measures import wilson


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
