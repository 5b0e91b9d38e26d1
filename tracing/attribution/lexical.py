"""The offline assessor: how far the words of an answer are borne out by the context that was kept. No model, no wait.

Its number is lexical support, never called groundedness on a page. It sees words, not meaning: a paraphrase scores
low, and one changed word in a copied sentence scores high unless it is a number, an identifier or a denial.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from tracing.attribution.refusals import is_greeting, is_refusal
from tracing.attribution.words import asked_terms, denials, language, numbers, passage_terms, sentences, terms
from tracing.records import Assessment, Better, Candidate, Claim, Trace

VERSION = "lexical-4"
SUPPORTED = 0.55  # of a claim's weight
SUFFICIENT = 0.6  # of the question's weight, in one kept passage
WHOLE = 0.8  # of the prompt's length: with less, the chunks' texts were cut by their sender
COMPLETE = 0.5  # of what the best kept passage holds of the question
CLOSE = 0.75  # how much of a claim one sentence must hold to be what it was made of
BORNE_OUT = 0.75  # of what is said beside a refusal, for the answer to count as one
SAME = 0.8  # how near a sentence must be for one denial more or less to turn it round: nearly the same words
MARGIN = 0.15  # how much better a dropped passage must be
_ANSWERS = ("answer", "response", "output", "text", "content")
_MOST_CLAIMS = 60
_MOST_PASSAGES = 200
_MOST_BETTER = 3
_FEW = 3  # passages that tell the language of all
_TELLING = 4  # terms beyond those of the question
_POINTING = 2  # terms of `See also [...]`
_MARK = 4  # a shorter name can stand in a text by chance
_FEWEST_FOR_RARITY = 5  # passages
UNSEEN = 1.0  # the weight of a term that no passage holds, as of one that a single passage holds
_IDENTIFIER = re.compile(r"\w_|[a-z]\d|\d[a-z]")
_OPPOSITES = tuple(
    frozenset(pair)
    for pair in (
        ("before", "after"), ("always", "never"), ("true", "false"), ("enable", "disable"), ("enabled", "disabled"),
        ("enables", "disables"), ("allow", "forbid"), ("allowed", "forbidden"), ("allows", "forbids"),
        ("increase", "decrease"), ("increases", "decreases"), ("minimum", "maximum"), ("first", "last"),
        ("required", "optional"), ("synchronous", "asynchronous"), ("above", "below"), ("more", "less"),
        ("succeeds", "fails"), ("accept", "reject"), ("accepts", "rejects"), ("include", "exclude"),
        ("includes", "excludes"), ("public", "private"),
    )
)  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_HEDGE = re.compile(  # what an answer denies before it says what it has to say
    r"^\W*(?:no|nope|not (?:really|sure|a lot)|i(?:['’ ]?m| am) not (?:\w+ )?sure|i do(?:n['’]t| not)(?: know)?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Line:
    """One sentence of a passage."""

    terms: frozenset[str]
    denials: int
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Passage:
    """A chunk, and which of the question's and the answer's terms it holds: no others are ever asked about."""

    chunk_id: str | None
    text: str
    terms: frozenset[str]
    title: frozenset[str]
    title_length: int  # terms

    @property
    def holds(self) -> frozenset[str]:
        """Text and title together."""
        return self.terms | self.title if self.title else self.terms


@dataclass(frozen=True, slots=True)
class _Sentence:
    """One sentence of the answer."""

    text: str
    terms: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was asked, and what there was to answer it from."""

    asked: frozenset[str]
    asked_weight: float
    pairs: frozenset[tuple[str, str]]
    kept: tuple[_Passage, ...]
    sent: tuple[_Passage, ...]  # what was kept, or the prompt where it holds more than the chunks' texts tell
    dropped: tuple[_Passage, ...]
    weigh: Callable[[Iterable[str]], float]


