"""No search for cycles while a batch is at work: it makes a million objects and hardly a cycle.

The collector is one for all threads: it comes back when the last of them is done.
"""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG, MIDDLE, OLD = 200_000, 10, 10  # objects made, and sweeps of the generation before, until each is swept
_lock = threading.Lock()
_at_work = 0


def sweep_seldom() -> None:
    """For a process that lasts: what there is now stays, and what a batch leaves behind is swept after it."""
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)


@contextmanager
def unswept() -> Iterator[None]:
    """Within it the cycle collector rests."""
    global _at_work
    with _lock:
        _at_work += 1
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            _at_work -= 1
            if not _at_work:
                gc.enable()
