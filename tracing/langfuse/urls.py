"""The paths that Langfuse's SDKs call, below `/api/public/`."""

from django.urls import path

from tracing.langfuse import datasets as langfuse_datasets
from tracing.langfuse import endpoints as langfuse
from tracing.langfuse import media as langfuse_media

urlpatterns = [
    path("health", langfuse.health),
    path("otel/v1/traces", langfuse.otlp_traces, name="langfuse_otlp"),
    path("ingestion", langfuse.ingestion, name="langfuse_ingestion"),
    path("scores", langfuse.scores, name="langfuse_scores"),
    path("projects", langfuse.projects),
    path("v2/prompts/<path:name>", langfuse.prompt),
    path("v2/datasets", langfuse_datasets.datasets),
    path("v2/datasets/<path:name>", langfuse_datasets.dataset),
    path("dataset-items", langfuse_datasets.items),
    path("dataset-items/<path:item_id>", langfuse_datasets.item),
    path("dataset-run-items", langfuse_datasets.run_items),
    path("media", langfuse_media.place),
    path("media/upload/<str:token>", langfuse_media.upload, name="langfuse_upload"),
    path("media/content/<str:token>", langfuse_media.content, name="langfuse_content"),
    path("media/<str:media_id>", langfuse_media.one),
]
