"""What people decided, and the outbox that carries it to the trace store: both written in one transaction."""

from django.conf import settings
from django.db import models


class HumanVerdict(models.Model):
    """What a person said went wrong with a trace. Never edited: the newest of a trace stands."""

    project = models.ForeignKey("tracing.Project", on_delete=models.CASCADE)
    trace_id = models.CharField(max_length=200)
    key_ns = models.BigIntegerField(help_text="the trace's sort time in the store")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    name = models.CharField(max_length=150, help_text="of the person, as it was then")
    stage = models.CharField(max_length=40, blank=True)
    fault = models.CharField(max_length=40)
    note = models.TextField(blank=True)
    said_ns = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["project", "trace_id", "said_ns"], name="verdicts_of_a_trace")]

    def __str__(self) -> str:
        return f"{self.name} on {self.trace_id}: {self.fault}"


class Outbox(models.Model):
    """A decision that the trace store may not know yet; deleted once it is copied there."""

    verdict = models.OneToOneField(HumanVerdict, on_delete=models.CASCADE)
    attempts = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "outbox"

    def __str__(self) -> str:
        return f"{self.verdict}, after {self.attempts} attempts"
