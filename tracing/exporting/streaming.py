"""An export as a response that is sent as it is read; few at a time, for each holds a thread of the server."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

from django.http import StreamingHttpResponse

from tracing.exporting.writers import FORMATS, Writer
from tracing.keyed import TraceKey
from tracing.queries import Scope
from tracing.queries.whole import keys_from, whole_traces

KEYS_A_READ = 5_000
AT_ONCE = 2
_running = threading.BoundedSemaphore(AT_ONCE)


class BusyError(RuntimeError):
    """As many exports are running as run at a time."""

    def __init__(self) -> None:
        super().__init__(f"{AT_ONCE} exports are running, which is as many as run at a time: come again")


def export_response(scope: Scope, format: str, limit: int = 0) -> StreamingHttpResponse:
    """A file of the traces in scope that began before now, the oldest first; raises BusyError."""
    scope = replace(scope, end_ns=min(scope.end_ns or scope.now_ns, scope.now_ns))
    writer = FORMATS[format]()
    if not _running.acquire(timeout=1):
        raise BusyError
    pieces = _pieces(scope, writer, limit)
    next(pieces)  # a store that does not answer is an error with its status, and not a broken file
    response = StreamingHttpResponse(pieces, content_type=writer.content_type)
    name = f"traces-{time.strftime('%Y%m%d-%H%M%S', time.gmtime(scope.now_ns / 1e9))}.{format}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _pieces(scope: Scope, writer: Writer, limit: int) -> Iterator[bytes]:
    """A piece behind what was read: the first is empty, and comes when the first traces have been read."""
    held = b""
    try:
        for keys in batched_keys(scope, writer.batch, limit):
            found = whole_traces(project=scope.project, keys=keys, live=scope.live, with_texts=writer.with_texts)
            read = writer.rows(found)
            yield held
            held = read
        end = writer.end()
        yield held
        yield end
    finally:
        _running.release()


def batched_keys(scope: Scope, batch: int, limit: int) -> Iterator[tuple[TraceKey, ...]]:
    """The keys in scope, the oldest first, so many at a time; at most `limit` in all, where it is not 0."""
    after: TraceKey | None = None
    left = limit
    while True:
        wanted = min(KEYS_A_READ, left) if limit else KEYS_A_READ
        keys = keys_from(scope=scope, after=after, limit=wanted) if wanted else ()
        for start in range(0, len(keys), batch):
            yield keys[start : start + batch]
        if not keys or len(keys) < wanted:
            return
        after, left = keys[-1], left - len(keys)
