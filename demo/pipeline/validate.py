"""The last look: is the output well formed, are its citations real, should it have refused?"""

import json
import re

from demo.corpus.chunks import Chunk
from demo.pipeline.turn import Citation, Turn

MARK = re.compile(r"\[(\d+)\]")
ANSWER_CUT, SUGGEST_CUT = 0.8, 0.5
UNREADABLE = "Sorry, the answer could not be read."


def validate(turn: Turn, known_anchors: frozenset[str]) -> None:
    parsed = parse_output(turn)
    turn.answer, turn.refused = str(parsed["answer"]), bool(parsed["refused"])
    turn.confidence, turn.missing = float(parsed["confidence"]), list(parsed["missing"])
    turn.citations = [] if turn.refused else read_citations(turn)
    _check_citations(turn, known_anchors)
    _gate(turn)
    for candidate in turn.candidates.values():
        candidate.cited = any(citation.chunk_id == candidate.chunk.chunk_id for citation in turn.citations)


def parse_output(turn: Turn) -> dict[str, object]:
    try:
        parsed = json.loads(turn.output)
        ok = isinstance(parsed, dict) and isinstance(parsed.get("answer"), str)
        parsed = {"confidence": 0.0, "refused": False, "missing": []} | parsed if ok else {}
    except ValueError:
        ok, parsed = False, {}
    turn.check("validate", "schema", float(ok), 1.0)
    return parsed if ok else {"answer": UNREADABLE, "confidence": 0.0, "refused": False, "missing": []}


def read_citations(turn: Turn) -> list[Citation]:
    """One a cited chunk, with its claims. The answer's [n], once places in the prompt, become places in it."""
    claims: dict[int, list[str]] = {}
    position = 0
    for mark in MARK.finditer(turn.answer):
        claim = MARK.sub("", turn.answer[position : mark.start()]).strip()
        position = mark.end()
        if 1 <= int(mark[1]) <= len(turn.kept):
            claims.setdefault(int(mark[1]), []).append(claim)
    order = {number: place for place, number in enumerate(claims, start=1)}
    turn.answer = MARK.sub(lambda mark: f"[{order[int(mark[1])]}]" if int(mark[1]) in order else "", turn.answer)
    return [_citation(turn.kept[number - 1].chunk, " ".join(said)) for number, said in claims.items()]


def _citation(chunk: Chunk, claim: str) -> Citation:
    return Citation(claim, chunk.anchor, chunk.title, chunk.product, chunk.chunk_id)


def _check_citations(turn: Turn, known_anchors: frozenset[str]) -> None:
    known = sum(1 for citation in turn.citations if citation.anchor in known_anchors)
    turn.check("validate", "citations_known", known, len(turn.citations))
    in_product = sum(1 for citation in turn.citations if turn.product in (None, citation.product))
    turn.check("validate", "citations_in_product", in_product, len(turn.citations))


def _gate(turn: Turn) -> None:
    if turn.answer == UNREADABLE:
        turn.confidence = None
        return
    confidence = turn.confidence or 0.0
    passed = confidence >= SUGGEST_CUT or turn.conditions.gate_off
    turn.check("validate", "refusal_gate", confidence, SUGGEST_CUT, passed)
    turn.refused = turn.refused or not passed
    turn.outcome = "refuse" if turn.refused else "answer" if confidence >= ANSWER_CUT else "suggest"
