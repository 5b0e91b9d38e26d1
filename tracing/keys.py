"""Who is calling: the key of a request, and what it may do."""

import base64
import binascii
import time
from dataclasses import dataclass

from django.http import HttpRequest

from tracing.models import Key, Membership

FRESH_SECONDS = 5.0  # how long a revoked key may still work in this process
MOST_CACHED = 10_000


@dataclass(frozen=True, slots=True)
class Access:
    """What a key speaks for: one project, and a person where the key is a person's."""

    project: str
    scopes: frozenset[str]
    key_id: int
    person_id: int | None = None
    withheld: frozenset[str] = frozenset()  # scopes of the key that its person's role does not carry

    def may(self, scope: str) -> bool:
        """True where the key has the scope."""
        return scope in self.scopes

    def lack(self, scope: str) -> tuple[str, str]:
        """The code and the sentence of the refusal for want of the scope."""
        if scope in self.withheld:
            return "role", f"the role of this key's person in the project does not carry the scope '{scope}'"
        return "missing_scope", f"this key lacks the scope '{scope}'"


class KeyRefused(Exception):
    """No key, or one that opens nothing; the message says what to do."""


_cache: dict[str, tuple[float, Access | None]] = {}


def secret_of(request: HttpRequest) -> str | None:
    """The secret of `Authorization: Bearer`, `X-API-Key`, or the password half of `Basic`."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip() or None
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2] or None
        except (binascii.Error, UnicodeDecodeError):
            return None
    return request.headers.get("X-API-Key") or None


def authenticate(request: HttpRequest) -> Access:
    """The access of the request's key; raises KeyRefused."""
    secret = secret_of(request)
    if secret is None:
        raise KeyRefused("no key: send 'Authorization: Bearer <key>' (a project's settings make one)")
    access = _access(Key.digest(secret))
    if access is None:
        raise KeyRefused(
            "this key is not known here, was revoked, or its person left: make a new one in the project's settings"
        )
    return access


def _access(digest: str) -> Access | None:
    now = time.monotonic()
    known = _cache.get(digest)
    if known is not None and now - known[0] < FRESH_SECONDS:
        return known[1]
    if len(_cache) >= MOST_CACHED:
        _cache.clear()
    access = _look_up(digest)
    _cache[digest] = (now, access)
    return access


def _look_up(digest: str) -> Access | None:
    key = Key.objects.select_related("project").filter(hashed=digest, revoked_at=None).first()
    if key is None:
        return None
    carried = scopes = frozenset(key.scopes)
    if key.person_id is not None:
        membership = Membership.objects.filter(project=key.project, user=key.person_id, user__is_active=True).first()
        if membership is None:
            return None
        carried = scopes & membership.scopes
    return Access(key.project.slug, carried, key.pk, key.person_id, scopes - carried)


def forget() -> None:
    """Look every key up anew: after one was revoked in this process, or what a person may do was changed."""
    _cache.clear()
