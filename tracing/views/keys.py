"""A project's keys: made with scopes, shown once, revoked with a way back."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache

from tracing import keys as access_keys
from tracing.forms import KeyForm
from tracing.models import Key
from tracing.views import shown_once
from tracing.views.access import Context, Visit, member_page, owner_page, posted_from

UNDO_FOR = timedelta(minutes=10)


@never_cache
@member_page
def keys(here: Visit) -> HttpResponse:
    """The keys that work, those just revoked, a form for another, and, this once, the secret of the one just made."""
    return shown_once.spent(here, _page(here, KeyForm(), made=shown_once.carried(here)))


@never_cache
@posted_from("tracing:keys")
@owner_page
def create_key(here: Visit) -> HttpResponse:
    """Make a key and show its secret, this once."""
    form = KeyForm(here.request.POST)
    if not form.is_valid():
        return _page(here, form, status=422)
    person = here.user if form.cleaned_data["personal"] else None
    key, secret = Key.issue(here.project, form.cleaned_data["name"], form.cleaned_data["scopes"], person)
    return shown_once.carried_to(here, "tracing:keys", {"name": key.name, "secret": secret})


@posted_from("tracing:keys")
@owner_page
def revoke_key(here: Visit, number: int) -> HttpResponse:
    """Refuse the key from now on; it can be taken back for some minutes."""
    key = get_object_or_404(Key, project=here.project, pk=number, revoked_at=None)
    key.revoke()
    access_keys.forget()
    return redirect("tracing:keys", here.slug)


@posted_from("tracing:keys")
@owner_page
def restore_key(here: Visit, number: int) -> HttpResponse:
    """Take back a revocation that is some minutes old at most."""
    key = get_object_or_404(Key, project=here.project, pk=number, revoked_at__gte=timezone.now() - UNDO_FOR)
    key.revoked_at = None
    key.save(update_fields=["revoked_at"])
    access_keys.forget()
    messages.success(here.request, f"{key.name} works again.", extra_tags="done")
    return redirect("tracing:keys", here.slug)


def _page(here: Visit, form: KeyForm, status: int = 200, **more: object) -> HttpResponse:
    all_keys = here.project.keys.select_related("person").order_by("-created_at")
    context: Context = {
        "tab": "keys",
        "form": form,
        "working": all_keys.filter(revoked_at=None),
        "revoked": all_keys.filter(revoked_at__gte=timezone.now() - UNDO_FOR) if here.owns else [],
    }
    return here.render("tracing/keys.html", context | more, place="settings", status=status)
