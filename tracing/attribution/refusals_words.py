"""What refusals have in common, whatever their form: a denial near a word of telling or finding, and who lacks what.

The words are beginnings, of the languages that are written in Latin letters; a statement is read word by word.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_DENIES = frozenset(
    "not no none nothing neither cannot unable without unavailable insufficient kein keine keinen keiner nicht nichts"
    " fehlen fehlt aucun aucune rien pas ningún ninguna ninguno nada non nessun nessuna nulla niente não nenhum nenhuma"
    " ne niet geen niets inte ingen inget inga ikke intet nie brak żadne žádné".split()
)
_DENIED_LAST = frozenset(("nicht", "niet", "nichts", "niets"))  # they may come after what they deny
_SOURCES = (
    "document", "docs", "context", "passage", "article", "source", "excerpt", "snippet", "material", "faq",
    "manual", "handbook", "guide", "brochure", "leaflet", "archive", "transcript", "knowledge", "wiki", "page",
    "pdf", "text", "dokument", "unterlage", "quelle", "handbuch", "kontext", "artikel", "wissensdatenbank",
    "contexte", "extrait", "manuel", "notice", "contexto", "fuente", "contesto", "font", "testo", "bron", "tekst",
    "handleiding", "käll", "źród",
)  # fmt: skip
_TELLS = (
    "mention", "say", "said", "state", "specif", "address", "discuss", "talk", "descri", "explain", "explan",
    "indicat", "reveal", "tell", "dealt", "deal", "clear", "answer", "found", "information", "detail",
    "dokumentiert", "documented", "erwähn", "sag", "nenn", "behandel", "beantwort", "antwort", "angabe", "gefunden",
    "enthalten", "précis", "parl", "trait", "répon", "réponse", "trouv", "mencion", "dice", "dicen", "especific",
    "habl", "trat", "respond", "respuesta", "informaci", "encuentra", "trovo", "trova", "encontr", "dit", "disent",
    "dic", "dico", "menzion", "tratt", "rispo", "informazion", "diz", "fala", "resposta", "informaç", "zeg",
    "vermeld", "antwoord", "informatie", "nämn", "svar", "informac", "odpowied",
)  # fmt: skip
_SPEAKERS = frozenset("i we ich wir mir mich uns je j'ai nous ik jag jeg vi".split())
_CONTRACTED = ("i'", "i’", "we'", "we’", "j'", "j’")
_LEARNS = (
    "find", "found", "answer", "locate", "determine", "help", "weiß", "finde", "gefunden", "sagen", "beantworten",
    "weiterhelfen", "informationen", "antwort", "entdecken", "sais", "trouv", "répon", "aider", "weet", "vind",
    "gevonden", "antwoord", "vet", "hitta", "svar", "fandt", "finder", "anything",
)  # fmt: skip
_NEAR = 5  # words between the denial and what is denied
_LONGEST = 30  # words of a statement that is no more than that
_CLAUSES = frozenset(
    "but however though that because aber mais pero dass weil que parce che perché omdat dat att".split()
)


def denied_at(statement: str) -> int | None:
    """Where a statement ends to deny that the speaker knows, or that the sources tell; None where it does not."""
    found = list(_WORD.finditer(statement))
    words = [match.group().casefold() for match in found]
    if len(words) > _LONGEST:
        return None
    has_source = any(word.startswith(_SOURCES) for word in words)
    has_speaker = any(word in _SPEAKERS or word.startswith(_CONTRACTED) for word in words)
    wanted = (*(_TELLS if has_source else ()), *(_LEARNS if has_speaker else ()))
    for at, word in enumerate(words):
        if wanted and (word in _DENIES or word.endswith(("n't", "n’t")) or word.startswith(("n'", "n’"))):
            for place in range(at + 1, min(at + 1 + _NEAR, len(words))):
                if words[place] in _CLAUSES:
                    break
                if words[place].startswith(wanted):
                    return found[place].end()
            if word in _DENIED_LAST and any(one.startswith(wanted) for one in words[max(0, at - _NEAR) : at]):
                return found[at].end()
    return None
