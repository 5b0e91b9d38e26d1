"""Re-attribution as a job: how far it is, what failed, ended early, and gone on with after a restart."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.conftest import Sender
from tests.tracing.stored import keep, trace_id
from tests.tracing.test_attribute import dropped, history
from tracing import jobs
from tracing.judging import attribute, verdicts
from tracing.keyed import TraceKey
from tracing.models import Job, Key, Lease, Project, Scope

pytestmark = pytest.mark.usefixtures("clean_store")
attributed = jobs.WORK["reattribute"]


@pytest.fixture
def reviewer(project: Project, people: dict[str, Any], sender: Sender) -> Sender:
    """theo's own key."""
    _, secret = Key.issue(project, "theo", list(Scope.values), people["theo"])
    return Sender(sender.client, secret)


@pytest.fixture
def in_twos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "BATCH", 2)
    monkeypatch.setattr(jobs, "KEYS_AT_ONCE", 4)


def kept(count: int) -> None:
    keep(*(dropped(number, query=f"q{number}", age_s=1000 - number) for number in range(1, count + 1)))


def judged(number: int) -> int:
    """How often one of those that are kept was judged."""
    key = TraceKey(dropped(number, age_s=1000 - number).started_ns, trace_id(number))
    return len(verdicts.history(project="atlas", key=key))


def asked(sender: Sender, **wanted: str) -> Any:
    return sender.post("/api/v1/reattribute", json.dumps(wanted), "application/json")


def post(sender: Sender, job: Job, what: str) -> Any:
    return sender.post(f"/api/v1/jobs/{job.pk}/{what}", "", "application/json")


def between_batches(monkeypatch: pytest.MonkeyPatch, act: Callable[[int], None]) -> None:
    """Call it before each batch with how many were done."""

    def acting(project: Project, keys: Any, failures: Any) -> int:
        act(Job.objects.get().done)
        return attributed(project, keys, failures)

    monkeypatch.setitem(jobs.WORK, "reattribute", acting)


def fail_after(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    def act(done: int) -> None:
        if done >= count:
            raise OSError("the store is away")

    between_batches(monkeypatch, act)


def test_a_range_is_judged_anew(reviewer: Sender) -> None:
    keep(*(dropped(number, query=f"q{number}") for number in range(1, 6)), dropped(9, product="borealis"))
    answer = asked(reviewer, q="product:atlas")
    assert answer.status_code == 202
    job = answer.json()
    assert (job["status"], job["done"], job["total"]) == ("waiting", 0, 5)
    assert jobs.run_open() == 1
    job = reviewer.get(f"/api/v1/jobs/{job['id']}").json()
    assert (job["status"], job["done"], job["total"], job["failed"], job["error"]) == ("done", 5, 5, 0, None)
    assert [len(history(number)) for number in (1, 5, 9)] == [1, 1, 0]
    assert reviewer.get("/api/v1/jobs").json()["jobs"] == [job]


def test_a_range_is_bounded_in_time(reviewer: Sender) -> None:
    kept(2)
    assert asked(reviewer, **{"from": "2026-11-19"}).json()["total"] == 0
    job = asked(reviewer, **{"from": "2026-11-18", "to": "2026-11-18"}).json()
    assert (job["total"], job["from"], job["to"]) == (
        2, "2026-11-18T00:00:00.000000Z", "2026-11-19T00:00:00.000000Z",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "field"), [({"q": "stge:x"}, "stge"), ({"from": "soon"}, "from"), ({"since": "1h"}, "since")]
)
def test_what_cannot_be_read_makes_no_job(reviewer: Sender, wanted: dict[str, str], field: str) -> None:
    answer = asked(reviewer, **wanted)
    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert not Job.objects.exists()


def test_a_key_without_the_scope_asks_for_nothing(sender: Sender) -> None:
    job = Job.objects.create(project=Project.objects.get())
    for answer in (asked(sender), post(sender, job, "cancel"), post(sender, job, "resume")):
        assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")


def test_what_arrives_later_is_not_its_business(reviewer: Sender) -> None:
    kept(2)
    assert asked(reviewer).json()["total"] == 2
    keep(dropped(3), arrived_ns=time.time_ns() + 10**9)
    jobs.run_open()
    assert Job.objects.get().done == 2


def test_progress_is_told_batch_by_batch(reviewer: Sender, in_twos: None) -> None:
    kept(5)
    asked(reviewer)
    told: list[tuple[str, int, int | None]] = []
    jobs.run_open(lambda job: told.append((job.status, job.done, job.total)))
    assert told == [("running", 2, 5), ("running", 4, 5), ("running", 5, 5), ("done", 5, 5)]


