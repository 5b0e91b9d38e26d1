"""The API over HTTP: what it gives, to whom, and how it refuses."""

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.test import Client

from tests.conftest import Sender
from tests.tracing.stored import NOW_NS, a_trace, candidate, keep, keep_signal, keep_spans, trace_id
from tracing import store
from tracing.models import Key, Project, Scope
from tracing.records import Span

pytestmark = pytest.mark.usefixtures("clean_store")

PROBLEM = "application/problem+json"


@pytest.fixture
def asked(sender: Sender) -> Sender:
    """A client with a key that may read, and three traces of which one is another project's."""
    keep(a_trace(1, query="how do I sign a webhook", product="atlas"), a_trace(2, query="what is a task", age_s=60))
    keep(a_trace(3), project="borealis")
    return sender


def ids(response: Any) -> list[str]:
    return [row["trace_id"] for row in response.json()["traces"]]


def problem(response: Any) -> dict[str, Any]:
    assert response["Content-Type"] == PROBLEM
    body: dict[str, Any] = response.json()
    assert {"type", "title", "status", "detail"} <= set(body)
    assert body["status"] == response.status_code
    return body


def with_scopes(project: Project, *scopes: str) -> Sender:
    return Sender(Client(raise_request_exception=False), Key.issue(project, "test", list(scopes))[1])


def test_the_list_has_the_projects_traces_the_newest_first(asked: Sender) -> None:
    response = asked.get("/api/v1/traces")
    assert ids(response) == [trace_id(2), trace_id(1)]
    assert "candidates" not in response.json()["traces"][0]
    assert ids(asked.get("/api/v1/traces", q="product:atlas sign")) == [trace_id(1)]


def test_the_list_is_paged_by_cursor(asked: Sender) -> None:
    first = asked.get("/api/v1/traces", limit="1")
    second = asked.get("/api/v1/traces", limit="1", cursor=first.json()["next"])
    assert ids(first) + ids(second) == [trace_id(2), trace_id(1)]
    assert second.json()["next"] is None
    assert ids(asked.get("/api/v1/traces", limit="1", cursor=second.json()["previous"])) == ids(first)


def test_the_list_is_bounded_in_time(asked: Sender) -> None:
    assert ids(asked.get("/api/v1/traces", **{"from": "2026-11-18", "to": "2026-11-18"})) == [trace_id(2), trace_id(1)]
    assert ids(asked.get("/api/v1/traces", **{"from": "2026-11-19", "to": "2026-11-20"})) == []


@pytest.mark.parametrize(
    ("query", "field", "suggestion"),
    [
        ({"q": "prodct:x"}, "prodct", "product"),
        ({"q": "stage:rerink"}, "stage", "rerank"),
        ({"q": "latency:fast"}, "latency", "latency:>1.5s"),
        ({"q": "stage:zzz"}, "stage", "stage:index"),
        ({"q": "cost:cheap"}, "cost", "cost:>=1"),
        ({"q": "time:2026-13-40"}, "time", "time:24h"),
        ({"q": '"'}, "q", '""'),
        ({"from": "yesterday"}, "from", "24h"),
        ({"from": "2026-11-20", "to": "2026-11-18"}, "to", None),
        ({"sort": "best"}, "sort", None),
        ({"cursor": "x"}, "cursor", None),
        ({"limit": "501"}, "limit", None),
        ({"limit": "0"}, "limit", None),
        ({"limit": "many"}, "limit", None),
    ],
)
def test_what_cannot_be_read_is_a_problem_with_its_field(
    asked: Sender, query: dict[str, str], field: str, suggestion: str | None
) -> None:
    response = asked.get("/api/v1/traces", **query)
    body = problem(response)
    assert response.status_code == 400
    assert (body["field"], body.get("suggestion")) == (field, suggestion)


def test_one_trace_is_given_whole_by_its_id_or_a_uuid_of_it(asked: Sender) -> None:
    keep(a_trace(7, candidates=(candidate("c1", "a#1", text="the text"),)), thumb="down")
    keep_signal(trace_id(7), "thumb", "down")
    body = asked.get(f"/api/v1/traces/{trace_id(7)}").json()
    assert body["candidates"][0]["text"] == "the text"
    assert body["signals"][0]["value"] == "down"
    assert body["project"] == "atlas"
    dashed = "00000000-0000-0000-0000-000000000007"
    assert asked.get(f"/api/v1/traces/{dashed}").json() == body


@pytest.mark.parametrize("path", ["", "/spans", "/signals", "/replay"])
@pytest.mark.parametrize("number", [3, 99])
def test_another_projects_trace_is_no_more_there_than_one_that_never_was(asked: Sender, path: str, number: int) -> None:
    response = asked.get(f"/api/v1/traces/{trace_id(number)}{path}")
    assert response.status_code == 404
    assert "another project" in problem(response)["detail"]


