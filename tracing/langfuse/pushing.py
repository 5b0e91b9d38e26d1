"""What is known here of answers, as scores of a Langfuse instance: verdicts, assessments, what people said.

A score's id is made of what it is about, and its time is the trace's: sent again it replaces itself there.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from django.conf import settings

from tracing.judging import verdicts
from tracing.judging.assessments import assessments_of
from tracing.judging.evidence import signals_of
from tracing.keyed import TraceKey
from tracing.models import Project
from tracing.records import Assessment, Signal

log = structlog.get_logger()
pause = time.sleep

KIND = "langfuse_scores"
MOST_SCORES, MOST_BYTES = 100, 900_000  # a request; the other side takes a million bytes
MOST_TRIES = 5
LONGEST_WAIT_SECONDS = 15.0
TIMEOUT_SECONDS = 30
_COMMENT, _TEXT, _LONG_ENOUGH = 2_000, 500, 16
_AGAIN = (429, 500, 502, 503, 504)

Score = dict[str, Any]


class PushError(RuntimeError):
    """The instance does not take scores; the text says what it answered."""


def is_configured() -> bool:
    """True where the settings name an instance and its keys."""
    return bool(settings.LANGFUSE_BASE_URL and settings.LANGFUSE_PUBLIC_KEY and settings.LANGFUSE_SECRET_KEY)


def push(project: Project, keys: Sequence[TraceKey], failures: dict[str, str]) -> int:
    """Send what is known of these traces; a trace of which a score was rejected is among the failures. Of how many it
    was. Raises PushError where the instance takes nothing: the job comes again from here."""
    target = Target(settings.LANGFUSE_BASE_URL, settings.LANGFUSE_PUBLIC_KEY, settings.LANGFUSE_SECRET_KEY)
    for batch in batches(scores_of(project.slug, keys)):
        for at, why in target.send(batch).items():
            failures.setdefault(batch[at]["traceId"], why)
    return len(keys)


def scores_of(project: str, keys: Sequence[TraceKey]) -> list[Score]:
    """All scores of these traces."""
    standing = verdicts.standing_of(project=project, keys=keys)
    assessed = assessments_of(project=project, keys=keys)
    said = signals_of(project=project, trace_ids=[key.trace_id for key in keys])
    found = []
    for key in keys:
        row = standing.get(key.trace_id, verdicts.Standing()).row
        made = [
            *([_of_verdict(row)] if row is not None else []),
            *(score for one in assessed.get(key.trace_id, ()) for score in _of_assessment(one)),
            *(_of_signal(one) for one in said.get(key.trace_id, ())),
        ]
        found += [_addressed(project, key, score) for score in made]
    return found


def _addressed(project: str, key: TraceKey, score: Score) -> Score:
    about = "\x1f".join((project, key.trace_id, score["name"], score.pop("identity", "")))
    made = {
        "id": "stagelight-" + hashlib.sha256(about.encode("utf-8", "replace")).hexdigest()[:32],
        "traceId": key.trace_id,
        "timestamp": dt.datetime.fromtimestamp(key.key_ns // 10**6 / 1e3, dt.UTC).isoformat(timespec="milliseconds"),
    }
    return made | {name: value for name, value in score.items() if value is not None}


def _of_verdict(row: verdicts.Row) -> Score:
    """Said of a sound trace too: a verdict that was taken back must not stay there."""
    one = row.verdict
    blames = ".".join(part for part in (one.stage, one.fault) if part) if row.blames else "none"
    told = {"kind": one.kind, "certainty": one.certainty, "rule": one.rule, "rules_version": one.rules_version}
    return {
        "name": "stagelight.verdict",
        "value": blames,
        "dataType": "CATEGORICAL",
        "comment": "; ".join(one.evidence)[:_COMMENT] or None,
        "metadata": told if row.blames else None,
    }


def _of_assessment(one: Assessment) -> Iterator[Score]:
    name = "lexical_support" if one.by == "lexical" else "groundedness"
    unsupported = [claim.text for claim in one.claims if claim.support != "supported"]
    values = ((name, one.groundedness), ("relevance", one.relevance))
    for called, value in values:
        if value is not None:
            yield {
                "name": f"stagelight.{called}",
                "value": value,
                "dataType": "NUMERIC",
                "comment": "; ".join(unsupported)[:_COMMENT] or None if called == name else None,
                "metadata": {"by": one.by, "version": one.version},
                "identity": one.by,
            }


def _of_signal(one: Signal) -> Score:
    at = dt.datetime.fromtimestamp(one.at_ns // 10**6 / 1e3, dt.UTC).isoformat(timespec="milliseconds")
    own = one.id if one.id and len(one.id) >= _LONG_ENOUGH else None  # as an SDK makes them: such a score may be there
    told = {"id": own, "observationId": one.span_id, "comment": one.comment and one.comment[:_COMMENT]}
    made = {**told, "timestamp": at, "identity": one.identity, "name": one.name or _NAMES.get(one.kind, one.kind)}
    if one.kind == "thumb":
        return made | {"value": 1 if one.value == "up" else 0, "dataType": "BOOLEAN"}
    if isinstance(one.value, bool):
        return made | {"value": int(one.value), "dataType": "BOOLEAN"}
    if isinstance(one.value, int | float):
        return made | {"value": one.value, "dataType": "NUMERIC"}
    value = str(one.value or one.comment or one.anchor or "yes")[:_TEXT]
    return made | {"value": value, "dataType": "TEXT" if one.kind == "comment" else "CATEGORICAL"}


_NAMES = {"thumb": "user-feedback", "citation_broken": "citation-broken"}


def batches(scores: Sequence[Score]) -> Iterator[list[Score]]:
    """Pieces that a request may hold."""
    held: list[Score] = []
    size = 0
    for score in scores:
        length = len(orjson.dumps(score)) + 1
        if held and (len(held) >= MOST_SCORES or size + length > MOST_BYTES):
            yield held
            held, size = [], 0
        held.append(score)
        size += length
    if held:
        yield held


@dataclass(slots=True)
class Target:
    """The instance, asked no faster than so many times a second."""

    url: str
    public_key: str
    secret_key: str
    _next: float = 0.0

    def send(self, scores: Sequence[Score]) -> Mapping[int, str]:
        """Why some of them were rejected, by place; raises PushError."""
        from langfuse.api.client import LangfuseAPI  # takes a second, and is seldom needed
        from langfuse.api.core import ApiError

        api = LangfuseAPI(
            base_url=self.url, username=self.public_key, password=self.secret_key, timeout=TIMEOUT_SECONDS
        )
        for attempt in range(1, MOST_TRIES + 1):
            self._pace()
            status, wait, why = 0, None, ""
            try:
                answer = api.scores.create(request=list(scores), request_options={"max_retries": 0})
            except ApiError as error:
                status, why = error.status_code or 0, str(error.body)[:300]
                wait = {name.lower(): value for name, value in (error.headers or {}).items()}.get("retry-after")
            except Exception as error:  # a transport's: each has its own
                why = repr(error)[:300]
            else:
                return _rejected(answer, len(scores))
            if (status and status not in _AGAIN) or attempt == MOST_TRIES:
                break
            log.info("langfuse asks to come again", status=status, attempt=attempt)
            pause(_seconds(wait, attempt))
        raise PushError(f"{self.url} answered {status or 'nothing'}: {why}")

    def _pace(self) -> None:
        wait = self._next - time.monotonic()
        if wait > 0:
            pause(wait)
        self._next = time.monotonic() + 1 / settings.LANGFUSE_PUSHES_A_SECOND


def _seconds(asked: str | None, attempt: int) -> float:
    seconds = float(asked) if asked and asked.isascii() and asked.isdigit() else float(2**attempt)
    return min(seconds, LONGEST_WAIT_SECONDS)


def _rejected(answer: Any, count: int) -> Mapping[int, str]:
    """An instance that does not say which of them it rejected leaves all in doubt."""
    errors = getattr(answer, "errors", None) or ()
    placed = {}
    for error in errors:
        at = getattr(error, "index", None)
        for place in [at] if isinstance(at, int) and 0 <= at < count else range(count):
            placed[place] = f"rejected by Langfuse: {str(error.message)[:200]}"
    return placed
