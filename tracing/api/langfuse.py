"""The API of what is sent to a Langfuse instance."""

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from ninja import Router

from tracing import jobs, tasks
from tracing.api.access import ADMIN, ProblemError, access_of, project_of
from tracing.api.traces import answer
from tracing.api.verdicts import Range, job_json
from tracing.filters import parse_range
from tracing.langfuse import pushing

router = Router(tags=["langfuse"])


@router.post("/langfuse/scores", auth=ADMIN, tags=["jobs"], summary="Send scores to a Langfuse instance")
def push_scores(request: HttpRequest, asked: Range) -> HttpResponse:
    """Verdicts, assessments and signals of the traces in range, to the instance that the settings LANGFUSE_BASE_URL,
    LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY name. Sent again they replace themselves. Answers 202 with the job;
    409 where the settings name none. Scope: admin.
    """
    if not pushing.is_configured():
        wanted = "LANGFUSE_BASE_URL, LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY"
        raise ProblemError(409, f"set {wanted} for the server first", code="not_configured")
    start_ns, end_ns = parse_range(asked.from_, asked.to)
    person = access_of(request).person_id
    job = jobs.ask(project_of(request), person and User.objects.get(pk=person), asked.q, start_ns, end_ns, pushing.KIND)
    jobs.count(job)
    tasks.ring(tasks.run_jobs)
    return answer({**job_json(job), "to": settings.LANGFUSE_BASE_URL}, 202)
