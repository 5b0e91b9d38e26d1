"""Does an answer read as a refusal, or as an apology for a failure?"""

from __future__ import annotations

import re

from tracing.attribution.refusals_abroad import ABROAD
from tracing.attribution.words import language

_OPENING = 400  # a refusal says so at its beginning
_GIVEN = r"(?:given|provided|supplied|available|above|retrieved|present|current|indexed)"
_SOURCE = (
    # Documentation itself speaks of contexts, texts and data: alone, these words name no source of an answer.
    rf"(?:{_GIVEN} (?:\w+ )?(?:context|text|data|content|documents?|material|paragraph|information|articles?)|"
    r"(?:the|this|these|my|your|our|any|those) (?:\w+ )?"
    r"(?:passages?|documentation|sources?|excerpts?|knowledge base|search results)|"
    r"(?:context|text|information|paragraph|documents?|content)(?: that)?(?: was| is| you| i| has| have)? "
    rf"(?:been )?{_GIVEN}|"
    r"documentation that i have)"
)
_LACKS = (
    r"(?:does|do|did|could|can|is|was|are|were|has|have)(?: not|n['’]t)(?: \w+){0,4}? "
    r"(?:provide|mention|contain|include|specif|state|say|cover|explain|address|describe|discuss|give|have|indicat|"
    r"offer|list|related?|relevant|sufficient|enough|clear|available|found|answer)"
)
_REFUSALS = re.compile(
    "|".join(
        (
            rf"{_SOURCE}[^.!?\n]{{0,80}}?\b{_LACKS}",
            rf"\b(?:not|n['’]t|nothing|no) (?:[\w\"'“”]+ ){{0,5}}?(?:in|by|from|within|using) (?:the |of )?{_SOURCE}",
            r"\b(?:i|we)(?:['’]m| am| are|['’]re) (?:sorry|afraid|unable|not (?:able|sure|certain|aware))\b",
            r"\b(?:i|we) apologi[sz]e,? but\b",
            r"^(?:sorry|unfortunately),? (?:but )?(?:i|we|the|there|that|this)\b[^.!?\n]{0,80}"
            r"(?:not|n['’]t|no|unable)\b",
            r"\b(?:i|we) (?:do not|don['’]t|cannot|can['’]t|can not|could not|couldn['’]t|am unable to|are unable to)"
            r"(?: \w+){0,2}? (?:know|have (?:\w+ )?(?:enough|information|access|an answer|any|details?)"
            r"|find|answer|provide"
            r"|give|help|tell|determine|locate|confirm|offer|assist)\b",
            r"\b(?:no|not enough|insufficient) (?:\w+ ){0,2}?"
            r"(?:information|answer|mention|details?|evidence) (?!and\b|or\b)"
            r"(?:\w+ ){0,3}?(?:of|on|about|regarding|to|in|was|is|can|could|available|found|provided|related|given)\b",
            r"\bit is (?:not (?:clear|specified|mentioned|stated|explicitly)|unclear)\b",
            r"\bwithout (?:further|more|additional|any)(?: \w+){0,2} (?:context|information|details)\b",
            r"\b(?:is|are|was|were) not (?:explicitly |specifically |directly |clearly )?mentioned\b",
            r"\bthe context does(?: not|n['’]t) (?:\w+ )?"
            r"(?:provide|mention|specify|state|give|contain (?:any|enough|information|details?))",
            r"\bas an ai\b",
            r"\b(?:cannot|can['’]t|could not|couldn['’]t) be (?:answered|determined) (?:from|with|using|based)\b",
        )
    ),
    re.IGNORECASE,
)
_APOLOGY = re.compile(
    r"\b(?:something|that) went wrong\b|\b(?:an?|internal|unexpected|server) (?:\w+ )?error (?:has )?occurred\b"
    r"|\btry (?:again|your request again)(?: later)?\b|\btemporar(?:il)?y (?:un)?available\b"
    r"|\btechnical (?:issue|difficult|problem)"
    r"|\b(?:service|system|server|model)\b[^.!?\n]{0,40}\b(?:unavailable|overloaded|timed out)\b"
    r"|\b(?:could|can)(?: not|n['’]t) (?:be )?(?:read|process(?:ed)?|complete(?:d)?)\b",
    re.IGNORECASE,
)
_LONGEST_APOLOGY = 300
_GREETING = re.compile(
    r"\W*(?:hi|hello|hey|howdy|greetings|thanks|thank you|thx|cheers|bye|goodbye|see you|welcome|great|awesome|perfect"
    r"|good (?:morning|afternoon|evening|night|day)|how are you|nice to meet you)\b(?:\W+\w+){0,4}\W*",
    re.IGNORECASE,
)


_LONGEST_GREETING = 60


def is_refusal(answer: str) -> bool:
    """True where the beginning says that the sources do not hold the answer, or that none can be given."""
    opening = answer[:_OPENING]
    return bool(ABROAD.get(language(opening) or "", _REFUSALS).search(opening))


def is_greeting(query: str) -> bool:
    """True where all that was said is a greeting or thanks, in English."""
    return (
        len(query) <= _LONGEST_GREETING
        and "?" not in query.replace("how are you?", "")
        and bool(_GREETING.fullmatch(query))
    )


def is_apology(answer: str) -> bool:
    """True where all that was said is that something failed."""
    return len(answer) <= _LONGEST_APOLOGY and bool(_APOLOGY.search(answer))
