"""What another Langfuse instance holds, page by page, as the events that its SDKs would have sent."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tracing.otlp.json import Undecodable, loads

TIMEOUT_SECONDS = 60.0
MOST_TRIES = 6
LONGEST_WAIT_SECONDS = 60.0
_AGAIN = (429, 500, 502, 503, 504)
_NOT_THERE = (404, 405, 410)
_FIELDS = "core,basic,time,io,metadata,model,usage,prompt,trace_context"


class SourceError(RuntimeError):
    """The other instance does not answer as one; the text says what it answered."""


@dataclass(frozen=True, slots=True)
class Way:
    """One list of the other's API: by cursor where that is how it pages, else by number."""

    path: str
    by_cursor: bool
    query: Mapping[str, str] = field(default_factory=dict)
    until: str = ""  # the parameter that keeps out what comes while the import runs


@dataclass(frozen=True, slots=True)
class Place:
    """Where to go on: which way of a kind, and the page or cursor there; `done` where nothing is left."""

    way: int = 0
    at: str = ""
    count: int = 0
    done: bool = False


# Newer instances have the first way of a kind, older ones the last; what an instance lacks is left out.
WAYS: dict[str, tuple[Way, ...]] = {
    "traces": (Way("traces", False, {"orderBy": "timestamp.asc"}, "toTimestamp"),),
    "observations": (
        Way("v2/observations", True, {"fields": _FIELDS}, "toStartTime"),
        Way("observations", False, {}, "toStartTime"),
    ),
    "scores": (
        Way("v3/scores", True, {"fields": "score,details,subject"}, "toTimestamp"),
        Way("v2/scores", False, {}, "toTimestamp"),
        Way("scores", False, {}, "toTimestamp"),
    ),
    "datasets": (Way("v2/datasets", False),),
    "dataset-items": (Way("dataset-items", False),),
}


@dataclass(slots=True)
class Source:
    """The other instance, asked no faster than so many times a second."""

    url: str
    public_key: str
    secret_key: str
    a_second: float = 5.0
    limit: int = 50
    sleep: Callable[[float], None] = time.sleep
    answered: bool = False
    _next: float = 0.0

    def pages(self, kind: str, place: Place, until: str) -> Iterator[tuple[list[dict[str, Any]], Place]]:
        """(items, where to go on) of what is left of a kind; raises SourceError."""
        while not place.done:
            way = WAYS[kind][place.way]
            query = {"limit": str(self.limit), **way.query}
            if way.until:
                query[way.until] = until
            if way.by_cursor:
                query |= {"cursor": place.at} if place.at else {}
            else:
                query["page"] = place.at or "1"
            found = self._get(way.path, query)
            if found is None:
                place = Place(place.way + 1) if place.way + 1 < len(WAYS[kind]) else Place(place.way, done=True)
                yield [], place
                continue
            items = [each for each in found.get("data") or () if isinstance(each, dict)]
            place = _next_place(way, place, found, len(items))
            yield items, place

    def _get(self, path: str, query: Mapping[str, str]) -> dict[str, Any] | None:
        """The answer; None where the instance has no such list."""
        url = f"{self.url.rstrip('/')}/api/public/{path}?{urllib.parse.urlencode(query)}"
        basic = base64.b64encode(f"{self.public_key}:{self.secret_key}".encode()).decode()
        request = urllib.request.Request(url, headers={"Authorization": f"Basic {basic}", "Accept": "application/json"})  # noqa: S310 (the operator names it)
        for attempt in range(1, MOST_TRIES + 1):
            self._pace()
            try:
                with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 (as above)
                    found = loads(answer.read())
            except urllib.error.HTTPError as error:
                if error.code in _NOT_THERE:
                    return None
                if error.code not in _AGAIN or attempt == MOST_TRIES:
                    raise SourceError(
                        f"{path} answered {error.code}: {error.read(300).decode(errors='replace')}"
                    ) from error
                self.sleep(_wait(error.headers.get("Retry-After"), attempt))
            except (OSError, Undecodable) as error:
                if attempt == MOST_TRIES:
                    raise SourceError(f"{path} cannot be read: {error}") from error
                self.sleep(_wait(None, attempt))
            else:
                if not isinstance(found, dict) or not isinstance(found.get("data"), list):
                    raise SourceError(f"{path} answered JSON without a list called data")
                self.answered = True
                return found
        raise SourceError(f"{path} did not answer")

    def _pace(self) -> None:
        wait = self._next - time.monotonic()
        if wait > 0:
            self.sleep(wait)
        self._next = time.monotonic() + 1 / self.a_second


def _wait(asked: str | None, attempt: int) -> float:
    seconds = float(asked) if asked and asked.isascii() and asked.isdigit() else float(2**attempt)
    return min(seconds, LONGEST_WAIT_SECONDS)


def _next_place(way: Way, place: Place, found: Mapping[str, Any], items: int) -> Place:
    meta = found.get("meta")
    told = meta if isinstance(meta, dict) else {}
    count = place.count + items
    if way.by_cursor:
        cursor = told.get("cursor")
        return Place(place.way, cursor or "", count, not cursor or not isinstance(cursor, str))
    page = int(place.at or "1")
    pages = told.get("totalPages")
    last = page >= pages if isinstance(pages, int) else not items
    return Place(place.way, str(page + 1), count, last or not items)


def events_of(kind: str, items: list[dict[str, Any]]) -> bytes:
    """The items as the body of an ingestion request; an item that is sent again has the same event's id."""
    made = {"traces": _of_trace, "observations": _of_observation, "scores": _of_score}[kind]
    return json.dumps({"batch": [made(item) for item in items], "metadata": {"sdk_name": "import"}}).encode()


def _event(kind: str, item: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    at = item.get("timestamp") or item.get("startTime")
    return {"id": f"import {kind} {item.get('id')}", "type": f"{kind}-create", "timestamp": at, "body": dict(body)}


def _of_trace(item: Mapping[str, Any]) -> dict[str, Any]:
    bulky = ("observations", "scores")
    return _event("trace", item, {key: value for key, value in item.items() if key not in bulky})


def _of_observation(item: Mapping[str, Any]) -> dict[str, Any]:
    kind = item.get("type")
    known = kind.lower() if isinstance(kind, str) and kind.isascii() and kind.isalpha() else "span"
    return _event(known, item, item)


def _of_score(item: Mapping[str, Any]) -> dict[str, Any]:
    """Newer instances name what a score is about as its subject; a booleans' value is true or false there."""
    subject = item.get("subject")
    told = dict(item)
    if isinstance(subject, dict):
        kind, key = subject.get("kind"), subject.get("id")
        names = {
            "trace": "traceId",
            "session": "sessionId",
            "observation": "observationId",
            "experiment": "datasetRunId",
        }
        if isinstance(kind, str) and kind in names:
            told.setdefault(names[kind], key)
        if kind == "observation" and subject.get("traceId"):
            told.setdefault("traceId", subject["traceId"])
    if isinstance(told.get("stringValue"), str) and told.get("dataType") in ("CATEGORICAL", "TEXT", "CORRECTION"):
        told["value"] = told["stringValue"]
    return _event("score", item, told)