def assess(trace: Trace, at_ns: int = 0) -> Assessment:
    """What the words alone tell of this trace; None for what they don't."""
    answer = _spoken(trace.answer or "")
    refused = trace.refused if trace.refused is not None else (is_refusal(answer) if answer else None)
    said = _sentences(answer, _marks(trace)) if not refused or trace.refused is None else []
    if refused:
        said = [sentence for sentence in said if not is_refusal(sentence.text)]
    reading = _reading(trace, frozenset().union(*(sentence.terms for sentence in said)))
    claims = _claims(said, reading) if reading.kept else []
    if refused and not _tells_more(claims, reading):
        said, claims = [], []
    elif refused:
        refused = False
    support = sum(value for value, _ in claims) / len(claims) if claims else None
    if support is not None and support < SUPPORTED and _is_foreign(answer, reading):
        claims, support = [], None
    best = max((_coverage(reading, passage) for passage in reading.kept), default=0.0)
    told = bool(reading.asked and reading.kept) and (best >= SUFFICIENT or not _is_foreign(trace.query or "", reading))
    return Assessment(
        by="lexical",
        version=VERSION,
        at_ns=at_ns,
        groundedness=None if support is None else round(support, 3),
        relevance=round(best, 3) if told else None,
        complete=_is_complete(answer, reading, best) if claims else None,
        context_sufficient=best >= SUFFICIENT if told else None,
        refused=refused,
        claims=tuple(claim for _, claim in claims),
        better=tuple(_better(reading, best)) if told else (),
    )


def _tells_more(claims: Sequence[tuple[float, Claim]], reading: _Reading) -> bool:
    """True where what is said beside a refusal is borne out by the context: a part was answered."""
    held = frozenset().union(*(passage.holds for passage in reading.sent)) - reading.asked
    told = [claim.text for value, claim in claims if value >= BORNE_OUT and claim.support == "supported"]
    return any(len(held.intersection(terms(text))) >= _TELLING for text in told)


def _is_foreign(text: str, reading: _Reading) -> bool:
    """True where it is not in the language of the context: then its words say nothing of what it rests on."""
    own = language(text)
    if own is None:
        return False
    others = {language(passage.text) for passage in reading.kept[:_FEW]} - {None}
    return bool(others) and own not in others


def _spoken(answer: str) -> str:
    """The answer itself, where what came back is a JSON object around it."""
    if not answer.startswith("{"):
        return answer
    try:
        found = json.loads(answer)
    except ValueError:
        return answer
    said = next((found[key] for key in _ANSWERS if isinstance(found.get(key), str)), None)
    return answer if said is None else str(said)


def _marks(trace: Trace) -> tuple[str, ...]:
    """The names of what is cited, as they stand in an answer: they claim nothing."""
    names = {name for one in trace.citations for name in (one.anchor, one.chunk_id) if name and len(name) >= _MARK}
    return tuple(sorted((f"[{name}]" if name.isalnum() else name for name in names), key=len, reverse=True))


def _sentences(answer: str, marks: Sequence[str]) -> list[_Sentence]:
    found = [_Sentence(text, frozenset(terms(_without(text, marks)))) for text in sentences(answer)[:_MOST_CLAIMS]]
    return [one for one in found if one.terms and not _claims_nothing(one, marks)]


def _claims_nothing(sentence: _Sentence, marks: Sequence[str]) -> bool:
    """True of a greeting, and of words that only point at what is cited."""
    text = sentence.text
    return is_greeting(text) or (len(sentence.terms) <= _POINTING and any(mark in text for mark in marks))


def _without(text: str, marks: Sequence[str]) -> str:
    for mark in marks:
        if mark in text:
            text = text.replace(mark, " ")
    return text


def _reading(trace: Trace, said: frozenset[str]) -> _Reading:
    asked = asked_terms(trace.query or "")
    wanted = said.union(asked)
    kept = [_passage(one, wanted) for one in trace.candidates if one.survived and one.text][:_MOST_PASSAGES]
    dropped = [_passage(one, wanted) for one in trace.candidates if one.survived is False and one.text][:_MOST_PASSAGES]
    sent = list(kept)
    context = trace.context.text
    if context and sum([len(passage.text) for passage in kept]) < WHOLE * len(context):
        sent.append(_Passage(None, context, wanted.intersection(terms(context)), frozenset(), 0))
    weights = _weights(kept + dropped)

    def weigh(found: Iterable[str]) -> float:
        return sum([weights.get(term, UNSEEN) for term in found])

    return _Reading(
        asked=frozenset(asked),
        asked_weight=weigh(frozenset(asked)),
        pairs=frozenset(pairwise(asked)),
        kept=tuple(kept or sent),
        sent=tuple(sent),
        dropped=tuple(dropped),
        weigh=weigh,
    )


def _passage(candidate: Candidate, wanted: frozenset[str]) -> _Passage:
    text = _kept_of(candidate)
    title = frozenset(passage_terms(candidate.title)) if candidate.title else frozenset()
    return _Passage(candidate.chunk_id, text, wanted.intersection(passage_terms(text)), wanted & title, len(title))


