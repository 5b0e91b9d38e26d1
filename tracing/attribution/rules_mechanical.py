"""What can be seen without knowing the right answer and without a judge. A rule's docstring is what the page says."""

from __future__ import annotations

import re

from tracing.attribution.telling import shown
from tracing.attribution.view import Certainty, Finding, View
from tracing.records import Assessment, Candidate, Lane, ManifestEntry, StageRecord
from tracing.stages import Fault, Stage

_SCHEMA = re.compile(  # as a word of its own or in camel case: `information` is no format
    r"(?:(?<![^\W\d_])|(?<=[a-z])(?=[A-Z]))(?i:schema|json|format|pars(?:e|ing)|structur|well.?formed)"
)
_UNPARSED = re.compile(
    r"JSONDecodeError|OutputPars|ValidationError|not valid json|invalid json|(?:did|does) not match the schema"
    r"|(?:failed|could not|unable) to parse",
    re.IGNORECASE,
)
_MOST_EVIDENCE = 5
_LONGEST_ERROR = 300
_SEARCHING = (Stage.EMBED, Stage.RETRIEVE)


def error(view: View) -> Finding | None:
    """The stage raised, and the user got no answer.

    If several stages failed, this is the first one that the pipeline could not go on without.
    """
    return _failure(view, "error")


def timeout(view: View) -> Finding | None:
    """The stage ran past its deadline, and the user got no answer."""
    return _failure(view, "timeout")


def _failure(view: View, status: str) -> Finding | None:
    if not view.failed_unanswered or not view.failures:
        return None
    ending = [record for record in view.failures if not _was_done_without(view, record)]
    first = min(ending or view.failures, key=lambda record: (_order(record), record.start_ns, record.round))
    stage = Stage.named(first.stage)
    if (
        first.status != status
        or stage is None
        or (stage in (Stage.GENERATE, Stage.VALIDATE) and _is_unparsed(first.error))
    ):
        return None
    fault = Fault.TIMEOUT if status == "timeout" else Fault.ERROR
    said = (first.error or "").strip()[:_LONGEST_ERROR]
    evidence = f"{stage.label}: {said}" if said else f"{stage.label} ended with the status {status}"
    alone = bool(ending) and len({record.stage for record in view.failures}) == 1
    return Finding(stage, fault, "mechanical", "certain" if alone else "likely", (evidence,))


def _order(record: StageRecord) -> int:
    stage = Stage.named(record.stage)
    return stage.order if stage is not None else len(Stage)


def _was_done_without(view: View, failed: StageRecord) -> bool:
    """True where a later step of the way to the answer went well: the pipeline had gone on."""
    return any(
        one.status == "ok"
        and (one.start_ns, _order(one)) > (failed.start_ns, _order(failed))
        and _order(failed) < _order(one) <= Stage.GENERATE.order
        for one in view.trace.stages
    )


def _is_unparsed(message: str | None) -> bool:
    return bool(message) and bool(_UNPARSED.search((message or "")[:_LONGEST_ERROR]))


def went_on(view: View) -> Finding | None:
    """A stage before the answer failed, and the pipeline went on without it."""
    said = view.assessment
    if view.expected_places or view.should_have_refused or (said is not None and _suffices(said)):
        return None
    failing = [one for one in view.failures if _order(one) <= Stage.CONTEXT.order]
    if not failing or view.failed_unanswered:
        return None
    first = min(failing, key=lambda one: (_order(one), one.start_ns, one.round))
    stage, fault = Stage.named(first.stage), Fault.named(first.status)
    if stage is None or fault is None:
        return None
    evidence = f"{stage.label}: {(first.error or first.status).strip()[:_LONGEST_ERROR]}"
    return Finding(stage, fault, "mechanical", "suspected", (evidence, "it answered all the same"))


def _suffices(said: Assessment) -> bool:
    return said.by != "lexical" and said.context_sufficient is True


def bad_format(view: View) -> Finding | None:
    """The output never passed the schema, however often it was asked for."""
    checks: dict[str, tuple[int, str]] = {}
    for record in view.trace.stages:
        if record.stage not in (Stage.GENERATE.label, Stage.VALIDATE.label):
            continue
        if record.status == "error" and _is_unparsed(record.error) and not view.answered:
            checks["error"] = (record.round, f"{record.stage}: {(record.error or '')[:_LONGEST_ERROR]}")
        for check in record.checks:
            if _SCHEMA.search(check.name) and check.passed is not None:
                failed = f"the check {check.name[:80]} of {record.stage} did not pass"
                checks[check.name] = (record.round, "" if check.passed else failed)
    evidence = tuple(said for _, said in checks.values() if said)
    attempts = max((record.attempts or 1 for record in view.trace.stages if record.stage == "generate"), default=1)
    if not evidence or (attempts == 1 and view.trace.outcome in ("answer", "suggest", "direct")):
        return None
    more = (f"{attempts} attempts",) if attempts > 1 else ()
    return Finding(Stage.GENERATE, Fault.BAD_FORMAT, "mechanical", "certain", evidence[:_MOST_EVIDENCE] + more)


