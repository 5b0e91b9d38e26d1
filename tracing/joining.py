"""Detached rerankers: where session, service, question and time all say the same one question, it gets their spans.

A span that a node of a graph opens by itself starts a trace of its own (LangGraph). The drain moves the spans, as it
alone writes traces: what is found here is spooled for it.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import orjson

from tracing import receive
from tracing.columns import canonical
from tracing.queries.detached import Part, detached_rerankers, questions_of_sessions
from tracing.spool import Frame

QUIET_MS = 30_000  # longer than exporters take: a second question that fits as well must have come by then


def join_detached(project: str, now_ms: int | None = None) -> dict[str, str]:
    """Have the detached rerankers joined that belong to exactly one question: {its trace: the question's}."""
    now_ms = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    parts = detached_rerankers(project=project, now_ms=now_ms, quiet_ms=QUIET_MS)
    if not parts:
        return {}
    found = matched(parts, questions_of_sessions(project=project, parts=parts, now_ms=now_ms, quiet_ms=QUIET_MS))
    if found:
        body = orjson.dumps(sorted(found.items()))
        receive.spool().append(Frame("joins", project, body, time.time_ns()))
    return found


def matched(parts: Iterable[Part], questions: Sequence[Part]) -> dict[str, str]:
    """Each part with its question; a part that fits none or several stays alone."""
    by_session: Mapping[tuple[str, str], list[Part]] = defaultdict(list)
    for question in questions:
        by_session[question.session_id, question.service].append(question)
    found = {}
    for part in parts:
        asked = canonical(part.query)
        near = by_session[part.session_id, part.service]
        fitting = [one for one in near if _spans(one, part) and asked in _asked(one)]
        if len(fitting) == 1:
            found[part.trace_id] = fitting[0].trace_id
    return found


def _spans(question: Part, part: Part) -> bool:
    return question.started_ns <= part.started_ns and part.ended_ns <= question.ended_ns


def _asked(question: Part) -> set[int]:
    return {canonical(query) for query in (question.query, *question.rewritten) if query}
