"""The page of jobs: asked for, watched, ended early and gone on with; and the command that asks for one."""

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client

from bench.server import Server, free_port
from tests.tracing.stored import keep, trace_id
from tests.tracing.test_attribute import dropped, history
from tracing import jobs, store
from tracing.models import Job, Project

PAGE = "/p/atlas/jobs/"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def theo(clean_store: None, spool_dir: Path, people: dict[str, Any]) -> Client:
    """A member, signed in."""
    return signed_in(people, "theo")


def signed_in(people: dict[str, Any], name: str) -> Client:
    client = Client()
    client.force_login(people[name])
    return client


def shown(client: Client, **headers: str) -> str:
    return client.get(PAGE, headers=headers).content.decode()


def test_without_a_job_the_page_says_how_to_ask_for_one(theo: Client) -> None:
    page = shown(theo)
    assert "No job yet" in page and "manage.py reattribute --project atlas" in page
    assert "/api/v1/reattribute" in page and "hx-trigger" not in page


def test_a_job_is_asked_for_and_watched_to_its_end(theo: Client) -> None:
    keep(dropped(), dropped(2, query="another"))
    assert theo.post(PAGE + "ask", {"q": "product:atlas", "begin": "2026-11-18"}).status_code == 302
    page = shown(theo)
    assert "waiting" in page and "0 of 2" in page and 'hx-trigger="every 2s"' in page
    jobs.run_open()
    part = shown(theo, **{"HX-Request": "true", "HX-Target": "jobs"})
    assert "2 of 2" in part and "done" in part and "hx-trigger" not in part and "<html" not in part
    assert [len(history(number)) for number in (1, 2)] == [1, 1]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"q": "stge:x"}, "Perhaps: stage"),
        ({"begin": "soon"}, "Perhaps: 24h"),
        ({"begin": "2026-11-20", "end": "2026-11-18"}, "ends before it begins"),
        ({"q": HOSTILE + '"'}, "quotation mark"),
    ],
)
def test_a_range_that_cannot_be_read_is_said_beside_the_form(theo: Client, given: dict[str, str], said: str) -> None:
    answer = theo.post(PAGE + "ask", given)
    assert (answer.status_code, said in answer.content.decode()) == (422, True)
    assert HOSTILE not in answer.content.decode()
    assert not Job.objects.exists()


def test_the_form_is_filled_from_the_address(theo: Client) -> None:
    page = theo.get(PAGE, {"q": "stage:rerank", "from": "7d"}).content.decode()
    assert 'value="stage:rerank"' in page and 'value="7d"' in page


def test_what_failed_is_shown_and_can_be_gone_on_with(theo: Client, project: Project) -> None:
    job = Job.objects.create(
        project=project, total=9, done=4, failed=1, failures={trace_id(7): HOSTILE}, error=HOSTILE, status="failed"
    )
    page = shown(theo)
    assert "&lt;script&gt;" in page and HOSTILE not in page
    assert "1 could not be judged" in page and "4 of 9" in page and "Go on" in page
    theo.post(f"{PAGE}{job.pk}/resume")
    assert "Cancel" in shown(theo)
    theo.post(f"{PAGE}{job.pk}/cancel")
    job.refresh_from_db()
    assert job.status == "cancelled"


@pytest.mark.parametrize(("name", "status"), [("mara", 302), ("theo", 302), ("vera", 403), ("kim", 404)])
def test_who_may_work_with_jobs(theo: Client, project: Project, people: dict[str, Any], name: str, status: int) -> None:
    job = Job.objects.create(project=project, total=1, status="failed")
    client = signed_in(people, name)
    for path in ("ask", f"{job.pk}/resume", f"{job.pk}/cancel"):
        assert client.post(PAGE + path).status_code == status
        assert client.get(PAGE + path)["Location"] == PAGE  # does nothing
    assert client.get(PAGE).status_code == (404 if name == "kim" else 200)


def test_another_projects_jobs_are_not_there(theo: Client) -> None:
    job = Job.objects.create(project=Project.objects.create(slug="borealis", name="Borealis"), total=1, q="secret")
    assert "secret" not in shown(theo)
    assert theo.post(f"{PAGE}{job.pk}/cancel").status_code == 404


def command(**options: str) -> str:
    out = io.StringIO()
    call_command("reattribute", stdout=out, **options)
    return out.getvalue()


def test_the_command_judges_anew_and_tells_how_far_it_is(theo: Client) -> None:
    keep(dropped(), dropped(2, query="another"), dropped(3, product="borealis"))
    told = command(q="product:atlas")
    assert "/p/atlas/jobs/" in told and "Judged anew: 2 of 2 traces." in told
    assert [len(history(number)) for number in (1, 2, 3)] == [1, 1, 0]


def test_the_command_says_what_it_cannot_read(theo: Client) -> None:
    Project.objects.create(slug="borealis", name="Borealis")
    with pytest.raises(CommandError, match="there is atlas, borealis"):
        command()
    with pytest.raises(CommandError, match="stge: there is no field"):
        command(project="atlas", q="stge:x")
    assert not Job.objects.exists()


def test_while_serve_holds_the_store_serve_does_the_work(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", free_port())
    server.start()
    try:
        environment = {"STAGELIGHT_DATA_DIR": str(server.directory), "PATH": "/usr/bin"}
        done = subprocess.run(
            [sys.executable, "manage.py", "reattribute"],
            capture_output=True, text=True, cwd=settings.BASE_DIR, env=environment, timeout=120,
        )  # fmt: skip
        assert (done.returncode, "Judged anew: 0 of 0 traces." in done.stdout) == (0, True), done.stderr
        (job,) = server.get("/api/v1/jobs")["jobs"]
        assert (job["status"], job["total"]) == ("done", 0)
    finally:
        server.kill()


def test_a_directory_is_held_once(tmp_path: Path) -> None:
    assert store.hold(tmp_path / "store")
    assert not store.hold(tmp_path / "store")
