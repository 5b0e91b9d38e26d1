"""What happened: receive, normalise, store, blame."""

from django.apps import AppConfig
from django.core.checks import register


class TracingConfig(AppConfig):
    """What happened: receive, normalise, store, blame."""

    name = "tracing"

    def ready(self) -> None:
        """Have the settings checked before anything starts."""
        from tracing import checks

        for check in checks.ALL:
            register(check)
