"""MLflow: `mlflow.*`, each value encoded as JSON, texts in quotes included."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from tracing.dialects import messages
from tracing.dialects.evaluations import checks_in
from tracing.dialects.loose import Found, found_by_place, found_in
from tracing.dialects.reading import Call, Lists, Reading, Role
from tracing.dialects.top_k import top_k_in
from tracing.dialects.values import is_cut_off, mapping, number, text, whole, written
from tracing.records import Attributes, Span, Value

_SIGNS = frozenset("mlflow." + name for name in ("spanType", "spanInputs", "spanOutputs", "traceRequestId"))
_ROLES = {
    "RETRIEVER": Role.RETRIEVER,
    "RERANKER": Role.RERANKER,
    "EMBEDDING": Role.EMBEDDER,
    "LLM": Role.MODEL,
    "CHAT_MODEL": Role.MODEL,
    "TOOL": Role.TOOL,
    "EVALUATOR": Role.EVALUATOR,
    "GUARDRAIL": Role.GUARDRAIL,
}
_CALLERS = frozenset((Role.MODEL, Role.EMBEDDER, Role.RERANKER))
_LISTERS = frozenset((Role.RETRIEVER, Role.RERANKER))
_GIVEN = ("documents", "docs", "nodes", "chunks", "passages", "results", "candidates", "context", "args")


def recognises(span: Span) -> bool:
    """True where MLflow's SDK made the span."""
    return not _SIGNS.isdisjoint(span.attributes)


def read(span: Span) -> Reading:
    """The span in our words."""
    attributes = span.attributes
    role = _ROLES.get((text(_decoded(attributes.get("mlflow.spanType"))) or "").upper(), Role.STEP)
    given, result = _decoded(attributes.get("mlflow.spanInputs")), _decoded(attributes.get("mlflow.spanOutputs"))
    held = given if isinstance(given, dict) else {}
    return Reading(
        span=span,
        role=role,
        input=_as_text(given),
        output=_as_text(result),
        lists=_lists(role, held, result) if role in _LISTERS else None,
        call=_call(span, held, given, result) if role in _CALLERS else None,
        session=_said(attributes, "mlflow.trace.session"),
        user=_said(attributes, "mlflow.trace.user"),
        metadata=_metadata(attributes),
        checks=checks_in(span.name, result) if role is Role.EVALUATOR or role is Role.GUARDRAIL else (),
        cut_off=sum(is_cut_off(attributes.get(f"mlflow.span{side}")) for side in ("Inputs", "Outputs")),
    )


def _decoded(value: Value) -> Value:
    """What the JSON says; the text itself where it is none, as where a limit cut it."""
    if not isinstance(value, str):
        return value
    try:
        found: Value = orjson.loads(value)
    except ValueError:
        return value
    return found


def _as_text(value: Value) -> str | None:
    return written(value) if isinstance(value, list | dict) else text(value)


def _said(attributes: Attributes, key: str) -> str | None:
    return text(_decoded(attributes.get(key)))


def _metadata(attributes: Attributes) -> dict[str, Value]:
    """What users set on the span themselves: everything outside MLflow's own names."""
    return {key: _decoded(value) for key, value in attributes.items() if not key.startswith(("mlflow.", "gen_ai."))}


def _lists(role: Role, given: Mapping[str, Value], result: Value) -> Lists:
    inputs: Found | None = None
    if role is Role.RERANKER:
        parts = (given.get(key) for key in _GIVEN)
        inputs = next((read for part in parts if isinstance(part, list | dict) and (read := found_in(part))), None)
    found = found_in(result) or found_by_place(result, inputs) if isinstance(result, list | dict | str) else None
    return Lists(
        documents=found.documents if found else (),
        inputs=inputs.documents if inputs else (),
        sent=found is not None,
        seen=found is not None,
        top_k=top_k_in(given),
        lower_is_better=found is not None and found.lower_is_better,
    )


def _call(span: Span, held: Mapping[str, Value], given: Value, result: Value) -> Call:
    attributes = span.attributes
    usage = mapping(_decoded(attributes.get("mlflow.chat.tokenUsage")))
    asked = held.get("messages") or held.get("prompt") or held.get("input") or given
    replied = mapping(result).get("choices") or mapping(result).get("generations") or result
    named = (_said(attributes, key) for key in ("mlflow.llm.model", "mlflow.chat.model"))
    return Call(
        model=next((found for found in named if found), None) or text(held.get("model")),
        prompt="\n\n".join(part for part in (messages.said(held.get("system")), messages.said(asked)) if part),
        reply=messages.said(replied) or None,
        input_tokens=whole(usage.get("input_tokens")),
        output_tokens=whole(usage.get("output_tokens")),
        cache_read_tokens=whole(usage.get("cache_read_input_tokens")),
        cost_usd=_cost(_decoded(attributes.get("mlflow.llm.cost"))),
        first_token_ns=min(
            (event.at_ns for event in span.events if event.name.startswith("mlflow.chunk.item.")), default=None
        ),
    )


def _cost(value: Value) -> float | None:
    if not isinstance(value, dict):
        return number(value)
    total = number(value.get("total_cost"))
    if total is not None:
        return total
    parts = [found for part in value.values() if (found := number(part)) is not None]
    return sum(parts) if parts else None
