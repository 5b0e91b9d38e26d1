"""The API of a project: its settings, and what became of what it sent."""

import datetime as dt
import zoneinfo
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema
from pydantic import AfterValidator, BeforeValidator, ConfigDict, StringConstraints, field_validator

from tracing import anchor_patterns, queries, spool
from tracing.api.access import ADMIN, READ, ProblemError, access_of, project_of
from tracing.api.traces import answer
from tracing.models import Project
from tracing.queries.ingest import Day
from tracing.stages import refusal_of_times

router = Router(tags=["project"])


def _no_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("this is a number, not true or false")
    return value


def _folded(texts: list[str]) -> list[str]:
    return list(dict.fromkeys(texts))


NoBoolean = BeforeValidator(_no_boolean)
Share = Annotated[float, Field(ge=0, le=1), NoBoolean]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Texts = Annotated[list[Text], Field(max_length=200), AfterValidator(_folded)]
Numbers = Annotated[dict[Text, Annotated[float, Field(allow_inf_nan=False), NoBoolean]], Field(max_length=200)]


class ProjectChange(Schema):
    """What may be changed of a project; what is not named stays."""

    model_config = ConfigDict(extra="forbid")

    name: Text | None = None
    zone: str | None = None
    week_start: Annotated[int, Field(ge=1, le=7), NoBoolean] | None = None
    live_environments: Texts | None = None
    lane_floors: Numbers | None = None
    anchor_pattern: Annotated[str, Field(max_length=300)] | None = None
    products: Texts | None = None
    shared_products: Texts | None = None
    suggest_cut: Share | None = None
    answer_cut: Share | None = None
    groundedness_cut: Share | None = None
    slow_ms: Numbers | None = None

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str | None) -> str | None:
        if zone is not None and zone not in zoneinfo.available_timezones():
            raise ValueError("there is no such time zone: write it as in Europe/Berlin")
        return zone

    @field_validator("anchor_pattern")
    @classmethod
    def _readable_pattern(cls, pattern: str | None) -> str | None:
        if pattern and (why := anchor_patterns.refusal(pattern)):
            raise ValueError(why)
        return pattern

    @field_validator("slow_ms")
    @classmethod
    def _times_of_stages(cls, slow: Mapping[str, float] | None) -> Mapping[str, float] | None:
        if why := refusal_of_times(slow or {}):
            raise ValueError(why)
        return slow


SHOWN = ("slug", *ProjectChange.model_fields)


@router.get("/project", auth=READ, summary="The key's project")
def project(request: HttpRequest) -> HttpResponse:
    """Its thresholds, live environments, lane floors, anchor pattern, products, zone and start of week."""
    return answer(_project_json(project_of(request)))


@router.patch("/project", auth=ADMIN, summary="Change the key's project")
def change_project(request: HttpRequest, change: ProjectChange) -> HttpResponse:
    """Changes what is named, and answers with the whole. Scope: admin."""
    found = project_of(request)
    for name, value in change.dict(exclude_unset=True).items():
        if value is None:
            raise ProblemError(400, f"{name} cannot be null: leave it out to keep it", field=name)
        setattr(found, name, value)
    if found.suggest_cut > found.answer_cut:
        raise ProblemError(400, "suggest_cut cannot be above answer_cut", field="suggest_cut")
    found.save()
    return answer(_project_json(found))


def _project_json(found: Project) -> dict[str, Any]:
    return {name: getattr(found, name) for name in SHOWN}


@router.get("/ingest/account", auth=READ, tags=["ingest"], summary="What became of every span")
def account(request: HttpRequest) -> HttpResponse:
    """In total and a day each; received is the sum of stored, duplicate, rejected, bad and waiting.

    Among those waiting are signals too, which are counted nowhere else: where none wait, all that was accepted is there
    to be read.
    """
    slug = access_of(request).project
    waiting = spool.waiting(Path(settings.SPOOL_DIR))[slug]
    found = queries.account(project=slug, waiting=waiting)
    days = [{"day": day.day.isoformat(), **_day_json(day)} for day in found.days if day.day != dt.date.min]
    return answer({"total": _day_json(found.total), "days": days})


def _day_json(day: Day) -> dict[str, Any]:
    spans = {name: getattr(day, name) for name in ("received", "stored", "duplicate", "rejected", "bad", "waiting")}
    return {"traces": {"stored": day.traces}, "spans": spans}
