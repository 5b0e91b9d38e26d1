"""Haystack's own tracing: `haystack.*`; all of a pipeline's spans are called alike, its components are not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tracing.dialects import messages
from tracing.dialects.loose import found_in
from tracing.dialects.reading import Call, Lists, Reading, Role
from tracing.dialects.values import is_cut_off, loaded, mapping, text, whole
from tracing.records import Attributes, Span, Value

_TYPE, _NAME = "haystack.component.type", "haystack.component.name"
_GIVEN, _RESULT = "haystack.component.input", "haystack.component.output"
_PIPELINE_GIVEN, _PIPELINE_RESULT = "haystack.pipeline.input_data", "haystack.pipeline.output_data"
_SIGNS = frozenset((_TYPE, _NAME, _PIPELINE_GIVEN, _PIPELINE_RESULT))
_KINDS = (
    (re.compile(r"Retriever$|Search$|WebSearch"), Role.RETRIEVER),
    (re.compile(r"Ranker|Rerank"), Role.RERANKER),
    (re.compile(r"Joiner$|Merger$|Fus(?:er|ion)"), Role.MERGER),
    (re.compile(r"Embedder$"), Role.EMBEDDER),
    (re.compile(r"Generator$|^Agent$|ChatModel$"), Role.MODEL),
    (re.compile(r"Evaluator$"), Role.EVALUATOR),
    (re.compile(r"Guard"), Role.GUARDRAIL),
    (re.compile(r"ToolInvoker"), Role.TOOL),
    (re.compile(r"DocumentWriter$"), Role.WRITER),
    (re.compile(r"Builder$|^Output|Converter$|Cleaner$"), Role.UNKNOWN),  # between the stages, and of none
)
_LISTERS = frozenset((Role.RETRIEVER, Role.RERANKER, Role.MERGER))
_QUESTION_KEYS = ("query", "question", "text", "prompt")
_NOTHING: Mapping[str, Value] = {}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def recognises(span: Span) -> bool:
    """True where Haystack's tracer made the span."""
    return not _SIGNS.isdisjoint(span.attributes)


def read(span: Span) -> Reading:
    """The span in our words; what it is is told by the class of its component."""
    attributes = span.attributes
    of_class = (text(attributes.get(_TYPE)) or "").rpartition(".")[2]
    if not of_class:
        return _pipeline(span)
    role = next((role for pattern, role in _KINDS if pattern.search(of_class)), Role.STEP)
    given, result = mapping(attributes.get(_GIVEN)), mapping(attributes.get(_RESULT))
    name = text(attributes.get(_NAME)) or of_class
    sides = (attributes.get(_GIVEN), attributes.get(_RESULT))
    return Reading(
        span=span,
        role=role,
        # A step's stage is told by what it is called, so its class is in its name: `PromptBuilder` as prompt_builder.
        name=name if role is not Role.STEP else f"{name} ({_CAMEL.sub('_', of_class).lower()})",
        input=_asked(given) or text(attributes.get(_GIVEN)),
        output=text(attributes.get(_RESULT)),
        lists=_lists(role, given, result, attributes) if role in _LISTERS else None,
        call=_call(role, given, result) if role in (Role.MODEL, Role.EMBEDDER, Role.RERANKER) else None,
        cut_off=sum(is_cut_off(side) for side in sides),
    )


def _pipeline(span: Span) -> Reading:
    attributes = span.attributes
    given = mapping(attributes.get(_PIPELINE_GIVEN))
    result = mapping(attributes.get(_PIPELINE_RESULT))
    return Reading(
        span=span,
        role=Role.STEP,
        input=_asked_of_any(given),
        output=_answer(result),
        cut_off=sum(is_cut_off(attributes.get(key)) for key in (_PIPELINE_GIVEN, _PIPELINE_RESULT)),
    )


def _asked(given: Mapping[str, Value]) -> str | None:
    return next((found for key in _QUESTION_KEYS if (found := text(given.get(key)))), None)


def _asked_of_any(given: Mapping[str, Value]) -> str | None:
    """The question that a pipeline was given: by the name of a question first, whichever component takes it."""
    inputs = [part for part in given.values() if isinstance(part, dict)]
    for key in _QUESTION_KEYS:
        for part in [given, *inputs]:
            if found := text(part.get(key)):
                return found
    asked = (messages.last_asked(part["messages"]) for part in inputs if part.get("messages"))
    return next((found for found in asked if found), None)


def _answer(result: Mapping[str, Value]) -> str | None:
    """The answers that a component built, else the last model's reply."""
    parts = [result, *[part for part in result.values() if isinstance(part, dict)]]
    for part in parts:
        answers = loaded(part.get("answers"))
        for answer in answers if isinstance(answers, list) else ():
            inner = mapping(mapping(answer).get("init_parameters")) or mapping(answer)
            if found := text(inner.get("data")) or text(inner.get("answer")):
                return found
    replies = [said for part in parts for said in _replies(part)]
    return replies[-1] if replies else None


def _replies(result: Mapping[str, Value]) -> list[str]:
    replies = loaded(result.get("replies"))
    said = [_said(reply) for reply in replies] if isinstance(replies, list) else []
    return [found for found in said if found]


def _said(message: Value) -> str:
    """A message's text, in the shapes that Haystack's versions give it."""
    if isinstance(message, dict) and isinstance(message.get("init_parameters"), dict):
        message = message["init_parameters"]
    if isinstance(message, dict):
        message = message.get("content") or message.get("_content") or message.get("text")
    return messages.said(message)


def _lists(role: Role, given: Mapping[str, Value], result: Mapping[str, Value], attributes: Attributes) -> Lists:
    found = found_in(result.get("documents"))
    inputs = found_in(given.get("documents")) if role is Role.RERANKER else None
    return Lists(
        documents=found.documents if found else (),
        inputs=inputs.documents if inputs else (),
        sent=found is not None,
        seen=found is not None,
        query=_asked(given),
        lane=text(attributes.get(_NAME)),
        top_k=whole(given.get("top_k")),
    )


def _call(role: Role, given: Mapping[str, Value], result: Mapping[str, Value]) -> Call:
    metas = list(_metas(result))
    usage = next((used for meta in metas if (used := mapping(meta.get("usage")))), _NOTHING)
    asked = loaded(given.get("messages"))
    prompt = [_said(message) for message in asked] if isinstance(asked, list) else []
    if bare := text(given.get("prompt")):
        prompt.append(bare)
    return Call(
        model=next((model for meta in metas if (model := text(meta.get("model")))), None),
        prompt="\n\n".join(part for part in prompt if part) if role is Role.MODEL else "",
        reply="\n\n".join(_replies(result)) or None if role is Role.MODEL else None,
        input_tokens=_tokens(usage, "prompt_tokens", "input_tokens"),
        output_tokens=_tokens(usage, "completion_tokens", "output_tokens"),
    )


def _metas(result: Mapping[str, Value]) -> Iterator[Mapping[str, Value]]:
    """What a component tells of its call: beside the replies, or in each."""
    for place in (result.get("meta"), result.get("replies")):
        found = loaded(place)
        for part in found if isinstance(found, list) else [found]:
            if isinstance(part, dict):
                inner = part.get("init_parameters")
                held = inner if isinstance(inner, dict) else part
                yield mapping(held.get("meta") or held.get("_meta")) or held


def _tokens(usage: Mapping[str, Value], *keys: str) -> int | None:
    return next((found for key in keys if (found := whole(usage.get(key))) is not None), None)
