"""Find the identifiers, mend the typing errors, and say the question in the documentation's words."""

import difflib
import re

from demo.pipeline.route import ALIASES, known_identifiers
from demo.pipeline.turn import Entity, Turn
from demo.search.index import Index
from demo.search.words import STOP_WORDS, stem, tokens

SYNONYMS = {
    "cron": "crontab periodic schedule",
    "login": "authentication login",
    "logout": "authentication logout",
    "upload": "file uploads",
    "throttle": "rate limit",
    "cli": "command line",
    "env": "environment variable",
    "db": "database",
    "config": "configuration settings",
    "auth": "authentication",
    "perms": "permissions",
    "params": "parameters",
    "args": "arguments",
    "migrations": "migrations migrate",
    "unit": "test",
    "blueprints": "blueprint",
    "websockets": "websocket",
    "dates": "date",
    "deploying": "deployment",
    "nightly": "periodic schedule crontab",
    "dropdown": "choice select",
    "colours": "color style",
    "colour": "color style",
    "colored": "color style",
    "password": "password hide_input",
    "pagination": "paginator paginate",
    "redirects": "redirect",
}


def resolve(turn: Turn, index: Index) -> None:
    turn.entities = [_entity(name, turn.product, index) for name in known_identifiers(turn.question, index)]
    mended = mend(turn.question, index)
    extra = [SYNONYMS[word] for word in re.findall(r"[a-z]+", mended.lower()) if word in SYNONYMS]
    turn.rewritten = " ".join([mended, *dict.fromkeys(extra)])


def _entity(name: str, product: str | None, index: Index) -> Entity:
    owners = index.entity_products[name.lower()]
    kind = "setting" if re.fullmatch(r"[A-Z][A-Z0-9_]+", name) else "symbol"
    owner = product if product in owners else owners[0] if len(owners) == 1 else None
    return Entity(text=name, type=kind, product=owner)


def mend(question: str, index: Index) -> str:
    """Words that the corpus does not have become the nearest that it has often, if one is near enough."""

    def nearest(match: re.Match[str]) -> str:
        word = match[0]
        lowered = word.lower()
        if (
            len(word) < 5
            or lowered in STOP_WORDS
            or lowered in ALIASES
            or any(term in index.frequencies for term in tokens(word))
        ):
            return word
        wanted = stem(lowered)
        if len(wanted) < 5:
            return word
        pool = [
            term
            for term, seen in index.frequencies.items()
            if seen >= 8 and term[0] == wanted[0] and abs(len(term) - len(wanted)) <= 2 and term.isalpha()
        ]
        found = difflib.get_close_matches(wanted, pool, n=1, cutoff=0.84)
        return index.spellings.get(found[0], found[0]) if found else word

    return re.sub(r"(?<![\w.])[A-Za-z]+(?![\w.])", nearest, question)


def search_terms(turn: Turn) -> list[str]:
    """Product names steer the filter, and say nothing once it is set."""
    found = tokens(turn.rewritten)
    without = [term for term in found if not (turn.product and ALIASES.get(term) == turn.product)]
    return without or found
