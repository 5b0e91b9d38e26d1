"""Who asked what, when, of which build, and what came back: everything of a trace but its journey and stages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Literal, TypeVar

from tracing.dialects.declared import Declared
from tracing.dialects.messages import question_of
from tracing.dialects.openinference import last_asked
from tracing.dialects.reading import Call, Reading, Role
from tracing.dialects.shapes import entities as read_entities
from tracing.dialects.shapes import texts
from tracing.dialects.values import loaded, plain, text
from tracing.normalising.query_shape import shape_of
from tracing.normalising.tree import Node, Tree
from tracing.normalising.wording import answer_in, asked_in, question_in, said_in
from tracing.records import Entity, Trace, Value, Versions
from tracing.stages import Stage

_MOST_KEYS = 200
_LONGEST_KEY = 200
_LONGEST_VALUE = 2000
_LONGEST_WORD = 500
_RELEASE_KEYS = ("app_version", "release", "revision_id")
_ENVIRONMENT_KEYS = ("deployment.environment.name", "deployment.environment")
_ENVIRONMENTS = {
    "prod", "production", "live", "staging", "stage", "preprod", "dev", "development", "test", "testing", "qa", "uat",
    "ci", "local", "preview", "sandbox", "canary", "shadow", "demo",
}  # fmt: skip
_REWRITTEN_KEYS = ("rewritten", "rewritten_query", "rewritten_queries", "queries")
_REWRITES = re.compile(r"rewrit|condense|reformulat", re.IGNORECASE)
_LONGEST_REWRITTEN = 4000
_STATE_KEYS = {"question", "query", "messages"}
_INDEXING = {Role.EMBEDDER, Role.WRITER}
_SERVER = 2  # SpanKind of OTLP
_Found = TypeVar("_Found")


def particulars(tree: Tree, calls: Sequence[tuple[Node, Call]]) -> Trace:
    """A trace with all but its lists, stages, flags and warnings."""
    top = tree.top
    started_ns = tree.spans[0].start_ns
    metadata = _metadata(tree)
    kind = _kind(tree)
    query = _word(tree, "query") or _query(tree)
    told = _word(tree, "query_shape")
    shape = told or (shape_of(query) if query else None)
    return Trace(
        trace_id=tree.spans[0].trace_id,
        started_ns=started_ns,
        ended_ns=max([node.end_ns for node in tree.nodes] + [span.end_ns for span in tree.spans]),
        rooted=bool(tree.documents) or (top is not None and top.is_root),
        root_name=top.span.name if top is not None else "",
        external_id=_word(tree, "external_id"),
        first_token_ms=_first_token(started_ns, tree, calls),
        environment=_word(tree, "environment")
        or _resource(tree, *_ENVIRONMENT_KEYS)
        or _named_in(metadata, *_ENVIRONMENT_KEYS, "deployment_environment")
        or _usual_environment(metadata),
        service=_word(tree, "service") or _resource(tree, "service.name"),
        surface=_word(tree, "surface"),
        variant=_word(tree, "variant"),
        run_id=_word(tree, "run_id"),
        item_id=_word(tree, "item_id"),
        repeat=_declared(tree, lambda said: said.repeat),
        versions=_versions(tree, calls, metadata),
        query=query,
        rewritten=_declared(tree, lambda said: said.rewritten or None) or _rewritten(tree),
        query_shape=shape,
        query_shape_source="declared" if told else "inferred" if shape else "no",
        intent=_word(tree, "intent") or _routed(tree, "intent"),
        product=_word(tree, "product") or _routed(tree, "product"),
        entities=_entities(tree),
        outcome=_word(tree, "outcome"),
        confidence=_declared(tree, lambda said: said.confidence),
        answer=_word(tree, "answer") or (_answer(tree, calls) if kind == "query" else None),
        refused=_declared(tree, lambda said: said.refused),
        missing=_declared(tree, lambda said: said.missing or None) or (),
        session_id=_word(tree, "session_id") or _read(tree, lambda reading: reading.session),
        user_id=_word(tree, "user_id") or _read(tree, lambda reading: reading.user),
        metadata=_flat(metadata),
        span_count=len(tree.spans),
        kind=kind,
    )


def _declared(tree: Tree, part: Callable[[Declared], _Found | None]) -> _Found | None:
    """What the outermost span that says so declares; a native document before any span."""
    return next((found for said in tree.declared if (found := part(said)) is not None), None)


def _word(tree: Tree, name: str) -> str | None:
    return _declared(tree, lambda said: said.word(name)) if tree.declared else None


def _read(tree: Tree, part: Callable[[Reading], str | None]) -> str | None:
    found = next((value for node in tree.nodes if (value := part(node.reading))), None)
    return found[:_LONGEST_WORD] if found else None


def _resource(tree: Tree, *keys: str) -> str | None:
    for span in tree.spans:
        for key in keys:
            if found := text(span.resource.get(key)):
                return found[:_LONGEST_WORD]
    return None


def _named_in(metadata: Mapping[str, Value], *keys: str) -> str | None:
    found = next((found for key in keys if (found := text(metadata.get(key)))), None)
    return found[:_LONGEST_WORD] if found else None


def _usual_environment(metadata: Mapping[str, Value]) -> str | None:
    """What is called just so may be any environment: it counts where it is one that software is deployed to."""
    found = _named_in(metadata, "environment")
    return found if found is not None and found.lower() in _ENVIRONMENTS else None


def _kind(tree: Tree) -> Literal["query", "feedback", "indexing", "joined"]:
    if tree.went_to:
        return "joined"
    if tree.documents:
        return "query"
    if not tree.nodes:  # nothing but log records that wait for their spans
        return "feedback"
    if len(tree.nodes) == 1 and tree.nodes[0].reading.feedback:
        return "feedback"
    roles = {node.role for node in tree.nodes}
    if roles & _INDEXING and roles <= _INDEXING | {Role.STEP, Role.UNKNOWN} and not tree.overlays:
        return "query" if _asks(tree) or _broke_off(tree) else "indexing"
    return "query"


def _asks(tree: Tree) -> bool:
    top = tree.top
    return top is not None and top.role is Role.STEP and bool(question_in(top.reading.input))


def _broke_off(tree: Tree) -> bool:
    """True where somebody's request ended at its embedding, so that nothing of what would have followed was sent."""
    failed = any(node.role is Role.EMBEDDER and node.span.failed for node in tree.nodes)
    top = tree.top
    requested = top is not None and top.span.kind == _SERVER
    return failed and (requested or any(node.reading.session or node.reading.user for node in tree.nodes))


