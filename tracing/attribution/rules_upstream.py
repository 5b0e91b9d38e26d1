"""Faults before any lane found the expected place. A rule's docstring is what the page says."""

from __future__ import annotations

from tracing.attribution.mentions import holds, normal, words_of
from tracing.attribution.names import lost_in_rewriting, unresolved
from tracing.attribution.telling import shown
from tracing.attribution.usual import NO_ENTITIES
from tracing.attribution.view import Certainty, Finding, Followed, View, gold, line_of
from tracing.records import Entity
from tracing.stages import Fault, Stage

_MOST_NAMES = 5
_ERRORS = {"error": Fault.ERROR, "timeout": Fault.TIMEOUT}


def not_found(view: View) -> Followed | None:
    """The expected place, where no lane found it."""
    decisive = view.decisive
    if not view.lost or decisive is None or decisive.reached > 0:
        return None
    return decisive


def not_indexed(view: View) -> Finding | None:
    """The expected place is in no manifest in force, or the index does not hold it: no search could find it."""
    missed = not_found(view)
    if missed is None or missed.reached == 0 or view.manifest is None:
        return None
    where = "the index inventory lacks it" if missed.reached == -1 else f"the manifest {view.manifest.version} lacks it"
    return gold(Stage.INDEX, Fault.NOT_INDEXED, "certain", f"{shown(missed.anchor)}: {where}")


def failed_before(view: View) -> Finding | None:
    """A stage failed, the pipeline went on without it, and the expected place was lost there or not found after it."""
    if not view.lost or view.decisive is None:
        return None
    at = _lost_at(view, view.decisive)
    if at is None:
        return None
    order = {stage.label: stage.order for stage in Stage}
    for record in sorted(view.failures, key=lambda one: (order.get(one.stage, 99), one.start_ns, one.round)):
        stage = Stage.named(record.stage)
        if stage is not None and (_within(stage, at, view.decisive) or stage.order <= at.order == Stage.RETRIEVE.order):
            said = f"{record.stage}: {(record.error or record.status)[:300]}"
            loss = view.decisive.loss
            certainty: Certainty = "certain" if stage is at and (loss is None or loss.through is None) else "likely"
            return Finding(
                stage, _ERRORS[record.status], "mechanical", certainty, (said, *line_of(view, view.decisive))
            )
    return None


def _within(stage: Stage, at: Stage, followed: Followed) -> bool:
    """True where the stage is the one that lost it, or one of those that may have, where a list was not seen."""
    through = followed.loss.through if followed.loss else None
    return at.order <= stage.order <= (through or at).order


def gave_up(view: View) -> Finding | None:
    """The model, or the check of its answer, failed, and the user got no answer but was told so."""
    expected = view.expectation is None or (view.wants_answer and view.evidence_kept)
    told = view.refused or bool(view.trace.answer)
    if view.answered or not told or not view.failures or not expected:
        return None
    failed = [one for one in view.failures if one.stage in (Stage.GENERATE.label, Stage.VALIDATE.label)]
    if not failed:
        return None
    first = min(failed, key=lambda one: (one.stage != Stage.GENERATE.label, one.start_ns, one.round))
    stage = Stage.GENERATE if first.stage == Stage.GENERATE.label else Stage.VALIDATE
    said = f"{first.stage}: {(first.error or first.status)[:300]}"
    return Finding(stage, _ERRORS[first.status], "mechanical", "likely", (said, "it refused after that"))


def _lost_at(view: View, followed: Followed) -> Stage | None:
    if followed.reached <= 0:
        return Stage.RETRIEVE if view.retrieved or view.failures else None
    return followed.loss.stage if followed.loss else None


def wrong_product(view: View) -> Finding | None:
    """It was routed to another product than the expected one, and no lane found the expected place."""
    missed = not_found(view)
    if missed is None or not is_misrouted(view):
        return None
    named = view.expectation is not None and view.expectation.product is not None
    wanted = ", ".join(sorted(view.expected_products))
    return gold(
        Stage.ROUTE,
        Fault.WRONG_PRODUCT,
        "certain" if named else "likely",
        f"routed to {view.trace.product}, expected {wanted}",
        *line_of(view, missed),
    )


def is_misrouted(view: View) -> bool:
    """True where the routed product is none of those expected, nor one that all share."""
    routed, wanted = view.trace.product, {product.casefold() for product in view.expected_products}
    if not routed or not wanted:
        return False
    shared = {product.casefold() for product in view.rules.shared_products}
    return routed.casefold() not in wanted | shared


def unsearched(view: View) -> Finding | None:
    """A question that needed the corpus was answered without looking into it."""
    if not _should_have_searched(view) or view.retrieved or view.failures or view.from_cache:
        return None
    away = view.trace.outcome == "direct"
    if not away and not (view.answered and not _ran(view, Stage.RETRIEVE) and (is_misread(view) or _skipped(view))):
        return None
    said = f"the outcome is {view.trace.outcome or 'not known'}, and nothing was retrieved"
    sure: Certainty = "certain" if away and is_misread(view) else "likely"
    return gold(Stage.ROUTE, Fault.WRONG_INTENT, sure, said, *_intents(view))


def _should_have_searched(view: View) -> bool:
    expected = view.expectation
    if expected is None or view.evidence_kept:
        return False
    return expected.behaviour == "answer" or (expected.behaviour is None and bool(view.expected_places))


def _skipped(view: View) -> bool:
    """True where none of the steps of a search was taken that other traces of the pipeline show: one may be unseen."""
    steps = {stage.label for stage in (Stage.EMBED, Stage.RETRIEVE, Stage.RERANK, Stage.CONTEXT)}
    usual = view.journey.usual.stages & steps
    return len(usual) > 1 and not any(record.stage in steps for record in view.trace.stages)


