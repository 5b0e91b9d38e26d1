"""What no convention expects, and how it is put into JSON that was sound."""

import copy
import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as some

Path = tuple[Any, ...]
DEEP: Any = "the bottom"
for level_ in range(110):  # deeper than is kept; Python's own copier and writer would stop at some 300
    DEEP = [DEEP] if level_ % 2 else {"a": DEEP}
WORDS = [
    "", " ", "a", "0", "-1", "NaN", "1e400", "null", "true", "{", "[[", '{"a": ', "[" * 2_000, '{"a":' * 500, "\x00",
    "a\x00b", "\ud800", "\udfff and \ud83d alone", "\ufffe\uffff", "‮ right to left", "<script>alert(1)</script>",
    "'; DROP TABLE spans; --", "%s%n{0}", "../../etc/passwd", "1" * 400, "x" * 70_000, "é" * 300, "0" * 32, "f" * 33,
    "2026-13-45T99:99:99Z", "9999-12-31T23:59:59.999999999Z", "0001-01-01T00:00:00+23:59", "RETRIEVER", "LLM",
    "retrieval.documents.0.document.id", '[{"id": null, "score": "NaN", "metadata": [1]}, 7]',
    '{"lc": 1, "kwargs": []}', '{"documents": {"a": [[]]}}', "<NodeWithScore(node=TextNode(id_=",
    "Doc 0, Score: nan", "[1][2][99999999999999999999]",
]  # fmt: skip
NUMBERS = [
    0, 1, -1, 65_536, 2**31, 2**32, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64 - 1, 10**30, -(10**400),
    0.0, -0.0, 0.1, -1.5, 1e-320, 1e300, -1e308, float("nan"), float("inf"), float("-inf"),
]  # fmt: skip
KEYS = [
    "", "id", "score", "a.b.c", "\x00", "\ud800", "x" * 3_000, "metadata", "gen_ai.response.id", "langfuse.event",
    "native", "rag.candidates", "retrieval.documents.99999999.document.id", "retrieval.documents.-1.document.id",
    "llm.input_messages.0.message.contents.0.message_content.text", "gen_ai.input.messages", "mlflow.spanType",
    "openinference.span.kind", "ai.operationId", "haystack.component.type", "traceloop.span.kind", "__proto__",
]  # fmt: skip

scalars = some.one_of(
    some.none(),
    some.booleans(),
    some.sampled_from(NUMBERS),
    some.sampled_from(WORDS),
    some.integers(),
    some.floats(),
    some.text(max_size=12),
)
values = some.one_of(
    scalars,
    some.just(DEEP),
    some.lists(scalars, max_size=3),
    some.dictionaries(some.sampled_from(KEYS), scalars, max_size=3),
    some.recursive(
        scalars,
        lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=4), inner, max_size=3),
        max_leaves=6,
    ),
)


@dataclass(frozen=True)
class Mutation:
    """One change of one place, counted through all places of the document."""

    where: int
    how: str
    what: Any


mutations = some.builds(
    Mutation,
    some.integers(0, 2**20),
    some.sampled_from(["swap", "swap", "swap", "within", "within", "drop", "double", "rename", "add", "wrap", "cut"]),
    values,
)


def places(document: Any) -> list[tuple[Any, Any, Path]]:
    """(container, key, path) of everything inside the document."""
    found: list[tuple[Any, Any, Path]] = []
    level: list[tuple[Any, Path]] = [(document, ())]
    while level:
        below = []
        for container, path in level:
            keys = container if isinstance(container, dict) else range(len(container))
            for key in keys:
                found.append((container, key, (*path, key)))
                if isinstance(container[key], dict | list):
                    below.append((container[key], (*path, key)))
        level = below
    return found


def mutated(document: Any, changes: list[Mutation]) -> tuple[Any, list[Path]]:
    """A changed copy, and where it was changed."""
    document = copy.deepcopy(document)
    touched = []
    for change in changes:
        inside = places(document) if isinstance(document, dict | list) else []
        if not inside:
            break
        container, key, path = inside[change.where % len(inside)]
        _change(container, key, change)
        touched.append(path)
    return document, touched


def _change(container: Any, key: Any, change: Mutation) -> None:
    held, what = container[key], copy.deepcopy(change.what)
    if change.how == "within" and isinstance(held, str):
        container[key] = _within(held, change)
    elif change.how == "cut" and isinstance(held, str):
        container[key] = held[: change.where % (len(held) + 1)]
    elif change.how == "drop":
        container.pop(key)
    elif change.how == "double" and isinstance(container, list):
        container.append(copy.deepcopy(held))
    elif change.how == "rename" and isinstance(container, dict):
        container[KEYS[change.where % len(KEYS)]] = container.pop(key)
    elif change.how == "add" and isinstance(held, dict):
        held[KEYS[change.where % len(KEYS)]] = what
    elif change.how == "add" and isinstance(held, list):
        held.append(what)
    elif change.how == "wrap":
        container[key] = [held] if change.where % 2 else {"value": held}
    else:
        container[key] = what


def _within(text: str, change: Mutation) -> str:
    """JSON in a text is changed inside; other text is replaced by what was to be put."""
    try:
        inner = json.loads(text)
    except ValueError:
        return text + str(change.what)[:200]
    if not isinstance(inner, dict | list) or not inner:
        return dumped(change.what)
    container, key, _ = places(inner)[change.where // 7 % len(places(inner))]
    container[key] = change.what
    return dumped(inner)


def dumped(document: Any) -> str:
    """JSON with whatever it holds: NaN, lone surrogates as escapes, numbers of any length."""
    return json.dumps(document)


flips = some.lists(
    some.tuples(
        some.floats(0, 1), some.sampled_from(["set", "cut", "drop", "insert", "repeat"]), some.binary(max_size=6)
    ),
    min_size=1,
    max_size=4,
)


def bent(body: bytes, changes: list[tuple[float, str, bytes]]) -> bytes:
    """Bytes with some of them changed."""
    for at, how, what in changes:
        place = int(at * len(body))
        if how == "set":
            body = body[:place] + what + body[place + len(what) :]
        elif how == "cut":
            body = body[:place]
        elif how == "drop":
            body = body[:place] + body[place + 1 + len(what) :]
        elif how == "insert":
            body = body[:place] + what + body[place:]
        else:
            body = body[:place] + body[place : place + 40] * (1 + len(what)) + body[place:]
    return body
