"""What a person says is right: a verdict that stands above the engine's, until a person changes it."""

import time

from tracing import marks
from tracing.judging import verdicts
from tracing.keyed import TraceKey
from tracing.records import Verdict
from tracing.stages import Fault, Stage

MOST_NOTE = 2_000
UNKNOWN = "unknown"


class WrongVerdictError(ValueError):
    """A verdict that cannot be: which field is wrong, and what was perhaps meant."""

    def __init__(self, field: str, detail: str, suggestion: str | None = None) -> None:
        super().__init__(detail)
        self.field, self.suggestion = field, suggestion


def verdict_of(stage: str | None, fault: str) -> Verdict:
    """The verdict of these words; `none` clears the trace. Raises WrongVerdictError."""
    if fault in (verdicts.NOTHING, UNKNOWN):
        return _verdict(None, fault)
    known = Fault.named(fault)
    if known is None:
        names = ", ".join((*(one.label for one in Fault), UNKNOWN, verdicts.NOTHING))
        raise WrongVerdictError("fault", f"there is no fault '{fault[:40]}': it is one of {names}")
    if stage and Stage.named(stage) is None:
        names = ", ".join(one.label for one in Stage)
        raise WrongVerdictError("stage", f"there is no stage '{stage[:40]}': it is one of {names}")
    if known.stage is None and not stage:
        raise WrongVerdictError("stage", f"{fault} can happen in any stage: say in which")
    if known.stage is not None and stage not in (None, "", known.stage.label):
        detail = f"{fault} is a fault of {known.stage.label}, not of {stage}"
        raise WrongVerdictError("stage", detail, known.stage.label)
    return _verdict(known.stage.label if known.stage else stage, fault)


def _verdict(stage: str | None, fault: str) -> Verdict:
    return Verdict(stage, fault, "human", "certain", "human", 0)


def say(*, project: str, key: TraceKey, person: str, verdict: Verdict, note: str = "") -> verdicts.Row:
    """Append it; the trace's mark follows."""
    row = verdicts.Row(verdict, time.time_ns(), person=person, note=note.strip()[:MOST_NOTE])
    verdicts.keep(project=project, found=[(key, row)], version=row.at_ns)
    found = marks.facts_of(project=project, trace_ids=[key.trace_id])
    marks.refresh(found, time.time_ns())
    return row
