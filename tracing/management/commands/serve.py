"""`serve`: web, drain, Celery worker and beat in one process, on files of its own; needs no other service."""

import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import Any

import structlog
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tracing import address, bootstrap, embedded, receive, store

log = structlog.get_logger()


class Command(BaseCommand):
    """Serve everything from one process until Ctrl-C."""

    help = "Serve web, drain, worker and beat from one process."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to listen."""
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=settings.PORT)

    def handle(self, *args: Any, **options: Any) -> None:
        """Start in order, wait for a signal, stop in order."""
        stopping = threading.Event()
        _stop_on_signals(stopping)
        started = time.monotonic()
        sys.setswitchinterval(0.002)  # s: an ack should not wait 5 ms for a turn, and each turn costs the drain
        publish(options["port"])
        self._prepare()
        services = self._started(options["host"], options["port"])
        address.leave()
        url = f"http://{options['host']}:{options['port']}"
        self.stdout.write(f"Stagelight is ready at {url} after {time.monotonic() - started:.1f} s; Ctrl-C stops it.")
        self.stdout.flush()
        while not stopping.wait(0.5) and services.healthy():
            pass
        was_asked = stopping.is_set()
        embedded.stop(services)
        address.forget()
        self.stdout.write("stopped" if was_asked else "stopped, for a part of it ended by itself: the log says why")
        self.stdout.flush()
        os._exit(0 if was_asked else 1)  # a sweep may be at work in a thread that Python would wait for

    def _started(self, host: str, port: int) -> embedded.Services:
        try:
            return embedded.start(host, port)
        except embedded.PortTakenError as error:
            raise CommandError(
                f"nobody can be served at {host}:{port}: {error}. Take another port: PORT=8010 in the environment,"
                " or `make up PORT=8010`."
            ) from error
        except Exception:
            log.exception("a part of it did not start")
            os._exit(1)  # parts that did start would keep the process and its port

    def _prepare(self) -> None:
        try:
            path = store.embedded_path()
            if path is not None:
                store.hold(path)
            call_command("migrate", interactive=False, verbosity=0)
            receive.spool()
        except store.StoreInUseError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"the data directory or the spool (SPOOL_DIR) cannot be used: {error}") from error
        bootstrap.first_start()


def publish(port: int) -> None:
    """Links and commands on the pages name the port that was asked for, unless PUBLIC_URL says where others look."""
    if port != settings.PORT and not os.environ.get("PUBLIC_URL"):
        settings.PUBLIC_URL = f"http://127.0.0.1:{port}"


def _stop_on_signals(stopping: threading.Event) -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
