"""`create_project NAME [--key]`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.text import slugify

from tracing.bootstrap import PERSON, create_project
from tracing.models import Key, Scope


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
        project = create_project(slugify(options["name"]), options["owner"])
        self.stderr.write(f"project {project.slug}, owned by {options['owner']}")
        if options["key"]:
            _, secret = Key.issue(project, "sender", [Scope.INGEST])
            self.stdout.write(secret)
