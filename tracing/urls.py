"""The paths of the receiver, the API and the pages of traces."""

from django.urls import include, path, re_path

from tracing import health, problems, receive, receive_logs, urls_pages
from tracing.api import root as api
from tracing.langfuse import endpoints as langfuse
from tracing.langfuse import urls as urls_langfuse

app_name = "tracing"
urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("v1/traces", receive.otlp_traces, name="otlp_traces"),
    path("v1/logs", receive_logs.otlp_logs_view, name="otlp_logs"),
    path("v1/traces/", receive.otlp_traces),  # an address that was typed with a slash at its end
    path("v1/logs/", receive_logs.otlp_logs_view),
    path("v1/metrics", receive.otlp_metrics, name="otlp_metrics"),
    path("api/v1/", api.urls()),
    path("api/v1", api.nothing),
    path("api/public/", include(urls_langfuse.urlpatterns)),
    re_path("^(?:api|v1|healthz|readyz)(?:/.*)?$", problems.nothing),
    path("project/<str:project>/traces/<str:trace_id>", langfuse.trace_page),
    *urls_pages.urlpatterns,
]
