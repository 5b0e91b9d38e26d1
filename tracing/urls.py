"""The paths of the receiver, the API and the pages of traces."""

from django.urls import path

from tracing import health

app_name = "tracing"
urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
]
