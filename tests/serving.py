"""A server as `manage.py serve` runs it, in this process, on the test's own stores."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cheroot import wsgi
from django.core.wsgi import get_wsgi_application
from django.db import connections


class _Closing:
    """A response that lets go of its thread's connections: the test's database could not be taken down otherwise."""

    def __init__(self, response: Any) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._response)

    def close(self) -> None:
        self._response.close()
        connections.close_all()


@contextmanager
def served() -> Iterator[str]:
    """Its address; answers are streamed."""
    application = get_wsgi_application()
    server = wsgi.Server(("127.0.0.1", 0), lambda environ, start: _Closing(application(environ, start)), numthreads=4)
    server.max_request_body_size = 0
    server.shutdown_timeout = 1
    server.prepare()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.bind_addr[1]}"
    server.stop()
    thread.join(5)
