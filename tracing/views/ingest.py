"""The ingest account: what was received, and what became of it."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from tracing import queries, spool
from tracing.pages.cures import cure
from tracing.queries import ingest as accounts
from tracing.queries import losses
from tracing.views.access import Context, Visit, member_page


@dataclass(frozen=True, slots=True)
class RefusalLine:
    """A refused request, and what to do about it."""

    refusal: queries.Refusal
    cure: str

    @property
    def at_ns(self) -> int:
        """When it was refused."""
        return self.refusal.at_ms * 1_000_000


NOBODYS = ""  # what was refused for want of a key that works names no project
MOST_KEYLESS = 20


@require_GET
@member_page
def ingest(here: Visit) -> HttpResponse:
    """Spans received and what became of them, by day; the last refusals with their cure."""
    by_client = spool.spans_waiting(Path(settings.SPOOL_DIR))
    waiting = {client: spans for (project, client), spans in by_client.items() if project == here.slug and spans}
    unread, looked_at = losses.unread_attributes(project=here.slug)
    context: Context = {
        "account": queries.account(project=here.slug, waiting=sum(waiting.values())),
        "clients": accounts.clients(project=here.slug, waiting=waiting),
        "client_days": queries.client_days(project=here.slug),
        "refusals": _refusals(here.slug),
        "keyless": _refusals(NOBODYS)[:MOST_KEYLESS] if here.owns else [],
        "lost": losses.attributes_lost(project=here.slug),
        "cut": losses.texts_cut(project=here.slug),
        "unread": unread,
        "looked_at": looked_at,
        "days": losses.DAYS,
    }
    return here.render("tracing/ingest.html", context, place="ingest")


def _refusals(project: str) -> list[RefusalLine]:
    return [RefusalLine(refusal, cure(refusal.status, refusal.reason)) for refusal in queries.refusals(project=project)]
