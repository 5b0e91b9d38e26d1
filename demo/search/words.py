"""Words as the search sees them: identifiers whole and in parts, lightly stemmed, without stop words."""

import re
from functools import lru_cache

WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*|\d+")
CAMEL = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
STOP_WORDS = frozenset(
    [
        "a",
        "about",
        "all",
        "also",
        "am",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "been",
        "being",
        "but",
        "by",
        "can",
        "cant",
        "could",
        "did",
        "didnt",
        "do",
        "does",
        "doesnt",
        "doing",
        "done",
        "dont",
        "for",
        "from",
        "get",
        "gets",
        "getting",
        "give",
        "go",
        "got",
        "had",
        "has",
        "have",
        "having",
        "he",
        "hello",
        "help",
        "her",
        "hey",
        "hi",
        "how",
        "i",
        "id",
        "if",
        "im",
        "in",
        "instead",
        "into",
        "is",
        "isnt",
        "it",
        "its",
        "just",
        "know",
        "let",
        "like",
        "make",
        "makes",
        "may",
        "me",
        "might",
        "mine",
        "must",
        "my",
        "need",
        "needs",
        "no",
        "not",
        "of",
        "off",
        "on",
        "one",
        "only",
        "or",
        "other",
        "our",
        "out",
        "please",
        "possible",
        "really",
        "s",
        "same",
        "set",
        "should",
        "show",
        "so",
        "some",
        "someone",
        "something",
        "t",
        "tell",
        "than",
        "thanks",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "thing",
        "this",
        "those",
        "to",
        "too",
        "trying",
        "up",
        "us",
        "use",
        "used",
        "uses",
        "using",
        "via",
        "want",
        "was",
        "way",
        "we",
        "were",
        "what",
        "whats",
        "when",
        "where",
        "which",
        "while",
        "who",
        "why",
        "will",
        "with",
        "without",
        "work",
        "works",
        "would",
        "you",
        "your",
        "actually",
        "anyone",
        "best",
        "correct",
        "currently",
        "difference",
        "different",
        "exactly",
        "explain",
        "happen",
        "happens",
        "kind",
        "mean",
        "means",
        "proper",
        "right",
        "thx",
        "pls",
        "plz",
    ]
)


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    for ending, least in (
        ("ations", 5),
        ("ation", 5),
        ("ings", 4),
        ("ing", 4),
        ("ies", 3),
        ("ied", 3),
        ("ers", 5),
        ("ed", 4),
    ):
        if word.endswith(ending) and len(word) - len(ending) >= least - 1:
            root = word[: -len(ending)] + ("y" if ending in ("ies", "ied") else "")
            return _undouble(root)
    if word.endswith("es") and len(word) > 5 and word[-3] in "sxzh":
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        word = word[:-1]
    return word[:-1] if word.endswith("e") and len(word) > 4 else word


def _undouble(root: str) -> str:
    if len(root) > 3 and root[-1] == root[-2] and root[-1] not in "ls":
        return root[:-1]
    return root[:-1] if root.endswith("e") and len(root) > 4 else root


@lru_cache(maxsize=30_000)
def known_tokens(text: str) -> tuple[str, ...]:
    """For texts that come again: the corpus's own."""
    return tuple(tokens(text))


def tokens(text: str) -> list[str]:
    """Search terms in order; an identifier gives itself and its parts."""
    found: list[str] = []
    for word in WORD.findall(text.replace("'", "")):
        found.extend(_terms(word))
    return found


@lru_cache(maxsize=200_000)
def _terms(word: str) -> tuple[str, ...]:
    names = word.split(".")
    found = [word.lower().strip("_")] if len(names) > 1 else []
    for name in names:
        lowered = name.lower().strip("_")
        parts = [part.lower() for piece in name.split("_") for part in CAMEL.findall(piece)]
        if len(parts) > 1:
            found.append(lowered)
            found.extend(stem(part) for part in parts if part not in STOP_WORDS and len(part) > 1)
        elif lowered and lowered not in STOP_WORDS:
            found.append(stem(lowered))
    return tuple(found)


def count_tokens(text: str) -> int:
    """About what a language model's tokenizer would count."""
    return max(1, round(len(text) / 4))
