"""A wrong method at a page, said in words: Django's own answer to it is empty."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import render

Answer = Callable[[HttpRequest], HttpResponseBase]


def in_words(get_response: Answer) -> Answer:
    """A middleware: an empty 405 becomes a page that says which methods are taken."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        answer = get_response(request)
        if not isinstance(answer, HttpResponseNotAllowed) or answer.content:
            return answer
        page = render(request, "405.html", {"allowed": answer["Allow"]}, status=405)
        page["Allow"] = answer["Allow"]
        return page

    return middleware
