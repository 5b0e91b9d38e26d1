"""Does an answer read as a refusal, or as an apology for a failure?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tracing.attribution.refusals_abroad import LATIN, OTHER_LETTERS
from tracing.attribution.refusals_english import BRIEFLY, OF_SOURCES, OF_SPEAKER
from tracing.attribution.refusals_words import denied_at
from tracing.attribution.words import language

_OPENING = 400  # a refusal says so at its beginning
_BRIEF = 160  # characters of an answer that says no more than that
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s*(?=\S)|\n+")
_CONDITION = re.compile(
    r"\W*(?:if|when|whenever|where|wherever|unless|in case|wenn|falls|sofern|si|lorsque|quand|se|als|wanneer"
    r"|jeśli|если)\b"
)
# `I don't know, but` answers where what follows tells something; `but you can ask` and `but please` do not.
_TURN = re.compile(
    r"(?:\b(?:but|however|though|yet|nevertheless|aber|jedoch|mais|pero|ma|mas|maar|но)\b|;"
    r"|,(?= i (?:do )?know\b))\W+"
    r"(?!(?:you|please|feel|perhaps|maybe|try|contact|if|let|sie|du|vous|usted|puede|puedes|el|la|le|les"
    r"|the (?:\w+ )?(?:context|question|information|documents?|documentation)"
    r"|i(?:['’][md]| am| can| could| would| will| don| suggest)(?! tell you that| say that))\b)[^.!?\n]+"
)
_CONCEDED = re.compile(r"\W*(?:while|although|though|even though)\b[^.!?\n]+?,\s*[^.!?\n]+")
_TELLS = 3  # words
_APOLOGY = re.compile(
    r"\b(?:something|that) went wrong\b|\b(?:an?|internal|unexpected|server) (?:\w+ )?error (?:has )?occurred\b"
    r"|\btry (?:again|your request again)(?: later)?\b|\btemporar(?:il)?y (?:un)?available\b"
    r"|\btechnical (?:issue|difficult|problem)"
    r"|\b(?:service|system|server|model|search)\b[^.!?\n]{0,40}\b(?:unavailable|overloaded|timed out)\b"
    r"|\b(?:could|can)(?: not|n['’]t) (?:be )?(?:read|process(?:ed)?|complete(?:d)?)\b",
    re.IGNORECASE,
)
_LONGEST_APOLOGY = 300
_GREETING = re.compile(
    r"\W*(?:hi|hello|hey|howdy|greetings|thanks|thank you|thx|cheers|bye|goodbye|see you|welcome|great|awesome"
    r"|perfect"
    r"|good (?:morning|afternoon|evening|night|day)|how are you|nice to meet you"
    r"|hallo|guten (?:tag|morgen|abend)|danke|tschüss|servus|bonjour|bonsoir|salut|merci|au revoir|hola|gracias|adiós"
    r"|buen[oa]s (?:días|tardes|noches)|ciao|buongiorno|buonasera|grazie|olá|oi|obrigad[oa]|bom dia"
    r"|boa (?:tarde|noite)"
    r"|hoi|goedemorgen|bedankt|dank je|hej|tack|cześć|dzień dobry|dziękuję|merhaba|привет|здравствуйте|спасибо)\b"
    r"(?:\W+\w+){0,4}\W*|\W*(?:你好|您好|谢谢|謝謝|こんにちは|ありがとう(?:ございます)?|안녕하세요|감사합니다)\W*",
    re.IGNORECASE,
)

_LONGEST_GREETING = 60


def is_refusal(answer: str) -> bool:
    """True where the beginning says that the sources do not hold the answer, or that none can be given."""
    opening = answer[:_OPENING].lower()  # patterns that ignore case take twice as long
    brief = len(answer.strip()) <= _BRIEF
    told = language(opening)
    return any(_refuses(part, told, brief=brief, first=not at) for at, part in enumerate(_statements(opening)))


def _statements(opening: str) -> Iterator[str]:
    """Its sentences that state something: not what holds only if something else does."""
    return (part for part in _SENTENCE.split(opening) if part and not _CONDITION.match(part))


def _refuses(part: str, told: str | None, *, brief: bool, first: bool) -> bool:
    if told == "script":
        return bool(OTHER_LETTERS.search(part))
    if told != "english" and _ends_so(part, _end(LATIN, part)):
        return True
    if (brief or first) and _ends_so(part, denied_at(part)):
        return True
    if told == "other" or _CONCEDED.match(part):
        return False
    if OF_SOURCES.search(part):
        return True
    return _ends_so(part, _end(OF_SPEAKER, part)) or (brief and _ends_so(part, _end(BRIEFLY, part)))


def _end(pattern: re.Pattern[str], part: str) -> int | None:
    found = pattern.search(part)
    return None if found is None else found.end()


def _ends_so(part: str, at: int | None) -> bool:
    """True where something is lacking, and the sentence does not go on from there to answer all the same."""
    if at is None or _CONCEDED.match(part):
        return False
    turn = _TURN.search(part, at)
    return turn is None or len(turn.group().split()) <= _TELLS


def is_greeting(query: str) -> bool:
    """True where all that was said is a greeting or thanks."""
    return (
        len(query) <= _LONGEST_GREETING
        and "?" not in query.replace("how are you?", "")
        and bool(_GREETING.fullmatch(query))
    )


def is_apology(answer: str) -> bool:
    """True where all that was said is that something failed."""
    return len(answer) <= _LONGEST_APOLOGY and bool(_APOLOGY.search(answer))