def test_a_job_goes_on_where_it_stopped(reviewer: Sender, in_twos: None, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(5)
    asked(reviewer)
    with monkeypatch.context() as failing:
        fail_after(failing, 2)
        assert jobs.run_open() == 0
    job = Job.objects.get()
    assert (job.status, job.done, "the store is away" in job.error) == ("waiting", 2, True)
    assert jobs.run_open() == 1
    job.refresh_from_db()
    assert (job.status, job.done, job.error) == ("done", 5, "")
    assert [judged(number) for number in range(1, 6)] == [1, 1, 1, 1, 1]


def test_a_job_that_gets_no_further_fails_and_can_be_gone_on_with(
    reviewer: Sender, in_twos: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(3)
    asked(reviewer)
    with monkeypatch.context() as failing:
        fail_after(failing, 2)
        assert [jobs.run_open() for _ in range(4)] == [0, 0, 1, 0]
    job = Job.objects.get()
    assert (job.status, job.done, job.ended_at is None) == ("failed", 2, False)
    assert post(reviewer, job, "resume").json()["status"] == "waiting"
    assert jobs.run_open() == 1
    assert reviewer.get(f"/api/v1/jobs/{job.pk}").json()["status"] == "done"
    assert post(reviewer, job, "resume").status_code == 409


def test_a_worker_that_was_killed_is_followed_by_another(
    reviewer: Sender, in_twos: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def act(done: int) -> None:
        if done:
            raise Killed

    kept(5)
    asked(reviewer)
    with monkeypatch.context() as dying:
        between_batches(dying, act)
        with pytest.raises(Killed):
            jobs.run_open()
    Lease.objects.update(until=timezone.now() + timedelta(seconds=100))  # a killed process gives nothing back
    assert jobs.run_open() == 0
    Lease.give_all_back()
    assert jobs.run_open() == 1
    job = Job.objects.get()
    assert (job.status, job.done) == ("done", 5)


def test_a_job_is_cancelled_between_two_batches(
    reviewer: Sender, in_twos: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act(done: int) -> None:
        if done:
            assert post(reviewer, Job.objects.get(), "cancel").json()["status"] == "cancelled"

    kept(5)
    asked(reviewer)
    with monkeypatch.context() as cancelling:
        between_batches(cancelling, act)
        assert jobs.run_open() == 1
    job = Job.objects.get()
    assert (job.status, job.done) == ("cancelled", 2)
    assert (jobs.run_open(), post(reviewer, job, "cancel").status_code) == (0, 409)
    post(reviewer, job, "resume")
    jobs.run_open()
    job.refresh_from_db()
    assert (job.status, job.done) == ("done", 5)


def test_two_workers_at_one_job_count_no_batch_twice(
    reviewer: Sender, in_twos: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act(done: int) -> None:
        if done == 2 and not nested:
            nested.append(True)
            Lease.give_all_back()  # as when the first was stuck for longer than its lease
            assert jobs.run_open() == 1

    nested: list[bool] = []
    kept(5)
    asked(reviewer)
    between_batches(monkeypatch, act)
    jobs.run_open()
    job = Job.objects.get()
    assert (job.status, job.done, job.skipped) == ("done", 5, 0)


def test_what_could_not_be_judged_is_named(reviewer: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = attribute.judge

    def fragile(case: Any) -> Any:
        if case.trace.trace_id == trace_id(2):
            raise RuntimeError("odd")
        return judge(case)

    kept(3)
    monkeypatch.setattr(attribute, "judge", fragile)
    number = asked(reviewer).json()["id"]
    jobs.run_open()
    job = reviewer.get(f"/api/v1/jobs/{number}").json()
    assert (job["status"], job["done"], job["failed"]) == ("done", 3, 1)
    assert job["failures"] == {trace_id(2): "RuntimeError('odd')"}


def test_what_still_arrives_is_skipped_and_counted(reviewer: Sender) -> None:
    keep(dropped(1), arrived_ns=time.time_ns() - 10**9)
    number = asked(reviewer).json()["id"]
    jobs.run_open()
    job = reviewer.get(f"/api/v1/jobs/{number}").json()
    assert (job["status"], job["done"], job["skipped"], job["total"]) == ("done", 0, 1, 1)


def test_jobs_of_one_project_run_one_after_the_other(reviewer: Sender) -> None:
    kept(2)
    first, second = asked(reviewer).json()["id"], asked(reviewer).json()["id"]
    order: list[int] = []
    assert jobs.run_open(lambda job: order.append(job.pk)) == 2
    assert order == [first, first, second, second]
    assert [judged(number) for number in (1, 2)] == [2, 2]


def test_another_projects_job_is_not_there(reviewer: Sender) -> None:
    job = Job.objects.create(project=Project.objects.create(slug="borealis", name="Borealis"))
    assert reviewer.get(f"/api/v1/jobs/{job.pk}").status_code == 404
    assert post(reviewer, job, "cancel").status_code == 404
    assert reviewer.get(f"/api/v1/jobs/{2**70}").status_code == 404
    assert reviewer.get("/api/v1/jobs").json() == {"jobs": []}


def test_batches_come_in_the_order_of_keys(reviewer: Sender, in_twos: None) -> None:
    kept(5)
    asked(reviewer)
    seen: list[TraceKey] = []
    for batch in jobs._batches(Job.objects.get()):
        seen += batch
    assert seen == sorted(seen, key=lambda key: (key.key_ns, key.trace_id)) and len(seen) == 5
