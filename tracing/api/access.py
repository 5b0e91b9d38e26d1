"""Who may call what of the API."""

from django.http import HttpRequest
from ninja.security.http import HttpAuthBase

from tracing import keys
from tracing.models import Project


class ProblemError(Exception):
    """An answer that is an error; `more` adds members to its problem JSON."""

    def __init__(self, status: int, detail: str, **more: str | int | None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.more = more


class Needs(HttpAuthBase):
    """A key, with a scope where one is named; it speaks for one project, and nothing else is there for it."""

    openapi_scheme = "bearer"

    def __init__(self, scope: str = "") -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> keys.Access:
        try:
            access = keys.authenticate(request)
        except keys.KeyRefused as error:
            raise ProblemError(401, str(error), code="key_refused") from error
        if self.scope and not access.may(self.scope):
            code, reason = access.lack(self.scope)
            raise ProblemError(403, reason, code=code)
        return access


ANY, READ, INGEST, REVIEW, ADMIN = Needs(), Needs("read"), Needs("ingest"), Needs("review"), Needs("admin")


def access_of(request: HttpRequest) -> keys.Access:
    """What the request's key speaks for."""
    access = getattr(request, "auth", None)
    if not isinstance(access, keys.Access):
        raise ProblemError(401, "this needs a key", code="key_refused")
    return access


def project_of(request: HttpRequest) -> Project:
    """The key's project."""
    return Project.objects.get(slug=access_of(request).project)
