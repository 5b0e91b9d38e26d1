"""What runs by the clock: sweeps over durable rows, so that a lost message loses no work."""

from celery import shared_task
from django.core.management import call_command


@shared_task(name="tracing.forget_ended_sign_ins")
def forget_ended_sign_ins() -> None:
    """Delete sessions that have ended."""
    call_command("clearsessions")
