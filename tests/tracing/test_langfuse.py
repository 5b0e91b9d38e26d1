"""What Langfuse's SDKs send over HTTP is taken, answered as they expect, and found in the store."""

import base64
import gzip
import hashlib
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.conftest import Sender
from tests.tracing import captures
from tracing import queries
from tracing.models import Key, Project, Scope

TRACE = "0af7651916cd43dd8448eb211c80319c"
JSON = "application/json"
Drained = Callable[[], None]


def post(sender: Sender, path: str, body: Any, **headers: str) -> Any:
    """POST JSON to a path below /api/public/, as the SDKs authenticate."""
    basic = base64.b64encode(f"pk-lf-any:{sender.secret}".encode()).decode()
    data = body if isinstance(body, bytes) else json.dumps(body)
    return sender.post(f"/api/public/{path}", data, JSON, Authorization=f"Basic {basic}", **headers)


def event(kind: str, body: dict[str, Any], at: str = "2026-11-20T09:00:00.000Z", **more: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "type": kind, "timestamp": at, "body": body, **more}


def signals(trace_id: str = TRACE) -> list[tuple[str, str | None, Any]]:
    return sorted((each.kind, each.name, each.value) for each in queries.signals(project="atlas", trace_id=trace_id))


V2 = str(uuid.UUID(TRACE))
EVENTS = [
    event("trace-create", {"id": V2, "name": "docs-rag", "input": "how?", "timestamp": "2026-11-20T09:00:00Z"}),
    event("span-create", {
        "id": "route-1", "traceId": V2, "name": "route", "startTime": "2026-11-20T09:00:00.100Z",
        "input": {"args": ["how?"], "kwargs": {}},
    }),
    event("span-update", {
        "id": "route-1", "traceId": V2, "endTime": "2026-11-20T09:00:00.200Z", "output": {"intent": "howto"},
    }),
    event("span-create", {
        "id": "r", "traceId": V2, "name": "retrieve", "startTime": "2026-11-20T09:00:00.200Z",
        "endTime": "2026-11-20T09:00:00.300Z", "input": {"query": "how?"},
        "output": {"hits": {"hits": [
            {"_id": "a#1", "_score": 9.5, "_source": {"text": "The first chunk, as it stands."}},
            {"_id": "b#2", "_score": 7.0, "_source": {"text": "Another chunk of the docs."}},
        ]}},
    }),
    event("generation-create", {
        "id": "g", "traceId": V2, "name": "answer", "model": "claude-sonnet-4-5", "parentObservationId": "r2",
        "startTime": "2026-11-20T09:00:00.300Z", "completionStartTime": "2026-11-20T09:00:00.450Z",
        "input": [{"role": "user", "content": "Answer.\n\nThe first chunk, as it stands.\n\nhow?"}],
        "modelParameters": {"temperature": 0}, "promptName": "docs", "promptVersion": 3,
    }),
    event("generation-update", {
        "id": "g", "traceId": V2, "endTime": "2026-11-20T09:00:01Z", "output": "like this [1]",
        "usage": {"input": 120, "output": 8, "total": 128, "unit": "TOKENS", "totalCost": 0.004},
    }, at="2026-11-20T09:00:01Z"),
    event("event-create", {"id": "e", "traceId": V2, "name": "cache-miss", "startTime": "2026-11-20T09:00:00.150Z"}),
    event("trace-create", {"id": V2, "output": "like this", "userId": "u1", "sessionId": "s1", "release": "5.0",
                           "metadata": {"tier": "gold"}, "tags": ["docs"]}, at="2026-11-20T09:00:01Z"),
    event("score-create", {"id": "sc", "traceId": V2, "name": "user-feedback", "value": 1, "dataType": "BOOLEAN"}),
]  # fmt: skip


def end_state(sender: Sender, trace_id: str = TRACE) -> dict[str, Any]:
    found: dict[str, Any] = sender.get(f"/api/v1/traces/{trace_id}").json()
    return found


def spans_of(sender: Sender, **query: str) -> list[dict[str, Any]]:
    answer = sender.get(f"/api/v1/traces/{TRACE}/spans", **query)
    found: list[dict[str, Any]] = json.loads(answer.getvalue())["spans"]
    return found


