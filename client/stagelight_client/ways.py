"""How parts are put together to requests, and what the answers say of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from stagelight_client.records import Part
from stagelight_client.server import Answer
from stagelight_client.wire import WireError, fields, varint

JSON, PROTOBUF = "application/json", "application/x-protobuf"
MOST_BYTES, MOST_PARTS = 1 << 20, 1_000


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something of a request that was not taken: how many, why, and which part, where the answer tells."""

    why: str
    count: int = 1
    part: int | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """An endpoint, and how its body is made of parts."""

    path: str
    content_type: str
    begin: bytes
    joint: bytes
    end: bytes
    read: Callable[[Answer, Sequence[Part]], list[Refusal]]

    def body(self, parts: Sequence[Part]) -> bytes:
        """The request of these parts."""
        return self.begin + self.joint.join(part.body for part in parts) + self.end


def _of_otlp_json(answer: Answer, parts: Sequence[Part]) -> list[Refusal]:
    told = _object(_object(answer.json()).get("partialSuccess"))
    count = int(told.get("rejectedSpans") or told.get("rejectedLogRecords") or 0)
    return [Refusal(str(told.get("errorMessage") or "refused"), count)] if count else []


def _of_otlp_protobuf(answer: Answer, parts: Sequence[Part]) -> list[Refusal]:
    """`partial_success` is field 1; in it the number is field 1, the words are field 2."""
    try:
        for partial in fields(answer.body):
            told = {part.number: part.data for part in fields(partial.data)}
            count = varint(told[1], 0)[0] if 1 in told else 0
            if count:
                return [Refusal(bytes(told.get(2, b"refused")).decode("utf-8", "replace"), count)]
    except WireError:
        pass
    return []


def _of_native(answer: Answer, parts: Sequence[Part]) -> list[Refusal]:
    errors = _object(answer.json()).get("errors")
    found = []
    for error in errors if isinstance(errors, list) else ():
        hint = f" ({error['suggestion']})" if error.get("suggestion") else ""
        found.append(Refusal(f"{error.get('detail') or error.get('message')}{hint}", 1, error.get("index")))
    return found


def _of_langfuse(answer: Answer, parts: Sequence[Part]) -> list[Refusal]:
    errors = _object(answer.json()).get("errors")
    places = {part.id: number for number, part in enumerate(parts) if part.id}
    return [
        Refusal(str(error.get("message")), 1, places.get(error.get("id")))
        for error in (errors if isinstance(errors, list) else ())
    ]


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


WAYS = {
    "otlp": Way("/v1/traces", JSON, b'{"resourceSpans":[', b",", b"]}", _of_otlp_json),
    "logs": Way("/v1/logs", JSON, b'{"resourceLogs":[', b",", b"]}", _of_otlp_json),
    "otlp-protobuf": Way("/v1/traces", PROTOBUF, b"", b"", b"", _of_otlp_protobuf),
    "logs-protobuf": Way("/v1/logs", PROTOBUF, b"", b"", b"", _of_otlp_protobuf),
    "native": Way("/api/v1/traces", JSON, b"[", b",", b"]", _of_native),
    "langfuse": Way(
        "/api/public/ingestion", JSON, b'{"batch":[', b",", b'],"metadata":{"sdk_name":"import"}}', _of_langfuse
    ),
}
