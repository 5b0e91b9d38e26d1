"""gunicorn -c deploy/gunicorn.conf.py config.wsgi: several web processes in front of a ClickHouse server.

Each process spools what it acknowledges, and one of them at a time, whichever holds the lock, stores it for all.
"""

import os
from typing import Any

bind = os.environ.get("BIND", "0.0.0.0:8000")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 8
timeout = 60
graceful_timeout = 15
keepalive = 30  # exporters keep their connection between batches of 5 s
logconfig_dict = {  # to the root logger, which writes JSON lines once Django is set up
    "version": 1,
    "disable_existing_loggers": False,
    "loggers": {
        name: {"handlers": [], "propagate": True, "level": "INFO"} for name in ("gunicorn.error", "gunicorn.access")
    },
}


def on_starting(server: Any) -> None:
    """Refuse what cannot work before any process is made."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    call_command("check")
    if settings.EMBEDDED:
        raise SystemExit("CLICKHOUSE_URL is not set: the embedded store serves one process, `manage.py serve`.")


def post_worker_init(worker: Any) -> None:
    """Start this process's drain, once its application is loaded."""
    from tracing import receive
    from tracing.drain import Drain

    worker.drain = Drain(receive.spool())
    worker.drain.start()


def worker_exit(server: Any, worker: Any) -> None:
    """Let the batch at hand finish; what is left stays spooled for the other processes or the next start."""
    drain = getattr(worker, "drain", None)
    if drain is not None:
        drain.stop()
        drain.join(graceful_timeout)
