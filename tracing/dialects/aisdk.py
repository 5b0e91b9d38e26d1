"""Vercel's AI SDK: `ai.*`, a span around each call and one for each request that it makes."""

from __future__ import annotations

from collections.abc import Mapping

from tracing.dialects import messages
from tracing.dialects.documents import settled
from tracing.dialects.reading import Call, Document, Documents, Lists, Reading, Role
from tracing.dialects.values import items, loaded, mapping, number, text, whole
from tracing.records import Attributes, Span, Value

_OPERATION = "ai.operationId"
_METADATA = "ai.telemetry.metadata."
_ROLES = (
    ("ai.generateText", Role.MODEL),
    ("ai.streamText", Role.MODEL),
    ("ai.generateObject", Role.MODEL),
    ("ai.streamObject", Role.MODEL),
    ("ai.embed", Role.EMBEDDER),
    ("ai.rerank", Role.RERANKER),
    ("ai.toolCall", Role.TOOL),
)
_NAMES = {Role.STEP: "ai.telemetry.functionId", Role.TOOL: "ai.toolCall.name"}
_CALLERS = frozenset((Role.MODEL, Role.EMBEDDER, Role.RERANKER))
_INPUT_TOKENS = ("ai.usage.inputTokens", "ai.usage.promptTokens", "gen_ai.usage.input_tokens")
_OUTPUT_TOKENS = ("ai.usage.outputTokens", "ai.usage.completionTokens", "gen_ai.usage.output_tokens")
_CACHED_TOKENS = ("ai.usage.cachedInputTokens", "ai.usage.inputTokenDetails.cacheReadTokens")
_MODELS = ("ai.response.model", "gen_ai.response.model", "ai.model.id", "gen_ai.request.model")
_FIRST_MS = ("ai.response.msToFirstChunk", "ai.stream.msToFirstChunk")


def recognises(span: Span) -> bool:
    """True where the AI SDK made the span."""
    return _OPERATION in span.attributes


def read(span: Span) -> Reading:
    """The span in our words."""
    attributes = span.attributes
    operation = text(attributes.get(_OPERATION)) or ""
    role = next((role for start, role in _ROLES if operation.startswith(start)), Role.STEP)
    described = _described(attributes)
    return Reading(
        span=span,
        role=role,
        name=text(attributes.get(_NAMES[role])) if role in _NAMES else None,
        input=_input(role, attributes),
        output=_output(attributes) or text(attributes.get("ai.toolCall.result")),
        lists=ranking(attributes) if role is Role.RERANKER else None,
        call=_call(role, span) if role in _CALLERS else None,
        session=_of(described, "sessionId", "session_id", "session.id"),
        user=_of(described, "userId", "user_id", "user.id"),
        metadata=described,
    )


def _described(attributes: Attributes) -> dict[str, Value]:
    return {key[len(_METADATA) :]: value for key, value in attributes.items() if key.startswith(_METADATA)}


def _of(described: Mapping[str, Value], *keys: str) -> str | None:
    return next((found for key in keys if (found := text(described.get(key)))), None)


def _input(role: Role, attributes: Attributes) -> str | None:
    if role is Role.TOOL:
        return text(attributes.get("ai.toolCall.args"))
    if role is Role.EMBEDDER:
        return _value(attributes.get("ai.value"))
    prompt = mapping(attributes.get("ai.prompt"))
    asked = attributes.get("ai.prompt.messages") or prompt.get("messages") or prompt.get("prompt")
    return messages.last_asked(asked) if asked else None


def _value(value: Value) -> str | None:
    """A text that may be encoded as JSON."""
    found = items(f"[{value}]") if isinstance(value, str) and value[:1] == '"' else [value]
    return text(found[0]) if len(found) == 1 else text(value)


def _output(attributes: Attributes) -> str | None:
    found = text(attributes.get("ai.response.text"))
    return found or text(attributes.get("ai.response.object")) or text(attributes.get("ai.result.text"))


def ranking(attributes: Attributes) -> Lists:
    """What a reranker was given and how it ranked it, as the SDK's spans of either convention say."""
    inputs = _documents(attributes.get("ai.documents"))
    said = attributes.get("ai.ranking")
    rows = [mapping(row) for row in items(said)]
    ranked: list[Document] = []
    for row in rows:
        place = whole(row.get("index", row.get("originalIndex")))
        if place is None:
            continue
        given = inputs[place] if place < len(inputs) else Document(0, str(place))
        score = number(row.get("relevanceScore", row.get("score")))
        ranked.append(given._replace(rank=len(ranked) + 1, score=score))
    return Lists(
        documents=tuple(ranked),
        inputs=inputs,
        sent=said is not None,
        seen=said is not None,
        query=text(attributes.get("ai.query")) or _value(attributes.get("ai.value")),
        top_k=whole(attributes.get("ai.topN", attributes.get("ai.rerank.topN"))),
        by_place=True,
    )


def _documents(value: Value) -> Documents:
    """What was to be ranked: objects by their ids, texts by their places."""
    found = []
    for place, item in enumerate(items(value)):
        held = loaded(item)
        row = held if isinstance(held, dict) else {}
        chunk_id = next((given for key in ("id", "doc_id", "chunk_id") if (given := text(row.get(key)))), None)
        words = next((given for key in ("text", "content", "document") if (given := text(row.get(key)))), None)
        metadata = row.get("metadata")
        described = metadata if isinstance(metadata, dict) else None
        named = settled(Document(place + 1, chunk_id, None, None, described))
        found.append(named._replace(id=named.id or str(place), text=words or (None if row else text(item))))
    return tuple(found)


def _call(role: Role, span: Span) -> Call:
    attributes = span.attributes
    prompt = mapping(attributes.get("ai.prompt"))
    parts = [prompt.get("system"), prompt.get("messages"), prompt.get("prompt"), attributes.get("ai.prompt.messages")]
    used = _first(attributes, _INPUT_TOKENS)
    return Call(
        model=next((found for key in _MODELS if (found := text(attributes.get(key)))), None),
        prompt="\n\n".join(said for part in parts if part and (said := messages.said(part))),
        reply=_output(attributes) if role is Role.MODEL else None,
        input_tokens=used if used is not None or role is Role.MODEL else _first(attributes, ("ai.usage.tokens",)),
        output_tokens=_first(attributes, _OUTPUT_TOKENS),
        cache_read_tokens=_first(attributes, _CACHED_TOKENS),
        first_token_ns=_first_token(span),
    )


def _first(attributes: Attributes, keys: tuple[str, ...]) -> int | None:
    return next((found for key in keys if (found := whole(attributes.get(key))) is not None), None)


def _first_token(span: Span) -> int | None:
    for key in _FIRST_MS:
        waited = number(span.attributes.get(key))
        if waited is not None and 0 <= waited < 86_400_000:
            return span.start_ns + round(waited * 1e6)
    return min((event.at_ns for event in span.events if event.name == "ai.stream.firstChunk"), default=None)
