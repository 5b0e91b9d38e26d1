"""The trace page and its short form beside the list."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from tracing import queries
from tracing.attribution.engine import sentence
from tracing.forms import VerdictForm
from tracing.judging.verdicts import history
from tracing.keyed import TraceKey
from tracing.pages.journey_view import journey
from tracing.pages.strip_view import strip
from tracing.pages.text_view import shown
from tracing.pages.trace_view import about, answer_parts, budget, citation_lines, cuts, way
from tracing.records import Trace
from tracing.stages import Fault
from tracing.views.access import Context, Visit, member_page
from tracing.views.spans import tree

ANSWER_LIMIT = 20_000
QUERY_LIMIT = 300
CONTEXT_LIMIT = 20_000


@require_GET
@member_page
def trace(here: Visit, trace_id: str) -> HttpResponse:
    """What happened, and which stage broke it; on htmx's request the journey alone."""
    found = here.trace(trace_id)
    if found is None:
        return missing(here, trace_id)
    if here.request.headers.get("HX-Target") == "journey":
        return here.render("tracing/_journey.html", _journey(here, found))
    return page(here, found, VerdictForm())


def missing(here: Visit, trace_id: str) -> HttpResponse:
    """What might have happened to it."""
    return here.render("tracing/trace_missing.html", {"trace_id": trace_id}, place="traces", status=404)


def page(here: Visit, found: queries.Found, form: VerdictForm, status: int = 200) -> HttpResponse:
    """The whole page, with the form as it was filled in."""
    context = _journey(here, found) | _rest(here, found) | _judged(here, found) | {"form": form}
    return here.render("tracing/trace.html", context, place="traces", status=status)


def _journey(here: Visit, found: queries.Found) -> Context:
    whole = here.request.GET.get("dropped") == "all"
    shown_rows = journey(found.trace, expected=found.expected, lost=found.lost, show_all=whole)
    everything = shown_rows if whole else journey(found.trace, expected=found.expected, show_all=True)
    return {
        "trace": found.trace,
        "journey": shown_rows,
        "way": way(found.trace, everything),
        "verdict": found.verdict,
        "base": base(here, found.trace.trace_id),
    }


def _judged(here: Visit, found: queries.Found) -> Context:
    verdict, order = found.verdict, ("human", "judge", "client", "lexical")
    assessments = sorted(found.assessments, key=lambda one: order.index(one.by))
    return {
        "row": found.standing.row,
        "sentence": sentence(verdict.rule) if verdict else "",
        "history": history(project=here.slug, key=TraceKey(found.key_ns, found.trace.trace_id)),
        "expectation": found.expectation,
        "lost": sorted(found.lost.items()),
        "flags": found.mark.flags,
        "assessment": next(iter(assessments), None),
        "may_say": here.works,
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
    found = here.trace(trace_id)
    if found is None:
        return None
    return {
        "trace": found.trace,
        "strip": strip(found.trace, found.verdict),
        "journey": journey(found.trace),
        "thumb": found.thumb,
        "base": base(here, found.trace.trace_id),
    }


def base(here: Visit, trace_id: str) -> str:
    """The address of the trace's page, and of what lies below it."""
    return reverse("tracing:trace", args=[here.slug, trace_id])


def _rest(here: Visit, found: queries.Found) -> Context:
    subject = found.trace
    return {
        "strip": strip(subject, found.verdict),
        "answer": answer_parts(shown(subject.answer or "", ANSWER_LIMIT), len(subject.citations)),
        "citations": citation_lines(subject),
        "unchecked": any(citation.status == "unchecked" for citation in subject.citations),
        "budget": budget(subject),
        "cuts": cuts(subject),
        "about": about(subject),
        "fault_words": fault_words(found),
        "settled": found.settled,
        "live": found.live,
        "thumb": found.thumb,
        "signals": found.signals,
        "neighbours": queries.neighbours(project=here.slug, trace=subject, live=here.live),
        "spans": tree(here, subject, 0) if here.request.GET.get("spans") == "1" else None,
        **_lengths(subject),
    }


def _lengths(subject: Trace) -> Context:
    query, answer, context = (len(text or "") for text in (subject.query, subject.answer, subject.context.text))
    return {
        "long_title": query > 160,
        "long_query": query if query > QUERY_LIMIT else 0,
        "long_answer": answer if answer > ANSWER_LIMIT else 0,
        "context_length": context,
        "context_cut": context > CONTEXT_LIMIT,
    }


def fault_words(found: queries.Found) -> str:
    """The verdict's fault as a reader says it."""
    fault = Fault.named(found.verdict.fault) if found.verdict else None
    return fault.words if fault else (found.verdict.fault if found.verdict else "")