def _metadata(tree: Tree) -> Mapping[str, Value]:
    native = _declared(tree, lambda said: said.metadata or None)
    if native is not None:
        return native
    if tree.traced is not None and tree.traced.metadata:
        return {**_metadata_of_spans(tree), **tree.traced.metadata}
    return _metadata_of_spans(tree)


def _metadata_of_spans(tree: Tree) -> Mapping[str, Value]:
    top = tree.top
    if top is not None and top.reading.metadata:
        return top.reading.metadata
    plain_steps = (node.reading.metadata for node in tree.nodes if node.role in (Role.STEP, Role.MODEL))
    return next((metadata for metadata in plain_steps if metadata), {})


def _flat(metadata: Mapping[str, Value]) -> dict[str, str]:
    return {
        key[:_LONGEST_KEY]: plain(value)[:_LONGEST_VALUE]
        for key, value in list(metadata.items())[:_MOST_KEYS]
        if value is not None
    }


def _versions(tree: Tree, calls: Sequence[tuple[Node, Call]], metadata: Mapping[str, Value]) -> Versions:
    def of(name: str) -> str | None:
        said = _declared(tree, lambda declared: (declared.versions or {}).get(name))
        found = said or text(metadata.get(f"{name}_version"))
        return found[:_LONGEST_WORD] if found else None

    sent = _resource(tree, "service.version")
    release = (
        of("release")
        or sent
        or (top.reading.version if (top := tree.top) is not None else None)
        or _named_in(metadata, *_RELEASE_KEYS)
    )
    prompt = next((found for node, call in reversed(calls) if (found := _prompt_version(node, call))), None)
    return Versions(
        release=release[:_LONGEST_WORD] if release else None,
        prompt=of("prompt") or prompt,
        index=of("index"),
        embedding=of("embedding"),
        reranker=of("reranker"),
        corpus=of("corpus"),
    )


