"""Requests of real clients, in any order, however often: the same traces, and nothing lost or doubled."""

import random
from collections import Counter

import pytest

from tests.conftest import TABLES, Sender
from tests.tracing import replays
from tests.tracing.test_captures import CLIENTS
from tracing import store
from tracing.otlp import inspect


def emptied() -> None:
    for table in TABLES:
        store.command(f"TRUNCATE TABLE {table}")


@pytest.mark.parametrize("client", CLIENTS)
def test_any_order_of_requests_ends_in_the_same_state(client: str, sender: Sender, clean_store: None) -> None:
    sent = list(replays.requests(client))
    replays.replay(sent, sender)
    once = replays.state()
    received = replays.account()
    assert received["stored"] == len(once["spans"])
    assert received == {"stored": received["stored"], "duplicate": 0, "rejected": 0, "bad": 0}
    replays.replay(sent, sender)
    assert replays.state() == once
    assert replays.account() == {**received, "duplicate": received["stored"]}
    shuffled = sent.copy()
    random.Random(client).shuffle(shuffled)
    for other, at_once in ((sent[::-1], False), (shuffled, True)):
        emptied()
        replays.replay(other, sender, at_once=at_once)
        assert replays.state() == once


def test_all_that_was_sent_is_stored(sender: Sender, clean_store: None) -> None:
    sent = list(replays.requests("otelgenai"))
    replays.replay(sent, sender, at_once=True)
    spans = sum(inspect(body, kind).spans for path, body, kind in sent if path.endswith("/v1/traces"))
    records = Counter(name for (name,) in store.rows("SELECT name FROM spans FINAL WHERE scope = 'stagelight.log'"))
    assert records == {"gen_ai.client.inference.operation.details": 42, "gen_ai.evaluation.result": 42}
    assert replays.account()["stored"] == spans + records.total()


def test_evaluations_in_log_records_are_scores_of_their_traces(sender: Sender, clean_store: None) -> None:
    replays.replay(replays.requests("otelgenai"), sender, at_once=True)
    scored = store.rows("SELECT trace_id, kind, name, number, comment FROM signals FINAL")
    assert {trace_id for trace_id, *_ in scored} == {
        trace_id for (trace_id,) in store.rows("SELECT trace_id FROM traces FINAL")
    }
    assert {(kind, name, comment) for _, kind, name, _, comment in scored} == {
        ("score", "groundedness", "lexical overlap")
    }
    assert all(0 <= number <= 1 for *_, number, _ in scored)


def test_content_in_log_records_is_the_content_of_their_spans(sender: Sender, clean_store: None) -> None:
    replays.replay(replays.requests("otelgenai"), sender, at_once=True)
    rows = store.rows("SELECT query, answer, length(c_id) FROM traces FINAL ORDER BY started_at")
    in_spans, in_events, nowhere = rows[:32], rows[32:38], rows[38:]
    assert all(query and answer for query, answer, _ in (*in_spans, *in_events))
    assert {(query, answer, found) for query, answer, found in nowhere} == {("", "", 0)}


def test_feedback_that_real_clients_sent_is_of_the_traces_that_it_links_to(sender: Sender, clean_store: None) -> None:
    replays.replay(replays.requests("anthropic"), sender, at_once=True)
    queries = {trace_id for (trace_id,) in store.rows("SELECT trace_id FROM traces FINAL WHERE kind = 'query'")}
    said = store.rows("SELECT trace_id, source FROM signals FINAL")
    assert Counter(source == "evaluation" for _, source in said) == {True: 32, False: 10}
    assert {trace_id for trace_id, _ in said} <= queries
