"""The API of measures: every figure on a page has one."""

from dataclasses import asdict, replace
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from tracing.api.access import READ, ProblemError, project_of
from tracing.api.traces import answer
from tracing.filters import parse, parse_range
from tracing.queries import Scope
from tracing.queries.measures import GROUPS, false_anchor_rate, live_only

router = Router(tags=["measures"])
MEASURES = {"false_anchor_rate": false_anchor_rate}


@router.get("/measures/{name}", auth=READ, summary="A rate with its interval")
def measure(
    request: HttpRequest,
    name: str,
    q: Annotated[str, Query(description="A filter; live traces alone unless it says which.")] = "",
    from_: Annotated[str, Query(alias="from")] = "",
    to: str = "",
    by: Annotated[str, Query(description="product, release, env, surface, variant, intent, shape, day, …")] = "",
) -> HttpResponse:
    """Rows of value, n, low and high: a proportion with its 95 % interval (Wilson). Measures: false_anchor_rate."""
    if name not in MEASURES:
        raise ProblemError(404, f"there is no measure '{name[:60]}': there is {', '.join(MEASURES)}")
    if by not in GROUPS:
        groups = ", ".join(filter(None, GROUPS))
        raise ProblemError(400, f"a measure is not cut by '{by[:60]}': it is by one of {groups}", field="by")
    start_ns, end_ns = parse_range(from_, to)
    scope = Scope.of(project_of(request), parse(q), start_ns, end_ns)
    found = MEASURES[name](scope=replace(scope, asked=live_only(scope.asked)), by=by)
    rows = [{by: one.group or None, **asdict(one)} if by else asdict(one) for one in found]
    for row in rows:
        del row["group"]
    return answer({"measure": name, "by": by or None, "rows": rows})
