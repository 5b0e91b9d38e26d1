"""The trace page and its short form beside the list."""

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from tracing import queries
from tracing.attribution.engine import sentence
from tracing.forms import VerdictForm
from tracing.pages.answer_view import claim_counts, marked_answer
from tracing.pages.check_words import failed_checks
from tracing.pages.journey_view import Journey, journey, named_by
from tracing.pages.lane_view import dead_lanes, ended_at
from tracing.pages.list_bar import Bar
from tracing.pages.stale_word import token_of
from tracing.pages.strip_view import strip
from tracing.pages.text_view import shown
from tracing.pages.trace_view import about, budget, citation_lines, cuts
from tracing.pages.verdict_view import (
    evidence_lines,
    naming,
    noticed,
    rests_on,
    supported_but,
    told,
    unchecked,
    unseen,
)
from tracing.pages.way_view import way
from tracing.records import Trace
from tracing.stages import Fault
from tracing.views.access import Context, Visit, member_page
from tracing.views.spans import tree
from tracing.views.waiting import is_expected

ANSWER_LIMIT = 20_000
QUERY_LIMIT, QUERY_LINES = 300, 6
CONTEXT_LIMIT = 20_000
MOST_CLAIMS = 40


@require_GET
@member_page
def trace(here: Visit, trace_id: str) -> HttpResponse:
    """What happened, and which stage broke it; on htmx's request the journey alone."""
    found = here.trace(trace_id, for_page=True)
    if found is None:
        return missing(here, trace_id)
    if here.request.headers.get("HX-Target") == "journey":
        return here.render("tracing/_journey.html", _journey(here, found, _rows(here, found)))
    return page(here, found, VerdictForm())


def missing(here: Visit, trace_id: str) -> HttpResponse:
    """What might have happened to it."""
    return here.render("tracing/trace_missing.html", {"trace_id": trace_id}, place="traces", status=404)


def page(here: Visit, found: queries.Found, form: VerdictForm, status: int = 200) -> HttpResponse:
    """The whole page, with the form as it was filled in."""
    rows = _rows(here, found)
    context = _journey(here, found, rows) | _answered(here, found, rows) | _rest(here, found) | _judged(here, found)
    return here.render("tracing/trace.html", context | {"form": form}, place="traces", status=status)


def _rows(here: Visit, found: queries.Found) -> Journey:
    return journey_of(found, show_all=here.request.GET.get("dropped") == "all")


def _journey(here: Visit, found: queries.Found, rows: Journey) -> Context:
    return {
        "bar": Bar.of(here.slug, here.request.GET),
        "trace": found.trace,
        "journey": rows,
        "way": way(found.trace, journey_of(found, show_all=True) if rows.folded else rows),
        "base": here.page_of(found.trace.trace_id),
        **_blamed(found, rows),
    }


def journey_of(found: queries.Found, *, show_all: bool) -> Journey:
    """The trace's chunks, with those lit that were expected or that the verdict speaks of."""
    named = named_by(found.trace, evidence_of(found))
    return journey(
        found.trace,
        expected=found.expected,
        lost=found.lost,
        named=named,
        expectation=found.expectation,
        show_all=show_all,
    )


def evidence_of(found: queries.Found) -> tuple[str, ...]:
    """The evidence for what counts; a person who agrees with the rules rests on theirs."""
    verdict, engine = found.verdict, found.standing.engine
    if verdict is None or verdict.evidence or engine is None:
        return verdict.evidence if verdict else ()
    agrees = (verdict.stage, verdict.fault) == (engine.verdict.stage, engine.verdict.fault)
    return engine.verdict.evidence if agrees else ()


def _blamed(found: queries.Found, rows: Journey) -> Context:
    verdict = found.verdict
    return {
        "verdict": verdict,
        "row": found.standing.row,
        "fault_words": fault_words(found),
        "evidence": evidence_lines(found.trace, rows, evidence_of(found)),
        "failed_checks": failed_checks(found.trace, verdict.stage) if verdict else (),
        "rests_on": rests_on(verdict) if verdict else "",
        "unseen": unseen(found.trace),
        "dead_lanes": dead_lanes(found.trace),
        "ended_at": ended_at(found.trace),
        "settled": found.settled,
    }


