"""Is the process there, and does every store answer?"""

import os

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from tracing import problems, store
from tracing.models import Project

log = structlog.get_logger()


@problems.only_read
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@problems.only_read
def readyz(request: HttpRequest) -> HttpResponse:
    """Every store answers a real query; 503 names the ones that do not."""
    checks = {
        "the trace store": lambda: store.rows("SELECT 1 FROM traces LIMIT 1"),
        "the database": lambda: Project.objects.exists(),
        "the spool": _spool_takes_files,
    }
    failed = []
    for name, check in checks.items():
        try:
            check()
        except Exception as error:  # whatever it is, the store is not ready
            log.warning("not ready", store=name, error=repr(error)[:500])
            failed.append(name)
    if failed:
        return problems.response(503, f"not ready: {', '.join(failed)}", failed=failed)
    return JsonResponse({"status": "ok"})


def _spool_takes_files() -> None:
    directory = settings.SPOOL_DIR
    while not directory.exists():
        directory = directory.parent
    if not os.access(directory, os.W_OK | os.X_OK):
        raise PermissionError(directory)
