"""The API of what can be cited, what the index holds, and what answers should rest on."""

import datetime as dt
from dataclasses import asdict
from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from tracing import anchor_patterns, body, queries, tasks
from tracing.api.access import INGEST, READ, ProblemError, access_of, project_of
from tracing.api.shape import rfc3339
from tracing.api.traces import answer
from tracing.corpus import expectations, manifests
from tracing.corpus import lines as corpus
from tracing.judging import due

router = Router(tags=["corpus"])

Version = Annotated[
    str, Query(min_length=1, max_length=200, description="The version's name; a known one is replaced.")
]
LAST_NS = 2**63 - 2


@router.put("/corpus/manifest", auth=INGEST, summary="Push the list of what can be cited")
def push_manifest(
    request: HttpRequest,
    version: Version,
    effective_at: Annotated[str, Query(description="In force from then on, RFC 3339; now without it.")] = "",
) -> HttpResponse:
    """JSON Lines: `anchor`, `product`, `path`, and where known `title`, `source_hash`, `redirect_to`, `entities`.

    It is taken whole or not at all: the first bad line is named by its number. Answers 201 with how it differs from the
    version before: counts, and up to 50 anchors of each kind under `examples`. Scope: ingest.
    """
    project = project_of(request)
    effective_ns = _time(effective_at) if effective_at else None
    try:
        entries = corpus.read_manifest(_body(request), anchor_patterns.usable(project.anchor_pattern))
    except corpus.BadLineError as error:
        raise _refused(error) from error
    pushed = manifests.push(project, version, entries, effective_ns, _by(request))
    others = [one.version for one in manifests.manifests(project=project.slug) if one.version != version]
    due.after_manifest(project=project.slug, pushed=pushed, others=others)
    _ring(project.slug)
    return answer(_pushed_json(pushed), 201)


def _pushed_json(pushed: manifests.Pushed) -> dict[str, Any]:
    return {
        "version": pushed.version,
        "effective_at": rfc3339(pushed.effective_ns),
        "anchors": pushed.anchors,
        "against": pushed.against or None,
        **pushed.difference.counts,
        "examples": pushed.difference.examples,
    }


@router.put("/corpus/index", auth=INGEST, summary="Push what the retriever's index holds")
def push_index(request: HttpRequest, version: Version) -> HttpResponse:
    """JSON Lines: `chunk_id`, `anchor`, and where known `source_hash`; taken whole or not at all. Scope: ingest."""
    project = project_of(request)
    try:
        holdings = corpus.read_inventory(_body(request))
    except corpus.BadLineError as error:
        raise _refused(error) from error
    first = not manifests.inventories(project=project.slug)
    made = manifests.push_inventory(project, version, holdings)
    due.after_inventory(project=project.slug, version=version, first=first)
    _ring(project.slug)
    anchors = len({holding.anchor for holding in holdings})
    return answer({"version": made.version, "chunks": made.chunks, "anchors": anchors}, 201)


@router.post("/corpus/compare", auth=INGEST, summary="Compare answers and corpus now")
def compare(request: HttpRequest) -> HttpResponse:
    """What each night and each push do too: which anchors are gone, moved, changed, not indexed, never retrieved.

    Answers 202 at once; the Corpus page and the measures `anchors_*` show what was found. Scope: ingest.
    """
    tasks.ring(tasks.look_at_drift, project_of(request).slug)
    return answer({}, 202)


@router.put("/expectations", auth=INGEST, tags=["expectations"], summary="Say what right answers rest on")
def put_expectations(request: HttpRequest) -> HttpResponse:
    """JSON Lines: `query`, `trace_id` or `item_id`; `behaviour` (answer, refuse, direct); `anchors`; and where known
    `all_required`, `product`, `intent`, `note`.

    A query is matched but for case, spacing and closing punctuation. A newer line about the same replaces the older.
    Answers with how many were accepted, and an error for each line that was not. Scope: ingest.
    """
    project = access_of(request).project
    found, errors = expectations.parse(_body(request))
    if found:
        expectations.keep(project=project, found=found)
        due.after_expectations(project=project, found=found)
    wrong = [{"line": error.index, **{k: v for k, v in asdict(error).items() if k != "index"}} for error in errors]
    return answer({"accepted": len(found), "rejected": len(wrong), "errors": wrong[:1_000]})


