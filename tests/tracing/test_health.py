"""Health."""

from django.test import Client


def test_the_process_answers() -> None:
    assert Client().get("/healthz").json() == {"status": "ok"}
