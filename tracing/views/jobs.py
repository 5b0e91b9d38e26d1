"""Long work: how many of how many, since when, and what failed."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from tracing import jobs as work
from tracing import tasks
from tracing.forms import JobForm
from tracing.models import Job
from tracing.views.access import Context, Visit, member_page, posted_from, working_page

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Line:
    """A job as the page shows it."""

    job: Job

    @property
    def open(self) -> bool:
        """True while there is something to wait for."""
        return self.job.status in work.OPEN

    @property
    def ended_early(self) -> bool:
        """True where it can be gone on with."""
        return self.job.status in work.ENDED_EARLY

    @property
    def through(self) -> int:
        """How many of its traces it has been at."""
        return self.job.done + self.job.skipped

    @property
    def seconds(self) -> float | None:
        """How long it has been at work, or was; None where it has not begun."""
        job = self.job
        return ((job.ended_at or timezone.now()) - job.started_at).total_seconds() if job.started_at else None

    @property
    def seconds_left(self) -> float | None:
        """At the pace so far; None where that cannot be told."""
        job, passed = self.job, self.seconds
        if job.status != Job.Status.RUNNING or not job.total or not self.through or passed is None:
            return None
        return passed / self.through * max(0, job.total - self.through)


@require_GET
@member_page
def jobs(here: Visit) -> HttpResponse:
    """The latest jobs; while one is open the list renews itself."""
    if here.request.headers.get("HX-Target") == "jobs":
        return here.render("tracing/jobs.html#list", _list(here))
    asked = here.request.GET
    return _page(here, JobForm(initial={"q": asked.get("q"), "begin": asked.get("from"), "end": asked.get("to")}))


@posted_from("tracing:jobs")
@working_page
def ask_job(here: Visit) -> HttpResponse:
    """Judge a range of traces anew, or say what is wrong with the range."""
    form = JobForm(here.request.POST)
    if not form.is_valid():
        return _page(here, form, status=422)
    work.count(work.ask(here.project, here.user, form.cleaned_data["q"], *form.range))
    tasks.ring(tasks.run_jobs)
    return redirect("tracing:jobs", here.slug)


@posted_from("tracing:jobs")
@working_page
def cancel_job(here: Visit, number: int) -> HttpResponse:
    """End it early; going on with it takes that back."""
    work.cancel(get_object_or_404(Job, project=here.project, pk=number))
    return redirect("tracing:jobs", here.slug)


@posted_from("tracing:jobs")
@working_page
def resume_job(here: Visit, number: int) -> HttpResponse:
    """Go on with one that ended early."""
    job = get_object_or_404(Job, project=here.project, pk=number)
    if work.resume(job):
        tasks.ring(tasks.run_jobs)
        messages.success(here.request, f"Job {job.pk} goes on where it stopped.", extra_tags="done")
    return redirect("tracing:jobs", here.slug)


def _page(here: Visit, form: JobForm, status: int = 200) -> HttpResponse:
    return here.render(
        "tracing/jobs.html", _list(here) | {"form": form, "tab": "jobs"}, place="settings", status=status
    )


def _list(here: Visit) -> Context:
    found = Job.objects.filter(project=here.project).select_related("person").order_by("-pk")[:SHOWN]
    lines = [Line(job) for job in found]
    any_open = any(line.open for line in lines)
    return {"lines": lines, "any_open": any_open, "works": here.works, "url": settings.PUBLIC_URL}