@pytest.mark.parametrize("arrival", ["as sent", "reversed", "one by one", "one by one, reversed", "twice"])
def test_events_of_sdk_2_make_one_trace_in_any_order(sender: Sender, drained: Drained, arrival: str) -> None:
    events = EVENTS[::-1] if "reversed" in arrival else EVENTS * 2 if arrival == "twice" else EVENTS
    for batch in [[each] for each in events] if "one by one" in arrival else [events]:
        sdk = {"sdk_name": "python", "sdk_version": "2.60.5"}
        answer = post(sender, "ingestion", {"batch": batch, "metadata": sdk})
        assert answer.status_code == 207
        assert answer.json()["errors"] == []
        assert [each["id"] for each in answer.json()["successes"]] == [each["id"] for each in batch]
        drained()
    found = end_state(sender)
    assert (found["query"], found["answer"], found["intent"]) == ("how?", "like this", "howto")
    assert (found["user_id"], found["session_id"], found["versions"]["release"]) == ("u1", "s1", "5.0")
    assert found["metadata"] == {"tier": "gold", "tags": '["docs"]', "trace_name": "docs-rag"}
    assert found["duration_ms"] == 1000.0
    assert found["first_token_ms"] == 450.0
    assert found["versions"]["prompt"] == "3"
    assert found["cost_usd"] == 0.004
    stages = {each["stage"]: each for each in found["stages"]}
    assert (stages["generate"]["input_tokens"], stages["generate"]["output_tokens"]) == (120, 8)
    kept = {each["chunk_id"]: each["survived"] for each in found["candidates"]}
    assert kept == {"a#1": True, "b#2": False}
    assert signals() == [("thumb", "user-feedback", "up")]
    spans = spans_of(sender)
    assert {each["name"] for each in spans} == {"docs-rag", "route", "retrieve", "answer", "cache-miss"}
    assert [each["span_id"] for each in spans_of(sender, content="false")] == [each["span_id"] for each in spans]
    one = queries.span(project="atlas", trace_id=TRACE, span_id=spans[-1]["span_id"])
    assert one is not None
    assert one.name == spans[-1]["name"]


def test_the_account_counts_events_taken_and_refused(sender: Sender, drained: Drained) -> None:
    batch = [*EVENTS, event("span-create", {"id": "x"}), event("dance", {"id": "y"}), "no event"]
    answer = post(sender, "ingestion", {"batch": batch}).json()
    assert len(answer["successes"]) == len(EVENTS)
    assert [each["message"] for each in answer["errors"]] == [
        "traceId is missing", "no such event: dance", "an event is a JSON object",
    ]  # fmt: skip
    drained()
    total = sender.get("/api/v1/ingest/account").json()["total"]["spans"]
    assert total == {"received": 11, "stored": 8, "duplicate": 0, "rejected": 3, "bad": 0, "waiting": 0}


def test_scores_of_a_list_are_taken_one_by_one(sender: Sender, drained: Drained) -> None:
    answer = post(sender, "scores", [
        {"id": "1", "traceId": TRACE, "name": "groundedness", "value": 0.8, "dataType": "NUMERIC"},
        {"id": "2", "traceId": TRACE, "value": 1},
        {"id": "3", "traceId": TRACE, "name": "tone", "value": "too_long", "dataType": "CATEGORICAL"},
        {"id": "4", "name": "nobody", "value": 1},
        {"id": "5", "traceId": TRACE, "name": "thumb", "value": 2, "dataType": "BOOLEAN"},
        "no score",
    ])  # fmt: skip
    assert answer.status_code == 207
    said = answer.json()
    assert (said["accepted"], said["rejected"]) == (2, 4)
    assert [(each["index"], each["id"]) for each in said["errors"]] == [(1, "2"), (3, "4"), (4, "5"), (5, "")]
    drained()
    assert signals() == [("score", "groundedness", 0.8), ("score", "tone", "too_long")]


def test_one_score_and_a_list_without_faults_are_accepted(sender: Sender, drained: Drained) -> None:
    score = {"id": "1", "traceId": TRACE, "name": "correction", "value": "Use it.", "dataType": "CORRECTION"}
    listed, single = post(sender, "scores", [score]), post(sender, "scores", score)
    assert (listed.status_code, listed.json()) == (202, {"message": "Accepted"})
    assert (single.status_code, single.json()) == (202, {"id": "1", "message": "Accepted"})
    assert post(sender, "scores", {"name": "x"}).status_code == 400
    drained()
    assert signals() == [("comment", "correction", "Use it.")]


def test_a_score_that_is_sent_again_replaces_the_earlier_one_by_its_own_time(sender: Sender, drained: Drained) -> None:
    for minute, value in ((5, 0), (3, 1)):
        score = {"id": "fb", "traceId": TRACE, "name": "user_feedback", "value": value, "dataType": "BOOLEAN"}
        post(sender, "scores", [{**score, "timestamp": f"2026-11-20T09:{minute:02}:00Z"}])
        drained()
    assert signals() == [("thumb", "user_feedback", "down")]


