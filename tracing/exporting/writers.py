"""Traces written piece by piece, so that a file of any length needs the memory of one piece."""

import csv
import io
from collections.abc import Sequence
from typing import Any, Protocol

import orjson

from tracing.api.shape import trace_json
from tracing.exporting.flat import COLUMNS, row_of, written
from tracing.queries import Found
from tracing.spreadsheet import safe


class Writer(Protocol):
    """Bytes of one format; what is returned follows what was returned before."""

    content_type: str
    with_texts: bool
    batch: int

    def rows(self, found: Sequence[Found]) -> bytes:
        """Some more traces."""

    def end(self) -> bytes:
        """What closes the file."""


class JsonLines:
    """Each trace whole, as `GET /api/v1/traces/{trace_id}` gives it: what was exported can be imported."""

    content_type = "application/x-ndjson"
    with_texts = True
    batch = 50

    def rows(self, found: Sequence[Found]) -> bytes:
        """A line a trace."""
        return b"".join(orjson.dumps(trace_json(one)) + b"\n" for one in found)

    def end(self) -> bytes:
        """Nothing."""
        return b""


class Csv:
    """Flat rows under a header. A text that a spreadsheet would take for a formula has an apostrophe before it."""

    content_type = "text/csv; charset=utf-8"
    with_texts = False
    batch = 200

    def __init__(self) -> None:
        self._text = io.StringIO(newline="")
        self._csv = csv.writer(self._text)
        self._csv.writerow([column.name for column in COLUMNS])

    def rows(self, found: Sequence[Found]) -> bytes:
        """A record a trace; lists are JSON."""
        for one in found:
            row = row_of(one)
            self._csv.writerow([_cell(written(column, row[column.name])) for column in COLUMNS])
        return self.end()

    def end(self) -> bytes:
        """What was not taken yet: the header, where there were no rows."""
        data = self._text.getvalue().encode("utf-8", "replace")
        self._text.seek(0)
        self._text.truncate()
        return data


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return orjson.dumps(value).decode() if value else ""
    return safe(value)


class Parquet:
    """Flat rows with types, compressed; a row group a piece."""

    content_type = "application/vnd.apache.parquet"
    with_texts = False
    batch = 500

    def __init__(self) -> None:
        import pyarrow  # it costs the web's processes 40 MB, so only who asks for Parquet loads it
        import pyarrow.parquet

        types = {
            "text": pyarrow.string(),
            "texts": pyarrow.list_(pyarrow.string()),
            "time": pyarrow.timestamp("ns", "UTC"),
            "number": pyarrow.float64(),
            "whole": pyarrow.int64(),
            "truth": pyarrow.bool_(),
        }
        self._schema = pyarrow.schema([(column.name, types[column.type]) for column in COLUMNS])
        self._table = pyarrow.Table
        self._sink = _Sink()
        self._writer = pyarrow.parquet.ParquetWriter(self._sink, self._schema, compression="zstd")

    def rows(self, found: Sequence[Found]) -> bytes:
        """A row group."""
        if found:
            rows = [row_of(one) for one in found]
            self._writer.write_table(self._table.from_pylist(rows, schema=self._schema))
        return self._sink.taken()

    def end(self) -> bytes:
        """The footer, without which nothing can be read."""
        self._writer.close()
        return self._sink.taken()


class _Sink(io.RawIOBase):
    """Where Arrow writes: it counts all, and holds what was not taken yet."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._size

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        self._size += len(piece)
        return len(piece)

    def taken(self) -> bytes:
        data = b"".join(self._pieces)
        self._pieces.clear()
        return data


FORMATS: dict[str, type[JsonLines] | type[Csv] | type[Parquet]] = {"jsonl": JsonLines, "csv": Csv, "parquet": Parquet}
