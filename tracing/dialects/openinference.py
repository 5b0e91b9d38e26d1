"""OpenInference: `openinference.span.kind`, flattened documents and messages."""

from collections.abc import Mapping
from itertools import count, islice, repeat, zip_longest

from tracing.dialects.documents import HIGHEST_RANK, listed, settled
from tracing.dialects.evaluations import checks_in
from tracing.dialects.loose import Found, found_by_place
from tracing.dialects.messages import question_of
from tracing.dialects.reading import Call, Document, Documents, Lists, Reading, Role
from tracing.dialects.top_k import top_k_in
from tracing.dialects.values import is_cut_off, loaded, mapping, number, strings_in, text, whole
from tracing.document_lists import sent
from tracing.records import Attributes, Check, Event, Span, Value

_KIND = "openinference.span.kind"
_ROLES = {
    "RETRIEVER": Role.RETRIEVER,
    "RERANKER": Role.RERANKER,
    "EMBEDDING": Role.EMBEDDER,
    "LLM": Role.MODEL,
    "EVALUATOR": Role.EVALUATOR,
    "GUARDRAIL": Role.GUARDRAIL,
    "TOOL": Role.TOOL,
}
_SIGNS = {  # the kind can be among the attributes that the sender's limit dropped
    "llm.model_name": Role.MODEL,
    "reranker.model_name": Role.RERANKER,
    "embedding.model_name": Role.EMBEDDER,
}
_PARTS = ("id", "content", "score", "metadata")
_TYPES = ({str}, {str}, {float}, {str})
_EVALUATIONS = ("evaluations", "annotations", "trace.evaluations", "trace.annotations")


def recognises(span: Span) -> bool:
    """True where the span follows OpenInference."""
    attributes = span.attributes
    return _KIND in attributes or any(sign in attributes for sign in _SIGNS)


def read(span: Span) -> Reading:
    """The span in our words."""
    attributes = span.attributes
    role = _role(attributes)
    metadata = attributes.get("metadata")
    described = mapping(metadata)
    given, result = text(attributes.get("input.value")), text(attributes.get("output.value"))
    checks = _checks(span, result) if role is Role.EVALUATOR or role is Role.GUARDRAIL else ()
    return Reading(
        span=span,
        role=role,
        name=text(attributes.get("tool.name")) if role is Role.TOOL else None,
        input=_embedded(attributes, given) if role is Role.EMBEDDER else given,
        output=result,
        lists=_lists(role, span, described, given, result) if role is Role.RETRIEVER or role is Role.RERANKER else None,
        call=_call(role, span) if role in _CALLERS else None,
        session=text(attributes.get("session.id")) or text(described.get("session_id")),
        user=text(attributes.get("user.id")) or text(described.get("user_id")),
        metadata=described,
        checks=checks,
        feedback=bool(checks) and len(span.links) == 1 and not span.parent_id,
        cut_off=is_cut_off(metadata) + _is_cut(attributes, "input", given) + _is_cut(attributes, "output", result),
    )


_CALLERS = frozenset((Role.MODEL, Role.EMBEDDER, Role.RERANKER))


def _role(attributes: Attributes) -> Role:
    kind = attributes.get(_KIND)
    if isinstance(kind, str):
        return _ROLES.get(kind.upper(), Role.STEP)
    return next((role for sign, role in _SIGNS.items() if sign in attributes), Role.STEP)


def _embedded(attributes: Attributes, given: str | None) -> str | None:
    """The one text that was embedded; the input as it was sent where it is not listed, or where several are."""
    first, second = (text(attributes.get(f"embedding.embeddings.{at}.embedding.text")) for at in (0, 1))
    return given if second else first or given


def _is_cut(attributes: Attributes, side: str, value: str | None) -> bool:
    return is_cut_off(value) and attributes.get(f"{side}.mime_type") == "application/json"


def _lists(role: Role, span: Span, described: Mapping[str, Value], given: str | None, output: str | None) -> Lists:
    attributes = span.attributes
    reranker = role is Role.RERANKER
    documents = flattened(span, "reranker.output_documents" if reranker else "retrieval.documents")
    inputs = _identified(flattened(span, "reranker.input_documents")) if reranker else ()
    sent = bool(documents)
    seen = sent
    half = None in [document.id for document in documents] or None in [document.score for document in documents]
    if not sent or half or span.dropped_attributes:
        found = listed(output)
        if found is None and inputs and not sent and (placed := found_by_place(output, Found(inputs))):
            found = placed.documents
        seen = sent or found is not None
        documents = _completed(documents, found or ())
    return Lists(
        documents=documents,
        inputs=inputs,
        sent=sent,
        seen=seen,
        query=text(attributes.get("reranker.query")) if reranker else None,
        lane=text(described.get("lane")) or text(described.get("ls_retriever_name")),
        top_k=whole(attributes.get("reranker.top_k")) if reranker else top_k_in(described, given),
    )


def _identified(documents: Documents) -> Documents:
    if None not in [document.id for document in documents]:
        return documents
    return tuple(settled(document) for document in documents)


def _completed(sent: Documents, found: Documents) -> Documents:
    by_rank = {document.rank: document for document in found}
    for document in sent:
        other = by_rank.get(document.rank)
        if other is not None and other.id and (document.id is None or document.id == other.id):
            document = document._replace(
                id=other.id, score=document.score if document.score is not None else other.score
            )
        by_rank[document.rank] = document
    return tuple(settled(by_rank[rank]) for rank in sorted(by_rank))


