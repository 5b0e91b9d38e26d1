"""What kind of question it is, where its sender does not say: a rule that a person can apply in their head.

`cross_source`: it compares (vs, versus, compared, difference between, instead of, rather than), or names two different
things that are written as code: with `_`, `::` or `()` in or after them, a dot inside, or CamelCase.
`exact_symbol`: it names one such thing. `conceptual`: it names none, and has three words or more. `other`: the rest.
"""

from __future__ import annotations

import re

_COMPARES = re.compile(
    r"\b(?:vs\.?|versus|compar(?:e|es|ed|ing|ison)|differences? between|differs? from|instead of|rather than)\b", re.I
)
_TOKEN = re.compile(r"[^\s,;?!\"'`<>\[\]{}]+")
_CODE = re.compile(r"\w_\w|_\w|\w::\w|\w\(|[a-z][A-Z]|[A-Z]{2,}[a-z]{2,}|[A-Za-z]\.[A-Za-z]{2,}")
_NO_CODE = re.compile(r"https?://.*|www\..*|[\w.+-]+@[\w.-]+|e\.g\.?|i\.e\.?", re.I)
_WORD = re.compile(r"\w+")
_MOST = 4_000  # characters that are looked at


def shape_of(query: str) -> str:
    """One of `exact_symbol`, `conceptual`, `cross_source`, `other`."""
    looked_at = query[:_MOST]
    names = {name for token in _TOKEN.findall(looked_at) if (name := _name(token))}
    if len(names) > 1 or _COMPARES.search(looked_at):
        return "cross_source"
    if names:
        return "exact_symbol"
    return "conceptual" if len(_WORD.findall(looked_at)) >= 3 else "other"


def _name(token: str) -> str:
    """The token without what stands around it, case-folded; "" where it is no code."""
    bare = token.strip(".:()*").partition("(")[0]
    if not (_CODE.search(bare) or "()" in token or "(" in token.strip("()")):
        return ""
    return "" if _NO_CODE.fullmatch(token.strip("().,")) else bare.casefold()
