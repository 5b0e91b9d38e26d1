"""What a batch of the drain brings, trace by trace."""

from dataclasses import dataclass, field

from tracing.records import Span

Key = tuple[str, str]  # project, trace id


@dataclass(slots=True)
class Arrival:
    """What this batch brings to one trace."""

    spans: dict[str, Span] = field(default_factory=dict)
    first_received_ns: int = 2**63 - 1
    last_received_ns: int = 0
    senders: dict[str, tuple[str, str]] = field(default_factory=dict)  # span id -> (day, client)
