"""What a page shows this once, after a redirect: the browser that will show it carries it there, and nothing is kept.

A key's secret is hashed in the database, so it must not lie in a session either.
"""

from collections.abc import Mapping

from django.conf import settings
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from tracing.views.access import Visit

COOKIE = "shown_once"
SECONDS = 60


def carried_to(here: Visit, page: str, shown: Mapping[str, str]) -> HttpResponse:
    """The way to the project's page of that name, which then has this to show to the same person."""
    response = redirect(page, here.slug)
    response.set_cookie(
        COOKIE,
        signing.dumps(shown, salt=_salt(here)),
        max_age=SECONDS,
        path=reverse(page, args=[here.slug]),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return response


def carried(here: Visit) -> Mapping[str, str] | None:
    """What was carried here for this person a moment ago."""
    try:
        shown: Mapping[str, str] = signing.loads(
            here.request.COOKIES.get(COOKIE, ""), salt=_salt(here), max_age=SECONDS
        )
    except signing.BadSignature:
        return None
    return shown


def spent(here: Visit, response: HttpResponse) -> HttpResponse:
    """The page that shows it, which takes it from the browser."""
    if COOKIE in here.request.COOKIES:
        response.delete_cookie(COOKIE, path=here.request.path, samesite="Strict")
    return response


def _salt(here: Visit) -> str:
    return f"{COOKIE}.{here.user.pk}"
