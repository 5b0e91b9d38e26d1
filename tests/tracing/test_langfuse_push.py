"""What is known of answers is sent to a Langfuse instance as scores: once, at its pace, and from where it stopped."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.conftest import Sender
from tests.tracing import stored as made
from tracing import jobs, queries
from tracing.judging import assessments, human, verdicts
from tracing.keyed import TraceKey
from tracing.langfuse import pushing
from tracing.langfuse.batch import read_scores
from tracing.models import Job, Key, Project
from tracing.native import trace_id_of
from tracing.records import Assessment, Claim, Verdict

BLAMED = Verdict("rerank", "dropped", "gold", "certain", "rerank.dropped", 3, ("anchor a: ranked 1, dropped",))
JUDGED = Assessment(
    "judge", "v1", made.NOW_NS, groundedness=0.25, relevance=0.5, claims=(Claim("it is so", "unsupported"),)
)


class Instance(ThreadingHTTPServer):
    """A Langfuse instance that keeps scores by id; `refusals` are the answers to the requests of those numbers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.scores: dict[str, dict[str, Any]] = {}
        self.asked: list[int] = []
        self.refusals: dict[int, tuple[int, dict[str, str], Any]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answer(BaseHTTPRequestHandler):
    server: Instance

    def do_POST(self) -> None:
        assert self.path == "/api/public/scores"
        assert self.headers["Authorization"].startswith("Basic ")
        body = self.rfile.read(int(self.headers["Content-Length"]))
        sent = json.loads(body)
        self.server.asked.append(len(sent))
        refusal = self.server.refusals.get(len(self.server.asked))
        if refusal is not None and refusal[0] != 207:
            return self._say(*refusal)
        batch = read_scores(body, trace_id_of, 1)
        assert batch.faults == []
        errors = refusal[2]["errors"] if refusal else []
        bad = {error["index"] for error in errors}
        self.server.scores.update({score["id"]: score for at, score in enumerate(sent) if at not in bad})
        if refusal:
            return self._say(*refusal)
        return self._say(202, {}, {"message": "Accepted"})

    def _say(self, status: int, headers: dict[str, str], content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def instance(settings: Any) -> Iterator[Instance]:
    server = Instance()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.LANGFUSE_BASE_URL, settings.LANGFUSE_PUBLIC_KEY, settings.LANGFUSE_SECRET_KEY = server.url, "pk", "sk"
    settings.LANGFUSE_PUSHES_A_SECOND = 10_000.0
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long it would have waited, each time."""
    waits: list[float] = []
    monkeypatch.setattr(pushing, "pause", waits.append)
    return waits


@pytest.fixture
def known(project: Project, clean_store: None) -> list[TraceKey]:
    """Three traces: one blamed and judged, one sound with a thumb, one of which nothing is known."""
    traces = [made.a_trace(number, age_s=3600 + number) for number in (1, 2, 3)]
    made.keep(*traces)
    keys = [TraceKey(trace.started_ns, trace.trace_id) for trace in traces]
    sound = Verdict(None, verdicts.NOTHING, "mechanical", "certain", "", 3)
    rows = [(keys[0], verdicts.Row(BLAMED, made.NOW_NS)), (keys[1], verdicts.Row(sound, made.NOW_NS))]
    verdicts.keep(project="atlas", found=rows, version=5)
    assessments.keep(project="atlas", found=[(keys[0], JUDGED)], version=5)
    made.keep_signal(keys[1].trace_id, "thumb", "down", comment="wrong page")
    made.keep_signal(
        keys[1].trace_id, "score", "0.5", number=0.5, name="tone", id="3f9f1a52-0000-4000-8000-000000000001"
    )
    return keys


def run(project: Project) -> Job:
    job = jobs.ask(project, None, "", None, None, pushing.KIND)
    jobs.run_open()
    job.refresh_from_db()
    return job


def by_name(instance: Instance) -> dict[tuple[str, str], Any]:
    return {(score["traceId"], score["name"]): score["value"] for score in instance.scores.values()}


def test_verdicts_assessments_and_signals_become_scores(
    project: Project, known: list[TraceKey], instance: Instance, slept: list[float]
) -> None:
    job = run(project)
    assert (job.status, job.done, job.failed, job.error) == ("done", 3, 0, "")
    blamed, sound = known[0].trace_id, known[1].trace_id
    assert by_name(instance) == {
        (blamed, "stagelight.verdict"): "rerank.dropped",
        (blamed, "stagelight.groundedness"): 0.25,
        (blamed, "stagelight.relevance"): 0.5,
        (sound, "stagelight.verdict"): "none",
        (sound, "user-feedback"): 0,
        (sound, "tone"): 0.5,
    }
    told = {score["name"]: score for score in instance.scores.values() if score["traceId"] == blamed}
    assert told["stagelight.verdict"]["comment"] == "anchor a: ranked 1, dropped"
    assert told["stagelight.verdict"]["metadata"]["certainty"] == "certain"
    assert told["stagelight.groundedness"]["comment"] == "it is so"
    assert "3f9f1a52-0000-4000-8000-000000000001" in instance.scores


def test_sent_again_a_score_replaces_itself(
    project: Project, known: list[TraceKey], instance: Instance, slept: list[float], people: dict[str, Any]
) -> None:
    run(project)
    before = {id_: score["timestamp"] for id_, score in instance.scores.items()}
    human.say(project=project, key=known[0], person=people["mara"], verdict=human.verdict_of(None, "none"))
    run(project)
    assert {id_: score["timestamp"] for id_, score in instance.scores.items()} == before
    assert by_name(instance)[known[0].trace_id, "stagelight.verdict"] == "none"


def test_it_waits_as_it_is_asked_to(
    project: Project, known: list[TraceKey], instance: Instance, slept: list[float]
) -> None:
    instance.refusals = {1: (429, {"Retry-After": "7"}, {}), 2: (503, {}, {}), 3: (429, {"Retry-After": "9999"}, {})}
    assert run(project).status == "done"
    assert [wait for wait in slept if wait > 1] == [7.0, 4.0, pushing.LONGEST_WAIT_SECONDS]
    assert len(instance.scores) == 6


def test_one_that_takes_nothing_is_told_and_gone_on_with_later(
    project: Project, known: list[TraceKey], instance: Instance, slept: list[float]
) -> None:
    instance.refusals = dict.fromkeys(range(1, 100), (401, {}, {"message": "no such key"}))
    job = run(project)
    for _ in range(jobs.MOST_ATTEMPTS):
        jobs.run_open()
    job.refresh_from_db()
    assert (job.status, job.done) == ("failed", 0)
    assert "401" in job.error
    assert "no such key" in job.error
    assert len(instance.asked) == jobs.MOST_ATTEMPTS  # what is wrong for good is not asked again and again
    instance.refusals = {}
    assert jobs.resume(job)
    jobs.run_open()
    job.refresh_from_db()
    assert (job.status, job.done, len(instance.scores)) == ("done", 3, 6)


def test_what_is_rejected_is_told_by_trace_and_the_rest_is_taken(
    project: Project, known: list[TraceKey], instance: Instance, slept: list[float]
) -> None:
    content = {"accepted": 5, "rejected": 1, "errors": [{"index": 0, "message": "no <b>such</b> trace"}]}
    instance.refusals = {1: (207, {}, content)}
    job = run(project)
    assert (job.status, job.done, job.failed, len(instance.scores)) == ("done", 3, 1, 5)
    [why] = job.failures.values()
    assert why == "rejected by Langfuse: no <b>such</b> trace"


def test_a_large_range_goes_in_pieces(project: Project, instance: Instance, slept: list[float]) -> None:
    scores = [{"id": str(number), "traceId": "a", "name": "n", "value": "x" * 20_000} for number in range(130)]
    sizes = [len(batch) for batch in pushing.batches(scores)]
    assert sum(sizes) == 130
    assert max(sizes) <= 44
    assert [len(batch) for batch in pushing.batches([scores[0] | {"value": 1}] * 250)] == [100, 100, 50]


def test_it_goes_no_faster_than_it_may(instance: Instance, slept: list[float], settings: Any) -> None:
    settings.LANGFUSE_PUSHES_A_SECOND = 0.5
    target = pushing.Target(instance.url, "pk", "sk")
    for _ in range(3):
        target.send([{"id": "1", "traceId": "a", "name": "n", "value": 1}])
    assert len(slept) == 2
    assert all(wait > 0 for wait in slept)


def test_our_own_server_takes_them_as_langfuse_would(
    known: list[TraceKey], sender: Sender, drained: Callable[[], None]
) -> None:
    from tests.tracing.test_langfuse import post

    scores = pushing.scores_of("atlas", known)
    assert post(sender, "scores", scores).status_code == 202
    drained()
    said = {
        (each.kind, each.name, each.value)
        for key in known
        for each in queries.signals(project="atlas", trace_id=key.trace_id)
    }
    assert ("score", "stagelight.verdict", "rerank.dropped") in said
    assert ("thumb", "user-feedback", "down") in said


class TestTheApi:
    def ask(self, sender: Sender, scopes: list[str], project: Project) -> Any:
        _, secret = Key.issue(project, "keys", scopes)
        return Sender(sender.client, secret).post("/api/v1/langfuse/scores", '{"q": ""}', "application/json")

    def test_makes_a_job(self, sender: Sender, project: Project, known: list[TraceKey], instance: Instance) -> None:
        answer = self.ask(sender, ["admin", "read"], project)
        assert answer.status_code == 202
        assert (answer.json()["kind"], answer.json()["total"]) == ("langfuse_scores", 3)
        assert "sk" not in json.dumps(answer.json()).split('"')

    def test_needs_an_instance(self, sender: Sender, project: Project, clean_store: None) -> None:
        answer = self.ask(sender, ["admin"], project)
        assert (answer.status_code, answer.json()["code"]) == (409, "not_configured")

    def test_needs_the_scope(self, sender: Sender, project: Project, instance: Instance) -> None:
        assert self.ask(sender, ["review", "ingest"], project).status_code == 403
