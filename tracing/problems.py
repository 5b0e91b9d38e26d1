"""Errors as RFC 9457 problem JSON."""

from http import HTTPStatus
from typing import Any

import orjson
from django.http import HttpResponse


def response(status: int, detail: str, **more: Any) -> HttpResponse:
    """A problem of that status; `more` adds members such as `field`, `suggestion` or `code`."""
    problem = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    problem |= {name: value for name, value in more.items() if value is not None}
    return HttpResponse(orjson.dumps(problem), content_type="application/problem+json", status=status)