def _kept_of(candidate: Candidate) -> str:
    """As much of its text as got into the prompt, where only its beginning did."""
    text, kept, whole = candidate.text or "", candidate.kept_tokens, candidate.tokens
    return text[: len(text) * kept // whole] if candidate.survived and kept and whole and kept < whole else text


def _weights(passages: Sequence[_Passage]) -> Mapping[str, float]:
    """Rarity among the trace's own passages; all alike where there are too few to tell."""
    if len(passages) < _FEWEST_FOR_RARITY:
        return {}
    counted: Counter[str] = Counter()
    for passage in passages:
        counted.update(passage.holds)
    top = math.log(len(passages) + 1)
    return {term: 0.3 + 0.7 * math.log((len(passages) + 1) / count) / top for term, count in counted.items()}


def _claims(said: Sequence[_Sentence], reading: _Reading) -> list[tuple[float, Claim]]:
    known = reading.asked.union(*(passage.holds for passage in reading.sent))
    return [_claim(sentence.text, sentence.terms, known, reading) for sentence in said]


def _claim(text: str, said: frozenset[str], known: frozenset[str], reading: _Reading) -> tuple[float, Claim]:
    value = reading.weigh(said & known) / reading.weigh(said)
    absent = said - known
    if numbers(absent) or any(_IDENTIFIER.search(term) for term in absent):
        value *= 0.5
    if value >= SUPPORTED:
        source, opposed = _source(text, said, reading)
        if opposed:
            return 0.0, Claim(text, "contradicted", source)
        return value, Claim(text, "supported", source)
    return value, Claim(text, "unsupported")


def _source(text: str, said: frozenset[str], reading: _Reading) -> tuple[str | None, bool]:
    """The passage with the sentence nearest to the claim, and whether that one says the opposite."""
    best, near = 0.0, None
    for passage in reading.sent:
        if len(passage.terms & said) < CLOSE * len(said):
            continue
        for line in _lines(passage.text):
            common = len(line.terms & said)
            if common >= CLOSE * len(said) and common / max(len(said), len(line.terms)) > best:
                best, near = common / max(len(said), len(line.terms)), (passage.chunk_id, line)
    if near is None:
        return None, False
    return near[0], best >= CLOSE and _opposed(text, near[1], best)


def _opposed(text: str, line: _Line, nearness: float) -> bool:
    if nearness >= SAME and all((denials(said) - line.denials) % 2 for said in {text, _HEDGE.sub("", text)}):
        return True
    words = _words(text)
    return any(
        len(pair & words) == len(pair & line.words) == 1 and pair & words != pair & line.words for pair in _OPPOSITES
    )


@lru_cache(maxsize=2048)
def _lines(text: str) -> tuple[_Line, ...]:
    joined = (
        " ".join(text.split()) if "\n\n" not in text else "\n\n".join(" ".join(p.split()) for p in text.split("\n\n"))
    )
    return tuple(_Line(frozenset(terms(part)), denials(part), _words(part)) for part in sentences(joined))


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


def _coverage(reading: _Reading, passage: _Passage) -> float:
    """How much of the question's weight the passage holds."""
    return reading.weigh(reading.asked & passage.holds) / reading.asked_weight if reading.asked else 0.0


def _is_complete(answer: str, reading: _Reading, best: float) -> bool | None:
    """False where the answer holds much less of what was asked than one kept passage does."""
    if not reading.asked:
        return None
    return reading.weigh(reading.asked.intersection(terms(answer))) >= COMPLETE * best * reading.asked_weight


def _score(reading: _Reading, passage: _Passage) -> float:
    """Coverage, and a little for a title and for word pairs of the question."""
    covered = _coverage(reading, passage)
    if covered < SUFFICIENT:
        return covered
    titled = len(passage.title & reading.asked) / max(passage.title_length, 1)
    paired = len(reading.pairs & frozenset(pairwise(passage_terms(passage.text)))) / max(len(reading.pairs), 1)
    return covered + 0.2 * titled + 0.2 * paired


def _better(reading: _Reading, best: float) -> list[Better]:
    """The dropped passages that cover the question clearly better than all that was kept."""
    if not reading.kept or not reading.dropped or best > 1 - MARGIN / 2:
        return []
    bar = max(_score(reading, passage) for passage in reading.kept) + MARGIN
    scored = [(_score(reading, passage), passage) for passage in reading.dropped]
    above = sorted((pair for pair in scored if pair[0] >= bar), key=lambda pair: -pair[0])[:_MOST_BETTER]
    return [
        Better(passage.chunk_id or "", f"holds {value:.0%} of the question's words, the best kept {best:.0%}")
        for value, passage in ((_coverage(reading, passage), passage) for _, passage in above)
    ]
