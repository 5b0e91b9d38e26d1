"""Logs as JSON lines on standard error: our own, and those of every library."""

import logging
import sys
from collections.abc import Sequence
from typing import Any

import structlog

COMMON: Sequence[Any] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)
NOISY = ("celery", "kombu", "django.request", "clickhouse_connect", "urllib3")  # what they report, we report ourselves


def configure(level: str) -> None:
    """Send structlog's and the libraries' records to standard error, a line each."""
    level = level.upper()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*COMMON, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel("ERROR")
    structlog.configure(
        processors=[*COMMON, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