def _prompt_version(node: Node, call: Call) -> str | None:
    """The call's own, else that of the step around it."""
    around = node.parent.reading.version if node.parent is not None and node.parent.own is Stage.GENERATE else None
    return call.prompt_version or around


def _query(tree: Tree) -> str | None:
    top = tree.top
    asked = top is not None and top.role not in (Role.EMBEDDER, Role.EVALUATOR) and top.is_root
    given = top.reading.input if top is not None and asked else None
    if top is not None and asked and top.role is Role.MODEL:
        return _asked_of_model(top) or given
    return asked_in(given) or _asked_below(tree) or given


def _asked_below(tree: Tree) -> str | None:
    found = next((query for node in tree.nodes if node.tool is None and (query := _searched_for(node))), None)
    if found is not None:
        return found
    generating = [node for node in tree.nodes if node.own is Stage.GENERATE]
    embedded = {node.reading.input for node in tree.nodes if node.own is Stage.EMBED and node.reading.input}
    if generating and len(embedded) == 1 and loaded(only := embedded.pop()) is None:
        return only
    asked = next((found for node in generating if (found := _asked_of_model(node))), None)
    return asked or next((query for node in tree.nodes if (query := _searched_for(node))), None)


def _searched_for(node: Node) -> str | None:
    lists = node.reading.lists
    return None if lists is None else lists.query or asked_in(node.reading.input)


def _asked_of_model(node: Node) -> str | None:
    return last_asked(node.span.attributes) or question_of(asked_in(node.reading.input))


def _steps(tree: Tree, *stages: Stage) -> Iterable[Mapping[str, Value]]:
    for node in tree.nodes:
        if node.own in stages and (said := said_in(node.reading.output)):
            yield said


def _routed(tree: Tree, key: str) -> str | None:
    for said in _steps(tree, Stage.ROUTE, Stage.RESOLVE):
        if found := text(said.get(key)):
            return found[:_LONGEST_WORD]
    found = text(_metadata(tree).get(key)) or text(_state(tree).get(key))
    return found[:_LONGEST_WORD] if found else None


def _state(tree: Tree) -> Mapping[str, Value]:
    """A graph's state as its root gave it back: an object that holds the question beside what became of it."""
    top = tree.top
    said = said_in(top.reading.output) if top is not None and top.is_root else {}
    return said if not _STATE_KEYS.isdisjoint(said) else {}


def _rewritten(tree: Tree) -> tuple[str, ...]:
    for said in (*_steps(tree, Stage.RESOLVE), _state(tree)):
        for key in _REWRITTEN_KEYS:
            if found := texts(said.get(key)):
                return found
    return tuple(islice((words for node in tree.nodes if (words := _reworded(node))), 1))


def _reworded(node: Node) -> str | None:
    """The bare text that a step named for rewriting gave back."""
    said = node.reading.output
    if node.own is not Stage.RESOLVE or not said or not _REWRITES.search(node.name) or loaded(said) is not None:
        return None
    return said[:_LONGEST_REWRITTEN] if said != asked_in(node.reading.input) else None


def _entities(tree: Tree) -> tuple[Entity, ...]:
    declared = _declared(tree, lambda said: said.entities)
    if declared is not None:
        return declared
    return next(
        (found for said in _steps(tree, Stage.RESOLVE, Stage.ROUTE) if (found := read_entities(said.get("entities")))),
        (),
    )


def _answer(tree: Tree, calls: Sequence[tuple[Node, Call]]) -> str | None:
    top = tree.top
    if top is not None and top.is_root and top.role not in (Role.RETRIEVER, Role.EMBEDDER, Role.EVALUATOR):
        found = answer_in(top.reading.output)
        if found is not None:
            return found
    replies = (answer_in(call.reply or node.reading.output) or call.reply for node, call in reversed(calls))
    return next((reply for reply in replies if reply), None)


def _first_token(started_ns: int, tree: Tree, calls: Sequence[tuple[Node, Call]]) -> float | None:
    declared = _declared(tree, lambda said: said.first_token_ms)
    if declared is not None:
        return declared
    # Of several calls the last one answers: its first token is the one that the user waited for.
    times = [call.first_token_ns for _, call in calls if call.first_token_ns]
    return max(0, times[-1] - started_ns) / 1e6 if times else None
