"""The services of one process, started and stopped in order: the store's feeder before the web."""

import re
import threading
from dataclasses import dataclass
from typing import Any

from celery.app.utils import find_app
from celery.beat import EmbeddedService, Scheduler
from django.conf import settings
from django.core.wsgi import get_wsgi_application

from tracing import receive, store
from tracing.body import answered
from tracing.connection import Server
from tracing.drain import Drain
from tracing.models import Lease
from tracing.unswept import sweep_seldom

THREADS = 10
STOP_SECONDS = 0.4


@dataclass(frozen=True, slots=True)
class Services:
    """What runs."""

    web: Any
    web_thread: threading.Thread
    drain: Drain

    def healthy(self) -> bool:
        """False once a part has ended by itself."""
        return self.web_thread.is_alive() and self.drain.is_alive()


class PortTakenError(Exception):
    """Nobody can be served at that address; says why."""


def start(host: str, port: int) -> Services:
    """Start all parts; returns when the port accepts. Raises PortTakenError, with nothing started."""
    web = _listening(host, port)
    drain = Drain(receive.spool())
    drain.start()
    if store.embedded_path() is not None:
        Lease.give_all_back()
    _start_celery()
    thread = threading.Thread(target=web.serve, name="web", daemon=True)
    thread.start()
    sweep_seldom()
    return Services(web, thread, drain)


def web_server(host: str, port: int, threads: int = THREADS) -> Any:
    """The web server, which does not listen yet."""
    web = Server((host, port), answered(get_wsgi_application()), numthreads=threads, request_queue_size=128)
    web.max_request_body_size = 0  # the receiver counts for itself, and answers in the protocol's words
    web.shutdown_timeout = STOP_SECONDS
    web.server_name = "stagelight"
    return web


def _listening(host: str, port: int) -> Any:
    web = web_server(host, port)
    try:
        web.prepare()
    except (OSError, OverflowError) as error:
        reason = re.search(r"\[Errno -?\d+\] ([^)]+)", str(error))  # cheroot tells of each socket that it tried
        raise PortTakenError(reason[1] if reason else str(error)) from error
    return web


def stop(services: Services) -> None:
    """Stop taking requests, and let what is at hand finish if it is quick.

    Nothing has to: what was acked is in the spool; a batch or a sweep that is cut off is done again at the next start.
    """
    services.drain.stop()
    stopping = threading.Thread(target=services.web.stop, daemon=True)
    stopping.start()
    stopping.join(STOP_SECONDS)
    services.drain.join(STOP_SECONDS / 2)


def _start_celery() -> None:
    app = find_app(settings.CELERY_APP)
    worker = app.WorkController(app=app, pool_cls="threads", concurrency=2, without_gossip=True, without_mingle=True)
    threading.Thread(target=worker.start, name="worker", daemon=True).start()
    beat = EmbeddedService(app, thread=True, scheduler_cls=Scheduler)
    beat.daemon = True
    beat.start()
