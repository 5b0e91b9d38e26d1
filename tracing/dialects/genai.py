"""OpenTelemetry GenAI: `gen_ai.*`, under the names of today and those they had before."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tracing.dialects import aisdk, app, messages
from tracing.dialects.documents import listed, settled
from tracing.dialects.log_records import DETAILS
from tracing.dialects.reading import Call, Document, Documents, Lists, Reading, Role
from tracing.dialects.values import first_text, is_cut_off, number, text, whole, written
from tracing.records import Attributes, Check, Span, Value

_SIGNS = frozenset(
    "gen_ai." + name
    for name in (
        "operation.name", "system", "provider.name", "request.model", "response.model", "data_source.id",
        "retrieval.documents", "retrieval.query.text", "input.messages", "output.messages", "conversation.id",
        "evaluation.name", "prompt.0.content",
    )
)  # fmt: skip
_ROLES = {
    "chat": Role.MODEL,
    "completion": Role.MODEL,
    "generate_content": Role.MODEL,
    "text_completion": Role.MODEL,
    "responses": Role.MODEL,
    "message": Role.MODEL,
    "messages": Role.MODEL,
    "anthropic_messages": Role.MODEL,
    "embeddings": Role.EMBEDDER,
    "embedding": Role.EMBEDDER,
    "retrieval": Role.RETRIEVER,
    "vector_db_retrieve": Role.RETRIEVER,
    "rerank": Role.RERANKER,
    "execute_tool": Role.TOOL,
    "evaluation": Role.EVALUATOR,
    "evaluate": Role.EVALUATOR,
}
_CALLERS = frozenset((Role.MODEL, Role.EMBEDDER, Role.RERANKER, Role.RETRIEVER))
_INPUT_TOKENS = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens")
_OUTPUT_TOKENS = ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.usage.completion_tokens")
_ALL_TOKENS = ("gen_ai.usage.total_tokens", "llm.usage.total_tokens")
_CACHED_TOKENS = (
    "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens",
    "llm.usage.cache_read_input_tokens",
)  # fmt: skip
_COSTS = ("gen_ai.usage.cost", "gen_ai.cost.total_cost", "operation.cost")
_TOOL_ARGUMENTS = ("gen_ai.tool.call.arguments", "tool_arguments")
_TOOL_RESULT = ("gen_ai.tool.call.result", "tool_response", "gen_ai.task.output")
_TOP_K = ("gen_ai.retrieval.top_k", "gen_ai.request.top_k")
_FIRST = (
    "gen_ai.response.time_to_first_chunk", "gen_ai.client.operation.time_to_first_chunk",
    "gen_ai.server.time_to_first_token",
)  # fmt: skip
_SESSION = ("gen_ai.conversation.id", "session.id", "ai.settings.context.sessionId")
_USER = ("user.id", "enduser.id", "ai.settings.context.userId")
_SCORED = re.compile(r"Doc(?:ument)? (\d{1,6})\s*,\s*Score:\s*(\S{1,40})")


def recognises(span: Span) -> bool:
    """True where the span follows the GenAI conventions."""
    return not _SIGNS.isdisjoint(span.attributes)


def read(span: Span) -> Reading:
    """The span in our words."""
    attributes = _with_details(span)
    role = _role(attributes)
    given, replies = _exchanged(attributes, span)
    documents = attributes.get("gen_ai.retrieval.documents")
    return Reading(
        span=span,
        role=role,
        name=text(attributes.get("gen_ai.tool.name")) if role is Role.TOOL else None,
        input=_input(role, attributes, given),
        output=_output(role, attributes, replies),
        lists=_lists(role, attributes),
        call=_call(role, attributes, span, given, replies) if role in _CALLERS else None,
        session=first_text(attributes, _SESSION),
        user=first_text(attributes, _USER),
        metadata=app.facts(attributes),
        checks=_checks(attributes),
        cut_off=sum(is_cut_off(value) for value in (documents, attributes.get("gen_ai.input.messages"))),
    )


def _with_details(span: Span) -> Attributes:
    """Its attributes, and what an event of the whole call adds to them."""
    details = [event.attributes for event in span.events if event.name == DETAILS]
    if not details:
        return span.attributes
    found: dict[str, Value] = {}
    for held in reversed(details):
        found |= held
    return found | {key: value for key, value in span.attributes.items() if value is not None}


def _role(attributes: Attributes) -> Role:
    for key in ("gen_ai.operation.name", "llm.request.type"):
        if operation := text(attributes.get(key)):
            return _role_of(operation.lower())
    if "gen_ai.evaluation.name" in attributes:
        return Role.EVALUATOR
    if "gen_ai.retrieval.documents" in attributes or "gen_ai.retrieval.query.text" in attributes:
        return Role.RETRIEVER
    exchanged = any(key.startswith(("gen_ai.usage.", "gen_ai.prompt.", "gen_ai.completion")) for key in attributes)
    modelled = "gen_ai.request.model" in attributes or "gen_ai.response.model" in attributes
    return Role.MODEL if modelled or exchanged or "gen_ai.input.messages" in attributes else Role.STEP


def _role_of(operation: str) -> Role:
    """LiteLLM has an `a` before the names of what does not block."""
    return _ROLES.get(operation) or _ROLES.get(operation.removeprefix("a"), Role.STEP)


def _exchanged(attributes: Attributes, span: Span) -> tuple[Value, Value]:
    """What the model was given, and what it replied: as attributes, else as events, else as flattened pairs."""
    given, replies = attributes.get("gen_ai.input.messages"), attributes.get("gen_ai.output.messages")
    if (given is None or replies is None) and span.events:
        asked, answered = messages.of_events(span.events)
        given, replies = given or asked or None, replies or answered or None
    if given is None:
        given = messages.indexed(attributes, "gen_ai.prompt") or attributes.get("gen_ai.prompt")
    if replies is None:
        replies = messages.indexed(attributes, "gen_ai.completion") or attributes.get("gen_ai.completion")
    return given or None, replies or None


def _input(role: Role, attributes: Attributes, given: Value) -> str | None:
    if role is Role.RETRIEVER:
        return text(attributes.get("gen_ai.retrieval.query.text"))
    if role is Role.TOOL:
        arguments = _first(attributes, _TOOL_ARGUMENTS)
        return _as_text(arguments) if arguments is not None else messages.said(given) or None
    if role is Role.EMBEDDER:
        return messages.only_said(given)
    found = messages.last_asked(given) if given is not None else None
    return found or _as_text(attributes.get("gen_ai.task.input"))


def _output(role: Role, attributes: Attributes, replies: Value) -> str | None:
    if role is Role.TOOL:
        result = _first(attributes, _TOOL_RESULT)
        return _as_text(result) if result is not None else messages.said(replies) or None
    found = messages.replied(replies) if replies is not None and role is not Role.RERANKER else ""
    return found or _as_text(_first(attributes, ("gen_ai.task.output", "final_result")))


def _as_text(value: Any) -> str | None:
    return written(value) if isinstance(value, list | dict) else text(value)


def _lists(role: Role, attributes: Attributes) -> Lists | None:
    if role is Role.RERANKER:
        return _reranked(attributes)
    if role is not Role.RETRIEVER:
        return None
    documents = listed(attributes.get("gen_ai.retrieval.documents"))
    return Lists(
        documents=tuple(settled(document) for document in documents or ()),
        sent=documents is not None,
        seen=documents is not None,
        query=text(attributes.get("gen_ai.retrieval.query.text")),
        lane=text(attributes.get("gen_ai.data_source.id")) or text(attributes.get("gen_ai.provider.name")),
        top_k=_first_whole(attributes, _TOP_K),
        unnamed_kind=True,
    )


def _reranked(attributes: Attributes) -> Lists:
    """A reranker's lists: as documents, in the AI SDK's words, or in prompt and completion as of Cohere."""
    if "ai.documents" in attributes:
        return aisdk.ranking(attributes)
    given = listed(attributes.get("gen_ai.retrieval.documents"))
    rows = [row for row in messages.indexed(attributes, "gen_ai.prompt") if isinstance(row, dict)]
    inputs = _identified(
        tuple(
            Document(place, None, text(row.get("content"))) for place, row in enumerate(rows, 1)
            if row.get("role") != "user"
        )
    )  # fmt: skip
    query = next((text(row.get("content")) for row in rows if row.get("role") == "user"), None)
    documents = _identified(given) if given is not None else _scored(attributes, inputs)
    return Lists(
        documents=documents,
        inputs=inputs,
        sent=given is not None,
        seen=given is not None or bool(documents),
        query=text(attributes.get("gen_ai.retrieval.query.text")) or query,
        top_k=_first_whole(attributes, (*_TOP_K, "gen_ai.request.top_n")),
    )


def _identified(documents: Documents) -> Documents:
    return tuple(settled(document) for document in documents)


def _scored(attributes: Attributes, inputs: Documents) -> Documents:
    found: list[Document] = []
    for row in messages.indexed(attributes, "gen_ai.completion"):
        for place, score in _SCORED.findall(messages.said(row)):
            if int(place) < len(inputs):
                found.append(inputs[int(place)]._replace(rank=len(found) + 1, score=number(score)))
    return tuple(found)


def _call(role: Role, attributes: Attributes, span: Span, given: Value, replies: Value) -> Call:
    get = attributes.get
    prompt = ""
    if role is Role.MODEL:
        parts = (messages.said(get("gen_ai.system_instructions")), messages.said(given))
        prompt = "\n\n".join([part for part in parts if part])
    sent = _first_whole(attributes, _INPUT_TOKENS)
    if sent is None and role is not Role.MODEL:
        sent = _first_whole(attributes, _ALL_TOKENS)
    return Call(
        model=text(get("gen_ai.response.model")) or text(get("gen_ai.request.model")),
        prompt=prompt,
        reply=messages.replied(replies) or None if role is Role.MODEL else None,
        called_with=messages.called_with(replies) if role is Role.MODEL else "",
        prompt_version=text(get("gen_ai.prompt.version")),
        input_tokens=sent,
        output_tokens=_first_whole(attributes, _OUTPUT_TOKENS),
        cache_read_tokens=_first_whole(attributes, _CACHED_TOKENS),
        cost_usd=next((cost for key in _COSTS if (cost := number(get(key))) is not None), None),
        first_token_ns=_first_token(attributes, span),
    )


def _first(attributes: Attributes, keys: tuple[str, ...]) -> Value:
    return next((found for key in keys if (found := attributes.get(key)) is not None), None)


def _first_whole(attributes: Mapping[str, Value], keys: tuple[str, ...]) -> int | None:
    return next((found for key in keys if (found := whole(attributes.get(key))) is not None), None)


def _first_token(attributes: Attributes, span: Span) -> int | None:
    for key in _FIRST:
        waited = number(attributes.get(key))
        if waited is not None and 0 <= waited < 86_400:
            # Some send milliseconds all the same: no first token comes after the last one.
            late = waited * 1e9 > span.end_ns - span.start_ns > waited * 1e6
            return span.start_ns + round(waited * (1e6 if late else 1e9))
    chunks = [event.at_ns for event in span.events if event.name.endswith(("completion.chunk", "first_token"))]
    return min(chunks, default=None)


def _checks(attributes: Attributes) -> tuple[Check, ...]:
    name = text(attributes.get("gen_ai.evaluation.name"))
    if name is None:
        return ()
    score = number(attributes.get("gen_ai.evaluation.score.value"))
    label = text(attributes.get("gen_ai.evaluation.score.label"))
    return (Check(name, score if score is not None else label),)
