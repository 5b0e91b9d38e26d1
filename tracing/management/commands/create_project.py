"""`create_project NAME [--key]`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.text import slugify

from tracing.bootstrap import PERSON, create_project
from tracing.models import Key, Project, Scope


class Command(BaseCommand):
    """Make a project, and with --key a key that may send to it."""

    help = "Make a project; --key prints a key that may send to it."

    def add_arguments(self, parser: CommandParser) -> None:
        """NAME, --owner and --key."""
        parser.add_argument("name")
        parser.add_argument("--owner", default=PERSON, help="who owns it (made if unknown)")
        parser.add_argument("--key", action="store_true", help="print a key that may send traces to it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it and say so."""
        name = options["name"].strip()
        slug = slugify(name)
        if not slug:
            raise CommandError(f"{name!r} has no letter from a to z and no figure: addresses are made of these.")
        there = " (it was there already)" * Project.objects.filter(slug=slug).exists()
        project = create_project(slug, options["owner"], name)
        self.stderr.write(f"project {project.slug}, owned by {options['owner']}{there}")
        if options["key"]:
            _, secret = Key.issue(project, "sender", [Scope.INGEST])
            self.stdout.write(secret)
