"""At the end of a run: how far the clients' captures agree with their references."""

from typing import Any

from tests.tracing import agreement


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The table, where captures were compared."""
    if agreement.TABLE:
        terminalreporter.section("captures: fields that agree with the reference")
        for line in agreement.lines():
            terminalreporter.write_line(line)
