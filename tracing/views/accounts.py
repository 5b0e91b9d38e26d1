"""Signing in by a one-time link, signing out, and one's own password; a password's way in is Django's own."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from tracing.pages import signin
from tracing.views.access import person

LENT = "lent"  # of a session that began with an owner's link


@never_cache
@require_http_methods(["GET", "POST"])
def once(request: HttpRequest, token: str) -> HttpResponse:
    """Ask before signing in, so that a chat's link preview does not use the link up."""
    found = signin.used(token) if request.method == "POST" else signin.opened(token)
    if found is None and isinstance(request.user, User):
        there = signin.destination(token, request.user)
        if there is not None:
            return HttpResponseRedirect(_within(request, there))
    if found is None:
        return render(request, "registration/once_void.html", status=410)
    user, next_path = found
    if request.method == "GET":
        return render(request, "registration/once.html", {"who": user})
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session[LENT] = signin.is_lent(token)
    return HttpResponseRedirect(_within(request, next_path))


@never_cache
@require_http_methods(["GET", "POST"])
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session; a link that is followed asks first."""
    if request.method == "GET" and request.user.is_authenticated:
        return render(request, "registration/sign_out.html")
    logout(request)
    return redirect("login")


@sensitive_post_parameters()
@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Set a first password, or change the one there is, which is asked for; every other session of the person ends."""
    user = person(request)
    if request.session.get(LENT) and not user.has_usable_password():
        return render(request, "registration/password_lent.html", status=403)
    form_of = PasswordChangeForm if user.has_usable_password() else SetPasswordForm
    form = form_of(user, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "registration/password.html", {"form": form}, status=422 if form.is_bound else 200)
    form.save()
    update_session_auth_hash(request, user)
    messages.success(request, "Your password is set.", extra_tags="done")
    return redirect("/")


def _within(request: HttpRequest, path: str) -> str:
    safe = url_has_allowed_host_and_scheme(path, {request.get_host()}, request.is_secure())
    return path if safe else "/"
