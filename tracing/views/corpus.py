"""The corpus: what exists to be cited, how it changed, and where the index and the answers lag behind it."""

import time
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET

from tracing import queries, tasks
from tracing.corpus import drift, manifests
from tracing.corpus.lines import KINDS
from tracing.filters import Filter
from tracing.queries.measures import MEASURES, Measure, Rate, live_only, share
from tracing.views.access import Context, Visit, member_page, posted_from, working_page

SHOWN = 25
CHANGES_SHOWN = 100
RATES = ("false_anchor_rate", "unknown_anchor_rate", "stale_anchor_rate", "abstention_rate")
OTHER = {"moved": "where it is now", "drifted": "source hash seen", "expected_gone": "for the question"}


@dataclass(frozen=True, slots=True)
class Group:
    """Findings of one kind: what they are in words, how many there are, and the first of them."""

    kind: str
    words: str
    total: int
    findings: list[drift.Finding]

    @property
    def other(self) -> str:
        """What the last column holds, where there is one."""
        return OTHER.get(self.kind, "")


@dataclass(frozen=True, slots=True)
class Line:
    """A measure, its rate, and where the traces behind it are."""

    measure: Measure
    rate: Rate
    hits: str
    of: str


@require_GET
@member_page
def corpus(here: Visit) -> HttpResponse:
    """Manifests with their differences, a search, where answers disagree; or the command that pushes the first one."""
    known = manifests.manifests(project=here.slug)
    asked = here.request.GET
    context: Context = {
        "manifests": known,
        "inventories": manifests.inventories(project=here.slug)[:10],
        "in_force": manifests.in_force(known),
        "url": settings.PUBLIC_URL,
        "works": here.works,
        "drift_days": drift.DAYS,
        "rates": None,
        "q": asked.get("q", "").strip()[:500],
        "product": asked.get("product", "").strip()[:200],
    }
    if known:
        if here.request.headers.get("HX-Target") == "rates":
            return here.render("tracing/corpus.html#rates", _rates(here))
        context |= _anchors(here, context, manifests.in_force(known)) | _changes(here, known) | _drift(here)
        context |= _rates(here) if "rates" in asked else {}
    return here.render("tracing/corpus.html", context, place="corpus")


@posted_from("tracing:corpus")
@working_page
def look_again(here: Visit) -> HttpResponse:
    """Compare answers and corpus now, and not only at night."""
    tasks.ring(tasks.look_at_drift, here.slug)
    messages.success(here.request, "Answers and corpus are being compared: reload in a moment.", extra_tags="done")
    return redirect("tracing:corpus", here.slug)


def _anchors(here: Visit, asked: Context, current: manifests.Manifest | None) -> Context:
    found = queries.anchors(
        project=here.slug,
        at_ns=current.effective_ns if current else 0,
        text=str(asked["q"]),
        product=str(asked["product"]),
        limit=SHOWN + 1,
    )
    return {"anchors": found[:SHOWN], "more": len(found) > SHOWN}


def _changes(here: Visit, known: tuple[manifests.Manifest, ...]) -> Context:
    asked = here.request.GET
    chosen = next((one for one in known if one.version == asked.get("version", "")), None)
    kind = asked.get("kind", "") if asked.get("kind", "") in KINDS else ""
    text, after = asked.get("find", "").strip()[:500], asked.get("after", "")[:2_000]
    found: tuple[queries.Change, ...] = ()
    if chosen:
        at_ns, limit = chosen.effective_ns, CHANGES_SHOWN + 1
        found = queries.manifest_changes(project=here.slug, at_ns=at_ns, kind=kind, text=text, after=after, limit=limit)
    shown = found[:CHANGES_SHOWN]
    counts = [(one, getattr(chosen, one)) for one in KINDS] if chosen else []
    return {
        "chosen": chosen,
        "kind": kind,
        "kinds": counts,
        "find": text,
        "changes": shown,
        "next_changes": shown[-1].anchor if len(found) > CHANGES_SHOWN else "",
    }


def _drift(here: Visit) -> Context:
    run = drift.latest(project=here.slug)
    if run is None:
        return {"run": None}
    found = drift.findings(project=here.slug, run=run.run, limit=20)
    groups = [Group(kind, words, run.counts.get(kind, 0), found[kind]) for kind, words in drift.WORDS.items()]
    return {"run": run, "groups": groups}


def _rates(here: Visit) -> Context:
    """Of live traffic, over the days that a look at the corpus goes back."""
    asked = live_only(Filter())
    scope = queries.Scope.of(here.project, asked, time.time_ns() - drift.DAYS * 86_400 * 10**9)
    address = reverse("tracing:traces", args=[here.slug])

    def link(*filters: str) -> str:
        q = " ".join(filter(None, (str(asked), *filters)))
        return f"{address}?{urlencode({'q': q, 'from': f'{drift.DAYS}d'})}"

    lines = []
    for one in (MEASURES[name] for name in RATES):
        (rate,) = share(one, scope=scope)
        lines.append(Line(one, rate, link(one.of_filter, one.hits_filter), link(one.of_filter)))
    return {"rates": lines}
