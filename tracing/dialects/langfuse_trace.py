"""What Langfuse's SDKs say of a whole trace, on its root or repeated on every span of any convention."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tracing.dialects.declared import Declared
from tracing.dialects.langfuse import metadata
from tracing.dialects.values import text
from tracing.normalising.wording import answer_in, question_in
from tracing.records import Attributes, Span, Value

_WORDS = {
    "session_id": ("session.id", "langfuse.session.id"),
    "user_id": ("user.id", "langfuse.user.id"),
    "run_id": ("langfuse.experiment.id",),
    "item_id": ("langfuse.experiment.item.id",),
}
_FACTS = {
    "trace_name": "langfuse.trace.name",
    "tags": "langfuse.trace.tags",
    "experiment": "langfuse.experiment.name",
    "dataset_id": "langfuse.experiment.dataset.id",
}
_NO_ENVIRONMENT = "default"  # Langfuse's word where none was given


def read(spans: Iterable[tuple[Span, bool]]) -> Declared | None:
    """What the outermost span that says so tells; `spans` come with whether each is a top, outermost first."""
    words: dict[str, str] = {}
    facts: dict[str, Value] = {}
    version = release = ""
    seen = False
    for span, is_top in spans:
        attributes = span.attributes
        if "langfuse." not in "\n".join(attributes):
            continue
        seen = True
        for word, found in _said(attributes, span.resource).items():
            words.setdefault(word, found)
        version = version or (is_top and text(attributes.get("langfuse.version"))) or ""
        release = release or _either(span, "langfuse.release") or ""
        for name, value in _facts(attributes).items():
            facts.setdefault(name, value)
    if not seen:
        return None
    if release and version and release != version:
        facts.setdefault("release", release)
    return Declared(words=words, versions={"release": version or release}, metadata=facts)


def _either(span: Span, key: str) -> str | None:
    return text(span.attributes.get(key)) or text(span.resource.get(key))


def _said(attributes: Attributes, resource: Attributes) -> dict[str, str]:
    found = {
        word: value
        for word, keys in _WORDS.items()
        if (value := next((given for key in keys if (given := text(attributes.get(key)))), None))
    }
    environment = text(attributes.get("langfuse.environment")) or text(resource.get("langfuse.environment"))
    if environment and environment != _NO_ENVIRONMENT:
        found["environment"] = environment
    if question := question_in(text(attributes.get("langfuse.trace.input"))):
        found["query"] = question
    if answer := answer_in(text(attributes.get("langfuse.trace.output"))):
        found["answer"] = answer
    return found


def _facts(attributes: Attributes) -> Mapping[str, Value]:
    named = {name: attributes[key] for name, key in _FACTS.items() if key in attributes}
    return {**metadata(attributes, "langfuse.trace.metadata"), **named}