def flattened(span: Span, prefix: str) -> Documents:
    """The documents under a prefix, ranked by their index; ids and scores only where they were sent as such."""
    under = prefix + "."
    if "\n" + under in "\n" + "\n".join(span.attributes):
        return _sparse(sent(span), under)
    ids, contents, scores, metadata = (span.lists.get(f"{prefix}.document.{part}", ()) for part in _PARTS)
    if len(ids) == len(contents) == len(scores) == len(metadata) <= HIGHEST_RANK and (
        (set(map(type, ids)), set(map(type, contents)), set(map(type, scores)), set(map(type, metadata))) == _TYPES
        and all(ids)
        and all(contents)
    ):
        new = tuple.__new__
        whole_ones = zip(count(1), ids, contents, scores, metadata, repeat(False), strict=False)
        return tuple([new(Document, each) for each in whole_ones])
    fields = enumerate(zip_longest(ids, contents, scores, metadata), 1)
    found = (_document(rank, *parts) for rank, parts in islice(fields, HIGHEST_RANK))
    return tuple([document for document in found if document is not None])


def _document(rank: int, chunk_id: Value, content: Value, score: Value, metadata: Value) -> Document | None:
    if chunk_id is None and content is None and metadata is None:
        return None
    return Document(
        rank,
        text(chunk_id),
        text(content),
        number(score),
        metadata if isinstance(metadata, str | dict) else None,
    )


def _sparse(attributes: Attributes, under: str) -> Documents:
    parts: dict[int, dict[str, Value]] = {}
    for key, value in attributes.items():
        if key.startswith(under):
            index, _, part = key[len(under) :].partition(".document.")
            if index.isdecimal() and len(index) <= 5 and int(index) < HIGHEST_RANK:
                parts.setdefault(int(index), {})[part] = value
    found = (_document(index + 1, *(part.get(name) for name in _PARTS)) for index, part in sorted(parts.items()))
    return tuple(document for document in found if document is not None)


def last_asked(attributes: Attributes) -> str | None:
    """The question in the last message of a user's."""
    found = None
    for index in count(0):
        message = f"llm.input_messages.{index}.message"
        speaker = attributes.get(f"{message}.role")
        if speaker is None and index:  # some count from 1
            return found
        if speaker == "user":
            said = text(attributes.get(f"{message}.content")) or "\n\n".join(_contents(attributes, message))
            found = question_of(said) or found
    return found


def _call(role: Role, span: Span) -> Call:
    attributes = span.attributes
    get = attributes.get
    if role is Role.MODEL:
        model = get("llm.response.model_name") or get("llm.model_name") or get("llm.request.model_name")
    else:
        model = get("embedding.model_name") or get("reranker.model_name") or get("llm.model_name")
    model = model or _asked_for(get("llm.invocation_parameters"))
    prompt_tokens = whole(get("llm.token_count.prompt"))
    if prompt_tokens is None and role is not Role.MODEL:
        prompt_tokens = whole(get("llm.token_count.total"))
    return Call(
        model=text(model),
        prompt=_prompt(attributes) if role is Role.MODEL else "",
        reply=_messages(attributes, "llm.output_messages") or None if role is Role.MODEL else None,
        prompt_version=text(get("llm.prompt_template.version")),
        input_tokens=prompt_tokens,
        output_tokens=whole(get("llm.token_count.completion")),
        cache_read_tokens=whole(get("llm.token_count.prompt_details.cache_read")),
        cost_usd=number(get("llm.cost.total")),
        first_token_ns=_first_token(span.events),
    )


def _asked_for(parameters: Value) -> str | None:
    """The model that was asked for, which is all that is known of one that did not answer."""
    given = mapping(parameters) if parameters else {}
    return text(given.get("model")) or text(given.get("model_name"))


def _first_token(events: tuple[Event, ...]) -> int | None:
    return min((event.at_ns for event in events if "first token" in event.name.lower()), default=None)


def _prompt(attributes: Attributes) -> str:
    """All that the model was given, as text: its messages, or where they were not sent, its input."""
    found = _messages(attributes, "llm.input_messages")
    if found:
        return found
    given = attributes.get("llm.prompts") or attributes.get("input.value")
    decoded = loaded(given)
    return "\n\n".join(strings_in(decoded)) if decoded is not None else text(given) or ""


def _messages(attributes: Attributes, prefix: str) -> str:
    under = prefix + "."
    found = {key[len(under) :].partition(".")[0] for key in attributes if key.startswith(under)}
    parts: list[str] = []
    for index in sorted((each for each in found if each.isdecimal()), key=lambda each: (len(each), each)):
        message = f"{prefix}.{index}.message"
        content = text(attributes.get(f"{message}.content"))
        parts += [content] if content else _contents(attributes, message)
    return "\n\n".join(parts)


def _contents(attributes: Attributes, message: str) -> list[str]:
    parts = []
    for index in range(len(attributes)):
        key = f"{message}.contents.{index}.message_content"
        part = attributes.get(f"{key}.text")
        if part is None and f"{key}.type" not in attributes:
            break
        if written := text(part):
            parts.append(written)
    return parts


def _checks(span: Span, result: str | None) -> tuple[Check, ...]:
    told = _told(span.attributes)
    return told or (checks_in(span.name, result) if loaded(result) is not None or number(result) is not None else ())


def _told(attributes: Attributes) -> tuple[Check, ...]:
    checks = []
    for group in _EVALUATIONS:
        inner = "evaluation" if group.endswith("evaluations") else "annotation"
        for index in range(len(attributes)):
            key = f"{group}.{index}.{inner}"
            name, score, label = (attributes.get(f"{key}.{part}") for part in ("name", "score", "label"))
            if name is None and score is None and label is None:
                break
            value = number(score)
            checks.append(Check(text(name) or "evaluation", value if value is not None else text(label)))
    return tuple(checks)
