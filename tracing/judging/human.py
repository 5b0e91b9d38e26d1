"""What a person says is right: a verdict that stands above the engine's, until a person changes it."""

import difflib
import time
from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max

from tracing.judging import outbox, verdicts
from tracing.keyed import TraceKey
from tracing.models import HumanVerdict, Outbox, Project
from tracing.records import Verdict
from tracing.stages import Fault, Stage

MOST_NOTE = 2_000


class WrongVerdictError(ValueError):
    """A verdict that cannot be: which field is wrong, and what was perhaps meant."""

    def __init__(self, field: str, detail: str, suggestion: str | None = None) -> None:
        super().__init__(detail)
        self.field, self.suggestion = field, suggestion


def verdict_of(stage: str | None, fault: str) -> Verdict:
    """The verdict of these words; `none` clears the trace. Raises WrongVerdictError."""
    if stage:
        _refuse_unknown("stage", stage, [one.label for one in Stage])
    _refuse_unknown("fault", fault, [*(one.label for one in Fault), verdicts.UNKNOWN, verdicts.NOTHING])
    known = Fault.named(fault)
    if known is None:
        return verdicts.said_by_a_person(None, fault)
    if known.stage is None and not stage:
        raise WrongVerdictError("stage", f"{fault} can happen in any stage: say in which")
    if known.stage is not None and stage not in (None, "", known.stage.label):
        detail = f"{fault} is a fault of {known.stage.label}, not of {stage}"
        raise WrongVerdictError("stage", detail, known.stage.label)
    return verdicts.said_by_a_person(known.stage.label if known.stage else stage, fault)


def _refuse_unknown(field: str, word: str, known: Sequence[str]) -> None:
    if word not in known:
        near = difflib.get_close_matches(word, known, 1)
        detail = f"there is no {field} '{word[:40]}': it is one of {', '.join(known)}"
        raise WrongVerdictError(field, detail, near[0] if near else None)


def say(
    *, project: Project, key: TraceKey, person: User, verdict: Verdict, note: str = ""
) -> tuple[verdicts.Row, bool]:
    """Decide it, and copy it to the trace store. True where it is shown already; else the sweep brings it there."""
    waiting = _decide(project, key, person, verdict, note)
    return outbox.row_of(waiting.verdict), outbox.send([waiting]) == 1


def take_back(*, project: Project, key: TraceKey, person: User) -> bool:
    """Take the person's word back: what stood before stands again. False where the word that stands is not theirs."""
    said = HumanVerdict.objects.filter(project=project, trace_id=key.trace_id).order_by("-said_ns")
    last = verdicts.last_word((one.fault, one) for one in said)
    if last is None or last.person != person:
        return False
    say(project=project, key=key, person=person, verdict=verdicts.said_by_a_person(None, verdicts.WITHDRAWN))
    return True


def _decide(project: Project, key: TraceKey, person: User, verdict: Verdict, note: str) -> Outbox:
    with transaction.atomic(durable=True):
        before = HumanVerdict.objects.filter(project=project, trace_id=key.trace_id).aggregate(Max("said_ns"))
        said = HumanVerdict.objects.create(
            project=project,
            trace_id=key.trace_id,
            key_ns=key.key_ns,
            person=person,
            name=person.get_username(),
            stage=verdict.stage or "",
            fault=verdict.fault,
            note=note.replace("\0", "").strip()[:MOST_NOTE],
            said_ns=max(time.time_ns(), (before["said_ns__max"] or 0) + 1),  # a clock that was set back
        )
        return Outbox.objects.create(verdict=said)
