"""One-time links that sign a person in: signed, expiring, void after any sign-in, change of password or newer link.

They open the projects that the person was in when they were made: one joined or left since makes them void.
"""

from django.contrib.auth.models import User
from django.core import signing
from django.utils import timezone

from tracing.models import Membership

SALT = "stagelight.once"
LASTS_SECONDS = 24 * 3600


def token(user: User, next_path: str = "/") -> str:
    """What goes into the link for that person, made on the machine that Stagelight runs on."""
    return _signed(user, next_path)


def lent_token(user: User, next_path: str = "/") -> str:
    """The same, made by an owner of the person's projects; every link that was made before is void from now on."""
    User.objects.filter(pk=user.pk).update(last_login=timezone.now())
    return _signed(User.objects.get(pk=user.pk), next_path, lent=True)


def _signed(user: User, next_path: str, lent: bool = False) -> str:
    content = {"user": user.pk, "seen": _state(user), "next": next_path, "lent": lent}
    return signing.dumps(content, salt=SALT, compress=True)


def is_lent(text: str) -> bool:
    """Whether an owner made the link, who can open it just as well: it gives nothing that lasts."""
    content = signing.loads(text, salt=SALT, max_age=LASTS_SECONDS)
    return bool(content.get("lent"))


def opened(text: str) -> tuple[User, str] | None:
    """The person and where to take them, without using the link up; None where it is void."""
    try:
        content = signing.loads(text, salt=SALT, max_age=LASTS_SECONDS)
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=content["user"], is_active=True).first()
    if user is None or _state(user) != content["seen"]:
        return None
    return user, content["next"]


def destination(text: str, user: User) -> str | None:
    """Where a link would take a person who is signed in already, also when it was used; None where it is not theirs."""
    try:
        content = signing.loads(text, salt=SALT, max_age=LASTS_SECONDS)
    except signing.BadSignature:
        return None
    return str(content["next"]) if content["user"] == user.pk else None


def used(text: str) -> tuple[User, str] | None:
    """The same, and the link is void from now on: of two at once, one is let in."""
    found = opened(text)
    if found is None:
        return None
    user, next_path = found
    won = User.objects.filter(pk=user.pk, last_login=user.last_login).update(last_login=timezone.now())
    return (User.objects.get(pk=user.pk), next_path) if won else None


def _state(user: User) -> str:
    last = user.last_login.isoformat() if user.last_login else "never"
    projects = Membership.objects.filter(user=user).order_by("project").values_list("project", flat=True)
    return f"{last} {user.get_session_auth_hash()[:16]} {list(projects)}"
