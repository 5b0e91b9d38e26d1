"""Reads that do not wait for one another, side by side: an embedded store runs one query a thread."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

THREADS = 4


def together(*reads: Callable[[], Any]) -> list[Any]:
    """What each gives, in their order: the first, best the longest, in this thread, the others in free ones.

    What no thread was free for by then is read in this one.
    """
    first, *others = reads
    waiting = [(read, _pool().submit(read)) for read in others]
    return [first(), *(read() if found.cancel() else found.result() for read, found in waiting)]


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="reads")
