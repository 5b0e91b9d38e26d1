"""Dataclasses that are frozen to readers and to the type checker, and made at the price of ordinary ones.

Freezing at run time sets each field through `object.__setattr__`: a tenth of the time that the drain spends on a trace.
"""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(**options: Any) -> Callable[[type], type]:
        """As `dataclasses.dataclass(frozen=True, ...)`, hashable too, but that nothing stops an assignment."""
        return dataclasses.dataclass(**options | {"frozen": False, "unsafe_hash": options.get("eq", True)})
