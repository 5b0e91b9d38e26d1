"""Errors as RFC 9457 problem JSON."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

import orjson
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt

View = Callable[..., HttpResponseBase]
NOTHING = (
    "there is no such path: traces go to /v1/traces, logs to /v1/logs, those of Langfuse's SDKs to /api/public/,"
    " /healthz and /readyz say whether this server is well, and /api/v1/docs lists the rest"
)
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


def only_read(view: View) -> View:
    """The view for GET and HEAD; every other method is told so, in problem JSON."""

    @csrf_exempt
    @wraps(view)
    def told(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method in ("GET", "HEAD"):
            return view(request, *args, **kwargs)
        return wrong_method(request, "GET, HEAD")

    return told


@csrf_exempt
def nothing(request: HttpRequest) -> HttpResponse:
    """404 where programs ask, and nothing is."""
    return response(404, NOTHING)


def without_body(answered: HttpResponseBase) -> HttpResponseBase:
    """What HEAD is answered where GET is answered so: its status and headers, with the length where that is known."""
    headers = dict(answered.headers)
    answered.close()
    if not isinstance(answered, HttpResponse):
        return StreamingHttpResponse(status=answered.status_code, headers=headers)
    headers["Content-Length"] = str(len(answered.content))
    return HttpResponse(status=answered.status_code, headers=headers)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What cannot be served as it was asked: most often through a host name that the settings do not have."""
    return response(400, WRONG_HOST if isinstance(exception, DisallowedHost) else "The request cannot be read.")
