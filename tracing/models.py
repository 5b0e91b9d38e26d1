"""Projects, who may see them, the keys that speak for them, and the views that people saved."""

import hashlib
import secrets
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from tracing.dataset_models import Dataset, DatasetItem, DatasetRunItem, Media
from tracing.decision_models import HumanVerdict, Outbox
from tracing.work_models import Job, Lease

__all__ = [
    "Dataset", "DatasetItem", "DatasetRunItem", "HumanVerdict", "Job", "Key", "Lease", "Media", "Membership", "Outbox",
    "Project", "SavedView", "Scope",
]  # fmt: skip


class Project(models.Model):
    """One RAG application under watch; everything is scoped to one."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    zone = models.CharField(max_length=60, default="UTC")
    week_start = models.PositiveSmallIntegerField(default=1, help_text="1 is Monday, 7 is Sunday")
    live_environments = models.JSONField(default=list, blank=True)
    lane_floors = models.JSONField(default=dict, blank=True)
    anchor_pattern = models.CharField(max_length=300, blank=True)
    products = models.JSONField(default=list, blank=True)
    shared_products = models.JSONField(default=list, blank=True)
    suggest_cut = models.FloatField(default=0.5)
    answer_cut = models.FloatField(default=0.8)
    groundedness_cut = models.FloatField(default=0.7)
    slow_ms = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Membership")

    def __str__(self) -> str:
        return self.name


class Scope(models.TextChoices):
    """What a key may do."""

    INGEST = "ingest", "send traces and signals"
    READ = "read", "read traces and measures"
    REVIEW = "review", "decide review items"
    GATE = "gate", "start runs and read gates"
    ADMIN = "admin", "change the project"


class Membership(models.Model):
    """A person's part in a project."""

    class Role(models.TextChoices):
        OWNER = "owner"
        MEMBER = "member"
        VIEWER = "viewer"

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "user"], name="one_membership_a_person")]

    def __str__(self) -> str:
        return f"{self.user} in {self.project} as {self.role}"

    @property
    def scopes(self) -> frozenset[str]:
        """The most that a key of the person may do here: what the person may do on the pages."""
        every: frozenset[str] = frozenset(Scope.values)
        if self.role == Membership.Role.OWNER:
            return every
        return every - {Scope.ADMIN} if self.role == Membership.Role.MEMBER else frozenset({Scope.READ})


class Key(models.Model):
    """A secret that speaks for one project, or for a person in it. Stored hashed, shown once."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="keys")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True)
    name = models.CharField(max_length=80)
    hashed = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @staticmethod
    def digest(secret: str) -> str:
        """What is stored of a secret: 256 random bits need no slow hash."""
        return hashlib.sha256(secret.encode()).hexdigest()

    @classmethod
    def issue(cls, project: Project, name: str, scopes: list[str], person: Any = None) -> tuple["Key", str]:
        """A new key and its secret, which nobody will see again."""
        secret = "sl_" + secrets.token_urlsafe(32)
        key = cls.objects.create(
            project=project, person=person, name=name, scopes=scopes, hashed=cls.digest(secret), hint=secret[:8]
        )
        return key, secret

    def revoke(self) -> None:
        """Refuse it from now on (processes notice within seconds)."""
        self.revoked_at = timezone.now()
        self.save(update_fields=["revoked_at"])


class SavedView(models.Model):
    """A list's filter, time and order under a name, kept by a person for a project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=2000, blank=True)
    since = models.CharField(max_length=60, blank=True)
    until = models.CharField(max_length=60, blank=True)
    sort = models.CharField(max_length=20, blank=True)
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "owner", "name"], name="one_view_a_name")]

    def __str__(self) -> str:
        return self.name
