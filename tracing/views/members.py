"""Who belongs to a project. It always has an owner."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import User
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache

from tracing import keys
from tracing.forms import MemberForm
from tracing.models import Membership
from tracing.pages import signin
from tracing.views import shown_once
from tracing.views.access import Context, Visit, member_page, owner_page, posted_from


@never_cache
@member_page
def members(here: Visit) -> HttpResponse:
    """The members with their roles, a form for another, and, this once, the link that was just made or the way back
    of who was just removed."""
    return shown_once.spent(here, _page(here, MemberForm(), once=shown_once.carried(here)))


@never_cache
@posted_from("tracing:members")
@owner_page
def add_member(here: Visit) -> HttpResponse:
    """Let a person in; somebody new here gets an account and a one-time link, which is shown once."""
    form = MemberForm(here.request.POST)
    if not form.is_valid():
        return _page(here, form, status=422)
    name, role = form.cleaned_data["username"], form.cleaned_data["role"]
    person, new = User.objects.get_or_create(username=name)
    membership, joined = Membership.objects.get_or_create(project=here.project, user=person, defaults={"role": role})
    keys.forget()
    if new:
        person.set_unusable_password()
        person.save(update_fields=["password"])
        return _show_link(here, person)
    if not joined and membership.role != role:
        words = f"{name} is a member already, as {membership.role}, and stays one: change the role in the list below."
        messages.warning(here.request, words, extra_tags="warning")
    else:
        messages.success(here.request, f"{name} is a member.", extra_tags="done")
    return redirect("tracing:members", here.slug)


@posted_from("tracing:members")
@owner_page
def new_link(here: Visit, number: int) -> HttpResponse:
    """Make a one-time link for a member, and show it once; the ones made before are void."""
    membership = get_object_or_404(Membership.objects.select_related("user"), project=here.project, pk=number)
    if membership.user_id in _without_link(here):
        return here.refused(
            "This person has a password, or is in projects that are not yours, which a link would open too."
        )
    return _show_link(here, membership.user)


@posted_from("tracing:members")
@owner_page
def change_member(here: Visit, number: int) -> HttpResponse:
    """Give a member another role, or take them out; the last owner stays one, and owners are asked about themselves."""
    membership = get_object_or_404(Membership.objects.select_related("user"), project=here.project, pk=number)
    role = here.request.POST.get("role", "")
    if membership.role == Membership.Role.OWNER and role != Membership.Role.OWNER and _owners(here) == 1:
        messages.error(here.request, "A project needs an owner: make somebody else one first.", extra_tags="error")
    elif role not in ("remove", *Membership.Role.values) or role == membership.role:
        messages.warning(here.request, "Nothing was changed: choose another role.")
    elif membership.user_id == here.user.pk and "sure" not in here.request.POST:
        return here.render("tracing/step_down.html", {"role": role, "number": number}, place="settings")
    elif role == "remove":
        return _remove(here, membership)
    else:
        membership.role = role
        membership.save(update_fields=["role"])
        keys.forget()
        messages.success(here.request, f"{membership.user} is {role} now.", extra_tags="done")
    return redirect("tracing:members", here.slug)


def _remove(here: Visit, membership: Membership) -> HttpResponse:
    membership.delete()
    keys.forget()
    if membership.user_id == here.user.pk:
        messages.success(here.request, f"You are no longer a member of {here.project.name}.", extra_tags="done")
        return redirect("tracing:home")
    removed = {"removed": membership.user.get_username(), "role": membership.role}
    return shown_once.carried_to(here, "tracing:members", removed)


def _owners(here: Visit) -> int:
    return Membership.objects.filter(project=here.project, role=Membership.Role.OWNER).count()


def _show_link(here: Visit, person: User) -> HttpResponse:
    token = signin.lent_token(person, reverse("tracing:project", args=[here.slug]))
    link = settings.PUBLIC_URL + reverse("tracing:once", args=[token])
    return shown_once.carried_to(here, "tracing:members", {"name": person.get_username(), "link": link})


def _without_link(here: Visit) -> set[int]:
    """The members for whom the visitor makes no link: who have a password of their own, or are also in a project that
    the visitor does not own, which a link would open too."""
    own = Membership.objects.filter(user=here.user, role=Membership.Role.OWNER).values("project")
    here_too = Membership.objects.filter(user__membership__project=here.project)
    barred = ~Q(project__in=own) | ~Q(user__password__startswith=UNUSABLE_PASSWORD_PREFIX)
    return set(here_too.filter(barred).values_list("user_id", flat=True))


def _page(here: Visit, form: MemberForm, status: int = 200, **more: object) -> HttpResponse:
    people = Membership.objects.filter(project=here.project).select_related("user").order_by("user__username")
    context: Context = {"tab": "members", "form": form, "people": people, "roles": list(Membership.Role.values)}
    context |= {"without_link": _without_link(here)} if here.owns else {}
    return here.render("tracing/members.html", context | more, place="settings", status=status)
