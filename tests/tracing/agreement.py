"""How many fields of each client's traces agree with its reference, for the summary at the end of a run."""

from collections import Counter

TABLE: dict[str, dict[str, Counter[str]]] = {}


def count(client: str, field: str, *, agreed: bool) -> None:
    """One comparison."""
    counts = TABLE.setdefault(client, {}).setdefault(field, Counter())
    counts["compared"] += 1
    counts["agreed"] += agreed


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
