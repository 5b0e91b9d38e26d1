"""The key in the first-run page's snippets: it can only send, and is derived, not kept, so it can be shown again."""

import base64
import hashlib
import hmac

from django.conf import settings

from tracing.models import Key, Project, Scope

NAME = "first-run page"
MOST_REVOKED = 50


def snippet_key(project: Project) -> str | None:
    """The secret, made on first use; after a revocation the next one. None after too many revocations."""
    for number in range(MOST_REVOKED):
        secret = _secret(project, number)
        key, _ = Key.objects.get_or_create(
            hashed=Key.digest(secret),
            defaults={"project": project, "name": NAME, "scopes": [Scope.INGEST.value], "hint": secret[:8]},
        )
        if key.revoked_at is None:
            return secret
    return None


def _secret(project: Project, number: int) -> str:
    message = f"snippet:{project.pk}:{project.slug}:{number}".encode()
    mac = hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).digest()
    return "sl_" + base64.urlsafe_b64encode(mac).decode().rstrip("=")
