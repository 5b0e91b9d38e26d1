"""CSV: rows under a header, whose cells may hold texts of any length with line breaks in them."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from stagelight_client.errors import BrokenFileError
from stagelight_client.records import Layout, Record, lines, values
from stagelight_client.sources import LARGEST, Source


def rows(source: Source) -> Iterator[Record]:
    """A record a row: its cells by column, None where a row has another number of cells than the header."""
    csv.field_size_limit(LARGEST)
    text = io.TextIOWrapper(source.stream, encoding="utf-8", errors="replace", newline="")
    reader = csv.reader(text)
    try:
        header = next(reader, [])
        before = reader.line_num
        for number, cells in enumerate(reader, start=1):
            place, before = f"line {before + 1}", reader.line_num
            if cells:
                data = dict(zip(header, cells, strict=True)) if len(cells) == len(header) else None
                yield Record(number, place, data)
    except (csv.Error, EOFError, OSError) as error:
        raise BrokenFileError(f"no CSV behind line {reader.line_num}: {error}") from error
    finally:
        text.detach()


def rows_or_objects(source: Source, layout: Layout) -> Iterator[Record]:
    """A record a row of a table, a line of JSON, or an object of one document."""
    if layout == "table":
        return rows(source)
    return lines(source) if layout == "lines" else values(source)


def header(head: bytes) -> list[str]:
    """The columns of a table that begins so; empty where it is none."""
    try:
        return next(csv.reader(io.StringIO(head.decode("utf-8", "replace"), newline="")), [])
    except csv.Error:
        return []


def cells(row: dict[str, Any]) -> dict[str, Any]:
    """The cells that hold something."""
    return {name: value for name, value in row.items() if value not in ("", None)}
