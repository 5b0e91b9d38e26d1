"""What happened: receive, normalise, store, blame."""

from django.apps import AppConfig


class TracingConfig(AppConfig):
    """What happened: receive, normalise, store, blame."""

    name = "tracing"
