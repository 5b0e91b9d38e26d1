"""What kind of file this is, by how it begins and what it is called."""

import json
from collections.abc import Iterable
from pathlib import PurePath

from stagelight_client.errors import StopError
from stagelight_client.formats import langfuse, phoenix, tables
from stagelight_client.formats.langfuse import Langfuse
from stagelight_client.formats.native import Native
from stagelight_client.formats.otlp_json import OtlpJson
from stagelight_client.formats.otlp_protobuf import OtlpProtobuf, framing
from stagelight_client.formats.phoenix import Phoenix
from stagelight_client.records import WRAPPERS, Format, Layout, first_keys
from stagelight_client.sources import Source

FORMATS: dict[str, Format] = {each.name: each for each in (OtlpJson(), OtlpProtobuf(), Native(), Langfuse(), Phoenix())}
_OTLP = frozenset({"resourceSpans", "resourceLogs", "resourceMetrics"})


def detect(source: Source, asked: str = "") -> tuple[Format, Layout]:
    """The format, and how the file is cut; raises StopError. `asked` is the name of a format that is given."""
    head = source.head
    if not head.strip():
        raise StopError(f"{source.name} is empty")
    _refuse_known(source)
    begins = head.lstrip()[:1]
    if begins not in (b"{", b"["):
        return _table_or_messages(source, asked)
    layout: Layout = "lines" if _is_lines(source) else "document"
    keys = _keys(head, layout)
    if not WRAPPERS.isdisjoint(keys):
        layout = "document"
    found = FORMATS[asked] if asked else _by_keys(keys)
    if found is None or layout not in found.layouts:
        raise _unknown(source, asked)
    return found, layout


def _refuse_known(source: Source) -> None:
    head = source.head
    if head.startswith(b"PAR1"):
        hint = 'pandas.read_parquet(FILE).to_json("spans.jsonl", orient="records", lines=True, date_unit="ns")'
        raise StopError(f"{source.name} is Parquet, which this command does not read. Make JSON Lines of it: {hint}")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise StopError(f"{source.name} is UTF-16: save it as UTF-8")
    if head.startswith((b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ")):
        raise StopError(f"{source.name} is compressed, and not with gzip: decompress it first")


def _table_or_messages(source: Source, asked: str) -> tuple[Format, Layout]:
    if framing(source.head) is not None:
        found: Format | None = FORMATS[asked] if asked else FORMATS["otlp-protobuf"]
        layout: Layout = "messages"
    else:
        found = FORMATS[asked] if asked else _by_keys(tables.header(source.head))
        layout = "table"
    if found is None or layout not in found.layouts:
        raise _unknown(source, asked)
    return found, layout


def _is_lines(source: Source) -> bool:
    """A document that is written over several lines has a first line that is no JSON by itself."""
    name = PurePath(source.name.removesuffix(".gz"))
    if name.suffix in (".jsonl", ".ndjson"):
        return True
    head = source.head.lstrip()
    if head[:1] == b"[":
        return False
    first, end, _ = head.partition(b"\n")
    if not end:
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return first.count(b'"') > 2 and first.rstrip()[-1:] in (b"}", b'"')  # a line that was damaged, not broken
    return True


def _keys(head: bytes, layout: Layout) -> list[str]:
    """Of lines, those of the first few, of which one may be damaged."""
    if layout == "document":
        return first_keys(head)
    return [key for line in head.split(b"\n")[:5] for key in first_keys(line)]


def _by_keys(keys: Iterable[str]) -> Format | None:
    names = set(keys)
    if names & _OTLP:
        return FORMATS["otlp-json"]
    if names >= {"trace_id", "query"} or names >= {"trace_id", "started_at"}:
        return FORMATS["native"]
    if names & phoenix.SIGNS:
        return FORMATS["phoenix"]
    camel = {langfuse.camel(name) for name in names}
    pairs = ({"id", "traceId"}, {"type", "body"}, {"trace", "observations"})
    if camel & langfuse.SIGNS or any(pair <= camel for pair in pairs):
        return FORMATS["langfuse"]
    return None


def _unknown(source: Source, asked: str) -> StopError:
    if asked:
        return StopError(f"{source.name} cannot be read as {asked}: {FORMATS[asked].words}")
    kinds = "; ".join(f"--format {each.name}: {each.words}" for each in FORMATS.values())
    return StopError(f"what {source.name} holds was not recognised. Say what it is: {kinds}")