@router.get("/corpus/manifests", auth=READ, summary="The manifests and inventories")
def list_manifests(request: HttpRequest) -> HttpResponse:
    """The manifests, the newest in force first, each with how it differs from the one before it; the inventories."""
    project = access_of(request).project
    return answer(
        {
            "manifests": [_manifest_json(one) for one in manifests.manifests(project=project)],
            "inventories": [
                {"version": one.version, "pushed_at": rfc3339(one.pushed_ns), "chunks": one.chunks}
                for one in manifests.inventories(project=project)
            ],
        }
    )


def _manifest_json(one: manifests.Manifest) -> dict[str, Any]:
    counts = {name: getattr(one, name) for name in ("anchors", *corpus.KINDS)}
    return {
        "version": one.version,
        "effective_at": rfc3339(one.effective_ns),
        "pushed_at": rfc3339(one.pushed_ns),
        "pushed_by": one.pushed_by,
        "against": one.against or None,
        **counts,
    }


@router.get("/corpus/anchors", auth=READ, summary="Search what can be cited")
def list_anchors(
    request: HttpRequest,
    q: Annotated[str, Query(max_length=500, description="A part of the anchor, title, path, or a name.")] = "",
    product: Annotated[str, Query(max_length=200)] = "",
    version: Annotated[str, Query(max_length=200, description="A manifest's; the one in force now without it.")] = "",
    limit: Annotated[int, Query(ge=1, le=queries.MOST_ANCHORS)] = 50,
) -> HttpResponse:
    """The anchors of a manifest that hold the text, the nearest ids first."""
    project = access_of(request).project
    at_ns = _at(project, version)
    found = queries.anchors(project=project, at_ns=at_ns, text=q, product=product, limit=limit)
    return answer({"anchors": [asdict(anchor) for anchor in found]})


@router.get("/corpus/changes", auth=READ, summary="How a manifest differs from the one before it")
def list_changes(
    request: HttpRequest,
    version: Annotated[str, Query(min_length=1, max_length=200)],
    kind: Annotated[str, Query(description="added, removed, moved, changed or redirected; all without it.")] = "",
    q: Annotated[str, Query(max_length=500, description="A part of the anchor, or of what was or is said.")] = "",
    after: Annotated[str, Query(max_length=2_000, description="`next` of the page before.")] = "",
    limit: Annotated[int, Query(ge=1, le=queries.MOST_CHANGES)] = 100,
) -> HttpResponse:
    """Anchor by anchor, in their order; `before` and `after` are paths, anchors where it moved to another one or
    redirects, null where it was not there. `next` is null at the end."""
    if kind and kind not in corpus.KINDS:
        raise ProblemError(400, f"a difference is one of {', '.join(corpus.KINDS)}", field="kind")
    project = access_of(request).project
    at_ns = _at(project, version)
    found = queries.manifest_changes(project=project, at_ns=at_ns, kind=kind, text=q, after=after, limit=limit)
    rows = [{**asdict(one), "before": one.before or None, "after": one.after or None} for one in found]
    return answer({"changes": rows, "next": found[-1].anchor if len(found) == limit else None})


def _ring(project: str) -> None:
    tasks.ring(tasks.attribute_due)
    tasks.ring(tasks.look_at_drift, project)


def _at(project: str, version: str) -> int:
    known = manifests.manifests(project=project)
    if not version:
        current = manifests.in_force(known)
        return current.effective_ns if current else 0
    found = next((one for one in known if one.version == version), None)
    if found is None:
        raise ProblemError(404, f"this project has no manifest '{version[:200]}'", field="version")
    return found.effective_ns


def _body(request: HttpRequest) -> bytes:
    try:
        return body.read(request, settings.INGEST_MAX_BYTES)
    except body.BodyError as error:
        raise ProblemError(error.status, error.reason) from error


def _refused(error: corpus.BadLineError) -> ProblemError:
    detail = f"{error}. Nothing was taken."
    return ProblemError(400, detail, field=error.field or None, suggestion=error.suggestion, line=error.number)


def _by(request: HttpRequest) -> str:
    return "a person" if access_of(request).person_id else "a key"


def _time(text: str) -> int:
    try:
        at = dt.datetime.fromisoformat(text.replace(" ", "+"))  # a '+' that was not escaped came as a space
        at = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
        at_ns = round(at.timestamp() * 1e6) * 1000
    except (ValueError, OverflowError) as error:
        raise ProblemError(400, "effective_at is a time as in 2026-11-20T10:00:00Z", field="effective_at") from error
    if not 0 < at_ns < LAST_NS:
        raise ProblemError(400, "effective_at is out of range", field="effective_at")
    return at_ns
