"""Who may see a project's pages: members only, and everybody else gets a 404 that gives nothing away."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from tracing import native, queries
from tracing.models import Membership, Project

P = ParamSpec("P")
View = Callable[..., HttpResponseBase]
Context = dict[str, object]
Guarded = Callable[Concatenate["Visit", P], HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Visit:
    """A signed-in person at a page of a project that they belong to."""

    request: HttpRequest
    user: User
    project: Project
    role: str

    @property
    def slug(self) -> str:
        """The project's name in addresses, and in the store."""
        return self.project.slug

    @property
    def live(self) -> tuple[str, ...]:
        """The environments that the project calls live."""
        return tuple(map(str, self.project.live_environments)) or queries.LIVE

    def trace(self, trace_id: str, *, for_page: bool = False) -> queries.Found | None:
        """The project's trace of that id."""
        wanted = native.trace_id_of(trace_id)
        return queries.trace(project=self.slug, trace_id=wanted, live=self.live, for_page=for_page)

    def page_of(self, trace_id: str) -> str:
        """The address of a trace's page, and of what lies below it."""
        return reverse("tracing:trace", args=[self.slug, trace_id])

    @property
    def owns(self) -> bool:
        """True where the person may change settings, keys and members."""
        return self.role == Membership.Role.OWNER

    @property
    def works(self) -> bool:
        """True where the person may say what is right: owners and members."""
        return self.role != Membership.Role.VIEWER

    def render(
        self, template: str, context: Context | None = None, *, place: str = "", status: int = 200
    ) -> HttpResponse:
        """The page, with the bar's project and the person's other projects in it."""
        projects = Project.objects.filter(members=self.user).order_by("name")
        shared = {"project": self.project, "projects": projects, "place": place, "owns": self.owns}
        return render(self.request, template, shared | (context or {}), status=status)

    def refused(self, why: str) -> HttpResponse:
        """403 with the reason, within the project, whose members page names whom to ask."""
        return self.render("403.html", {"exception": why}, status=403)


def member_page(view: Guarded[P]) -> View:
    """The view for members of the project; others are told that it does not exist."""
    return _guarded(view, lambda here: True, "")


def working_page(view: Guarded[P]) -> View:
    """The view for owners and members; viewers get a 403 that says why."""
    return _guarded(view, lambda here: here.works, "A viewer of the project can read, and change nothing.")


def owner_page(view: Guarded[P]) -> View:
    """The view for owners; members of another role get a 403 that says whom to ask."""
    return _guarded(view, lambda here: here.owns, "Only an owner of the project can change this.")


def posted_from(page: str, *parts: str) -> Callable[[View], View]:
    """The view for POST alone; a GET, as after signing in anew, goes to the page that has the form, which says that
    nothing was saved. `parts` of the action's address, beside the project, are the page's too."""

    def decorated(view: View) -> View:
        posted = require_POST(view)

        @wraps(view)
        def either(request: HttpRequest, slug: str, **kwargs: object) -> HttpResponseBase:
            if request.method != "GET":
                return posted(request, slug, **kwargs)
            messages.warning(request, "Nothing was saved; send it again.")
            address, state = reverse(page, args=[slug, *(kwargs[part] for part in parts)]), request.GET.urlencode()
            return redirect(f"{address}?{state}" if state else address)

        return either

    return decorated


def _guarded(view: Guarded[P], may: Callable[[Visit], bool], refusal: str) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, slug: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _signed_out(request)
        here = visit(request, slug)
        if not may(here):
            return here.refused(refusal)
        return view(here, *args, **kwargs)

    return guarded


def _signed_out(request: HttpRequest) -> HttpResponse:
    """The way to sign in and back. A part of a page is answered 401 with that way: htmx would swap the sign-in in."""
    if not request.headers.get("HX-Request"):
        return redirect_to_login(request.get_full_path())
    page = request.headers.get("HX-Current-URL", "")
    safe = url_has_allowed_host_and_scheme(page, {request.get_host()}, request.is_secure())
    back = urlsplit(page)._replace(scheme="", netloc="").geturl() if safe else "/"
    return HttpResponse("You are signed out.", status=401, headers={"Location": redirect_to_login(back).url})


def visit(request: HttpRequest, slug: str) -> Visit:
    """The person's visit to the project; raises Http404 for outsiders."""
    user = person(request)
    membership = Membership.objects.select_related("project").filter(project__slug=slug, user=user).first()
    if membership is None:
        raise Http404("project")
    return Visit(request, user, membership.project, membership.role)


def person(request: HttpRequest) -> User:
    """Who is signed in; raises PermissionDenied for nobody."""
    if not isinstance(request.user, User):
        raise PermissionDenied("Sign in first.")
    return request.user
