"""`migrate`, for both stores: Django's own, then the numbered schema files."""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import OperationalError

from tracing import store


class Command(DjangoMigrate):
    """Apply Django's migrations and the schema files of the store."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Apply what is missing in both."""
        try:
            super().handle(*args, **options)
            applied = store.apply_schema()
        except OperationalError as error:
            raise CommandError(f"the database that DATABASE_URL names cannot be used: {error}") from error
        except (store.StoreInUseError, store.StoreAwayError) as error:
            raise CommandError(str(error)) from error
        for name in applied if options["verbosity"] else ():
            self.stdout.write(f"  Applied schema {name}")
