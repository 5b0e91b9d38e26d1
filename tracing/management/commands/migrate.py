"""`migrate`, for both stores: Django's own, then the numbered schema files."""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as DjangoMigrate

from tracing import store


class Command(DjangoMigrate):
    """Apply Django's migrations and the schema files of the store."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Apply what is missing in both."""
        super().handle(*args, **options)
        try:
            applied = store.apply_schema()
        except store.StoreInUseError as error:
            raise CommandError(str(error)) from error
        for name in applied if options["verbosity"] else ():
            self.stdout.write(f"  Applied schema {name}")
