"""What it adds up to."""

from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    """What it adds up to."""

    name = "dashboards"
