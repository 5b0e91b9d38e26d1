"""Errors as RFC 9457 problem JSON."""

from http import HTTPStatus
from typing import Any

import orjson
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse

WRONG_HOST = "This server does not answer to the host name that was asked for: add it to ALLOWED_HOSTS."


def response(status: int, detail: str, **more: Any) -> HttpResponse:
    """A problem of that status; `more` adds members such as `field`, `suggestion` or `code`."""
    problem = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    problem |= {name: value for name, value in more.items() if value is not None}
    return HttpResponse(orjson.dumps(problem), content_type="application/problem+json", status=status)


def wrong_method(request: HttpRequest, allowed: str) -> HttpResponse:
    """405, with the methods that are taken."""
    refusal = response(405, f"{request.method} is not taken here: {allowed} is")
    refusal["Allow"] = allowed
    return refusal


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What cannot be served as it was asked: most often through a host name that the settings do not have."""
    return response(400, WRONG_HOST if isinstance(exception, DisallowedHost) else "The request cannot be read.")
