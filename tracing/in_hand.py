"""The traces that this process stored last, as it made them: who judges them seconds later need not read them again.

For the embedded store alone, whose one process does all writing: elsewhere another process may have stored more.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple

from django.conf import settings

from tracing.keyed import TraceKey
from tracing.records import Trace

MOST = 1_200  # traces; some 20 KB each


class Made(NamedTuple):
    """A trace as it was stored."""

    trace: Trace
    version: int
    arrived_ns: int


_made: OrderedDict[tuple[str, TraceKey], Made] = OrderedDict()


def put(project: str, key: TraceKey, made: Made) -> None:
    """Keep what was just stored, and let the oldest go."""
    if not settings.CLICKHOUSE_URL.startswith("chdb:"):
        return
    _made.pop((project, key), None)
    _made[project, key] = made
    if len(_made) > MOST:
        _made.popitem(last=False)


def held(project: str, keys: Iterable[TraceKey]) -> dict[TraceKey, Made]:
    """Those of the traces that are still here."""
    return {key: made for key in keys if (made := _made.get((project, key))) is not None}


def let_go(project: str, keys: Iterable[TraceKey]) -> None:
    """What was judged is seldom asked for again."""
    for key in keys:
        _made.pop((project, key), None)


def clear() -> None:
    """Forget everything: what was stored is gone."""
    _made.clear()
