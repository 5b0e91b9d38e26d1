"""Which product is the question about, and what does its writer want?"""

import re

import numpy as np

from demo.pipeline.turn import Turn
from demo.search.index import Index
from demo.search.words import tokens

GREETING = re.compile(
    r"^(hi|hello|hey|hiya|yo|howdy|good (morning|afternoon|evening|day)|greetings|thanks?|thank you|thx|cheers|"
    r"ty|bye|goodbye|ok|okay|great|cool|nice|perfect|awesome|who are you|what can you do|are you (a bot|there|human)|"
    r"how are you|how's it going|whats up|what's up|sup|morning)\b[\s\w,!.?:)']{0,32}$",
    re.IGNORECASE,
)
INTENTS = (
    ("concept", re.compile(r"^how (does|do) (?!i\b)")),
    ("howto", re.compile(r"\bhow (do|can|to|should|would|is|are) |^can (i|we) |way to\b|what should i do")),
    (
        "troubleshooting",
        re.compile(
            r"\bwhy\b.*n't|, why$|error:|\bsays\b|n't (work|doing)|not (work|saved|reci?e)|always pending|hanging"
        ),
    ),
    (
        "concept",
        re.compile(r"\bwhy\b|differen\w*|\bvs\b|\bshould i\b|\bis it\b|\bwhat (is|are)( the)? (?!default)|^does "),
    ),
    (
        "howto",
        re.compile(r"^(read|load|write|register|use|call|split|run\w*|ask|creat\w*|automatic|key rotation|running)\b"),
    ),
)
ALIASES = {
    "django": "django",
    "djnago": "django",
    "celery": "celery",
    "flask": "flask",
    "werkzeug": "werkzeug",
    "jinja": "jinja2",
    "jinja2": "jinja2",
    "click": "click",
    "kombu": "kombu",
    "tornado": "tornado",
    "itsdangerous": "itsdangerous",
}
SURE = 0.55
GREETING_ANSWER = (
    "Hello! Ask me anything about Django, Celery, Flask, Werkzeug, Jinja, Click, Kombu, Tornado or ItsDangerous."
)


def mentioned_products(question: str) -> list[str]:
    words = re.findall(r"[a-z0-9]+", question.lower())
    return list(dict.fromkeys(ALIASES[word] for word in words if word in ALIASES))


def known_identifiers(question: str, index: Index) -> list[str]:
    """Words of the question that some section defines, as the manifest spells them."""
    words = re.findall(r"[A-Za-z_][\w.]*\w", question)
    return list(dict.fromkeys(index.entity_names[word.lower()] for word in words if word.lower() in index.entity_names))


def route(turn: Turn, index: Index) -> None:
    if GREETING.match(turn.question.strip()):
        turn.intent = "greeting"
        return
    turn.intent = _intent(turn.question, bool(known_identifiers(turn.question, index)))
    turn.product = _product(turn, index)


def _intent(question: str, names_identifier: bool) -> str:
    """By the first rule that matches; bare keywords look something up."""
    found = next((name for name, pattern in INTENTS if pattern.search(question.lower())), "reference")
    return "reference" if found == "concept" and names_identifier and re.match("what", question, re.I) else found


def answer_directly(turn: Turn) -> None:
    """A greeting needs neither documents nor a model."""
    turn.answer, turn.outcome, turn.confidence, turn.refused = GREETING_ANSWER, "direct", 1.0, False


def _product(turn: Turn, index: Index) -> str | None:
    mentioned = mentioned_products(turn.question)
    owners = [set(index.entity_products[name.lower()]) for name in known_identifiers(turn.question, index)]
    sole = {next(iter(products)) for products in owners if len(products) == 1}
    if len(mentioned) == 1:
        # An identifier that only another product has outweighs the name: people name the framework they sit in.
        if len(sole) == 1 and not any(mentioned[0] in products for products in owners):
            return sole.pop()
        return mentioned[0]
    if len(sole) == 1 and not mentioned:
        return sole.pop()
    return None if mentioned else _guess(turn, index)


def _guess(turn: Turn, index: Index) -> str | None:
    terms = [term for term in tokens(turn.question) if term in index.weights.vocabulary_]
    if len(terms) < 2:
        return None
    scores = index.router.predict_log_proba(index.weights.transform([terms]))[0]
    shares = np.exp(scores - scores.max())
    shares /= shares.sum()
    best = int(shares.argmax())
    turn.check("route", "product_share", shares[best], SURE)
    return str(index.router.classes_[best]) if shares[best] >= SURE else None
