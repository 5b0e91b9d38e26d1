"""What Langfuse's clients keep here beside traces: datasets with their items and runs, and media."""

import uuid

from django.db import models


class Dataset(models.Model):
    """A named list of items."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey("tracing.Project", on_delete=models.CASCADE)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    metadata = models.JSONField(null=True)
    input_schema = models.JSONField(null=True)
    expected_output_schema = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="one_dataset_a_name")]

    def __str__(self) -> str:
        return self.name


class DatasetItem(models.Model):
    """One input with what is expected of it; `item_id` is its sender's, and known once a project."""

    class Status(models.TextChoices):
        ACTIVE = "ACTIVE"
        ARCHIVED = "ARCHIVED"

    project = models.ForeignKey("tracing.Project", on_delete=models.CASCADE)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="items")
    item_id = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    input = models.JSONField(null=True)
    expected_output = models.JSONField(null=True)
    metadata = models.JSONField(null=True)
    source_trace_id = models.CharField(max_length=200, blank=True)
    source_observation_id = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "item_id"], name="one_dataset_item_an_id")]

    def __str__(self) -> str:
        return self.item_id


class DatasetRunItem(models.Model):
    """That a trace is the run's answer to an item."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.ForeignKey(DatasetItem, on_delete=models.CASCADE, related_name="runs")
    run_name = models.CharField(max_length=200)
    trace_id = models.CharField(max_length=200)
    observation_id = models.CharField(max_length=200, blank=True)
    metadata = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "run_name", "trace_id"], name="one_run_item_a_trace"),
        ]

    def __str__(self) -> str:
        return f"{self.run_name}: {self.item}"


class Media(models.Model):
    """A picture, a sound or a file that a trace or a dataset item refers to, known by its hash."""

    project = models.ForeignKey("tracing.Project", on_delete=models.CASCADE)
    media_id = models.CharField(max_length=22)
    content_type = models.CharField(max_length=100)
    length = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=44)
    content = models.BinaryField(null=True)
    trace_id = models.CharField(max_length=200, blank=True)
    observation_id = models.CharField(max_length=200, blank=True)
    field = models.CharField(max_length=40, blank=True)
    uploaded_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "media_id"], name="one_media_a_hash")]

    def __str__(self) -> str:
        return self.media_id
