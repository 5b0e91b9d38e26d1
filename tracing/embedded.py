"""The services of one process, started and stopped in order: web last in, first out, so that nothing acked is lost."""

import threading
from dataclasses import dataclass
from typing import Any

from celery.app.utils import find_app
from celery.beat import EmbeddedService, Scheduler
from cheroot import wsgi
from django.conf import settings
from django.core.wsgi import get_wsgi_application

from tracing import receive
from tracing.drain import Drain

THREADS = 10
STOP_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Services:
    """What runs."""

    web: Any
    web_thread: threading.Thread
    drain: Drain

    def healthy(self) -> bool:
        """False once a part has ended by itself."""
        return self.web_thread.is_alive() and self.drain.is_alive()


def start(host: str, port: int) -> Services:
    """Start all parts; returns when the port accepts."""
    drain = Drain(receive.spool())
    drain.start()
    _start_celery()
    web = wsgi.Server((host, port), get_wsgi_application(), numthreads=THREADS, request_queue_size=128)
    web.max_request_body_size = 0  # the receiver counts for itself, and answers in the protocol's words
    web.shutdown_timeout = STOP_SECONDS
    web.server_name = "stagelight"
    web.prepare()
    thread = threading.Thread(target=web.serve, name="web", daemon=True)
    thread.start()
    return Services(web, thread, drain)


def stop(services: Services) -> None:
    """Stop taking requests, seal the spool, let the batch at hand finish.

    Worker and beat are not waited for: what they were at is a sweep, and is done again after the next start.
    """
    services.web.stop()
    services.drain.stop()
    services.drain.join(STOP_SECONDS)


def _start_celery() -> None:
    app = find_app(settings.CELERY_APP)
    worker = app.WorkController(app=app, pool_cls="threads", concurrency=2, without_gossip=True, without_mingle=True)
    threading.Thread(target=worker.start, name="worker", daemon=True).start()
    beat = EmbeddedService(app, thread=True, scheduler_cls=Scheduler)
    beat.daemon = True
    beat.start()
