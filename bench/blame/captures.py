"""Real clients' traces, kept beside the checkout: pipelines that the rules were not written for.

The truth is an independent program's reading of the same requests: the first of its lists that lacks the page which
answers the question. Where it read no list between two stages, either of them is right.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.blame.facts import Shelf, Version, version_of
from tracing import otlp
from tracing.attribution.refusals import is_refusal
from tracing.normalise import normalise
from tracing.records import Expectation, ManifestEntry, Span, Trace

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "captures"


@dataclass(frozen=True)
class Captured:
    """One trace of one client, and the stages that may be to blame: none where the page came through."""

    client: str
    question_id: str
    trace: Trace
    expectation: Expectation
    blamed: frozenset[str]
    sound: bool  # the page came through, and it did not refuse


def shelf_of(folder: Path = FOLDER) -> Shelf:
    """Every chunk is a citable place of its own."""
    return Shelf((_version(folder),), {})


def _version(folder: Path) -> Version:
    rows = [json.loads(line) for line in (folder / "corpus.jsonl").read_text().splitlines()]
    return version_of("captured", (ManifestEntry(row["id"], row["product"], row["path"], row["title"]) for row in rows))


def captured(folder: Path = FOLDER) -> Iterator[Captured]:
    """The traces of the questions, client by client; those of batch jobs and of other questions are left out."""
    places = list(_version(folder).entries)
    questions = {row["id"]: row for row in json.loads((folder / "questions.json").read_text())}
    for client in sorted(path.parent for path in folder.glob("*/expected.jsonl")):
        rows = {row["trace_id"]: row for row in map(json.loads, (client / "expected.jsonl").read_text().splitlines())}
        for trace_id, spans in _spans(client).items():
            row = rows.get(trace_id)
            question = questions.get(row["question_id"]) if row is not None else None
            if row is None or question is None or not row["lanes"]:
                continue
            page = question["expect"]
            anchors = tuple(place for place in places if page is not None and place.rpartition("#")[0] == page)
            behaviour = "answer" if anchors else "refuse"
            blamed = _first_loss(row, set(anchors))
            if blamed == {"retrieve"} and row.get("product") and question["product"] not in (None, row["product"]):
                blamed = frozenset(("route",))
            yield Captured(
                client.name,
                question["id"],
                normalise(spans),
                Expectation(behaviour, anchors, product=question["product"], intent=None, source="query"),
                blamed,
                bool(anchors) and not blamed and not is_refusal(row["output"] or "") and not row["error"],
            )


def _spans(client: Path) -> dict[str, list[Span]]:
    found: dict[str, list[Span]] = {}
    for path in sorted(client.glob("*.headers.json")):
        seen = json.loads(path.read_text())
        body = path.with_name(path.name.replace(".headers.json", ".bin"))
        headers = {name.lower(): value for name, value in seen["headers"]}
        if not seen["path"].endswith("/v1/traces") or not body.exists():
            continue
        raw = body.read_bytes()
        encoding = headers.get("content-encoding", "")
        raw = gzip.decompress(raw) if encoding == "gzip" else zlib.decompress(raw) if encoding == "deflate" else raw
        for span in otlp.decode(raw, headers["content-type"]):
            found.setdefault(span.trace_id, []).append(span)
    return found


def _first_loss(row: dict[str, Any], wanted: set[str]) -> frozenset[str]:
    """The stages that may have lost the page: those from the last list with it to the first one without it."""
    if not wanted:
        return frozenset()
    lanes = {one["doc_id"] for lane in row["lanes"] for one in lane["candidates"]}
    rerank = row["rerank"] or {}
    lists = [
        ("retrieve", lanes),
        ("retrieve", _ids((row.get("fusion") or {}).get("output") or (row.get("fusion") or {}).get("candidates"))),
        ("retrieve", _ids(rerank.get("input"))),
        ("rerank", _ids(rerank.get("output"))),
        ("context", set(row["survived"]) if row["survived"] else None),
    ]
    between: list[str] = []
    for stage, held in lists:
        between.append(stage)
        if held is None:
            continue
        if not wanted & held:
            return frozenset(between)
        between = []
    return frozenset()


def _ids(documents: list[dict[str, Any]] | None) -> set[str] | None:
    return None if documents is None else {one["doc_id"] for one in documents}
