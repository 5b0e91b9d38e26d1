"""The API of measures: every figure on a page has one."""

from dataclasses import asdict
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from tracing.api.access import READ, ProblemError, project_of
from tracing.api.traces import answer
from tracing.corpus import drift
from tracing.filters import Filter, parse, parse_range
from tracing.models import Project
from tracing.queries import Scope
from tracing.queries.measures import GROUPS, MEASURES, Measure, live_only, share

router = Router(tags=["measures"])
OF_CORPUS = {"index_lag": "seconds by which the newest content that was retrieved is behind the manifest's newest"} | {
    f"anchors_{kind}": f"how many anchors are {words}" for kind, words in drift.WORDS.items()
}


@router.get("/measures", auth=READ, summary="The measures that there are")
def measures(request: HttpRequest) -> HttpResponse:
    """Each with what it says."""
    known = {one.name: one.words for one in MEASURES.values()} | OF_CORPUS
    return answer({"measures": [{"name": name, "words": words} for name, words in known.items()]})


@router.get("/measures/{name}", auth=READ, summary="A rate with its interval")
def measure(
    request: HttpRequest,
    name: str,
    q: Annotated[str, Query(description="A filter; live traces alone unless it says which.")] = "",
    from_: Annotated[str, Query(alias="from")] = "",
    to: str = "",
    by: Annotated[str, Query(description="product, release, env, surface, variant, intent, shape, day, week, …")] = "",
) -> HttpResponse:
    """Rows of value, n, low and high: a proportion with its 95 % interval (Wilson).

    `hits` and `of` are the filters of the traces behind it. Of the corpus as a whole, as it was last looked at, there
    are `index_lag` and the counts `anchors_…`: no samples, so without an interval; n is how many anchors there were.
    """
    project = project_of(request)
    if name in OF_CORPUS:
        if q or from_ or to or by:
            raise ProblemError(400, f"{name} is of the whole corpus: it takes no filter", field="q")
        return answer(_of_corpus(project, name))
    if name not in MEASURES:
        names = ", ".join((*MEASURES, *OF_CORPUS))
        raise ProblemError(404, f"there is no measure '{name[:60]}': there is {names}")
    if by not in GROUPS:
        groups = ", ".join(filter(None, GROUPS))
        raise ProblemError(400, f"a measure is not cut by '{by[:60]}': it is by one of {groups}", field="by")
    asked = live_only(parse(q))
    scope = Scope.of(project, asked, *parse_range(from_, to))
    found = share(MEASURES[name], scope=scope, by=by, zone=project.zone, week_start=project.week_start)
    rows = [({by: one.group or None} if by else {}) | _row(one) for one in found]
    return answer({"measure": name, "by": by or None, "rows": rows, **_behind(MEASURES[name], asked)})


def _row(rate: Any) -> dict[str, Any]:
    return {name: value for name, value in asdict(rate).items() if name != "group"}


def _behind(measure: Measure, asked: Filter) -> dict[str, str]:
    """The filters of the traces that are counted."""
    of = Filter((*asked.conditions, *parse(measure.of_filter).conditions))
    return {"of": str(of), "hits": str(Filter((*of.conditions, *parse(measure.hits_filter).conditions)))}


def _of_corpus(project: Project, name: str) -> dict[str, Any]:
    run = drift.latest(project=project.slug)
    value = None if run is None else run.lag_s if name == "index_lag" else run.counts.get(name.partition("_")[2], 0)
    row = {"value": value, "n": run.anchors if run else 0, "low": None, "high": None}
    return {"measure": name, "by": None, "rows": [row], "of": "", "hits": ""}
