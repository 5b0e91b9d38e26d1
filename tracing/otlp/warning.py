"""What a sender is told of attributes that its SDK cut off."""

from __future__ import annotations


def dropped_warning(dropped: int) -> str:
    """What to tell a sender whose SDK cut attributes off, and what cures it."""
    return (
        f"{dropped} attributes were dropped by the sender's limit, the earliest first: "
        "set OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT=10000 where the traces come from"
    )
