"""What a fresh embedded start makes, so that one command is enough: a project, a person, and that person's key."""

import os
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model

from tracing.models import Key, Membership, Project, Scope

PROJECT = "default"
PERSON = "admin"


def key_path() -> Path:
    """Where the command line finds the first person's key."""
    return Path(settings.DATA_DIR) / "key"


def write_private(path: Path, text: str) -> None:
    """Write a file that its owner alone may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def create_project(slug: str, owner: str, name: str = "") -> Project:
    """The project, and the person who owns it; both may be there already."""
    project, _ = Project.objects.get_or_create(slug=slug, defaults={"name": name or slug})
    people = get_user_model().objects
    person = people.filter(username=owner).first() or people.create_superuser(owner)
    Membership.objects.get_or_create(project=project, user=person, defaults={"role": Membership.Role.OWNER})
    return project


def first_start() -> None:
    """Make the first project, person and key where there is no project yet."""
    if Project.objects.exists():
        return
    project = create_project(PROJECT, PERSON)
    person = get_user_model().objects.get(username=PERSON)
    _, secret = Key.issue(project, "command line", list(Scope.values), person)
    write_private(key_path(), secret)
