"""The verdict as a page shows it: what it rests on in words, and evidence that leads to the row that it speaks of."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from tracing.attribution.engine import ANCHORS_WANTED
from tracing.judging.verdicts import Row
from tracing.pages.check_words import failed_checks
from tracing.pages.flag_words import flag_words
from tracing.pages.journey_view import CITED, Journey, names
from tracing.pages.lane_view import dead_lanes
from tracing.records import Trace, Verdict
from tracing.stages import Fault, Stage

SUPPORTED_BUT = {
    "content_drift": "the context was out of date",
    "unknown_anchor": "what it cites does not exist",
    "false_anchor": "what it cites is a page of another product",
    "missed_refusal": "it should have refused",
}
RESTS_ON = {
    "mechanical": "from the trace itself",
    "gold": "from the lists and what was expected",
    "judge": "by a judge's reading",
    "heuristic": "by words alone",
    "human": "by a person",
}


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """A line of evidence; where it begins with a name that the page shows, the name and a link to its place."""

    before: str
    name: str
    link: str
    rest: str


def evidence_lines(trace: Trace, journey: Journey, evidence: Iterable[str]) -> tuple[EvidenceLine, ...]:
    """The lines in order, each leading to the row of the chunk, or to the citation, that it begins with."""
    targets = [
        (name, f"#row-{row.place}")
        for row in journey.rows
        for name in (row.candidate.anchor, row.candidate.chunk_id)
        if name
    ]
    targets += [(one.anchor, f"#absent-{number}") for number, one in enumerate(journey.absent, start=1)]
    targets += [
        (citation.anchor, f"#citation-{number}")
        for number, citation in enumerate(trace.citations, start=1)
        if citation.anchor
    ]
    return tuple(_line(line, targets) for line in evidence)


def _line(line: str, targets: list[tuple[str, str]]) -> EvidenceLine:
    name, link = next((target for target in targets if names(line, target[0])), ("", ""))
    begin = len(CITED) if name and line.startswith(CITED) else 0
    end = begin + min(len(name), 200)
    return EvidenceLine(line[:begin], line[begin:end], link, line[end:])


def told(history: Iterable[Row]) -> tuple[Row, ...]:
    """What was said in turn, the newest first: of rows that say the same one after the other, the first that did."""
    return tuple(list(same)[-1] for _, same in groupby(history, _said))


def _said(row: Row) -> tuple[object, ...]:
    one = row.verdict
    return row.person, row.note, one.stage, one.fault, one.certainty, one.rules_version


def rests_on(verdict: Verdict) -> str:
    """What the verdict rests on, as a reader says it."""
    return RESTS_ON.get(verdict.kind, verdict.kind)


def naming(trace: Trace, verdict: Verdict | None, url: str) -> str:
    """The command that names the anchors of the right answer; empty where the engine's verdict waits for none."""
    if verdict is None or verdict.kind == "human" or not (verdict.would_decide or "").startswith(ANCHORS_WANTED):
        return ""
    line = json.dumps({"trace_id": trace.trace_id, "behaviour": "answer", "anchors": ["…"]}, ensure_ascii=False)
    key = '-H "Authorization: Bearer $STAGELIGHT_KEY"'
    return f"curl -X PUT '{url}/api/v1/expectations' \\\n  {key} \\\n  --data-binary '{line}'"


def unseen(trace: Trace) -> str:
    """What an answer without a verdict does not show, in words; empty where it shows enough to be judged by."""
    if trace.answer is None:
        return "the answer"
    if trace.outcome == "direct":
        return ""
    if not trace.candidates:
        return "" if dead_lanes(trace) else "what was retrieved"
    return "the prompt" if trace.observed.context == "no" else ""


def unchecked(trace: Trace, engine: Row | None) -> str:
    """Why citations were not checked; empty where all were. The rules check them, once the trace has settled."""
    if all(citation.status != "unchecked" for citation in trace.citations):
        return ""
    if engine is None:
        return "Not checked yet: they are checked once the trace has settled."
    return "Not checked: the project was given no list of the pages that exist."


def supported_but(verdict: Verdict | None) -> str:
    """What is wrong with an answer although its words are in the context; empty where that is no contradiction."""
    stage = Stage.named(verdict.stage or "") if verdict else None
    if verdict is None or stage is None:
        return ""
    if said := SUPPORTED_BUT.get(verdict.fault):
        return said
    return "the context was the wrong one" if stage.order < Stage.GENERATE.order else ""


def noticed(trace: Trace, verdict: Verdict | None, flags: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Each flag that tells more than the verdict, with its words; of checks that did not pass, each."""
    told = (flag for flag in flags if not _is_said(verdict, flag))
    return tuple((flag, words) for flag in told for words in _flag_words(trace, flag))


def _is_said(verdict: Verdict | None, flag: str) -> bool:
    stage, fault = (verdict.stage, verdict.fault) if verdict else (None, "")
    if flag == "no_entities":
        return stage != Stage.RESOLVE.label or fault == Fault.ENTITY_MISSED.label  # most questions name nothing
    if flag == "ended_in_error":
        return fault in (Fault.ERROR.label, Fault.TIMEOUT.label)
    return flag in (fault, f"{fault}:{stage}", f"check_failed:{stage}")


def _flag_words(trace: Trace, flag: str) -> tuple[str, ...]:
    name, _, stage = flag.partition(":")
    checks = failed_checks(trace, stage) if name == "check_failed" else ()
    return tuple(f"{stage}: {check}" for check in checks) or (flag_words(flag),)
