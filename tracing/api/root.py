"""The API at /api/v1: its documentation, its errors, and where its parts are."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import structlog
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.docs import DocsBase

from tracing import problems
from tracing.api import corpus as api_corpus
from tracing.api import export as api_export
from tracing.api import langfuse as api_langfuse
from tracing.api import measures as api_measures
from tracing.api import project as api_project
from tracing.api import traces as api_traces
from tracing.api import verdicts as api_verdicts
from tracing.api.access import ProblemError
from tracing.api.docs import operations
from tracing.filters import FilterError
from tracing.queries import CursorError

log = structlog.get_logger()

NOWHERE = "there is no such path: /api/v1/docs lists them all"


class PlainDocs(DocsBase):
    """The documentation as a page without scripts: it must work under a strict Content-Security-Policy."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        return render(request, "tracing/api_docs.html", {"operations": operations(api.get_openapi_schema())})


api = NinjaAPI(
    title="Stagelight",
    version="1",
    description=(
        "Send `Authorization: Bearer <key>`; a key belongs to one project, and sees nothing else."
        " Errors are RFC 9457 problem JSON."
    ),
    urls_namespace="tracing:api",
    docs=PlainDocs(),
)
api.add_router("", api_export.router)  # before that of one trace, whose path would take its own
api.add_router("", api_traces.router)
api.add_router("", api_project.router)
api.add_router("", api_corpus.router)
api.add_router("", api_verdicts.router)
api.add_router("", api_langfuse.router)
api.add_router("", api_measures.router)


@api.exception_handler(ProblemError)
def _problem(request: HttpRequest, error: ProblemError) -> HttpResponse:
    response = problems.response(error.status, error.detail, **error.more)
    if error.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="stagelight"'
    return response


@api.exception_handler(FilterError)
def _filter_refused(request: HttpRequest, error: FilterError) -> HttpResponse:
    return problems.response(400, error.message, field=error.field, suggestion=error.suggestion or error.example)


@api.exception_handler(CursorError)
def _cursor_refused(request: HttpRequest, error: CursorError) -> HttpResponse:
    field = "sort" if "order '" in str(error) else "cursor"
    return problems.response(400, str(error), field=field)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    first = error.errors[0]
    place = first["loc"]
    path = [str(part) for part in place[2 if place[0] == "body" else 1 :]]
    name = ".".join(path) or "body"
    detail = f"{name}: {str(first['msg']).removeprefix('Value error, ')}"
    return problems.response(400, detail, field=name)


@api.exception_handler(HttpError)
def _refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problems.response(error.status_code, str(error))


@api.exception_handler(Http404)
def _missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return problems.response(404, NOWHERE)


@api.exception_handler(Exception)
def _broken(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("the API failed", path=request.path, exc_info=error)
    return problems.response(500, "something broke here; it is in the log")


def urls() -> tuple[Sequence[URLPattern | URLResolver], str, str]:
    """The API's paths, on which a wrong method is answered in problem JSON too, and HEAD as GET."""
    patterns, app, namespace = api.urls
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            pattern.callback = _telling_methods(pattern.callback)
    return [path("", nothing), *patterns, path("<path:rest>", nothing)], app, namespace


@csrf_exempt
def nothing(request: HttpRequest, rest: str = "") -> HttpResponse:
    """What is asked for where nothing is."""
    return problems.response(404, NOWHERE)


def _telling_methods(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    @csrf_exempt
    @wraps(view)
    def told(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        asked = request.method
        request.method = "GET" if asked == "HEAD" else asked
        response = view(request, *args, **kwargs)
        request.method = asked
        if response.status_code == 405:
            response = problems.wrong_method(request, response.headers["Allow"])
        return problems.without_body(response) if asked == "HEAD" else response

    return told
