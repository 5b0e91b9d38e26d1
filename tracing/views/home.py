"""The ways in: the first page, a project's first page, a permalink, the theme and the stages' hues."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.cache import patch_cache_control
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods

from tracing import native, queries
from tracing.models import Project
from tracing.stages import Stage
from tracing.views.access import Visit, member_page, person

THEMES = {"light", "dark"}


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The person's first project, or a page that says how to get one."""
    project = Project.objects.filter(membership__user=person(request)).order_by("name").first()
    if project is None:
        return render(request, "tracing/no_project.html")
    return redirect("tracing:project", project.slug)


@member_page
def project(here: Visit) -> HttpResponse:
    """The list of traces, or the first-run page where there is none yet."""
    return redirect("tracing:traces" if queries.any_trace(project=here.slug) else "tracing:start", here.slug)


@login_required
@require_GET
def permalink(request: HttpRequest, trace_id: str) -> HttpResponse:
    """The trace in whichever of the person's projects it is."""
    slugs = list(Project.objects.filter(membership__user=person(request)).values_list("slug", flat=True))
    found = queries.locate(trace_id=native.trace_id_of(trace_id), projects=slugs)
    if found is None:
        return render(request, "tracing/trace_missing.html", {"trace_id": trace_id}, status=404)
    return redirect("tracing:trace", found, trace_id)


@require_http_methods(["GET", "POST"])
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the choice of light or dark in a cookie, and go back; a GET changes nothing."""
    back = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure())
    response = HttpResponseRedirect(back if safe else "/")
    if request.POST.get("theme") in THEMES:
        response.set_cookie("theme", request.POST["theme"], max_age=365 * 86400, samesite="Lax")
    return response


@require_GET
def favicon(request: HttpRequest) -> HttpResponse:
    """The mark, for whoever asks for an icon without having read a page."""
    response = redirect(static("tracing/mark.svg"))
    patch_cache_control(response, public=True, max_age=3600)
    return response


@require_GET
def stages_css(request: HttpRequest) -> HttpResponse:
    """Each stage's hue as a property, for light and for dark, from the enum that lists them."""
    rules = (f'[data-stage="{s.label}"] {{ --hue: light-dark({s.hue}, {s.hue_dark}); }}\n' for s in Stage)
    response = HttpResponse("".join(rules), content_type="text/css; charset=utf-8")
    patch_cache_control(response, public=True, max_age=3600)
    return response
