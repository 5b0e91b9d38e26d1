"""Which names of the question got lost between the user and the search."""

from __future__ import annotations

from tracing.attribution.mentions import holds, words_of
from tracing.attribution.usual import NO_ENTITIES
from tracing.attribution.view import View
from tracing.stages import Stage


def unresolved(view: View) -> tuple[str, ...]:
    """The names in the query that the manifest knows and the resolver, where one was seen, did not find."""
    facts, trace = view.manifest, view.trace
    if facts is None or not facts.entities or not trace.query:
        return ()
    if not trace.entities and not _named_nothing(view):
        return ()
    asked, resolved = words_of(trace.query), [words_of(entity.text) for entity in trace.entities]
    known = [name for name in facts.entities if holds(asked, name)]
    return tuple(
        sorted(
            name
            for name in known
            if not any(holds(words, name) or holds(words_of(name), " ".join(words)) for words in resolved)
        )
    )


def _named_nothing(view: View) -> bool:
    """True where a resolver says that it found no name, or was seen at work and gave back nothing at all."""
    trace = view.trace
    if NO_ENTITIES in trace.flags:
        return True
    declared = any(one.stage == Stage.RESOLVE.label and one.source == "declared" for one in trace.stages)
    return declared and not trace.rewritten


def lost_in_rewriting(view: View) -> tuple[str, ...]:
    """The names and product words of the query that the manifest knows and no rewritten query has."""
    facts, trace = view.manifest, view.trace
    if facts is None or not trace.rewritten or not trace.query:
        return ()
    asked = words_of(trace.query)
    known = [
        name for name in (*facts.entities, *(product.casefold() for product in facts.products)) if holds(asked, name)
    ]
    written = [words_of(text) for text in trace.rewritten]
    return tuple(sorted({name for name in known if not any(holds(words, name) for words in written)}))
