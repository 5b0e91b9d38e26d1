"""Vercel's AI SDK, as the JavaScript exporter sends it: JSON, times as text, whole scores as integers."""

import json

import orjson

from tests.tracing.made_spans import by_id, text_of
from tracing import otlp
from tracing.normalise import normalise
from tracing.records import Span, Trace

START = 1_795_000_000 * 10**9


def wrapped(value: object) -> dict[str, object]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": value}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [wrapped(item) for item in value]}}
    return {"stringValue": value}


def sent(number: int, parent: int, name: str, at: tuple[int, int], **attributes: object) -> dict[str, object]:
    return {
        "traceId": "0AF7651916CD43DD8448EB211C80319C",
        "spanId": f"{number:016x}",
        "parentSpanId": f"{parent:016x}" if parent else "",
        "name": name,
        "startTimeUnixNano": str(START + at[0] * 10**6),
        "endTimeUnixNano": str(START + at[1] * 10**6),
        "attributes": [
            {"key": key.replace("__", "."), "value": wrapped(value)}
            for key, value in ({"ai.operationId": name} | attributes).items()
        ],
    }


def received(*spans: dict[str, object]) -> list[Span]:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "node-rag"}}]}
    body = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {"name": "ai"}, "spans": list(spans)}]}]}
    return otlp.decode(orjson.dumps(body), "application/json")


PROMPT = json.dumps(
    [{"role": "user", "content": [{"type": "text", "text": f"{text_of('b')}\nQuestion: why?"}]}],
)
RANKED = {"ai.ranking": ['{"index":1,"relevanceScore":1}', '{"index":0,"relevanceScore":0.25}']}
WHO = {"ai.telemetry.metadata.sessionId": "s-1", "ai.telemetry.metadata.userId": "u-1"}
USED = {"ai.usage.inputTokens": 120, "ai.usage.outputTokens": 7}


def answered(documents: list[str]) -> Trace:
    root = sent(1, 0, "ask", (0, 100))
    root["attributes"] = []
    given = {"ai.documents": documents}
    return normalise(
        received(
            root,
            sent(2, 1, "ai.embed", (1, 9), **{"ai.value": '"why?"', "ai.usage.tokens": 3}),
            sent(3, 2, "ai.embed.doEmbed", (2, 8), **{"ai.values": ['"why?"'], "ai.usage.tokens": 3}),
            sent(4, 1, "ai.rerank", (10, 20), **given, **RANKED),
            sent(5, 4, "ai.rerank.doRerank", (11, 19), **given, **RANKED, **{"ai.model.id": "rerank-1"}),
            sent(6, 1, "ai.streamText", (20, 90), **{"ai.prompt": json.dumps({"prompt": "x"})}, **USED, **WHO),
            sent(
                7, 6, "ai.streamText.doStream", (21, 108), **{"ai.prompt.messages": PROMPT, "ai.model.id": "m"}, **USED,
                **{"ai.response.text": "Because.", "ai.response.msToFirstChunk": 12.5, "gen_ai.system": "openai"},
            ),
        )
    )  # fmt: skip


def test_texts_that_were_ranked_are_called_by_their_places() -> None:
    trace = answered([text_of("a"), text_of("b")])
    found = by_id(trace)
    assert {chunk: (row.rerank_rank, row.rerank_score) for chunk, row in found.items()} == {
        "1": (1, 1.0),
        "0": (2, 0.25),
    }
    assert {chunk for chunk, row in found.items() if row.survived} == {"1"}
    assert all(row.rerank_in for row in found.values())


def test_objects_that_were_ranked_are_called_by_their_ids() -> None:
    trace = answered([json.dumps({"id": chunk, "text": text_of(chunk)}) for chunk in ("a", "b")])
    assert {chunk: row.rerank_rank for chunk, row in by_id(trace).items()} == {"b": 1, "a": 2}


def test_one_call_told_by_two_spans_counts_once() -> None:
    trace = answered([text_of("a"), text_of("b")])
    generate, rerank = (next(each for each in trace.stages if each.stage == s) for s in ("generate", "rerank"))
    assert (generate.model, generate.input_tokens, generate.output_tokens) == ("m", 120, 7)
    assert rerank.model == "rerank-1"
    assert next(each for each in trace.stages if each.stage == "embed").input_tokens == 3


def test_a_stream_that_outlives_the_root_is_of_its_duration() -> None:
    trace = answered([text_of("a"), text_of("b")])
    assert trace.duration_ms == 108
    assert trace.first_token_ms == 33.5
    assert (trace.query, trace.answer) == ("why?", "Because.")
    assert (trace.session_id, trace.user_id, trace.service) == ("s-1", "u-1", "node-rag")
