"""How many fields of each client's traces agree with its reference, for the summary at the end of a run."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

Compared = Iterable[tuple[str, Any, Any]]  # field, expected, ours
TABLE: dict[str, dict[str, Counter[str]]] = {}


def count(client: str, field: str, *, agreed: bool) -> None:
    """One comparison."""
    counts = TABLE.setdefault(client, {}).setdefault(field, Counter())
    counts["compared"] += 1
    counts["agreed"] += agreed


def check(client: str, traces: Iterable[tuple[str, Compared]], known: dict[tuple[str, str], tuple[int, str]]) -> None:
    """Every field of every trace agrees, but for as many of each as are known to differ."""
    differing: dict[str, list[str]] = {}
    for trace_id, compared in traces:
        for name, wanted, ours in compared:
            count(client, name, agreed=wanted == ours)
            if wanted != ours:
                differing.setdefault(name, []).append(f"{trace_id}: expected {wanted!r}, ours {ours!r}"[:600])
    of_client = {name: times for (of, name), (times, _) in known.items() if of == client}
    assert {name: len(found) for name, found in differing.items()} == of_client, "\n".join(
        line for name, found in differing.items() for line in [name, *found[:2], found[-1]]
    )


def plain() -> dict[str, dict[str, dict[str, int]]]:
    """The counts as plain data."""
    return {client: {field: dict(counts) for field, counts in table.items()} for client, table in TABLE.items()}


def add(others: dict[str, dict[str, dict[str, int]]]) -> None:
    """The counts of another process as well."""
    for client, table in others.items():
        for field, counts in table.items():
            TABLE.setdefault(client, {}).setdefault(field, Counter()).update(counts)


def lines() -> list[str]:
    """A row a field, a column a client."""
    clients = list(TABLE)
    fields = list(dict.fromkeys(field for table in TABLE.values() for field in table))
    rows = [["field", *clients]]
    for field in fields:
        cells = (TABLE[client].get(field) for client in clients)
        rows.append([field, *("" if cell is None else f"{cell['agreed']} of {cell['compared']}" for cell in cells)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(clients) + 1)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
