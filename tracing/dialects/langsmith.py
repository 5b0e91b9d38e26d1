"""LangSmith's OpenTelemetry mode: `langsmith.*`, what a run was given and gave back as JSON in two of `gen_ai.*`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from tracing.dialects import genai, messages
from tracing.dialects.loose import found_in
from tracing.dialects.reading import Call, Lists, Reading, Role
from tracing.dialects.top_k import top_k_in
from tracing.dialects.values import first_text, is_cut_off, loaded, mapping, number, plain, strings_in, text, whole
from tracing.records import Attributes, Span, Value

_KIND = "langsmith.span.kind"
_METADATA = "langsmith.metadata."
_ROLES = {
    "retriever": Role.RETRIEVER,
    "llm": Role.MODEL,
    "embedding": Role.EMBEDDER,
    "tool": Role.TOOL,
}
_CALLERS = frozenset((Role.MODEL, Role.EMBEDDER))
_SESSION = ("session_id", "thread_id", "conversation_id")
_LANE = ("lane", "ls_retriever_name")
_SYSTEM = ("system", "instructions")
_ASKED = ("messages", "prompts", "prompt", "input")
_REPLIED = ("generations", "choices", "output")
_GIVEN = ("documents", "docs", "nodes", "chunks", "passages", "results", "candidates")
_SETTINGS = ("LANGSMITH_", "LANGCHAIN_")  # the client sends its own environment with each run
_NOTHING = Call()


class _Run(NamedTuple):
    """What LangSmith says of a run; `given` and `result` are decoded, None where they are no JSON."""

    role: Role
    described: Mapping[str, Value]
    given: Value
    result: Value


def recognises(span: Span) -> bool:
    """True where the span says what kind of run it is to LangSmith."""
    return _KIND in span.attributes


def read(span: Span) -> Reading:
    """The span in our words; its role is not asked of `gen_ai.operation.name`, which calls a retriever embeddings."""
    attributes = span.attributes
    base = genai.read(span)
    given, result = attributes.get("gen_ai.prompt"), attributes.get("gen_ai.completion")
    role = _ROLES.get((text(attributes.get(_KIND)) or "").lower(), Role.STEP)
    run = _Run(role, _described(attributes), loaded(given), loaded(result))
    return replace(
        base,
        role=role,
        name=text(attributes.get("langsmith.trace.name")) or base.name,
        input=_input(run) or text(given) or base.input,
        output=_output(run) or text(result) or base.output,
        lists=_lists(run),
        call=_call(run, base) if role in _CALLERS else None,
        session=first_text(run.described, _SESSION) or base.session,
        user=text(run.described.get("user_id")) or base.user,
        metadata={**base.metadata, **run.described},
        cut_off=base.cut_off + is_cut_off(given) + is_cut_off(result),
    )


def _described(attributes: Attributes) -> dict[str, Value]:
    size = len(_METADATA)
    named = {key[size:]: value for key, value in attributes.items() if key.startswith(_METADATA)}
    return {key: value for key, value in named.items() if not key.startswith(_SETTINGS)}


def _first_held(held: Mapping[str, Value], keys: tuple[str, ...]) -> Value:
    return next((held[key] for key in keys if held.get(key)), None)


def _input(run: _Run) -> str | None:
    return messages.last_asked(_messages(run.given)) if run.role is Role.MODEL else None


def _output(run: _Run) -> str | None:
    if run.role is Role.MODEL:
        return _reply(run.result)
    if run.role is not Role.TOOL:
        return None
    return plain(_tool_message(run.result).get("content") or mapping(run.result).get("output"))


def _tool_message(result: Value) -> Mapping[str, Value]:
    """The message that LangChain makes of what a tool gave back; empty where it made none."""
    held = _fields(mapping(result).get("output"))
    return held if held.get("type") == "tool" else {}


def _lists(run: _Run) -> Lists | None:
    if run.role is Role.RETRIEVER:
        return _retrieved(run)
    found = found_in(_tool_message(run.result).get("artifact")) if run.role is Role.TOOL else None
    return Lists(found.documents, sent=False, lower_is_better=found.lower_is_better) if found else None


def _retrieved(run: _Run) -> Lists:
    """What a retriever found, and what it was given to choose from: there is no kind for rerankers."""
    given = mapping(run.given)
    found, inputs = found_in(run.result), found_in(_first_held(given, _GIVEN))
    return Lists(
        documents=found.documents if found else (),
        inputs=inputs.documents if inputs else (),
        sent=found is not None,
        seen=found is not None,
        lane=first_text(run.described, _LANE),
        top_k=top_k_in(given, run.described),
        lower_is_better=found is not None and found.lower_is_better,
    )


def _call(run: _Run, base: Reading) -> Call:
    told = base.call or _NOTHING
    used = _used(run)
    return replace(
        told,
        model=_model(run, base.span.attributes),
        prompt=(_prompt(run.given) or told.prompt) if run.role is Role.MODEL else "",
        reply=(_reply(run.result) or told.reply) if run.role is Role.MODEL else None,
        input_tokens=told.input_tokens if told.input_tokens is not None else used.input_tokens,
        output_tokens=told.output_tokens if told.output_tokens is not None else used.output_tokens,
        cache_read_tokens=told.cache_read_tokens if told.cache_read_tokens is not None else used.cache_read_tokens,
        cost_usd=told.cost_usd if told.cost_usd is not None else used.cost_usd,
        first_token_ns=told.first_token_ns or _first_token(base.span),
    )


def _model(run: _Run, attributes: Attributes) -> str | None:
    """The model that answered, else the one that was asked for."""
    return (
        text(attributes.get("gen_ai.response.model"))
        or text(mapping(_replied(run.result).get("response_metadata")).get("model_name"))
        or text(attributes.get("gen_ai.request.model"))
        or text(run.described.get("ls_model_name"))
    )


def _used(run: _Run) -> Call:
    """What its usage says beside `gen_ai.usage.*`: of cache and cost, and all of it where it was set by hand."""
    places = (run.described, mapping(run.result), _replied(run.result))
    usage: Mapping[str, Value] = next((found for held in places if (found := mapping(held.get("usage_metadata")))), {})
    return Call(
        input_tokens=whole(usage.get("input_tokens")),
        output_tokens=whole(usage.get("output_tokens")),
        cache_read_tokens=whole(mapping(usage.get("input_token_details")).get("cache_read")),
        cost_usd=number(usage.get("total_cost")),
    )


def _first_token(span: Span) -> int | None:
    return min((event.at_ns for event in span.events if event.name == "new_token"), default=None)


def _prompt(given: Value) -> str:
    """All that the model was given: what the system says and its messages, or every text where neither is called so."""
    held = mapping(given)
    parts = [*(messages.said(held.get(key)) for key in _SYSTEM), messages.said(_messages(given))]
    return "\n\n".join(part for part in parts if part) or "\n\n".join(strings_in(given))


def _messages(given: Value) -> list[Value]:
    """The messages that a model was given, LangChain's list of lists of them made flat, each with its speaker."""
    asked = _first_held(mapping(given), _ASKED)
    rows = asked if isinstance(asked, list) else [asked]
    return [_spoken(each) for row in rows for each in (row if isinstance(row, list) else [row])]


def _spoken(message: Value) -> Value:
    if not isinstance(message, dict):
        return {"content": message}
    held = _fields(message)
    kind = message.get("id")
    named = str(kind[-1]) if isinstance(kind, list) and kind else None
    return {**held, "role": held.get("role") or held.get("type") or ("human" if named == "HumanMessage" else named)}


def _fields(value: Value) -> Mapping[str, Value]:
    """An object's fields, which LangChain keeps within its record of how to make the object anew."""
    held = mapping(value)
    return mapping(held.get("kwargs")) if held.get("lc") else held


def _reply(result: Value) -> str | None:
    return messages.said(_first_held(mapping(result), _REPLIED) or result) or None


def _replied(result: Value) -> Mapping[str, Value]:
    """The message of the first generation; empty where the run tells of none."""
    first = mapping(result).get("generations")
    while isinstance(first, list) and first:
        first = first[0]
    return _fields(mapping(first).get("message"))
