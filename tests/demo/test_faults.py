"""Every fault that an injector can make exists, strikes, and never gives itself away in the trace."""

import json

import pytest

from demo.faults import REGISTRY, STAGES
from tests.demo.conftest import EXPECTED, QUESTION, UNANSWERABLE

DOMAIN = {
    "index": {"not_indexed", "stale_chunk", "content_drift"},
    "route": {"wrong_product", "wrong_intent"},
    "resolve": {"entity_missed", "entity_wrong", "bad_rewrite"},
    "embed": set(),
    "retrieve": {"miss", "fusion_drop", "thin"},
    "rerank": {"dropped"},
    "context": {"budget_drop", "dedupe_drop", "truncated"},
    "generate": {"ungrounded", "contradicts", "incomplete", "over_refusal", "bad_format"},
    "validate": {"unknown_anchor", "false_anchor", "missed_refusal"},
}
TARGETS = (EXPECTED, "doc_celery-guide-retrying#notes-on-retrying")
LOSES = [
    "index:not_indexed",
    "route:wrong_product",
    "resolve:entity_missed",
    "resolve:entity_wrong",
    "resolve:bad_rewrite",
    "retrieve:miss",
    "retrieve:fusion_drop",
    "rerank:dropped",
    "context:budget_drop",
    "context:dedupe_drop",
    "context:truncated",
]


def test_the_registry_has_every_fault_of_the_domain():
    assert tuple(DOMAIN) == STAGES
    made = {stage: {fault.fault for fault in REGISTRY.values() if fault.stage == stage} for stage in STAGES}
    for stage, faults in DOMAIN.items():
        failures = set() if stage == "index" else {"error", "timeout"}
        assert made[stage] == faults | failures, stage


@pytest.mark.parametrize("key", LOSES)
def test_it_takes_the_expected_evidence_away(key, ask):
    turn, injection = ask(QUESTION, REGISTRY[key], TARGETS)
    assert injection.changed
    assert not set(TARGETS) & turn.survivors
    assert "[" not in injection.changed, "it is a sentence that people read"


@pytest.mark.parametrize("key", ["context:budget_drop", "context:dedupe_drop", "context:truncated"])
def test_the_context_says_why_it_was_lost(key, ask):
    turn, _ = ask(QUESTION, REGISTRY[key], TARGETS)
    why = {one.dropped_why for one in turn.candidates.values() if one.chunk.anchor in TARGETS and one.rerank_rank}
    assert why & {"budget", "duplicate", "truncated"} == {
        {"budget_drop": "budget", "dedupe_drop": "duplicate", "truncated": "truncated"}[key.split(":")[1]]
    }


@pytest.mark.parametrize("key", sorted(key for key in REGISTRY if key.endswith((":error", ":timeout"))))
def test_a_stage_that_fails_is_the_deepest_span_with_an_error(key, ask, collector, monkeypatch):
    monkeypatch.setattr("demo.faults.failures.time.sleep", lambda seconds: None)
    turn, _ = ask(QUESTION, REGISTRY[key], TARGETS)
    failed = [span for span in collector.take() if not span.status.is_ok]
    assert turn.error
    assert turn.outcome is None
    assert failed[0].attributes["rag.stage"] == key.split(":")[0]
    assert (failed[0].attributes["error.type"] == "timeout") == key.endswith("timeout")
    assert failed[-1].parent is None


def test_a_stale_chunk_is_cited_under_its_old_anchor(ask):
    turn, _ = ask(QUESTION, REGISTRY["index:stale_chunk"], TARGETS)
    assert "doc_celery-manual-guide-retrying#retrying" in turn.cited


def test_drift_changes_the_hash_and_not_the_anchor(ask, corpus):
    turn, _ = ask(QUESTION, REGISTRY["index:content_drift"], TARGETS)
    cited = next(one.chunk for one in turn.kept if one.chunk.anchor == EXPECTED)
    assert cited.source_hash != corpus.places[EXPECTED].source_hash


@pytest.mark.parametrize("name", ["ungrounded", "contradicts"])
def test_the_model_says_what_its_sources_do_not(name, ask):
    clean, _ = ask(QUESTION)
    turn, _ = ask(QUESTION, REGISTRY[f"generate:{name}"], TARGETS)
    assert turn.answer != clean.answer
    assert turn.survivors == clean.survivors
    assert turn.outcome == "answer"


def test_an_incomplete_answer_does_not_cite_the_evidence(ask):
    turn, _ = ask(QUESTION, REGISTRY["generate:incomplete"], TARGETS)
    assert EXPECTED in turn.survivors
    assert not set(TARGETS) & turn.cited


def test_over_refusal_and_missed_refusal_are_opposites(ask):
    assert ask(QUESTION, REGISTRY["generate:over_refusal"], TARGETS)[0].outcome == "refuse"
    turn, _ = ask("Which restaurant serves a message in the session?", REGISTRY["validate:missed_refusal"])
    assert turn.outcome != "refuse"


def test_thin_retrieval_is_below_every_floor_and_answered(ask):
    turn, injection = ask("Which restaurant has sessions and migrations?", REGISTRY["retrieve:thin"])
    assert injection.changed
    assert not any(check.passed for check in turn.checks["retrieve"])


def test_bad_format_is_for_good(ask):
    turn, _ = ask(QUESTION, REGISTRY["generate:bad_format"], TARGETS)
    assert turn.attempts == 3
    assert [check.passed for check in turn.checks["validate"] if check.name == "schema"] == [False]
    assert turn.outcome is None


def test_false_and_unknown_anchors_are_cited(ask, corpus):
    false, _ = ask(QUESTION, REGISTRY["validate:false_anchor"], TARGETS)
    unknown, _ = ask(QUESTION, REGISTRY["validate:unknown_anchor"], TARGETS)
    assert false.citations[0].anchor in corpus.places
    assert false.citations[0].product != false.product == "celery"
    assert unknown.citations[0].anchor not in corpus.places


def test_small_talk_that_reaches_the_model_is_the_routers_fault(ask, collector):
    ask("hello", REGISTRY["route:wrong_intent"])
    assert "generate" in {span.name for span in collector.take()}
    assert ask(QUESTION, REGISTRY["route:wrong_intent"], TARGETS)[0].outcome == "direct"


@pytest.mark.parametrize("key", sorted(REGISTRY))
def test_the_truth_is_not_in_the_trace(key, ask, collector, monkeypatch):
    monkeypatch.setattr("demo.faults.failures.time.sleep", lambda seconds: None)
    question = UNANSWERABLE if key in ("retrieve:thin", "validate:missed_refusal") else QUESTION
    _, injection = ask(question, REGISTRY[key], TARGETS)
    said = json.dumps([[span.name, *map(str, span.attributes.values())] for span in collector.take()])
    for word in (key, "inject", REGISTRY[key].summary, *([injection.changed] if injection.changed else [])):
        assert word not in said
