"""Datasets, their items and their runs, as Langfuse's SDKs make and read them."""

import time
import uuid
from collections.abc import Mapping
from typing import Any

import orjson
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from tracing import keys, native
from tracing.dataset_models import Dataset, DatasetItem, DatasetRunItem
from tracing.langfuse import batch as langfuse_batch
from tracing.langfuse.body import needed, object_of, page_of, text_of
from tracing.langfuse.endpoints import EITHER, answer, problem, refuse
from tracing.langfuse.events import span_of
from tracing.models import Project
from tracing.receive import JSON, RefusedError, answering, client_of, keep
from tracing.spool import Frame

MOST_ITEM_BYTES = 1_000_000
MOST_DATASETS, MOST_ITEMS = 1_000, 50_000
_NAME, _ID = 200, 200


def _page(request: HttpRequest, found: QuerySet[Any], shape: Any) -> HttpResponse:
    page, limit = page_of(request)
    total = found.count()
    rows = [shape(each) for each in found[(page - 1) * limit : page * limit]]
    meta = {"page": page, "limit": limit, "totalItems": total, "totalPages": -(-total // limit)}
    return answer({"data": rows, "meta": meta})


def dataset_json(dataset: Dataset) -> dict[str, Any]:
    """A dataset in Langfuse's form."""
    return {
        "id": str(dataset.pk),
        "name": dataset.name,
        "description": dataset.description or None,
        "metadata": dataset.metadata,
        "inputSchema": dataset.input_schema,
        "expectedOutputSchema": dataset.expected_output_schema,
        "projectId": dataset.project.slug,
        "createdAt": dataset.created_at,
        "updatedAt": dataset.updated_at,
    }


def item_json(item: DatasetItem) -> dict[str, Any]:
    """An item in Langfuse's form."""
    return {
        "id": item.item_id,
        "status": item.status,
        "input": item.input,
        "expectedOutput": item.expected_output,
        "metadata": item.metadata,
        "sourceTraceId": item.source_trace_id or None,
        "sourceObservationId": item.source_observation_id or None,
        "datasetId": str(item.dataset_id),
        "datasetName": item.dataset.name,
        "createdAt": item.created_at,
        "updatedAt": item.updated_at,
        "version": item.updated_at,
        "mediaReferences": [],
    }


def run_item_json(found: DatasetRunItem) -> dict[str, Any]:
    """A run's item in Langfuse's form."""
    return {
        "id": str(found.pk),
        "datasetRunId": found.run_name,
        "datasetRunName": found.run_name,
        "datasetItemId": found.item.item_id,
        "traceId": found.trace_id,
        "observationId": found.observation_id or None,
        "createdAt": found.created_at,
        "updatedAt": found.updated_at,
    }


def _datasets(request: HttpRequest, access: keys.Access) -> HttpResponse:
    project = Project.objects.get(slug=access.project)
    own = Dataset.objects.filter(project=project).select_related("project").order_by("created_at", "pk")
    if request.method == "GET":
        return _page(request, own, dataset_json)
    return answer(dataset_json(take_dataset(object_of(request), project)))


def take_dataset(said: Mapping[str, Any], project: Project) -> Dataset:
    """Keep a dataset, or what is new of it; raises RefusedError."""
    name = needed(said, "name", _NAME)
    _bounded(said, "metadata", "inputSchema", "expectedOutputSchema")
    _check_room(project, name)
    described = {
        "description": text_of(said, "description", 10_000) or "",
        "metadata": said.get("metadata"),
        "input_schema": said.get("inputSchema"),
        "expected_output_schema": said.get("expectedOutputSchema"),
    }
    made, _ = Dataset.objects.update_or_create(project=project, name=name, defaults=described)
    return made


def _check_room(project: Project, name: str) -> None:
    own = Dataset.objects.filter(project=project)
    if own.count() >= MOST_DATASETS and not own.filter(name=name).exists():
        raise RefusedError(400, f"a project keeps {MOST_DATASETS} datasets, and they are used up")


def _bounded(said: Mapping[str, Any], *fields: str) -> None:
    if len(orjson.dumps([said.get(field) for field in fields])) > MOST_ITEM_BYTES:
        raise RefusedError(413, f"{', '.join(fields)} are taken up to {MOST_ITEM_BYTES} bytes together")


def _dataset(request: HttpRequest, access: keys.Access, name: str) -> HttpResponse:
    found = Dataset.objects.filter(project__slug=access.project, name=name).select_related("project").first()
    return answer(dataset_json(found)) if found else problem(404, "Dataset not found")


def _items(request: HttpRequest, access: keys.Access) -> HttpResponse:
    own = DatasetItem.objects.filter(project__slug=access.project).select_related("dataset")
    if request.method == "POST":
        return answer(item_json(take_item(object_of(request), Project.objects.get(slug=access.project))))
    asked = {"datasetName": "dataset__name", "sourceTraceId": "source_trace_id"}
    asked["sourceObservationId"] = "source_observation_id"
    conditions = {field: request.GET[key] for key, field in asked.items() if request.GET.get(key)}
    name = request.GET.get("datasetName")
    if name and not Dataset.objects.filter(project__slug=access.project, name=name).exists():
        return problem(404, "Dataset not found")
    return _page(request, own.filter(**conditions).order_by("created_at", "pk"), item_json)


def take_item(said: Mapping[str, Any], project: Project) -> DatasetItem:
    """Keep an item, or what is new of it; raises RefusedError."""
    name = needed(said, "datasetName", _NAME)
    _bounded(said, "input", "expectedOutput", "metadata")
    _check_room(project, name)
    dataset, _ = Dataset.objects.get_or_create(project=project, name=name)  # its own request may come later
    item_id = text_of(said, "id", _ID) or str(uuid.uuid4())
    known = DatasetItem.objects.filter(project=project, item_id=item_id).first()
    if known is not None and known.dataset_id != dataset.pk:
        raise RefusedError(400, "an item of that id is in another dataset")
    if known is None and DatasetItem.objects.filter(project=project).count() >= MOST_ITEMS:
        raise RefusedError(400, f"a project keeps {MOST_ITEMS} items, and they are used up")
    status = text_of(said, "status", 10) or DatasetItem.Status.ACTIVE
    if status not in DatasetItem.Status.values:
        raise RefusedError(400, "status is ACTIVE or ARCHIVED")
    # What is not said of an item that is known stays as it was, as with Langfuse.
    fields = {"input": "input", "expectedOutput": "expected_output", "metadata": "metadata"}
    told: dict[str, Any] = {field: said[key] for key, field in fields.items() if key in said}
    for key, field in (("sourceTraceId", "source_trace_id"), ("sourceObservationId", "source_observation_id")):
        if found := text_of(said, key, _ID):
            told[field] = found
    made, _ = DatasetItem.objects.update_or_create(
        project=project, item_id=item_id, dataset=dataset, defaults={**told, "status": status}
    )
    return made


def _item(request: HttpRequest, access: keys.Access, item_id: str) -> HttpResponse:
    found = DatasetItem.objects.filter(project__slug=access.project, item_id=item_id).select_related("dataset").first()
    if found is None:
        return problem(404, "Dataset item not found")
    if request.method == "DELETE":
        found.delete()
        return answer({"message": "Dataset item successfully deleted"})
    return answer(item_json(found))


def _run_items(request: HttpRequest, access: keys.Access) -> HttpResponse:
    if request.method == "GET":
        own = DatasetRunItem.objects.filter(item__project__slug=access.project).select_related("item")
        asked = {"runName": "run_name", "datasetId": "item__dataset_id"}
        given = {field: request.GET[key] for key, field in asked.items() if request.GET.get(key)}
        if "item__dataset_id" in given and not _is_uuid(given["item__dataset_id"]):
            return problem(404, "Dataset not found")
        return _page(request, own.filter(**given).order_by("created_at", "pk"), run_item_json)
    said = object_of(request)
    item_id = needed(said, "datasetItemId", _ID)
    item = DatasetItem.objects.filter(project__slug=access.project, item_id=item_id).first()
    if item is None:
        return problem(404, "Dataset item not found")
    run_name, trace_id = needed(said, "runName", _NAME), needed(said, "traceId", _ID)
    _bounded(said, "metadata")
    _tell_trace(request, access.project, run_name, item_id, trace_id)
    told = {"observation_id": text_of(said, "observationId", _ID) or "", "metadata": said.get("metadata")}
    made, _ = DatasetRunItem.objects.update_or_create(item=item, run_name=run_name, trace_id=trace_id, defaults=told)
    return answer(run_item_json(made))


def _is_uuid(given: str) -> bool:
    try:
        uuid.UUID(given)
    except ValueError:
        return False
    return True


def _tell_trace(request: HttpRequest, project: str, run_name: str, item_id: str, trace_id: str) -> None:
    """That the trace is of a run, for the trace itself: it may not have come yet."""
    now_ns = time.time_ns()
    said = {"id": item_id, "runName": run_name, "datasetItemId": item_id, "traceId": trace_id}
    key = f"{run_name}\x1f{item_id}"
    carrier = span_of({"id": key, "type": "dataset-run-item-create", "body": said}, native.trace_id_of, now_ns)
    keep(Frame("otlp", project, langfuse_batch.otlp_of([carrier]), now_ns, JSON, client_of(request), 1))


datasets = answering(_datasets, refuse, ("GET", "POST"), EITHER)
dataset = answering(_dataset, refuse, ("GET",), EITHER)
items = answering(_items, refuse, ("GET", "POST"), EITHER)
item = answering(_item, refuse, ("GET", "DELETE"), EITHER)
run_items = answering(_run_items, refuse, ("GET", "POST"), EITHER)
