"""One request to any endpoint: a sound one with changes of its values, of its JSON, or of its bytes."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as some

from tests.tracing.fuzz import hostile, wire
from tests.tracing.fuzz.seeds import NEIGHBOURS, seeds

JSON, PROTOBUF = "application/json", "application/x-protobuf"
PATHS = {
    "spans": ("/v1/traces", "/api/public/otel/v1/traces"),
    "logs": ("/v1/logs",),
    "native": ("/api/v1/traces",),
    "ingestion": ("/api/public/ingestion",),
    "scores": ("/api/public/scores",),
    "signals": ("/api/v1/signals",),
    "manifest": ("/api/v1/corpus/manifest?version=v1",),
    "index": ("/api/v1/corpus/index?version=v1",),
    "expectations": ("/api/v1/expectations",),
}
LINES = ("manifest", "index", "expectations")
ITEMS_AT = {"spans": 6, "logs": 6, "ingestion": 2}  # how deep in the document an item lies; elsewhere at the top


@dataclass(frozen=True)
class Request:
    """What is sent; `sound` where nothing but items of its list was changed, so that it must be taken."""

    kind: str
    path: str
    body: bytes
    content_type: str
    encoding: str
    level: str
    sound: bool
    beside: bool  # holds the sound neighbour
    twice: bool
    shared: bool  # is of the same trace as others of its round

    def __repr__(self) -> str:
        return f"Request({self.level} of {self.kind} to {self.path}, {self.body[:6_000]!r})"


@some.composite
def any_request(draw: some.DrawFn) -> Request:
    """Drawn evenly from the groups of seeds, with one to four changes and a sound neighbour at the end."""
    grouped = seeds()
    seed = draw(some.sampled_from(grouped[draw(some.sampled_from([*grouped, "made spans", "captured spans"]))]))
    level = draw(some.sampled_from(["values", "values", "json", "json", "bytes"]))
    changes = draw(some.lists(hostile.mutations, min_size=1, max_size=4))
    content, touched = hostile.mutated(seed.content, changes if level == "values" else [])
    protobuf = seed.kind in wire.PROTOBUF and level != "json" and draw(some.booleans())
    if protobuf:
        body, beside = wire.PROTOBUF[seed.kind]([*content, NEIGHBOURS[seed.kind]]), True
    else:
        document = wire.DOCUMENTS[seed.kind](content) if seed.kind in wire.DOCUMENTS else content
        document, moved = hostile.mutated(document, changes if level == "json" else [])
        beside = _put_beside(seed.kind, document)
        body = _written(seed.kind, document)
        touched += moved
    depth = 1 if level == "values" and seed.kind in wire.DOCUMENTS else ITEMS_AT.get(seed.kind, 1)
    sound = level != "bytes" and beside and all(len(path) >= depth and path[0] != "metadata" for path in touched)
    return Request(
        seed.kind,
        draw(some.sampled_from(PATHS[seed.kind])),
        hostile.bent(body, draw(hostile.flips)) if level == "bytes" else body,
        PROTOBUF if protobuf else JSON,
        draw(some.sampled_from(["", "", "gzip", "deflate"])),
        level,
        sound,
        beside and level != "bytes",
        draw(some.sampled_from([False, False, True])),
        draw(some.booleans()),
    )


def _put_beside(kind: str, document: Any) -> bool:
    """Add the neighbour; False where there is no list any more that could hold it."""
    neighbour = NEIGHBOURS.get(kind)
    if kind in wire.DOCUMENTS:
        [(name, groups)] = wire.DOCUMENTS[kind]([neighbour]).items()
        held = document.get(name) if isinstance(document, dict) else None
        neighbour = groups[0]
    else:
        held = document.get("batch") if kind == "ingestion" and isinstance(document, dict) else document
    if neighbour is None or not isinstance(held, list):
        return False
    held.append(neighbour)
    return True


def _written(kind: str, document: Any) -> bytes:
    if kind in LINES and isinstance(document, list):
        return "\n".join(hostile.dumped(line) for line in document).encode()
    return hostile.dumped(document).encode()
