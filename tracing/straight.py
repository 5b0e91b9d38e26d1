"""Exporters go straight to the receiver: what pages need on the way costs more than taking one small trace."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from tracing import receive, receive_logs

Answer = Callable[[HttpRequest], HttpResponseBase]

_RECEIVERS: dict[str, Answer] = {"/v1/traces": receive.otlp_traces, "/v1/logs": receive_logs.otlp_logs_view}
PATHS = tuple(_RECEIVERS)


def straight_to_the_receiver(get_response: Answer) -> Answer:
    """A middleware: neither sessions, cookies, forms nor a search among paths for those who send by OTLP."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        receiver = _RECEIVERS.get(request.path_info)
        if receiver is None:
            return get_response(request)
        request.get_host()  # raises DisallowedHost, as for every other path
        response = receiver(request)
        if isinstance(response, HttpResponse):
            response.headers.setdefault("Content-Length", str(len(response.content)))
        return response

    return middleware