def test_scores_of_an_observation_and_of_a_session_are_found_with_the_trace(sender: Sender, drained: Drained) -> None:
    post(sender, "scores", [
        {"id": "o", "traceId": TRACE, "observationId": "g", "name": "fluent", "value": 1.0},
        {"id": "s", "sessionId": "s1", "name": "csat", "value": 4.0},
        {"id": "t", "sessionId": "s2", "name": "csat", "value": 1.0},
    ])  # fmt: skip
    drained()
    post(sender, "ingestion", {"batch": EVENTS[:1] + EVENTS[7:8]})
    drained()
    said = end_state(sender)["signals"]
    assert {(each["name"], each["value"], each["span_id"]) for each in said} == {
        ("fluent", 1.0, "g"),
        ("csat", 4.0, None),
    }
    assert sender.get(f"/api/v1/traces/{TRACE}/signals").json()["signals"] == said


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b'"x"', b"{", b"\xff", b'{"batch": 7}', b'{"batch": {}}'])
def test_a_body_that_is_no_batch_is_refused_and_counted(sender: Sender, drained: Drained, body: bytes) -> None:
    answer = post(sender, "ingestion", body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"message", "error"}


def test_a_wrong_key_is_told_so_in_langfuses_form(sender: Sender) -> None:
    answer = sender.client.post("/api/public/scores", "[]", content_type=JSON, headers={"Authorization": "Basic eDp5"})
    assert answer.status_code == 401
    assert answer.json()["error"] == "UnauthorizedError"


def test_the_project_is_told_and_prompts_are_not_kept(sender: Sender) -> None:
    [project] = sender.get("/api/public/projects").json()["data"]
    assert (project["id"], project["name"]) == ("atlas", "Atlas")
    answer = sender.get("/api/public/v2/prompts/folder/docs-answer", label="production")
    assert answer.status_code == 404
    assert answer.json()["error"] == "LangfuseNotFoundError"
    page = sender.client.get(f"/project/atlas/traces/{V2}")
    assert (page.status_code, page["Location"]) == (302, f"/t/{TRACE}")
    assert sender.client.get("/api/public/health").json()["status"] == "OK"


def test_datasets_items_and_runs_are_kept(sender: Sender, drained: Drained) -> None:
    made = post(sender, "v2/datasets", {"name": "docs/golden", "metadata": {"v": 1}})
    assert made.status_code == 200
    assert sender.get("/api/public/v2/datasets/docs/golden").json() == made.json()
    item = {"datasetName": "docs/golden", "id": "item-1", "input": {"question": "how?"}, "expectedOutput": "a#1"}
    assert post(sender, "dataset-items", item).json()["mediaReferences"] == []
    post(sender, "dataset-items", {"datasetName": "docs/golden", "id": "item-1", "status": "ARCHIVED"})
    listed = sender.get("/api/public/dataset-items", datasetName="docs/golden", page="1", limit="50").json()
    assert listed["meta"] == {"page": 1, "limit": 50, "totalItems": 1, "totalPages": 1}
    [kept] = listed["data"]
    assert (kept["input"], kept["expectedOutput"], kept["status"]) == ({"question": "how?"}, "a#1", "ARCHIVED")
    run = {"runName": "rerank-v1", "datasetItemId": "item-1", "traceId": TRACE}
    assert post(sender, "dataset-run-items", run).json()["datasetRunName"] == "rerank-v1"
    drained()
    post(sender, "ingestion", {"batch": EVENTS})
    drained()
    found = end_state(sender)
    assert (found["run_id"], found["item_id"], found["live"]) == ("rerank-v1", "item-1", False)
    assert found["query"] == "how?"


def test_wrong_shapes_of_datasets_are_refused(sender: Sender) -> None:
    assert post(sender, "v2/datasets", {"name": 7}).status_code == 400
    assert post(sender, "v2/datasets", [1]).status_code == 400
    assert post(sender, "dataset-items", {"input": 1}).status_code == 400
    assert (
        post(sender, "dataset-run-items", {"datasetItemId": "none", "runName": "r", "traceId": "t"}).status_code == 404
    )
    assert sender.get("/api/public/v2/datasets/none").status_code == 404
    assert sender.get("/api/public/dataset-run-items", datasetId="x").status_code == 404
    assert sender.get("/api/public/dataset-items", page="-1", limit="many").status_code == 200
    post(sender, "v2/datasets", {"name": "nul"})
    assert post(sender, "dataset-items", {"datasetName": "nul", "input": "a\x00b"}).json()["input"] == "a\ufffdb"
    assert post(sender, "dataset-items", {"datasetName": "nul", "input": "x" * 1_100_000}).status_code == 413


