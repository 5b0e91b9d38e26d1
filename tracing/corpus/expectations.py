"""What the right answers would rest on: lines as they are sent, checked one by one, and kept by what they are about."""

import difflib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tracing import store
from tracing.columns import canonical
from tracing.native import trace_id_of
from tracing.records import Expectation, Trace
from tracing.signals import ItemError
from tracing.spelling import misspelt

BEHAVIOURS = ("answer", "refuse", "direct")
ALIASES = {"route": "direct"}
ABOUT = ("trace", "item", "query")  # the most particular first
MOST_LINES = 200_000
MOST_ANCHORS = 200
TEXTS = {"product": 200, "intent": 200, "note": 2_000}
FIELDS = ("query", "trace_id", "item_id", "behaviour", "anchors", "all_required", *TEXTS)


@dataclass(frozen=True, slots=True)
class Expected:
    """One expectation, and what it is about: a trace, an item, or a question's canonical number."""

    about: str
    subject: str
    behaviour: str
    anchors: tuple[str, ...] = ()
    all_required: bool = False
    product: str = ""
    intent: str = ""
    note: str = ""
    query: str = ""
    source: str = "api"


class _WrongError(Exception):
    def __init__(self, field: str, detail: str, suggestion: str | None = None) -> None:
        super().__init__(detail)
        self.field, self.detail, self.suggestion = field, detail, suggestion


def parse(body: bytes) -> tuple[list[Expected], list[ItemError]]:
    """The expectations of JSON Lines, and an error for each line that cannot be taken; lines count from 1."""
    kept: list[Expected] = []
    errors: list[ItemError] = []
    for number, text in enumerate(body.split(b"\n"), start=1):
        if not text.strip():
            continue
        try:
            if number > MOST_LINES:
                raise _WrongError("", f"{MOST_LINES:,} lines are taken at most")
            kept.append(_expected(_loaded(text)))
        except _WrongError as wrong:
            errors.append(ItemError(number, wrong.field, wrong.detail, wrong.suggestion))
    return kept, errors


def _loaded(text: bytes) -> dict[str, Any]:
    try:
        line = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _WrongError("", f"this is no JSON: {error}") from error
    if not isinstance(line, dict):
        raise _WrongError("", "a line is a JSON object")
    return line


def _expected(line: Mapping[str, Any]) -> Expected:
    if found := misspelt(line, FIELDS):
        name, meant = found
        raise _WrongError(name, f"there is no field '{name}'", meant)
    about, subject, query = _subject(line)
    all_required = line.get("all_required")
    if all_required is not None and not isinstance(all_required, bool):
        raise _WrongError("all_required", "all_required is true or false")
    texts = {name: _text(line, name, most) for name, most in TEXTS.items()}
    behaviour = _behaviour(line.get("behaviour"))
    return Expected(about, subject, behaviour, _anchors(line), bool(all_required), query=query, **texts)


def _subject(line: Mapping[str, Any]) -> tuple[str, str, str]:
    query = _text(line, "query", 20_000)
    if trace := _text(line, "trace_id", 500).strip():
        return "trace", trace_id_of(trace), query
    if item := _text(line, "item_id", 500).strip():
        return "item", item, query
    if query.strip():
        return "query", str(canonical(query)), query
    raise _WrongError("query", "query, trace_id and item_id are all missing: one says what is expected of what")


def _behaviour(value: Any) -> str:
    named = ALIASES.get(value, value) if isinstance(value, str) else value
    if named in BEHAVIOURS:
        return str(named)
    close = difflib.get_close_matches(str(value)[:40], BEHAVIOURS, n=1)
    raise _WrongError("behaviour", f"behaviour is one of {', '.join(BEHAVIOURS)}", close[0] if close else None)


def _anchors(line: Mapping[str, Any]) -> tuple[str, ...]:
    anchors = line.get("anchors")
    if anchors is None:
        return ()
    if not isinstance(anchors, list) or not all(isinstance(anchor, str) and anchor.strip() for anchor in anchors):
        raise _WrongError("anchors", "anchors is a list of texts that are not empty")
    if len(anchors) > MOST_ANCHORS:
        raise _WrongError("anchors", f"{len(anchors)} anchors; {MOST_ANCHORS} are taken")
    return tuple(dict.fromkeys(anchor[:2_000] for anchor in anchors))


def _text(line: Mapping[str, Any], field: str, most: int) -> str:
    value = line.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _WrongError(field, f"{field} is a text")
    return value[:most]


def keep(*, project: str, found: Sequence[Expected]) -> None:
    """Store them; a newer one of the same subject and source replaces the older."""
    now = time.time_ns()
    columns: dict[str, list[Any]] = {
        "project": [project] * len(found),
        "version": [now + order for order in range(len(found))],
        "anchors": [list(one.anchors) for one in found],
        "at": [now] * len(found),
    }
    for name in (*TEXTS, "about", "subject", "source", "query", "behaviour", "all_required"):
        columns[name] = [getattr(one, name) for one in found]
    store.insert("expectations", columns)


def expectations_of(*, project: str, traces: Sequence[Trace]) -> Mapping[str, Expectation]:
    """By trace what is expected of it: a reviewer's word first, then that about the trace, its item, its question."""
    wanted = [subject for trace in traces for subject in _subjects(trace)]
    found: dict[tuple[str, str], dict[bool, Expectation]] = {}
    for some in store.pieces(dict.fromkeys(wanted)):
        for about, subject, source, *said in _rows(project=project, subjects=some):
            by_reviewer = source == "reviewer"
            one = _expectation("reviewer" if by_reviewer else about, *said)
            found.setdefault((about, subject), {})[by_reviewer] = one
    chosen = {trace.trace_id: _chosen([found.get(subject, {}) for subject in _subjects(trace)]) for trace in traces}
    return {trace_id: one for trace_id, one in chosen.items() if one is not None}


def _subjects(trace: Trace) -> Iterator[tuple[str, str]]:
    """The most particular first."""
    yield "trace", trace.trace_id
    if trace.item_id:
        yield "item", trace.item_id
    if trace.query:
        yield "query", str(canonical(trace.query))


def _chosen(found: Sequence[Mapping[bool, Expectation]]) -> Expectation | None:
    return next((said[by_reviewer] for by_reviewer in (True, False) for said in found if by_reviewer in said), None)


def _rows(*, project: str, subjects: Sequence[tuple[str, str]]) -> Sequence[tuple[Any, ...]]:
    return store.rows(
        "SELECT about, subject, source, behaviour, anchors, all_required, product, intent, note FROM expectations FINAL"
        " WHERE project = {project:String} AND (about, subject) IN"
        " (SELECT arrayJoin(arrayZip({abouts:Array(String)}, {subjects:Array(String)})))",
        project=project,
        abouts=[about for about, _ in subjects],
        subjects=[subject for _, subject in subjects],
    )


def _expectation(source: Any, behaviour: Any, anchors: Sequence[str], all_required: bool, *texts: str) -> Expectation:
    product, intent, note = texts
    return Expectation(
        behaviour=behaviour or None,
        anchors=tuple(anchors),
        all_required=all_required,
        product=product or None,
        intent=intent or None,
        source=source,
        note=note or None,
    )