def stale_chunk(view: View) -> Finding | None:
    """A chunk that was cited points at a place that is gone, or moved without a redirect."""
    gone = [one.anchor for one, status in zip(view.trace.citations, view.statuses, strict=True) if status == "stale"]
    return _of_anchors(view, gone, Stage.INDEX, Fault.STALE_CHUNK, "is gone from the manifest {version}")


def unknown_anchor(view: View) -> Finding | None:
    """A cited anchor is in no version of the manifest, before or since."""
    made_up = [
        one.anchor for one, status in zip(view.trace.citations, view.statuses, strict=True) if status == "unknown"
    ]
    return _of_anchors(view, made_up, Stage.VALIDATE, Fault.UNKNOWN_ANCHOR, "is in no version of the manifest")


def false_anchor(view: View) -> Finding | None:
    """Every cited anchor is real, and at least one is of another product than the one that was routed to."""
    if "unknown" in view.statuses or "stale" in view.statuses:
        return None
    pairs = zip(view.trace.citations, view.statuses, strict=True)
    false = [one.anchor for one, status in pairs if status == "false" and one.anchor]
    said = []
    for anchor in false:
        entry = view.anchors.entry(anchor)
        said.append(f"{shown(anchor)} is of {entry.product if entry else '?'}, routed to {view.trace.product}")
    if not said:
        return None
    return Finding(Stage.VALIDATE, Fault.FALSE_ANCHOR, "mechanical", "certain", tuple(said[:_MOST_EVIDENCE]))


def _of_anchors(view: View, found: list[str | None], stage: Stage, fault: Fault, words: str) -> Finding | None:
    version = view.manifest.version if view.manifest else ""
    said = [f"cited {shown(anchor)} {words.format(version=version)}" for anchor in dict.fromkeys(found) if anchor]
    if not said:
        return None
    return Finding(stage, fault, "mechanical", "certain", tuple(said[:_MOST_EVIDENCE]))


def content_drift(view: View) -> Finding | None:
    """A chunk that was cited was made of another text than its page has now: their hashes differ."""
    said = [
        f"{shown(one.chunk_id)}: made of {one.source_hash}, and its page is {entry.source_hash} now"
        for one, entry in cited_drift(view)
    ]
    if not said:
        return None
    return Finding(Stage.INDEX, Fault.CONTENT_DRIFT, "mechanical", "certain", tuple(said[:_MOST_EVIDENCE]))


def cited_drift(view: View) -> list[tuple[Candidate, ManifestEntry]]:
    """Those of the drifted chunks that are cited."""
    return [(one, entry) for one, entry in drifted(view) if view.is_cited(one)]


def drifted(view: View) -> list[tuple[Candidate, ManifestEntry]]:
    """The kept or cited chunks whose hash differs from their page's, with the page."""
    if view.manifest is None:
        return []
    found = []
    for one, place in zip(view.trace.candidates, view.places, strict=True):
        if one.source_hash and place is not None and (one.survived or view.is_cited(one)):
            entry = view.manifest.entries.get(place)
            if entry is not None and entry.source_hash and entry.source_hash != one.source_hash:
                found.append((one, entry))
    return found


def thin(view: View) -> Finding | None:
    """Nothing that was retrieved reaches the floor of its lane, and it answered all the same."""
    said = under_floors(view) if view.answered else ()
    if not said:
        return None
    sure: Certainty = "certain" if view.should_have_refused and not view.journey.unseen_before else "likely"
    return Finding(Stage.RETRIEVE, Fault.THIN, "mechanical", sure, said)


def under_floors(view: View) -> tuple[str, ...]:
    """Lane by lane, how far the best that was retrieved is under the floor; empty where the retrieval was not thin."""
    if view.evidence_kept or view.trace.outcome == "direct":
        return ()
    if all(floor_of(view, lane) is None for lane in view.trace.lanes):
        return ()
    if any(Stage.named(one.stage) in _SEARCHING for one in view.failures):
        return ()
    scores: dict[tuple[str, int], list[float | None]] = {(lane.name, lane.round): [] for lane in view.trace.lanes}
    for candidate in view.trace.candidates:
        for hit in candidate.hits:
            scores.setdefault((hit.lane, hit.round), []).append(hit.score)
    said = []
    for lane in view.trace.lanes:
        given, floor = scores[lane.name, lane.round], floor_of(view, lane)
        if not given:
            said += [f"{lane.name}: nothing, floor {floor:g}"] if floor is not None and not lane.returned else []
            continue
        if floor is None or any(score is None or reaches(lane, score, floor) for score in given):
            return ()
        known = [score for score in given if score is not None]
        best = min(known) if lane.score_kind == "distance" else max(known)
        said.append(f"{lane.name}: best score {best:g}, floor {floor:g}")
    return tuple(said[:_MOST_EVIDENCE])


def reaches(lane: Lane, score: float, floor: float) -> bool:
    """True where the score is as good as the lane's floor: of distances, the smaller is the better."""
    return score <= floor if lane.score_kind == "distance" else score >= floor


def floor_of(view: View, lane: Lane) -> float | None:
    """The score that a lane must reach: its own, else the project's."""
    return lane.floor if lane.floor is not None else view.rules.lane_floors.get(lane.name)
