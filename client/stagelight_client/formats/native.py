"""Stagelight's own JSON: a trace a line, a list of traces, or one; also what `stagelight export` wrote."""

from collections.abc import Iterator

from stagelight_client.errors import BadRecordError
from stagelight_client.records import Layout, Made, Part, Record, lines, object_of, values
from stagelight_client.sources import Source

NEEDED = ("trace_id", "query", "started_at")


class Native:
    """See the module."""

    name = "native"
    words = "Stagelight's own JSON, one trace a line or a list"
    layouts: tuple[Layout, ...] = ("lines", "document")

    def records(self, source: Source, layout: Layout) -> Iterator[Record]:
        """A record a trace."""
        yield from lines(source) if layout == "lines" else values(source)

    def made(self, record: Record) -> Iterator[Made]:
        """The trace as it is written; what else is wrong with it, the server says."""
        trace = object_of(record.data)
        missing = [name for name in NEEDED if not trace.get(name)]
        if missing:
            raise BadRecordError(f"{missing[0]} is missing")
        yield Part("native", record.data.strip())
