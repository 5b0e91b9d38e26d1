"""English text as terms, sentences and what is said or denied in them: what the lexical assessor counts."""

from __future__ import annotations

import re
from functools import lru_cache

_TERM = re.compile(r"\w+")
_SPACED = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}
_THOUSANDS = re.compile(r",(?<=\d,)(?=\d{3}\b)")
_MARK = r"\[\d{1,3}(?:\s*[,;]\s*\d{1,3})*\]"
_NEXT = r"(?=[\"'(\[]?[A-Z0-9`*_-])"
_SENTENCE = re.compile(rf"(?<=[.!?])[\"')\]]*(?:\s*{_MARK})*\s+{_NEXT}|{_MARK}[.!?]?\s+{_NEXT}|\n+")
_MARKS = re.compile(rf"{_MARK}|\((?:source|see|ref)[^)]{{0,80}}\)", re.IGNORECASE)
_DENIAL = re.compile(
    r"\b(?:not(?! only\b| just\b| merely\b| to mention\b)|never|no longer|cannot|neither|nor|without|nothing"
    r"|nobody)\b"
    r"|n['’]t\b|\bno\b(?! one)",
    re.IGNORECASE,
)
_ENDINGS = (
    "ization", "ations", "ation", "ingly", "ness", "ment", "ings", "ing", "ies", "ied", "edly", "ed", "es", "ly", "s",
)  # fmt: skip
_SHORTEST_STEM = 3
_LONGEST_REMEMBERED = 4_000
_MOST_STEMS = 65_536

STOP_WORDS = frozenset((
    "a", "an", "the", "this", "that", "these", "those", "it", "its", "he", "she", "they", "them", "his", "her",
    "their", "our", "your", "my", "we", "you", "i", "me", "us", "one", "ones", "is", "are", "was", "were", "be",
    "been", "being", "am", "do", "does", "did", "doing", "done", "have", "has", "had", "having", "will", "would",
    "shall", "should", "can", "could", "may", "might", "must", "of", "in", "on", "at", "by", "for", "with", "from",
    "to", "into", "onto", "as", "than", "then", "so", "such", "and", "or", "but", "if", "while", "when", "where",
    "which", "who", "whom", "whose", "what", "why", "how", "there", "here", "also", "just", "only", "very", "more",
    "most", "much", "many", "some", "any", "each", "every", "all", "both", "other", "another", "own", "same", "too",
    "about", "over", "under", "up", "down", "out", "off", "again", "further", "once", "between", "through", "during",
    "before", "after", "above", "below", "because", "until", "against", "per", "via", "not", "no", "nor", "never",
    "s", "t", "re", "ve", "ll", "d", "m", "don", "isn", "aren", "wasn", "doesn", "didn", "cannot", "however",
    "therefore", "thus", "hence", "still", "even", "well", "rather", "quite", "yes", "ok", "okay", "please",
    "thanks", "let", "lets", "get", "gets", "got",
))  # fmt: skip


_ENGLISH = frozenset("the of and to is are that it for with this you be by from or not can when your which how".split())
_OTHERS = frozenset((
    "der das und ist nicht ein eine mit für auf den von zu zum zur wird werden kann sich dem des wie sie ich wenn im",
    "le les des et est une un dans pour que qui pas sur avec du au sont comment vous il elle je cette",
    "el los las es una para con por del que se como puede más su son esta cada",
    "il lo gli che di è non per sono della nel una più come viene si",
    "os um uma não com para em ao às mais são você pode como cada",
    "het een niet van dat op zijn voor met wordt deze aan kan hoe je",
))  # fmt: skip
_OTHER_WORDS = frozenset(word for words in _OTHERS for word in words.split())
_ASKING = frozenset((
    "was wer wo wann warum wieso welche welcher welches welchen wieviel viel oft lange muss müssen darf soll man bei"
    " mein meine meiner meinem dein ihr haben hat sein bin gibt es da so und oder um an aus nach bis",
    "quoi quel quelle quels quelles quand où combien pourquoi faut doit dois puis peut mon ma mes son sa ses de"
    " la à y a"
    " on ou ne en",
    "qué cuál cuáles cuándo dónde cuánto cuánta cuántos quién mi mis tu su debo puedo hay al de la en a y o",
    "quale quali quando dove quanto quanta chi mio mia devo posso del la le un ma ed e a",
    "qual quais quando onde quanto quanta quem meu minha devo posso do da de a e o",
    "wat welke wanneer waar hoeveel wie mijn moet mag heb er bij of te",
))  # fmt: skip
_TELLING = 400  # characters that tell a text's language
_FEWEST_WORDS = 2  # one may stand in a name
_LAST_LATIN = "\u024f"


