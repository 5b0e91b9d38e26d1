"""The answer: Claude's where a key is set, else quoted sentences with their sources, or an honest refusal."""

import json
import os
import re
from dataclasses import dataclass

from demo.pipeline.claude import ask_claude
from demo.pipeline.context import SYSTEM
from demo.pipeline.turn import Candidate, Turn
from demo.search.index import Index
from demo.search.words import count_tokens, known_tokens, stem, tokens

SENTENCES = 3
LEAST_COVERAGE = 0.5
CODE_LINE = re.compile(r"^\s{4,}|^\s*(>>>|\.\.\. |\$ |@|[-*+=~|]{3,})|[{}]\s*$")
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"(])")


@dataclass
class Quote:
    number: int
    text: str
    score: float
    candidate: Candidate


def generate(turn: Turn, index: Index) -> None:
    if os.environ.get("ANTHROPIC_API_KEY") and turn.seed == "live":
        turn.output, turn.usage, turn.model = ask_claude(SYSTEM, turn.prompt)
    else:
        turn.output = json.dumps(extract(turn, index))
    turn.usage = turn.usage or {"input": count_tokens(SYSTEM + turn.prompt), "output": count_tokens(turn.output)}


def extract(turn: Turn, index: Index) -> dict[str, object]:
    confidence, missing = confidence_of(turn, index)
    quotes = choose(turn, index)
    if (confidence < 0.5 and not turn.conditions.gate_off) or not quotes:
        return {"answer": refusal(missing), "confidence": round(confidence, 2), "refused": True, "missing": missing}
    text = " ".join(f"{quote.text} [{quote.number}]" for quote in quotes)
    stated = max(confidence, 0.82) if turn.conditions.gate_off else confidence
    return {
        "answer": text,
        "confidence": round(stated, 2),
        "refused": False,
        "missing": missing if stated < 0.8 else [],
    }


def refusal(missing: list[str]) -> str:
    about = f" It does not say anything about: {', '.join(missing)}." if missing else ""
    return f"I can't find this in the documentation that I have.{about}"


def confidence_of(turn: Turn, index: Index) -> tuple[float, list[str]]:
    """How much of the question, weighed by rarity, the best few kept chunks cover."""
    weights = {term: index.idf(term) for term in dict.fromkeys(turn.terms)}
    total = sum(weights.values())
    if not turn.kept or not total:
        return 0.0, _as_written(turn.question, set(turn.terms))
    present = [
        set(known_tokens(candidate.chunk.title)) | set(known_tokens(candidate.chunk.text))
        for candidate in turn.kept[:5]
    ]
    best = max(present, key=lambda terms: sum(weights.get(term, 0.0) for term in terms))
    coverage = sum(weight for term, weight in weights.items() if term in best) / total
    top = max(candidate.rerank_score or 0.0 for candidate in turn.kept)
    confidence = min(0.98, 0.6 * coverage + 0.58 * top)
    uncovered = {term for term in weights if term not in best}
    return confidence, _as_written(turn.question, uncovered)


def _as_written(question: str, stems: set[str]) -> list[str]:
    words = re.findall(r"[A-Za-z_][\w.]*", question)
    return list(dict.fromkeys(word for word in words if set(tokens(word)) & stems or stem(word.lower()) in stems))


def choose(turn: Turn, index: Index) -> list[Quote]:
    query = dict.fromkeys(turn.terms)
    total = sum(index.idf(term) for term in query) or 1.0
    quotes = []
    for number, candidate in enumerate(turn.kept, start=1):
        titled = set(known_tokens(candidate.chunk.title))
        for position, text in enumerate(sentences(candidate.chunk.text)):
            terms = set(known_tokens(text))
            covered = sum(
                index.idf(term) * (1.0 if term in terms else 0.4 if term in titled else 0.0) for term in query
            )
            rank_bonus = 0.35 * (candidate.rerank_score or 0.0)
            quotes.append(Quote(number, text, covered / total + rank_bonus - 0.02 * position, candidate))
    return _spread(sorted(quotes, key=lambda quote: -quote.score))


def _spread(ordered: list[Quote]) -> list[Quote]:
    """The best sentences, at most two of one chunk, in the order of the context."""
    chosen: list[Quote] = []
    for quote in ordered:
        same = sum(1 for other in chosen if other.number == quote.number)
        repeated = any(other.text == quote.text for other in chosen)
        if same < 2 and not repeated and (not chosen or quote.score > 0.6 * chosen[0].score):
            chosen.append(quote)
        if len(chosen) == SENTENCES:
            break
    return sorted(chosen, key=lambda quote: quote.number)


def sentences(text: str) -> list[str]:
    prose = []
    for paragraph in text.split("\n\n"):
        lines = [line for line in paragraph.splitlines() if not CODE_LINE.search(line)]
        prose.extend(SENTENCE_END.split(" ".join(line.strip() for line in lines)))
    tidy = [sentence.strip().removesuffix("::").removesuffix(":") for sentence in prose]
    return [sentence for sentence in tidy if 30 <= len(sentence) <= 400 and sentence[0].isalpha()]
