"""`check_clickhouse`: is the store that CLICKHOUSE_URL names fit for us?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tracing import store, store_contract


class Command(BaseCommand):
    """Try everything that is asked of the store, and say what fails and what to do about it."""

    help = "Check that the ClickHouse server can do what is needed, in tables that are dropped afterwards."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """A line a promise; exit code 1 where one is broken."""
        failed = 0
        try:
            for outcome in store_contract.outcomes():
                failed += bool(outcome.error)
                self._say(outcome)
        except store.StoreInUseError as error:
            raise CommandError(str(error)) from error
        if failed:
            raise CommandError(f"{failed} of {len(store_contract.PROMISES)} failed")
        self.stdout.write("The store is fit for use.")

    def _say(self, outcome: store_contract.Outcome) -> None:
        if outcome.error:
            self.stdout.write(f"failed  {outcome.promise.words}: {outcome.error}")
            self.stdout.write(f"        {outcome.promise.hint}")
        else:
            self.stdout.write(f"ok      {outcome.promise.words}")
