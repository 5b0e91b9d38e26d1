"""The API of verdicts: their history, a person's word, and re-attribution as a job."""

from typing import Annotated, Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema
from pydantic import ConfigDict

from tracing import jobs, native, queries, tasks
from tracing.api import shape
from tracing.api.access import ANY, READ, REVIEW, ProblemError, access_of, project_of
from tracing.api.traces import answer
from tracing.filters import parse_range
from tracing.judging import human, verdicts
from tracing.keyed import TraceKey
from tracing.models import Job

router = Router(tags=["verdicts"])


class Word(Schema):
    """What a person says was wrong."""

    model_config = ConfigDict(extra="forbid")

    fault: Annotated[str, Field(max_length=40, description="A fault, `unknown`, or `none`, which clears the trace.")]
    stage: Annotated[str | None, Field(max_length=40, description="Needed for `error` and `timeout` alone.")] = None
    note: Annotated[str, Field(max_length=human.MOST_NOTE)] = ""


class Range(Schema):
    """Which traces are judged anew."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    q: Annotated[str, Field(max_length=2_000, description="A filter; see docs/filters.md.")] = ""
    from_: Annotated[str, Field(alias="from", max_length=60)] = ""
    to: Annotated[str, Field(max_length=60)] = ""


@router.get("/traces/{trace_id}/verdicts", auth=READ, summary="A trace's verdicts")
def history(request: HttpRequest, trace_id: str) -> HttpResponse:
    """Every run of the engine, also those that found nothing (`none`), and every word of a person, also that one before
    it counts no more (`withdrawn`); the newest first."""
    project = access_of(request).project
    found = verdicts.history(project=project, key=_key(project, trace_id))
    return answer({"verdicts": [shape.verdict_row_json(row) for row in found]})


@router.post("/traces/{trace_id}/verdicts", auth=ANY, summary="Say what went wrong")
def say(request: HttpRequest, trace_id: str, word: Word) -> HttpResponse:
    """A person's verdict: it stands above the engine's until a person changes it. Needs a person's key; `review`."""
    person = _person(request)
    project = project_of(request)
    key = _key(project.slug, trace_id)
    try:
        verdict = human.verdict_of(word.stage, word.fault)
    except human.WrongVerdictError as error:
        raise ProblemError(400, str(error), field=error.field, suggestion=error.suggestion) from error
    row, _ = human.say(project=project, key=key, person=person, verdict=verdict, note=word.note)
    return answer(shape.verdict_row_json(row), 201)


def _person(request: HttpRequest) -> User:
    access = access_of(request)
    if access.person_id is None:
        raise ProblemError(403, "a verdict needs a person's key; this one is the project's", code="person_required")
    if not access.may("review"):
        code, reason = access.lack("review")
        raise ProblemError(403, reason, code=code)
    return User.objects.get(pk=access.person_id)


def _key(project: str, trace_id: str) -> TraceKey:
    wanted = native.trace_id_of(trace_id)
    key_ns = queries.key_time(project=project, trace_id=wanted)
    if key_ns is None:
        raise ProblemError(404, "this project has no such trace, or it has not arrived yet")
    return TraceKey(key_ns, wanted)


@router.post("/reattribute", auth=REVIEW, tags=["jobs"], summary="Judge a range of traces anew")
def reattribute(request: HttpRequest, asked: Range) -> HttpResponse:
    """By the rules of this release; earlier verdicts stay in each trace's history. Answers 202 with the job."""
    start_ns, end_ns = parse_range(asked.from_, asked.to)
    person = access_of(request).person_id
    job = jobs.ask(project_of(request), person and User.objects.get(pk=person), asked.q, start_ns, end_ns)
    jobs.count(job)
    tasks.ring(tasks.run_jobs)
    return answer(job_json(job), 202)


@router.get("/jobs/{number}", auth=READ, tags=["jobs"], summary="How far a job is")
def job(request: HttpRequest, number: int) -> HttpResponse:
    """How many of how many, since when, and what failed."""
    return answer(job_json(_job(request, number)))


@router.post("/jobs/{number}/cancel", auth=REVIEW, tags=["jobs"], summary="End a job early")
def cancel(request: HttpRequest, number: int) -> HttpResponse:
    """It ends after the batch that it is at; what was judged stays judged. One that has ended: 409."""
    found = _job(request, number)
    if not jobs.cancel(found):
        raise ProblemError(409, f"this job is {found.status} already", code="ended")
    found.refresh_from_db()
    return answer(job_json(found))


@router.post("/jobs/{number}/resume", auth=REVIEW, tags=["jobs"], summary="Go on with a job")
def resume(request: HttpRequest, number: int) -> HttpResponse:
    """One that failed or was cancelled goes on where it stopped; any other: 409."""
    found = _job(request, number)
    if not jobs.resume(found):
        raise ProblemError(409, f"this job is {found.status}: there is nothing to go on with", code="not_ended_early")
    tasks.ring(tasks.run_jobs)
    found.refresh_from_db()
    return answer(job_json(found), 202)


@router.get("/jobs", auth=READ, tags=["jobs"], summary="The latest jobs")
def list_jobs(request: HttpRequest, limit: Annotated[int, Query(ge=1, le=200)] = 20) -> HttpResponse:
    """The newest first."""
    found = Job.objects.filter(project__slug=access_of(request).project).order_by("-pk")[:limit]
    return answer({"jobs": [job_json(one) for one in found]})


def _job(request: HttpRequest, number: int) -> Job:
    wanted = {"pk": number, "project__slug": access_of(request).project}
    found = Job.objects.filter(**wanted).first() if 0 < number < 2**63 else None
    if found is None:
        raise ProblemError(404, "this project has no such job")
    return found


def job_json(job: Job) -> dict[str, Any]:
    """A job as the API gives it; `total` is null until it is counted."""
    since = job.started_at
    return {
        "id": job.pk,
        "kind": job.kind,
        "status": job.status,
        "q": job.q,
        "from": shape.rfc3339(job.start_ns) if job.start_ns is not None else None,
        "to": shape.rfc3339(job.end_ns) if job.end_ns is not None else None,
        **{name: getattr(job, name) for name in ("total", "done", "skipped", "failed", "failures")},
        "error": job.error or None,
        "asked_at": job.created_at.isoformat(),
        "started_at": since.isoformat() if since else None,
        "ended_at": job.ended_at.isoformat() if job.ended_at else None,
        "seconds": round(((job.ended_at or timezone.now()) - since).total_seconds(), 1) if since else None,
    }
