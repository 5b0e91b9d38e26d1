"""Saved views: a filter under a name, opened by a link, deleted with a way back."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from tracing.forms import ViewForm
from tracing.models import SavedView
from tracing.views.access import Visit, member_page


@require_POST
@member_page
def save_view(here: Visit) -> HttpResponse:
    """Keep the filter; the same name again replaces what it held. A viewer's are seen by the viewer alone."""
    form = ViewForm(here.request.POST)
    if not form.is_valid():
        messages.error(here.request, "The view was not saved: it needs a name of at most 80 characters.", "error")
        query = here.request.POST.get("query", "")
        return redirect(reverse("tracing:traces", args=[here.slug]) + "?" + urlencode({"q": query}))
    data = form.cleaned_data
    SavedView.objects.update_or_create(
        project=here.project,
        owner=here.user,
        name=data["name"],
        defaults={"query": data["query"], "shared": data["shared"] and here.works},
    )
    return redirect(reverse("tracing:traces", args=[here.slug]) + "?" + urlencode({"q": data["query"]}))


@require_POST
@member_page
def delete_view(here: Visit, number: int) -> HttpResponse:
    """Forget one of the person's own views, and offer to take that back."""
    view = get_object_or_404(SavedView, project=here.project, owner=here.user, pk=number)
    here.request.session["undo_view"] = {"name": view.name, "query": view.query, "shared": view.shared}
    view.delete()
    return redirect("tracing:traces", here.slug)
