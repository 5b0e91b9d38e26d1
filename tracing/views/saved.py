"""Saved views: a list's filter, time and order under a name, opened by a link, deleted with a way back."""

from django.contrib import messages
from django.core import signing
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from tracing.forms import ViewForm
from tracing.models import Membership, SavedView
from tracing.pages.list_bar import Bar
from tracing.views.access import Visit, member_page, posted_from

STATE = ("query", "since", "until", "sort")
KEPT = ("owner_id", "name", "shared", *STATE)
UNDO_SECONDS = 600


@posted_from("tracing:traces")
@member_page
def save_view(here: Visit) -> HttpResponse:
    """Keep what is listed; a name that the person has used stays as it is. A viewer's are seen by the viewer alone."""
    form = ViewForm(here.request.POST)
    if form.is_valid():
        view = SavedView(project=here.project, owner=here.user, **form.cleaned_data)
        view.shared = view.shared and here.works
        _keep(here, view)
    else:
        messages.error(here.request, "The view was not saved: it needs a name of at most 80 characters.", "error")
    return redirect(_address(here))


@posted_from("tracing:traces")
@member_page
def delete_view(here: Visit, number: int) -> HttpResponse:
    """Forget one of the person's own views, or as an owner of the project a shared one, and offer to take that back."""
    may = Q(owner=here.user) | Q(shared=True) if here.owns else Q(owner=here.user)
    view = get_object_or_404(SavedView.objects.filter(may), project=here.project, pk=number)
    kept = signing.dumps({name: getattr(view, name) for name in KEPT}, salt=_salt(here))
    here.request.session["undo_view"] = {"name": view.name, "kept": kept}
    view.delete()
    return redirect(_address(here))


@posted_from("tracing:traces")
@member_page
def restore_view(here: Visit) -> HttpResponse:
    """Take back a deletion that is some minutes old at most; the view is again whose it was."""
    try:
        kept = signing.loads(here.request.POST.get("kept", ""), salt=_salt(here), max_age=UNDO_SECONDS)
    except signing.BadSignature as error:
        raise Http404("view") from error
    if Membership.objects.filter(project=here.project, user_id=kept["owner_id"]).exists():
        _keep(here, SavedView(project=here.project, **kept))
    else:
        messages.error(here.request, "Nothing was saved: whose view it was is no member any more.", "error")
    return redirect(_address(here))


def _keep(here: Visit, view: SavedView) -> None:
    taken = SavedView.objects.filter(project=here.project, owner=view.owner_id, name=view.name).exists()
    if taken:
        words = f"The view was not saved: one is called {view.name}. Choose another name, or delete that one first."
        messages.error(here.request, words, "error")
    else:
        view.save()
        messages.success(here.request, f"The view {view.name} is saved.", "done")


def _salt(here: Visit) -> str:
    return f"deleted_view.{here.project.pk}.{here.user.pk}"


def _address(here: Visit) -> str:
    """The list that the person stands before; that of the view where the address says nothing."""
    if here.request.GET:
        return Bar.of(here.slug, here.request.GET).link()
    query, since, until, sort = (here.request.POST.get(name, "") for name in STATE)
    return Bar(here.slug, query, since, until, sort).link()
