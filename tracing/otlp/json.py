"""OTLP's JSON form: hex ids in any case, integers as text or number, unknown fields ignored."""

import base64
import binascii
import json
import math
from collections.abc import Iterator
from typing import Any

import orjson
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage
from opentelemetry.proto.trace.v1.trace_pb2 import Status as StatusMessage

from tracing.document_lists import grouped
from tracing.records import Attributes, Event, Link, Span, Value

LATEST_NS = 2**63 - 1
MOST_DEPTH = 64  # the store's JSON writer stops at 254
TOO_DEEP = "(nested too deep)"
_INT64 = range(-(2**63), 2**63)


class Undecodable(ValueError):
    """The body is no OTLP request; its text says why, in words for the sender."""


class BadPart(ValueError):
    """One span is refused; its text says what was wrong with it."""


def load(body: bytes) -> dict[str, Any]:
    """The request, its top checked; raises Undecodable."""
    request = loads(body) if body.strip() else {}
    if not isinstance(request, dict):
        raise Undecodable("the body is JSON, and no object")
    if request and "resourceSpans" not in request:
        raise Undecodable("the body is JSON without resourceSpans" + hint(request, "resource_spans"))
    for group in objects_in(request, "resourceSpans"):
        for scoped in objects_in(group, "scopeSpans"):
            if not isinstance(scoped.get("spans") or [], list):
                raise Undecodable("spans is no list")
    return request


def hint(request: dict[str, Any], wrong: str) -> str:
    """What to tell a sender who writes names as protobuf has them."""
    return ": its keys are lowerCamelCase in OTLP, not snake_case" if wrong in request else ""


