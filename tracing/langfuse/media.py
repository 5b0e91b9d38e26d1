"""Langfuse's way of sending media: ask for a place, put the bytes there, say that it is done."""

import base64
import binascii
import datetime as dt
import hashlib
import re
from typing import Any

from django.conf import settings
from django.core import signing
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from tracing import body, keys
from tracing.dataset_models import Media
from tracing.langfuse.body import object_of, text_of
from tracing.langfuse.endpoints import EITHER, answer, problem, refuse
from tracing.models import Project
from tracing.receive import RefusedError, answering

_SALT = "stagelight.media"
_GOOD_FOR_SECONDS = 3600
_MEDIA_TYPE = re.compile(r"[\w.+-]{1,40}/[\w.+-]{1,58}")
_SHOWN = ("image/png", "image/jpeg", "image/gif", "image/webp", "audio/mpeg", "audio/wav", "audio/ogg", "video/mp4")


def media_id_of(sha256: str) -> str | None:
    """The id that Langfuse's SDKs compute of a hash in base64; None where it is none."""
    try:
        digest = base64.b64decode(sha256, validate=True)
    except (binascii.Error, ValueError):
        return None
    return base64.urlsafe_b64encode(digest).decode()[:22] if len(digest) == 32 else None


def _place(request: HttpRequest, access: keys.Access) -> HttpResponse:
    said = object_of(request)
    sha256, content_type = text_of(said, "sha256Hash", 44), text_of(said, "contentType", 100)
    media_id, length = media_id_of(sha256 or ""), said.get("contentLength")
    if media_id is None or sha256 is None:
        raise RefusedError(400, "sha256Hash is the SHA-256 of the content, in base64")
    if content_type is None or not _MEDIA_TYPE.fullmatch(content_type):
        raise RefusedError(400, "contentType is a media type")
    if not isinstance(length, int) or isinstance(length, bool) or not 0 < length <= settings.MEDIA_MAX_BYTES:
        raise RefusedError(413 if isinstance(length, int) and length > 0 else 400, _too_large())
    project = Project.objects.get(slug=access.project)
    known = Media.objects.filter(project=project, media_id=media_id).first()
    if known is not None and known.uploaded_at:
        return answer({"uploadUrl": None, "mediaId": media_id}, 201)
    _check_room(project, length)
    told: dict[str, Any] = {"content_type": content_type, "length": length, "sha256": sha256}
    told |= {name: text_of(said, key, 200) or "" for name, key in (("trace_id", "traceId"), ("field", "field"))}
    told["observation_id"] = text_of(said, "observationId", 200) or ""
    Media.objects.update_or_create(project=project, media_id=media_id, defaults={**told, "field": told["field"][:40]})
    token = signing.dumps([project.pk, media_id], salt=_SALT)
    url = request.build_absolute_uri(reverse("tracing:langfuse_upload", args=[token]))
    return answer({"uploadUrl": url, "mediaId": media_id}, 201)


def _too_large() -> str:
    return f"contentLength is a number of bytes; at most {settings.MEDIA_MAX_BYTES} are taken"


def _check_room(project: Project, length: int) -> None:
    used = Media.objects.filter(project=project).aggregate(total=Sum("length"))["total"] or 0
    if used + length > settings.MEDIA_TOTAL_BYTES:
        raise RefusedError(413, f"the project keeps {settings.MEDIA_TOTAL_BYTES} bytes of media, and they are used up")


@csrf_exempt
@require_http_methods(["PUT"])
def upload(request: HttpRequest, token: str) -> HttpResponse:
    """The bytes, at the place that was given out: the path itself is the permission."""
    try:
        project, media_id = signing.loads(token, salt=_SALT, max_age=_GOOD_FOR_SECONDS)
        content = body.read(request, settings.MEDIA_MAX_BYTES)
    except signing.BadSignature:
        return problem(403, "this place for an upload was not given out here, or an hour has passed since")
    except body.BodyError as error:
        return problem(error.status, error.reason)
    if media_id_of(base64.b64encode(hashlib.sha256(content).digest()).decode()) != media_id:
        return problem(400, "the content is not that of the hash that was announced")
    Media.objects.filter(project=project, media_id=media_id).update(
        content=content, length=len(content), uploaded_at=timezone.now()
    )
    return HttpResponse(status=200)


def _one(request: HttpRequest, access: keys.Access, media_id: str) -> HttpResponse:
    found = Media.objects.filter(project__slug=access.project, media_id=media_id).defer("content").first()
    if found is None or (request.method == "GET" and not found.uploaded_at):
        return problem(404, "no such media")
    if request.method == "PATCH":
        object_of(request)  # how the upload went is known here: it was made here
        return answer({"message": "Media record updated"})
    token = signing.dumps([found.project_id, media_id], salt=_SALT)
    described: dict[str, Any] = {
        "mediaId": media_id,
        "contentType": found.content_type,
        "contentLength": found.length,
        "uploadedAt": found.uploaded_at,
        "url": request.build_absolute_uri(reverse("tracing:langfuse_content", args=[token])),
        "urlExpiry": timezone.now() + dt.timedelta(seconds=_GOOD_FOR_SECONDS),
    }
    return answer(described)


@require_http_methods(["GET"])
def content(request: HttpRequest, token: str) -> HttpResponse:
    """The bytes back, never as a page of ours."""
    try:
        project, media_id = signing.loads(token, salt=_SALT, max_age=_GOOD_FOR_SECONDS)
    except signing.BadSignature:
        return problem(403, "this link was not given out here, or an hour has passed since")
    found = Media.objects.filter(project=project, media_id=media_id).exclude(content=None).first()
    if found is None or found.content is None:
        return problem(404, "no such media")
    shown = found.content_type if found.content_type in _SHOWN else "application/octet-stream"
    response = HttpResponse(bytes(found.content), content_type=shown)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = f'attachment; filename="{media_id}"'
    return response


place = answering(_place, refuse)
one = answering(_one, refuse, ("GET", "PATCH"), EITHER)