def _judged(here: Visit, found: queries.Found) -> Context:
    verdict = found.verdict
    confirms = verdict is not None and verdict.stage is not None and found.standing.human is None
    return {
        "naming": naming(found.trace, verdict, settings.PUBLIC_URL),
        "sentence": sentence(verdict.rule) if verdict else "",
        "history": told(found.history),
        "expectation": found.expectation,
        "flags": noticed(found.trace, verdict, found.mark.flags),
        "may_say": here.works,
        "seen": token_of(found.standing),
        "waits": is_expected(found),
        "confirms": f"{verdict.stage}.{verdict.fault}" if verdict and confirms and here.works else "",
    }


@require_GET
@member_page
def peek(here: Visit, trace_id: str) -> HttpResponse:
    """The trace in short, beside the list."""
    found = peeked(here, trace_id)
    if found is None:
        return missing(here, trace_id)
    template = "tracing/_peek.html" if here.request.headers.get("HX-Request") else "tracing/peek.html"
    return here.render(template, found, place="traces")


def peeked(here: Visit, trace_id: str) -> Context | None:
    """What the short form shows; None where there is no such trace."""
    found = here.trace(trace_id, for_page=True)
    if found is None:
        return None
    rows = journey_of(found, show_all=False)
    return {
        "bar": Bar.of(here.slug, here.request.GET),
        "trace": found.trace,
        "strip": strip(found.trace, found.verdict),
        "journey": rows,
        "thumb": found.thumb,
        "base": here.page_of(found.trace.trace_id),
        **_blamed(found, rows),
    }


def _answered(here: Visit, found: queries.Found, rows: Journey) -> Context:
    subject, order = found.trace, ("human", "judge", "client", "lexical")
    said = min(found.assessments, key=lambda one: order.index(one.by), default=None)
    claims = said.claims[:MOST_CLAIMS] if said else ()
    places = {row.candidate.chunk_id: row.place for row in rows.rows}
    text = shown(subject.answer or "", ANSWER_LIMIT)
    support, cut = found.mark.groundedness, here.project.groundedness_cut
    return {
        "answer": marked_answer(text, len(subject.citations), claims, places),
        "claims": claim_counts(claims),
        "assessment": said,
        "citations": citation_lines(subject),
        "doubtful": {line.number for line in citation_lines(subject) if line.tone in ("bad", "warn")},
        "unchecked": unchecked(subject, found.standing.engine),
        "mark": found.mark,
        "supported_but": supported_but(found.verdict) if support is not None and support >= cut else "",
        "low_support": support is not None and support < cut and found.mark.grounded_by != "lexical",
        "thumb": found.thumb,
    }


def _rest(here: Visit, found: queries.Found) -> Context:
    subject = found.trace
    return {
        "strip": strip(subject, found.verdict),
        "budget": budget(subject),
        "cuts": cuts(subject),
        "about": about(subject),
        "live": found.live,
        "signals": found.signals,
        "neighbours": found.neighbours,
        "spans": tree(here, subject) if here.request.GET.get("spans") == "1" else None,
        **_lengths(subject),
    }


def _lengths(subject: Trace) -> Context:
    query, answer, context = (len(text or "") for text in (subject.query, subject.answer, subject.context.text))
    return {
        "long_title": query > 160,
        "long_query": query if query > QUERY_LIMIT or (subject.query or "").count("\n") >= QUERY_LINES else 0,
        "long_answer": answer if answer > ANSWER_LIMIT else 0,
        "context_length": context,
        "context_cut": context > CONTEXT_LIMIT,
    }


def fault_words(found: queries.Found) -> str:
    """The verdict's fault as a reader says it."""
    fault = Fault.named(found.verdict.fault) if found.verdict else None
    return fault.words if fault else (found.verdict.fault if found.verdict else "")
