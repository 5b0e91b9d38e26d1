"""What we decide."""

from django.apps import AppConfig


class ReviewConfig(AppConfig):
    """What we decide."""

    name = "review"