def _ran(view: View, stage: Stage) -> bool:
    return any(record.stage == stage.label for record in view.trace.stages)


def small_talk(view: View) -> Finding | None:
    """What needed neither documents nor a large model was sent through the whole pipeline."""
    expected = view.expectation
    if expected is None or expected.behaviour != "direct" or view.trace.outcome == "direct":
        return None
    if not view.retrieved and not _ran(view, Stage.RETRIEVE) and view.trace.outcome != "refuse":
        return None
    sure: Certainty = "certain" if is_misread(view) or view.trace.outcome is not None else "likely"
    said = f"expected a direct answer, and {len(view.trace.candidates)} chunks were retrieved"
    return gold(Stage.ROUTE, Fault.WRONG_INTENT, sure, said, *_intents(view))


def wrong_intent(view: View) -> Finding | None:
    """Its intent was read as another than the expected one, and no lane found the expected place."""
    missed = not_found(view)
    if missed is None or not is_misread(view):
        return None
    return gold(Stage.ROUTE, Fault.WRONG_INTENT, "likely", *_intents(view), *line_of(view, missed))


def is_misread(view: View) -> bool:
    """True where both intents are known and differ."""
    expected = view.expectation.intent if view.expectation else None
    return bool(expected and view.trace.intent and expected.casefold() != view.trace.intent.casefold())


def _intents(view: View) -> tuple[str, ...]:
    if not is_misread(view) or view.expectation is None:
        return ()
    return (f"intent {view.trace.intent}, expected {view.expectation.intent}",)


def entity_wrong(view: View) -> Finding | None:
    """A name in the question was taken for another product's, and no lane found the expected place."""
    missed = not_found(view)
    wrong = mistaken(view)
    if missed is None or not wrong:
        return None
    said = [f"{one.text[:100]} was resolved to {one.product}" for one in wrong[:_MOST_NAMES]]
    return gold(Stage.RESOLVE, Fault.ENTITY_WRONG, "likely", *said, *line_of(view, missed))


def mistaken(view: View) -> list[Entity]:
    """Resolved entities of a product that is not expected, though the query's own name is the expected one's too."""
    facts = view.manifest
    wanted = {product.casefold() for product in (*view.expected_products, *view.rules.shared_products)}
    if facts is None or not view.expected_products:
        return []
    asked = words_of(view.trace.query or "")
    found = []
    for entity in view.trace.entities:
        owners = {owner.casefold() for owner in facts.entities.get(normal(entity.text), frozenset())}
        product = entity.product.casefold() if entity.product else next(iter(owners)) if len(owners) == 1 else None
        if product is None or product in wanted:
            continue
        if owners & wanted or not holds(asked, entity.text):
            found.append(entity)
    return found


def entity_missed(view: View) -> Finding | None:
    """A name in the question that the manifest knows was not recognised, and no lane found the expected place."""
    missed = not_found(view)
    names = unresolved(view) if missed is not None else ()
    if missed is None or not names:
        return None
    said = f"the manifest knows {', '.join(name[:60] for name in names[:_MOST_NAMES])}; not among the resolved names"
    # Whether a resolver that names nothing looked for names at all, its span does not say.
    sure = _of_expected(view, names) if view.trace.entities else "likely"
    return gold(Stage.RESOLVE, Fault.ENTITY_MISSED, sure, said, *line_of(view, missed))


def bad_rewrite(view: View) -> Finding | None:
    """The rewritten question lost a name of the original, and no lane found the expected place."""
    missed = not_found(view)
    names = lost_in_rewriting(view) if missed is not None else ()
    if missed is None or not names:
        return None
    said = f"not in the rewritten question: {', '.join(name[:60] for name in names[:_MOST_NAMES])}"
    return gold(Stage.RESOLVE, Fault.BAD_REWRITE, _of_expected(view, names), said, *line_of(view, missed))


def _of_expected(view: View, names: tuple[str, ...]) -> Certainty:
    """Certain where the name is one of the expected place itself, or its product's."""
    facts = view.manifest
    entries = [facts.entries[place] for place in view.expected_places if facts is not None and place in facts.entries]
    own = {normal(name) for entry in entries for name in (*entry.entities, entry.product or "")}
    return "certain" if own.intersection(names) else "likely"


def miss(view: View) -> Finding | None:
    """The expected place exists, and no lane found it."""
    missed = not_found(view)
    if missed is None or not view.journey.was_searched:
        return None
    unseen = (*view.journey.unseen_before, *_not_excluded(view))
    return gold(Stage.RETRIEVE, Fault.MISS, "likely" if unseen else "certain", *line_of(view, missed), *unseen)


def _not_excluded(view: View) -> tuple[str, ...]:
    """What may lie behind a miss, and was not seen."""
    said = []
    if view.manifest is None or view.manifest.indexed is None:
        said.append("no index inventory: whether it was ever indexed is not known")
    if view.expected_products and not view.trace.product:
        said.append("the routed product is not known")
    if not view.trace.rooted or not view.trace.query:
        said.append("the question as it was asked was not seen")
    if _may_have_misnamed(view):
        said.append("what the question's names were resolved to is not known")
    return tuple(said)


def _may_have_misnamed(view: View) -> bool:
    """True where the question has a name that the manifest knows, and what became of it was not seen."""
    trace, facts = view.trace, view.manifest
    told = bool(trace.entities) or NO_ENTITIES in trace.flags
    if facts is None or (told and (trace.rewritten or not _ran(view, Stage.RESOLVE))):
        return False
    asked = words_of(trace.query or "")
    return any(holds(asked, name) for name in (*facts.entities, *facts.products))
