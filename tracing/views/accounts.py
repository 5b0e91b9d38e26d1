"""Signing in by a one-time link, and signing out; a password's way in is Django's own."""

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from tracing.pages import signin


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
    return HttpResponseRedirect(_within(request, next_path))


@never_cache
@require_http_methods(["GET", "POST"])
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session; a link that is followed asks first."""
    if request.method == "GET" and request.user.is_authenticated:
        return render(request, "registration/sign_out.html")
    logout(request)
    return redirect("login")


def _within(request: HttpRequest, path: str) -> str:
    safe = url_has_allowed_host_and_scheme(path, {request.get_host()}, request.is_secure())
    return path if safe else "/"
