"""`manage.py signin_link USER`: print a link that signs the person in once."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from tracing import address
from tracing.pages import signin


class Command(BaseCommand):
    help = "Print a link that signs a person in once, within a day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The person, and the page to open."""
        parser.add_argument("user")
        parser.add_argument("--next", default="/", help="the path to open after signing in")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the link and nothing else, so that scripts can use it."""
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(f"nobody here is called {options['user']!r}")
        path = reverse("tracing:once", args=[signin.token(user, options["next"])])
        self.stdout.write(f"{address.known()}{path}")
