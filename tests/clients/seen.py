"""What of a trace a test compares, and what every program here makes of its four passages."""

from typing import Any

from tests.clients.programs import corpus

Trace = dict[str, Any]
RETRYING, ACKS, PREFETCH, CRONTAB = corpus.PASSAGES
KEPT, DROPPED = (RETRYING, ACKS), (PREFETCH, CRONTAB)
NO_SCORES = {
    "vector": {ACKS: (1, None), RETRYING: (2, None), PREFETCH: (3, None)},
    "bm25": {RETRYING: (1, None), CRONTAB: (2, None)},
}
LANES = {
    "vector": {ACKS: (1, 0.82), RETRYING: (2, 0.71), PREFETCH: (3, 0.55)},
    "bm25": {RETRYING: (1, 9.5), CRONTAB: (2, 7.25)},
}
RERANKED = {RETRYING: (1, 0.94), ACKS: (2, 0.4)}


def lanes(trace: Trace) -> dict[str, dict[str, tuple[int, float | None]]]:
    """Rank and score of each chunk in each lane; every lane says how many it returned."""
    found: dict[str, dict[str, tuple[int, float | None]]] = {lane["name"]: {} for lane in trace["lanes"]}
    for chunk in trace["candidates"]:
        for name, hit in chunk["lanes"].items():
            found[name][chunk["chunk_id"]] = (hit["rank"], hit["score"])
    assert {lane["name"]: lane["returned"] for lane in trace["lanes"]} == {
        name: len(each) for name, each in found.items()
    }
    return found


def fused(trace: Trace) -> list[str]:
    """The merged list, its first first."""
    placed = [(chunk["fused_rank"], chunk["chunk_id"]) for chunk in trace["candidates"] if chunk["fused_rank"]]
    assert [place for place, _ in sorted(placed)] == list(range(1, len(placed) + 1))
    return [chunk_id for _, chunk_id in sorted(placed)]


def reranked(trace: Trace) -> dict[str, tuple[int, float]]:
    """Rank and score by the reranker."""
    return {
        chunk["chunk_id"]: (chunk["rerank_rank"], chunk["rerank_score"])
        for chunk in trace["candidates"]
        if chunk["rerank_rank"] is not None
    }


def survivors(trace: Trace, source: str) -> set[str]:
    """The chunks in the prompt, all told by the same source; the others say where they were lost."""
    assert {chunk["survived_source"] for chunk in trace["candidates"]} == {source}
    lost = [chunk for chunk in trace["candidates"] if not chunk["survived"]]
    assert [chunk["dropped_at"] for chunk in lost] == ["rerank"] * len(lost)
    return {chunk["chunk_id"] for chunk in trace["candidates"] if chunk["survived"]}


def cited(trace: Trace) -> list[str]:
    """What the answer points at, in its order."""
    assert {chunk["chunk_id"] for chunk in trace["candidates"] if chunk["cited"]} == {
        each["chunk_id"] for each in trace["citations"]
    }
    return [each["chunk_id"] for each in trace["citations"]]


def texts(trace: Trace) -> dict[str, str]:
    """The text of each chunk."""
    return {chunk["chunk_id"]: chunk["text"] for chunk in trace["candidates"]}


def tokens(trace: Trace) -> tuple[int | None, int | None, int | None]:
    """Into the model that answered, out of it, and of those into it from a cache."""
    stage = stages(trace)["generate"]
    return stage["input_tokens"], stage["output_tokens"], stage["cache_read_tokens"]


def stages(trace: Trace) -> dict[str, dict[str, Any]]:
    """The stages by name."""
    return {each["stage"]: each for each in trace["stages"]}


def asked(trace: Trace) -> tuple[str, str | None, str | None, str | None]:
    """Query, answer, session and user."""
    return trace["query"], trace["answer"], trace["session_id"], trace["user_id"]


def failed_to_generate(trace: Trace, kind: str) -> bool:
    """True where the model's failure is the answer's, and no other stage's."""
    wrong = [each for each in trace["stages"] if each["status"] != "ok"]
    assert [(each["stage"], each["status"]) for each in wrong] == [("generate", "error")]
    assert "Traceback" not in wrong[0]["error"]
    return trace["answer"] is None and kind in wrong[0]["error"] and "the model is down" in wrong[0]["error"]
