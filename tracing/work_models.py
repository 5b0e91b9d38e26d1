"""Work that outlives a request: jobs with their progress, and leases, so that of several workers one does it."""

import time
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone


class Job(models.Model):
    """A sweep over a range of traces that somebody asked for; it goes on where it stopped."""

    class Status(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    project = models.ForeignKey("tracing.Project", on_delete=models.CASCADE)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    kind = models.CharField(max_length=20, default="reattribute")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    q = models.CharField(max_length=2000, blank=True)
    start_ns = models.BigIntegerField(null=True, blank=True)
    end_ns = models.BigIntegerField(null=True, blank=True)
    until_ns = models.BigIntegerField(default=time.time_ns, help_text="what arrives later is not its business")
    total = models.PositiveIntegerField(null=True, help_text="none until it is counted")
    done = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0, help_text="still arriving, or gone meanwhile")
    failed = models.PositiveIntegerField(default=0, help_text="of those done, how many could not be judged")
    failures = models.JSONField(default=dict, help_text="the first of those: trace id -> why")
    after_ns = models.BigIntegerField(default=0)
    after_id = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="that failed since it last got on")
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}: {self.done} of {self.total}"


class Lease(models.Model):
    """Who may do something now: nobody else until then."""

    name = models.CharField(max_length=80, primary_key=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} until {self.until}"

    @classmethod
    def take(cls, name: str, seconds: float) -> bool:
        """True where it is free; it is then taken for so long, unless it is given back or taken longer before."""
        now = timezone.now()
        cls.objects.get_or_create(name=name, defaults={"until": now})
        later = now + timedelta(seconds=seconds)
        return bool(cls.objects.filter(name=name, until__lte=now).update(until=later))

    @classmethod
    def extend(cls, name: str, seconds: float) -> None:
        """Hold on to one that was taken."""
        cls.objects.filter(name=name).update(until=timezone.now() + timedelta(seconds=seconds))

    @classmethod
    def give_all_back(cls) -> None:
        """For the process that alone holds the embedded store: whoever took one is gone."""
        cls.objects.update(until=timezone.now())

    @classmethod
    def give_back(cls, name: str) -> None:
        """Let the next one take it."""
        cls.objects.filter(name=name).update(until=timezone.now())