def test_spans_come_whole_or_as_structure(asked: Sender) -> None:
    trace = a_trace(1)
    keep_spans(Span(trace.trace_id, "a" * 16, "", "root", NOW_NS, NOW_NS + 5, {"input.value": "q"}), of=trace)
    response = asked.get(f"/api/v1/traces/{trace_id(1)}/spans")
    (span,) = orjson.loads(response.getvalue())["spans"]
    assert (span["name"], span["start_ns"], span["attributes"]) == ("root", NOW_NS, {"input.value": "q"})
    outline = orjson.loads(asked.get(f"/api/v1/traces/{trace_id(1)}/spans", content="false").getvalue())["spans"][0]
    assert "attributes" not in outline


def test_signals_are_given_before_their_trace_has_come(asked: Sender) -> None:
    keep_signal(trace_id(50), "thumb", "up")
    assert asked.get(f"/api/v1/traces/{trace_id(50)}/signals").json()["signals"][0]["value"] == "up"
    assert asked.get(f"/api/v1/traces/{trace_id(1)}/signals").json() == {"signals": []}


def test_the_bundle_has_all_that_the_stages_saw(asked: Sender) -> None:
    trace = a_trace(8, candidates=(candidate("c1", "a#1", text="the text"),))
    keep(trace)
    said = [Span(trace.trace_id, f"{n:016x}", "", "s", NOW_NS + n, NOW_NS + n, {"n": n}) for n in range(150)]
    keep_spans(*said, of=trace)
    response = asked.get(f"/api/v1/traces/{trace_id(8)}/replay")
    bundle = orjson.loads(response.getvalue())
    assert bundle["format"] == "stagelight.replay/1"
    assert bundle["trace"]["candidates"][0]["text"] == "the text"
    assert [span["attributes"]["n"] for span in bundle["spans"]] == list(range(150))
    assert "attachment" in response["Content-Disposition"]


READS = ["/traces", f"/traces/{trace_id(1)}", "/project", "/ingest/account"]


@pytest.mark.parametrize("path", READS)
def test_reading_needs_a_key_with_the_scope(project: Project, path: str) -> None:
    nobody = Client().get(f"/api/v1{path}")
    assert nobody.status_code == 401
    assert nobody["WWW-Authenticate"].startswith("Bearer")
    assert problem(nobody)["code"] == "key_refused"
    sending_only = with_scopes(project, Scope.INGEST).get(f"/api/v1{path}")
    assert sending_only.status_code == 403
    assert problem(sending_only)["code"] == "missing_scope"


def test_a_revoked_key_reads_nothing(asked: Sender) -> None:
    from tracing import keys

    for key in Key.objects.all():
        key.revoke()
    keys.forget()
    assert asked.get("/api/v1/traces").status_code == 401


def test_the_project_is_read_and_changed(project: Project) -> None:
    admin = with_scopes(project, Scope.READ, Scope.ADMIN)
    assert admin.get("/api/v1/project").json()["suggest_cut"] == 0.5
    change = orjson.dumps(
        {"answer_cut": 0.9, "live_environments": ["eu"], "zone": "Europe/Berlin", "products": ["Atlas", "Borealis"]}
    )
    response = patch(admin, change)
    assert response.status_code == 200
    project.refresh_from_db()
    assert (project.answer_cut, project.live_environments, project.suggest_cut) == (0.9, ["eu"], 0.5)
    assert project.products == ["Atlas", "Borealis"]
    assert admin.get("/api/v1/project").json() == response.json()


def test_names_are_kept_once_and_without_the_space_around_them(project: Project) -> None:
    admin = with_scopes(project, Scope.READ, Scope.ADMIN)
    changed = patch(admin, orjson.dumps({"products": ["a", " a ", "b"], "name": " Atlas 2 "})).json()
    assert (changed["products"], changed["name"]) == (["a", "b"], "Atlas 2")


def patch(sender: Sender, data: bytes) -> Any:
    headers = {"Authorization": f"Bearer {sender.secret}"}
    return sender.client.patch("/api/v1/project", data, content_type="application/json", headers=headers)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"answer_cut": 2}, "answer_cut"),
        ({"answer_cut": 0.1}, "suggest_cut"),
        ({"zone": "Mars"}, "zone"),
        ({"week_start": 8}, "week_start"),
        ({"anchor_pattern": "("}, "anchor_pattern"),
        ({"anchor_pattern": r"(a+)\1"}, "anchor_pattern"),
        ({"slow_ms": {"rerink": 5}}, "slow_ms"),
        ({"slow_ms": {"generate": -5}}, "slow_ms"),
        ({"slow_ms": {"generate": True}}, "slow_ms.generate"),
        ({"week_start": True}, "week_start"),
        ({"answer_cut": True}, "answer_cut"),
        ({"lane_floors": {" ": 1}}, "lane_floors. .[key]"),
        ({"live_environments": [" "]}, "live_environments.0"),
        ({"name": "  "}, "name"),
        ({"slug": "other"}, "slug"),
        ({"name": None}, "name"),
        ({"live_environments": "eu"}, "live_environments"),
    ],
)
def test_a_wrong_change_changes_nothing(project: Project, change: dict[str, Any], field: str) -> None:
    response = patch(with_scopes(project, Scope.ADMIN), orjson.dumps({"name": "New"} | change))
    assert response.status_code == 400
    assert problem(response)["field"] == field
    project.refresh_from_db()
    assert project.name == "Atlas"


