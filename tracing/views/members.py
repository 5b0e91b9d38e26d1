"""Who belongs to a project. It always has an owner."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from tracing import keys
from tracing.forms import MemberForm
from tracing.models import Membership
from tracing.pages import signin
from tracing.views.access import Context, Visit, member_page, owner_page


@member_page
def members(here: Visit) -> HttpResponse:
    """The members with their roles, and a form for another."""
    return _page(here, MemberForm())


@never_cache
@require_POST
@owner_page
def add_member(here: Visit) -> HttpResponse:
    """Let a person in; somebody new here gets an account and a one-time link, which is shown this once."""
    form = MemberForm(here.request.POST)
    if not form.is_valid():
        return _page(here, form, status=422)
    name, role = form.cleaned_data["username"], form.cleaned_data["role"]
    person, new = User.objects.get_or_create(username=name)
    Membership.objects.get_or_create(project=here.project, user=person, defaults={"role": role})
    keys.forget()
    if not new:
        messages.success(here.request, f"{name} is a member.", extra_tags="done")
        return redirect("tracing:members", here.slug)
    person.set_unusable_password()
    person.save(update_fields=["password"])
    path = reverse("tracing:once", args=[signin.token(person, reverse("tracing:project", args=[here.slug]))])
    return _page(here, MemberForm(), made=person, link=settings.PUBLIC_URL + path)


@require_POST
@owner_page
def change_member(here: Visit, number: int) -> HttpResponse:
    """Give a member another role, or take them out; the last owner stays one."""
    membership = get_object_or_404(Membership.objects.select_related("user"), project=here.project, pk=number)
    role = here.request.POST.get("role", "")
    if membership.role == Membership.Role.OWNER and role != Membership.Role.OWNER and _owners(here) == 1:
        messages.error(here.request, "A project needs an owner: make somebody else one first.", extra_tags="error")
    elif role == "remove":
        membership.delete()
        keys.forget()
        return _page(here, MemberForm(), removed=membership)
    elif role in Membership.Role.values:
        membership.role = role
        membership.save(update_fields=["role"])
        keys.forget()
        messages.success(here.request, f"{membership.user} is {role} now.", extra_tags="done")
    return redirect("tracing:members", here.slug)


def _owners(here: Visit) -> int:
    return Membership.objects.filter(project=here.project, role=Membership.Role.OWNER).count()


def _page(here: Visit, form: MemberForm, status: int = 200, **more: object) -> HttpResponse:
    people = Membership.objects.filter(project=here.project).select_related("user").order_by("user__username")
    context: Context = {"tab": "members", "form": form, "people": people, "roles": list(Membership.Role.values)}
    return here.render("tracing/members.html", context | more, place="settings", status=status)
