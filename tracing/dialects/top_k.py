"""How many documents were asked for, in what a retriever or a tool was given."""

from __future__ import annotations

from collections.abc import Mapping

from tracing.dialects.values import mapping, whole
from tracing.records import Value

_KEYS = ("top_k", "k", "top_n", "limit", "n_results")


def top_k_in(*given: Value | Mapping[str, Value]) -> int | None:
    """What the first object says that says it, itself or by its arguments' names; objects may be JSON text."""
    for value in given:
        held = value if isinstance(value, Mapping) else mapping(value)
        for said in (held, mapping(held.get("kwargs"))) if held else ():
            for key in _KEYS:
                if key in said and (found := whole(said[key])) is not None:
                    return found
    return None
