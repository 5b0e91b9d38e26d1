"""The ingest page: what became of it by client, what was lost before it came, what nobody here reads."""

import ast
import html
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.conftest import Sender
from tests.tracing.otlp_bodies import otlp_json, otlp_span
from tracing import dialects
from tracing.body import LATE
from tracing.dialects.known import is_known, numbered
from tracing.pages.cures import cure
from tracing.queries import losses

TRACE = "0af7651916cd43dd8448eb211c80319c"
JSON = "application/json"
SDK = {"telemetry.sdk.name": "opentelemetry", "telemetry.sdk.version": "1.45", "telemetry.sdk.language": "python"}


def recent(trace_id: str = TRACE, **more: Any) -> dict[str, Any]:
    return otlp_span(trace_id, start_ns=time.time_ns() - 10**9, **more)


@pytest.fixture
def page(people: dict[str, Any], drained: Callable[[], None]) -> Callable[[], str]:
    """Call it for the page's words, once all that was sent is stored."""
    mara = Client()
    mara.force_login(people["mara"])

    def read() -> str:
        answer = mara.get("/p/atlas/ingest/")
        assert answer.status_code == 200
        return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(answer.content.decode())).split())

    return read


def test_what_waits_is_counted_by_client(page: Callable[[], str], sender: Sender, drained: Callable[[], None]) -> None:
    sender.post("/v1/traces", otlp_json(recent(), resource=SDK), JSON)
    assert "opentelemetry 1.45 (python)" in page()
    assert re.search(r"opentelemetry 1.45 \(python\) [\d-]+ 0 1 0 0 0 0 1 0", page())
    drained()
    assert re.search(r"opentelemetry 1.45 \(python\) [\d-]+ 1 1 1 0 0 0 0 0", page())


def test_what_was_left_out_of_a_request_says_why_and_what_to_do(
    page: Callable[[], str], sender: Sender, drained: Callable[[], None]
) -> None:
    sender.post("/v1/traces", otlp_json(recent(), recent("0af7")), JSON)
    sender.post("/api/v1/traces", '[{"query": "why?"}]', JSON)
    sender.post("/api/v1/signals", '[{"trace_id": "0af7", "kind": "tumb"}]', JSON)
    sender.post("/api/public/ingestion", '{"batch": [{"type": "dance", "body": {}}]}', JSON)
    drained()
    shown = page()
    assert "1 with a traceId that is not 32 hex digits" in shown
    assert "202 1 left out: trace_id is missing" in shown
    assert "202 1 left out: kind is one of thumb" in shown
    assert "no such event: dance" in shown
    assert "The rest of the request was taken" in shown


def test_what_came_without_a_key_that_works_is_told_to_owners(
    page: Callable[[], str], people: dict[str, Any], drained: Callable[[], None]
) -> None:
    headers = {"Authorization": "Bearer sl_mistyped", "User-Agent": "OTel-OTLP-Exporter-Python/1.45"}
    assert "Refused for want of a key" not in page()
    Client().post("/v1/traces", otlp_json(recent()), content_type=JSON, headers=headers)
    drained()
    told = page().partition("Refused for want of a key")[2]
    assert "OTel-OTLP-Exporter-Python/1.45 401 this key is not known here" in told
    assert "The keys page makes one" in told
    theo = Client()
    theo.force_login(people["theo"])
    assert "Exporter-Python" not in theo.get("/p/atlas/ingest/").content.decode()


def test_attributes_lost_to_a_limit_are_told_by_service_with_their_cure(
    page: Callable[[], str], sender: Sender, drained: Callable[[], None]
) -> None:
    assert "No sender says that it dropped anything" in page()
    cut = {"openinference.span.kind": "CHAIN", "input.value": '{"query": "wh', "input.mime_type": "application/json"}
    lossy = recent(droppedAttributesCount=80, attributes=cut)
    sender.post("/v1/traces", otlp_json(lossy, resource={**SDK, "service.name": "docs-rag"}), JSON)
    drained()
    [loss] = losses.attributes_lost(project="atlas")
    assert (loss.service, loss.sdk, loss.spans, loss.attributes) == ("docs-rag", "opentelemetry 1.45 python", 1, 80)
    assert losses.attributes_lost(project="dune") == ()
    assert "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT=10000" in page()
    [one] = losses.texts_cut(project="atlas")
    assert (one.service, one.traces, one.trace_id) == ("docs-rag", 1, TRACE)
    assert "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT" in page()


def test_names_that_nobody_reads_are_shown_once_for_all_places_of_a_list(
    page: Callable[[], str], sender: Sender, drained: Callable[[], None]
) -> None:
    new = {"newtrace.hits.0.id": "a", "newtrace.hits.1.id": "b", "gen_ai.brand_new": 1, "input.value": "why?"}
    sender.post("/v1/traces", otlp_json(recent(attributes=new)), JSON)
    drained()
    found, looked_at = losses.unread_attributes(project="atlas")
    assert {(one.name, one.spans) for one in found} == {("newtrace.hits.N.id", 1), ("gen_ai.brand_new", 1)}
    assert looked_at == 1
    assert "newtrace.hits.N.id" in page()
    assert losses.unread_attributes(project="dune") == ((), 0)


def test_hostile_names_and_services_are_escaped(
    sender: Sender, people: dict[str, Any], drained: Callable[[], None]
) -> None:
    bad = "<script>alert(1)</script>"
    span = recent(droppedAttributesCount=1, attributes={bad: 1, "x" * 5_000: 2})
    sender.post("/v1/traces", otlp_json(span, resource={"service.name": bad, "telemetry.sdk.name": bad}), JSON)
    drained()
    client = Client()
    client.force_login(people["mara"])
    answer = client.get("/p/atlas/ingest/").content.decode()
    assert bad not in answer
    assert "x" * 500 not in answer


FAMILIES = (
    "gen_ai.",
    "llm.",
    "langfuse.",
    "langsmith.",
    "mlflow.",
    "haystack.",
    "traceloop.",
    "retrieval.",
    "reranker.",
    "openinference.",
)


def test_every_name_that_a_reader_here_asks_for_is_known() -> None:
    asked = {
        node.value
        for path in Path(str(dialects.__file__)).parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    names = {name for name in asked if name.startswith(FAMILIES) and re.fullmatch(r"[\w.]+\w", name)}
    assert len(names) > 80
    assert {name for name in names if not is_known(name) and not is_known(name + ".")} == set()


def test_numbers_within_a_name_are_one_name() -> None:
    assert numbered("a.12.b.3") == numbered("a.0.b.7") == "a.N.b.N"
    assert numbered("k8s.v1beta2.x") == "k8s.v1beta2.x"


def test_who_was_too_slow_is_told_so_and_not_to_look_at_the_disk() -> None:
    assert "SPOOL_MAX_BYTES" in cure(503, "the spool is full; try again")
    assert "SPOOL_MAX_BYTES" not in cure(503, LATE)