def language(text: str) -> str | None:
    """`english`, `other`, or `script` where it is not in Latin letters; None where too little tells."""
    return _language_of(text[:_TELLING])


@lru_cache(maxsize=4096)
def _language_of(text: str) -> str | None:
    if not text.isascii():
        letters = [letter for letter in text if letter.isalpha()]
        if 2 * sum(letter > _LAST_LATIN for letter in letters) > len(letters):
            return "script"
    found = _TERM.findall(text.lower())
    english, other = sum(word in _ENGLISH for word in found), sum(word in _OTHER_WORDS for word in found)
    if max(english, other) < _FEWEST_WORDS:
        return None
    return "english" if english > 2 * other else "other" if other > 2 * english else None


def stem(word: str) -> str:
    """The word without its ending, so that `retries` and `retrying` meet."""
    if not word.isalpha():
        return word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            cut = word[: -len(ending)]
            if ending in ("ies", "ied"):
                return cut + "y"
            return (
                cut[:-1]
                if len(cut) > _SHORTEST_STEM and cut[-1] == cut[-2] and cut[-1] not in "ls"
                else cut.rstrip("e")
            )
    return (word.rstrip("e") if len(word) > _SHORTEST_STEM else word) or word


class _Stems(dict[str, str]):
    """By word its stem, "" for a stop word; most words of a text were met before."""

    def __missing__(self, word: str) -> str:
        if len(self) >= _MOST_STEMS:
            self.clear()
        found = self[word] = "" if word in STOP_WORDS else stem(word)
        return found


_STEMS = _Stems()


def terms(text: str) -> list[str]:
    """The content words, stemmed, in their order; numbers and identifiers as they stand."""
    return list(filter(None, map(_STEMS.__getitem__, _words(text))))


def _words(text: str) -> list[str]:
    """What `_TERM` finds in the lowered text; of plain ASCII in half the time."""
    lowered = _THOUSANDS.sub("", text.lower())
    return lowered.translate(_SPACED).split() if lowered.isascii() else _TERM.findall(lowered)


@lru_cache(maxsize=16384)
def _remembered(text: str) -> tuple[str, ...]:
    return tuple(terms(text))


_SMALL = frozenset(stem(word) for words in _ASKING for word in words.split()) | frozenset(map(stem, _OTHER_WORDS))


def asked_terms(question: str) -> list[str]:
    """The terms of a question, without the small words of its language."""
    found = terms(question)
    return [term for term in found if term not in _SMALL] if language(question) == "other" else found


def passage_terms(text: str) -> tuple[str, ...]:
    """The terms of a passage, in their order; passages come again from trace to trace."""
    return _remembered(text) if len(text) <= _LONGEST_REMEMBERED else tuple(terms(text))


def sentences(text: str) -> list[str]:
    """The sentences and lines, without the numbers of passages in brackets."""
    found = (_MARKS.sub("", part).strip(" \t*#>-|") for part in _SENTENCE.split(text))
    return [part for part in found if part]


def denials(text: str) -> int:
    """How often the text denies something."""
    return len(_DENIAL.findall(text))


def numbers(found: frozenset[str] | set[str]) -> set[str]:
    """Those of the terms that are numbers of more than one digit."""
    return {term for term in found if term[0].isdigit() and len(term) > 1}
