"""The paths of the receiver, the API and the pages of traces."""

from django.urls import path

from tracing import health, receive, urls_pages

app_name = "tracing"
urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("v1/traces", receive.otlp_traces, name="otlp_traces"),
    path("v1/metrics", receive.otlp_metrics, name="otlp_metrics"),
    path("api/v1/traces", receive.native_traces, name="native_traces"),
    path("api/v1/signals", receive.post_signals, name="post_signals"),
    *urls_pages.urlpatterns,
]