def test_media_are_put_where_they_were_asked_for(sender: Sender, settings: Any) -> None:
    content = b"\x89PNG not really"
    sha256 = base64.b64encode(hashlib.sha256(content).digest()).decode()
    asked = {
        "traceId": TRACE,
        "contentType": "image/png",
        "contentLength": len(content),
        "sha256Hash": sha256,
        "field": "input",
    }
    place = post(sender, "media", asked).json()
    media_id = place["mediaId"]
    assert media_id == base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode()[:22]
    assert sender.get(f"/api/public/media/{media_id}").status_code == 404
    assert sender.client.put(place["uploadUrl"], b"another", content_type="image/png").status_code == 400
    assert sender.client.put(place["uploadUrl"], content, content_type="image/png").status_code == 200
    basic = {"Authorization": f"Bearer {sender.secret}"}
    patched = sender.client.patch(f"/api/public/media/{media_id}", "{}", content_type=JSON, headers=basic)
    assert patched.status_code == 200
    url = sender.get(f"/api/public/media/{media_id}").json()["url"]
    assert sender.client.get(url).content == content
    assert post(sender, "media", asked).json() == {"uploadUrl": None, "mediaId": media_id}
    assert sender.client.put("/api/public/media/upload/forged", content, content_type="image/png").status_code == 403
    settings.MEDIA_TOTAL_BYTES = 20
    other = base64.b64encode(bytes(32)).decode()
    assert post(sender, "media", {**asked, "sha256Hash": other}).status_code == 413
    assert post(sender, "media", {**asked, "sha256Hash": "x"}).status_code == 400


def timeless(state: dict[str, Any]) -> dict[str, Any]:
    """A trace without what depends on when it came here, and on where it went."""
    verdict = state["verdict"] and {**state["verdict"], "at": None}
    return {**state, "settled": None, "project": None, "verdict": verdict}


@pytest.mark.parametrize("client", ["langfuse5", "langfuse3"])
def test_captured_requests_in_any_order_and_twice_end_in_the_same_state(
    db: None, drained: Drained, client: str
) -> None:
    requests = sorted(captures.folder(client).glob("*.headers.json"))
    ids = [row["trace_id"] for row in captures.expected(client)]
    states = []
    for name, order in (("atlas", requests), ("reversed", requests[::-1]), ("twice", requests * 2)):
        project = Project.objects.create(slug=name, name=name)
        sender = Sender(Client(), Key.issue(project, "test", [Scope.INGEST, Scope.READ])[1])
        for path in order:
            _replay(sender, path)
            drained()
        states.append([timeless(end_state(sender, trace_id)) for trace_id in ids])
    assert states[0] == states[1]
    assert states[0] == states[2]
    said = [(each["kind"], each["name"], each["value"]) for state in states[0] for each in state["signals"]]
    assert {name for kind, name, _ in said if kind == "thumb"} == {"user_feedback"}
    if client == "langfuse5":
        assert ("comment", "correction", "Use prefetch_related for many-to-many.") in said
        assert signals("3a636180d290dfb07326d36d95555bd8")[-1] == ("thumb", "user_feedback", "down")
        live = [state["live"] for state in states[0]]
        assert live.count(False) == 5


def _replay(sender: Sender, path: Any) -> None:
    seen = json.loads(path.read_text())
    found = [path.with_name(path.name.replace("headers.json", end)) for end in ("json", "bin")]
    body = next((each.read_bytes() for each in found if each.exists()), None)
    if body is None or seen["method"] != "POST":
        return
    headers = {name: value for name, value in seen["headers"] if name.lower() in ("content-encoding",)}
    kind = {name.lower(): value for name, value in seen["headers"]}["content-type"]
    answer = sender.post(seen["path"], body, kind, **headers)
    assert answer.status_code in (200, 201, 202, 207), (seen["path"], answer.content)


def test_otlp_comes_in_at_langfuses_path_as_well(sender: Sender, drained: Drained) -> None:
    body, kind = next(captures.bodies("langfuse5"))
    answer = sender.post("/api/public/otel/v1/traces", gzip.compress(body), kind, **{"Content-Encoding": "gzip"})
    assert answer.status_code == 200
    drained()
    clients = {"X-Langfuse-Sdk-Name": "python", "X-Langfuse-Sdk-Version": "5.0.4"}
    assert sender.post("/api/public/otel/v1/traces", body, kind, **clients).status_code == 200
    drained()
    total = sender.get("/api/v1/ingest/account").json()["total"]["spans"]
    assert total["duplicate"] == total["stored"] > 0
