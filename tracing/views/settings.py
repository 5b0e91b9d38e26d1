"""A project's settings, keys and members. Members may read them; only owners change them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from tracing import anchor_patterns
from tracing.forms import ProjectForm
from tracing.views.access import Visit, member_page, owner_page, posted_from


@member_page
def project_settings(here: Visit) -> HttpResponse:
    """The settings as a form for owners, and as text for everybody else."""
    form = ProjectForm(instance=here.project)
    pattern = here.project.anchor_pattern
    shown = {"tab": "project", "form": form, "unused_pattern": pattern and anchor_patterns.refusal(pattern)}
    return here.render("tracing/settings.html", shown, place="settings")


@posted_from("tracing:settings")
@owner_page
def save_project(here: Visit) -> HttpResponse:
    """Keep the settings, or show what is wrong with them."""
    form = ProjectForm(here.request.POST, instance=here.project)
    if not form.is_valid():
        here.project.refresh_from_db()
        return here.render("tracing/settings.html", {"tab": "project", "form": form}, place="settings", status=422)
    form.save()
    messages.success(here.request, "Saved.", extra_tags="done")
    return redirect("tracing:settings", here.slug)
