"""Our own optional attributes, for what no convention carries; on any span, JSON where they are not scalars."""

from collections.abc import Mapping
from dataclasses import replace

from tracing.dialects import shapes
from tracing.dialects.declared import WORDS, Declared
from tracing.dialects.misread import misread
from tracing.dialects.values import loaded, mapping, number, text, truth
from tracing.records import Span, Value
from tracing.stages import Stage

PREFIX = "rag."
NAMES = (
    "stage", "round", "lane", "lanes", "intent", "product", "entities", "rewritten", "candidates", "context",
    "citations", "confidence", "refused", "missing", "outcome", "checks", "attempts", "cache", "versions", "surface",
    "variant", "run_id", "item_id", "repeat",
)  # fmt: skip
_IN_JSON = ("lanes", "entities", "rewritten", "candidates", "context", "citations", "missing", "checks", "versions")
_KEYS = frozenset(PREFIX + name for name in NAMES)
_RAG_WORDS = tuple(word for word in WORDS if word in NAMES)
_LONGEST_WORD = 500
_LONGEST_NAME = 200
NATIVE_SCOPE = "stagelight.native"
NATIVE_ATTRIBUTE = "native"


def read(span: Span) -> Declared | None:
    """What the span says outright, or None where it says nothing so."""
    attributes = span.attributes
    if span.scope == NATIVE_SCOPE:
        document = mapping(attributes.get(NATIVE_ATTRIBUTE))
        return _whole_trace(document, span.start_ns) if document else None
    if _KEYS.isdisjoint(attributes):
        return None
    given = {key[len(PREFIX) :]: attributes[key] for key in _KEYS if key in attributes}
    return _declared(given | _parsed(given), _RAG_WORDS, PREFIX)


def _parsed(given: Mapping[str, Value]) -> dict[str, Value]:
    return {name: found for name in _IN_JSON if (found := loaded(given.get(name))) is not None}


def _whole_trace(document: Mapping[str, Value], started_ns: int) -> Declared:
    return replace(
        _declared(document, WORDS, ""),
        stage=None,
        stages=shapes.stages(document.get("stages"), started_ns),
        metadata=mapping(document.get("metadata")),
        first_token_ms=number(document.get("first_token_ms")),
        cost_usd=number(document.get("cost_usd")),
    )


def _declared(given: Mapping[str, Value], words: tuple[str, ...], prefix: str) -> Declared:
    stage = Stage.named(text(given.get("stage")) or "")
    round_number = shapes.round_number(given.get("round"))
    lane = (text(given.get("lane")) or "")[:_LONGEST_NAME] or None
    context, chunks = shapes.context(given.get("context"))
    hit = given.get("cache")
    return Declared(
        stage=stage.label if stage else None,
        round=round_number,
        attempts=shapes.count(given.get("attempts")),
        cache="hit" if hit == "hit" or hit is True else "miss" if hit == "miss" or hit is False else None,
        checks=shapes.checks(given.get("checks")),
        lane=lane,
        lanes=shapes.lanes(given.get("lanes"), round_number),
        candidates=shapes.candidates(given.get("candidates"), lane, round_number),
        found_nothing=_is_empty(given.get("candidates")) and (stage is Stage.RETRIEVE or _says_it_searched(given)),
        context=context,
        chunks=chunks,
        rewritten=shapes.texts(given.get("rewritten")),
        entities=shapes.entities(given["entities"]) if "entities" in given else None,
        citations=shapes.citations(given["citations"]) if "citations" in given else None,
        missing=shapes.texts(given.get("missing")),
        confidence=number(given.get("confidence")),
        refused=truth(given.get("refused")),
        repeat=shapes.count(given.get("repeat")),
        words=_words(given, words),
        versions={key: found for key, value in mapping(given.get("versions")).items() if (found := text(value))},
        misread=misread(given, prefix),
    )


def _says_it_searched(given: Mapping[str, Value]) -> bool:
    """True for a native document with lanes, or with a stage that retrieved."""
    stages = given.get("stages")
    ran = [mapping(one).get("stage") for one in stages] if isinstance(stages, list) else []
    return "query" in given and (bool(given.get("lanes")) or Stage.RETRIEVE.label in ran)


def _is_empty(value: Value) -> bool:
    return value == [] or (isinstance(value, str) and value.strip() == "[]")


def _words(given: Mapping[str, Value], words: tuple[str, ...]) -> dict[str, str]:
    said = {
        word: found if word in ("query", "answer") else found[:_LONGEST_WORD]
        for word in words
        if (found := text(given.get(word)))
    }
    if "outcome" in said and (outcome := shapes.outcome(said.pop("outcome"))):
        said["outcome"] = outcome
    return said