def test_changing_needs_the_scope(asked: Sender) -> None:
    assert patch(asked, b"{}").status_code == 403


def test_the_account_adds_up(asked: Sender) -> None:
    store.insert(
        "account",
        {"project": ["atlas"], "day": [20_700], "batch": ["a"], "client": ["x"], "traces": [2], "stored": [16]},
    )
    body = asked.get("/api/v1/ingest/account").json()
    spans = {"received": 16, "stored": 16, "duplicate": 0, "rejected": 0, "bad": 0, "waiting": 0}
    assert body["total"] == {"traces": {"stored": 2}, "spans": spans}
    assert body["days"] == [{"day": "2026-09-04", "traces": {"stored": 2}, "spans": spans}]


def test_no_path_and_no_method_are_problems_too(asked: Sender) -> None:
    for nowhere in ("/api/v1/tracse", "/api/v1/", "/api/v1"):
        assert problem(asked.get(nowhere))["status"] == 404
    for receiver in ("/v1/traces", "/v1/logs"):
        response = asked.get(receiver)
        assert "POST is" in problem(response)["detail"] and response["Allow"] == "POST"
    response = asked.client.delete("/api/v1/traces")
    assert problem(response)["status"] == 405
    assert "GET" in response["Allow"]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"])
@pytest.mark.parametrize(
    "path",
    ["/api", "/api/", "/api/v2/traces", "/api/public/nothing", "/v1", "/v1/", "/v1/tracse", "/healthz/", "/readyz/x"],
)
def test_where_programs_ask_and_nothing_is_they_are_told_what_is(method: str, path: str) -> None:
    response = Client(enforce_csrf_checks=True).generic(method, path)
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")
    assert method == "HEAD" or "/v1/traces" in problem(response)["detail"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/api/public/health"])
def test_what_is_only_read_says_so_to_who_writes(path: str) -> None:
    response = Client(enforce_csrf_checks=True).post(path)
    assert (problem(response)["status"], response["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/api/v1/project", "/api/v1/traces", "/api/v1/nothing", "/api/v1/traces/none"])
def test_head_is_answered_as_get_without_its_body(path: str, asked: Sender) -> None:
    got = asked.get(path)
    head = asked.client.head(path, headers={"Authorization": f"Bearer {asked.secret}"})
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head["Content-Type"] == got["Content-Type"]
    assert head["Content-Length"] == str(len(got.content))


def test_head_of_an_export_has_no_length(asked: Sender) -> None:
    head = asked.client.head("/api/v1/traces/export?format=jsonl", headers={"Authorization": f"Bearer {asked.secret}"})
    assert (head.status_code, head.getvalue(), head.headers.get("Content-Length")) == (200, b"", None)


def test_head_of_what_is_only_written_is_refused(asked: Sender) -> None:
    response = asked.client.head("/api/v1/signals")
    assert (response.status_code, response["Allow"]) == (405, "POST")


@pytest.mark.usefixtures("db")
def test_the_documentation_needs_no_script_and_lists_every_operation() -> None:
    client = Client()
    described = client.get("/api/v1/openapi.json").json()
    page = client.get("/api/v1/docs")
    text = page.content.decode()
    assert "unsafe" not in page["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"\son\w+=|\sstyle=", text)
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert f"{method.upper()} {path}" in text
            assert operation["summary"] and operation["description"]


def test_other_origins_get_no_leave(asked: Sender) -> None:
    response = asked.client.get("/api/v1/traces", headers={"Origin": "https://elsewhere.example"})
    assert "Access-Control-Allow-Origin" not in response


@pytest.mark.usefixtures("db")
def test_ready_means_that_every_store_answers(spool_dir: Path) -> None:
    assert Client().get("/readyz").json() == {"status": "ok"}


@pytest.mark.usefixtures("db")
def test_not_ready_names_the_store_that_failed(spool_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.command("RENAME TABLE traces TO traces_away")
    try:
        response = Client().get("/readyz")
    finally:
        store.command("RENAME TABLE traces_away TO traces")
    assert response.status_code == 503
    assert problem(response)["failed"] == ["the trace store"]