def loads(body: bytes) -> Any:
    """Any JSON; lone surrogates are replaced, NaN and numbers that no computer has become texts; raises Undecodable."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        lenient = json.loads(
            body.decode("utf-8-sig"), parse_constant=str, parse_int=_whole_or_text, parse_float=_finite_or_text
        )
        text = json.dumps(lenient, ensure_ascii=False)
        return orjson.loads(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))
    except (ValueError, RecursionError) as error:
        raise Undecodable(_why_no_json(body, error)) from error


def _why_no_json(body: bytes, error: Exception) -> str:
    start = body[:4]
    if start[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in start:
        return "the body is no JSON in UTF-8, but in UTF-16 or UTF-32: send UTF-8"
    if isinstance(error, UnicodeDecodeError):
        at = f"byte {error.start + 1} is 0x{error.object[error.start]:02x}"
        return f"the body is no JSON in UTF-8: {at}, as in Latin-1 or another encoding; send UTF-8"
    if isinstance(error, RecursionError) or "recursion" in str(error).lower():
        return "the body is no JSON that can be read: it is nested too deep"
    if not body.strip():
        return "the body is no JSON: it is empty"
    if isinstance(error, json.JSONDecodeError):
        return f"the body is no JSON: {error.msg} at line {error.lineno}, column {error.colno}"
    return "the body is no JSON"


def _whole_or_text(digits: str) -> int | str:
    whole = int(digits) if len(digits) <= 20 else None
    return whole if whole is not None and -(2**63) <= whole < 2**64 else digits


def _finite_or_text(written: str) -> float | str:
    return number if math.isfinite(number := float(written)) else written


def plain_number(value: float) -> str:
    """JSON's word for a number that it can't write."""
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def first_resource(request: dict[str, Any]) -> Attributes:
    """The first resource's attributes, empty where they can't be read."""
    for group in objects_in(request, "resourceSpans"):
        return resource_of(group)
    return {}


def fault_and_drops(request: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """For each span why it is refused ("" where it is not), and how many attributes its sender dropped."""
    for span in _read(request):
        yield (span, 0) if isinstance(span, str) else ("", span.dropped_attributes)


def spans(request: dict[str, Any]) -> list[Span]:
    """The spans that are not refused."""
    return [span for span in _read(request) if not isinstance(span, str)]


def _read(request: dict[str, Any]) -> Iterator[Span | str]:
    for group in objects_in(request, "resourceSpans"):
        resource = resource_of(group)
        for scoped in objects_in(group, "scopeSpans"):
            scope = scoped.get("scope")
            named = scope if isinstance(scope, dict) else {}
            scope_name, version = (str(named.get(key) or "") for key in ("name", "version"))
            for raw in scoped.get("spans") or []:
                try:
                    yield _span(raw, resource, scope_name, version)
                except BadPart as bad:
                    yield str(bad)


def objects_in(parent: dict[str, Any], key: str) -> list[dict[str, Any]]:
    children = parent.get(key)
    if children is None:
        return []
    if not isinstance(children, list) or not all(isinstance(child, dict) for child in children):
        raise Undecodable(f"{key} is no list of objects")
    return children


def resource_of(group: dict[str, Any]) -> Attributes:
    resource = group.get("resource")
    try:
        return attributes_of(resource) if isinstance(resource, dict) else {}
    except BadPart:
        return {}


def _span(raw: Any, resource: Attributes, scope: str, scope_version: str) -> Span:
    if not isinstance(raw, dict):
        raise BadPart("something that is no object")
    status = raw.get("status") or {}
    if not isinstance(status, dict):
        raise BadPart("a status that is no object")
    start = time_of(raw, "startTimeUnixNano")
    sent = attributes_of(raw)
    attributes, lists = grouped(sent, list(sent.values()))
    return Span(
        trace_id=id_of(raw, "traceId", 32),
        span_id=id_of(raw, "spanId", 16),
        parent_id=id_of(raw, "parentSpanId", 16, optional=True),
        name=text_of(raw, "name"),
        start_ns=start,
        end_ns=max(start, time_of(raw, "endTimeUnixNano")),
        attributes=attributes,
        resource=resource,
        events=tuple(
            Event(text_of(event, "name"), time_of(event, "timeUnixNano"), attributes_of(event))
            for event in _parts(raw, "events")
        ),
        links=tuple(
            Link(id_of(link, "traceId", 32), id_of(link, "spanId", 16), attributes_of(link))
            for link in _parts(raw, "links")
        ),
        kind=_enum(raw.get("kind"), SpanMessage.SpanKind, 5),
        status=_enum(status.get("code"), StatusMessage.StatusCode, 2),
        status_message=text_of(status, "message"),
        scope=scope,
        scope_version=scope_version,
        dropped_attributes=min(_whole(raw, "droppedAttributesCount"), 2**32 - 1),
        lists=lists,
    )


def _parts(raw: dict[str, Any], key: str) -> list[dict[str, Any]]:
    parts = raw.get(key) or []
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise BadPart(f"{key} that are no list of objects")
    return parts


def id_of(raw: dict[str, Any], key: str, digits: int, *, optional: bool = False) -> str:
    given = raw.get(key)
    if optional and (given is None or given == "" or given == "0" * digits):
        return ""
    if isinstance(given, str) and len(given) == digits:
        lowered = given.lower()
        if lowered.strip("0") and not lowered.strip("0123456789abcdef"):
            return lowered
    if isinstance(given, str) and (found := _from_base64(given, digits // 2)):
        return found
    raise BadPart(f"a {key} that is not {digits} hex digits, or all zero")


def _from_base64(given: str, size: int) -> str:
    """The id of a sender that writes bytes as protobuf's own JSON has them; never as long as one in hex."""
    if len(given) != -(-size // 3) * 4 or not given.endswith("="):
        return ""
    try:
        found = base64.b64decode(given, validate=True)
    except ValueError:
        return ""
    return found.hex() if len(found) == size and any(found) else ""


def text_of(raw: dict[str, Any], key: str) -> str:
    given = raw.get(key)
    if given is None:
        return ""
    if not isinstance(given, str):
        raise BadPart(f"a {key} that is no text")
    return given


def _whole(raw: dict[str, Any], key: str) -> int:
    given = raw.get(key)
    if given is None:
        return 0
    try:
        if isinstance(given, bool) or not isinstance(given, int | float | str):
            raise TypeError
        return max(0, int(given))
    except (TypeError, ValueError, OverflowError) as error:
        raise BadPart(f"a {key} that is no whole number") from error


def time_of(raw: dict[str, Any], key: str) -> int:
    return min(_whole(raw, key), LATEST_NS)


def _enum(given: Any, names: Any, highest: int) -> int:
    if isinstance(given, str):
        given = int(given) if given.isdecimal() and len(given) < 4 else dict(names.items()).get(given)
    return given if isinstance(given, int) and 0 <= given <= highest else 0


def attributes_of(raw: dict[str, Any]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for pair in _parts(raw, "attributes"):
        key = pair.get("key")
        if not isinstance(key, str):
            raise BadPart("an attribute without a key")
        found[key] = value_of(pair.get("value"))
    return found


def value_of(wrapped: Any, depth: int = 0) -> Value:
    if wrapped is None:
        return None
    if not isinstance(wrapped, dict):
        raise BadPart("an attribute whose value is no object")
    if depth > MOST_DEPTH:
        return TOO_DEEP
    for tag, read in _READERS.items():
        if tag in wrapped:
            return read(wrapped[tag], depth)
    return None


def _string(held: Any, depth: int) -> Value:
    if not isinstance(held, str):
        raise BadPart("a stringValue that is no text")
    return held


def _boolean(held: Any, depth: int) -> Value:
    if not isinstance(held, bool):
        raise BadPart("a boolValue that is neither true nor false")
    return held


def _integer(held: Any, depth: int) -> Value:
    try:
        if isinstance(held, bool) or not isinstance(held, int | float | str):
            raise TypeError
        number = int(held)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadPart("an intValue that is no whole number") from error
    return number if number in _INT64 else str(number)


def _double(held: Any, depth: int) -> Value:
    try:
        if isinstance(held, bool) or not isinstance(held, int | float | str):
            raise TypeError
        number = float(held)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadPart("a doubleValue that is no number") from error
    return number if math.isfinite(number) else plain_number(number)


def _bytes(held: Any, depth: int) -> Value:
    if not isinstance(held, str):
        raise BadPart("a bytesValue that is no text")
    try:
        return base64.b64encode(base64.b64decode(held)).decode()
    except (binascii.Error, ValueError) as error:
        raise BadPart("a bytesValue that is no base64") from error


def _array(held: Any, depth: int) -> Value:
    items = held.get("values") if isinstance(held, dict) else None
    if items is not None and not isinstance(items, list):
        raise BadPart("an arrayValue without a list")
    return [value_of(item, depth + 1) for item in items or []]


def _mapping(held: Any, depth: int) -> Value:
    if not isinstance(held, dict):
        raise BadPart("a kvlistValue that is no object")
    found: dict[str, Value] = {}
    for pair in _parts(held, "values"):
        found[str(pair.get("key"))] = value_of(pair.get("value"), depth + 1)
    return found


_READERS = {
    "stringValue": _string,
    "boolValue": _boolean,
    "intValue": _integer,
    "doubleValue": _double,
    "arrayValue": _array,
    "kvlistValue": _mapping,
    "bytesValue": _bytes,
}
