"""What to do about a refused request, by the status of its answer."""

from tracing.body import LATE

LEFT_OUT = "The rest of the request was taken. What was left out is not sent again: mend what the sender writes there."
CURES = {
    200: LEFT_OUT,
    202: LEFT_OUT,
    400: "The body is not what its Content-Type and Content-Encoding say. It is not sent again: mend the sender.",
    401: "Send a working key as 'Authorization: Bearer <key>'. The keys page makes one.",
    403: "The key lacks the scope for this: make one that may ingest.",
    404: "There is nothing at that path: traces go to /v1/traces or /api/v1/traces.",
    405: "Send it with POST.",
    408: "The sender stopped before the end of the body.",
    413: "Send smaller batches (OTEL_BSP_MAX_EXPORT_BATCH_SIZE), or raise INGEST_MAX_BYTES.",
    415: "Send application/x-protobuf or application/json, plain, gzip or deflate.",
    429: "The exporter sends it again by itself.",
    503: "The exporter sends it again by itself. If it stays so: is the disk or the spool full (SPOOL_MAX_BYTES)?",
}


SLOW = "The sender, or a proxy before it, stopped within the body. The exporter sends it again by itself."


def cure(status: int, reason: str = "") -> str:
    """A sentence for the person who has to mend it."""
    if reason.startswith(LATE):
        return SLOW
    return CURES.get(status, "The server's log says more at that time.")
