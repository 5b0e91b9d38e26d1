"""The answer as a page shows it: each claim marked by its support, each reference by the status of its citation."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tracing.pages.text_view import shown
from tracing.records import Claim

_REFERENCE = re.compile(r"\[(\d{1,3})\]")
_WORD = re.compile(r"\w")
NO_ROWS: Mapping[str, int] = {}
_GAP = re.compile(r"(?:\[\d{1,3}\]|\s)+")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the answer; `number` where it is a reference to a citation, `claim` where it lies in a claim, and
    `link` to the row of the chunk that the claim rests on."""

    text: str
    number: int | None = None
    claim: Claim | None = None
    link: str = ""


@dataclass(frozen=True, slots=True)
class MarkedAnswer:
    """The answer in pieces, and the claims whose words do not stand in it."""

    parts: tuple[Part, ...]
    elsewhere: tuple[Claim, ...]


def marked_answer(
    text: str, citations: int, claims: Sequence[Claim] = (), rows: Mapping[str, int] = NO_ROWS
) -> MarkedAnswer:
    """The answer cut at its claims and at references like [2], where there is such a citation.

    A claim is found by its characters, whatever space and references lie between them; `rows` are chunks' rows.
    """
    spans: list[tuple[int, int, Claim]] = []
    elsewhere: list[Claim] = []
    letters, places = _squeezed(text)
    for claim in claims:
        wanted, _ = _squeezed(shown(claim.text, len(text) + 1))
        found = letters.find(wanted) if wanted else -1
        start, end = (places[found], places[found + len(wanted) - 1] + 1) if found >= 0 else (0, 0)
        if found < 0 or any(start < other_end and other < end for other, other_end, _ in spans):
            elsewhere.append(claim)
        else:
            spans.append((start, end, claim))
    parts: list[Part] = []
    at = 0
    for start, end, claim in sorted(spans, key=lambda span: span[0]):
        row = rows.get(claim.chunk_id or "")
        link = f"#row-{row}" if row is not None else ""
        parts += [*_referring(text[at:start], citations), *_referring(text[start:end], citations, claim, link)]
        at = end
    return MarkedAnswer((*parts, *_referring(text[at:], citations)), tuple(elsewhere))


def claim_counts(claims: Sequence[Claim]) -> tuple[tuple[str, int], ...]:
    """How many claims have each support, in words, the good ones first."""
    words: dict[str, str] = {"supported": "supported", "unsupported": "not supported", "contradicted": "contradicted"}
    counted: Counter[str] = Counter(claim.support for claim in claims)
    return tuple((words[support], counted[support]) for support in words if counted[support])


def _squeezed(text: str) -> tuple[str, list[int]]:
    """The text without space and references, and where each of its characters stands in the whole."""
    kept: list[str] = []
    places: list[int] = []
    at = 0
    for gap in [*_GAP.finditer(text), None]:
        end = gap.start() if gap else len(text)
        kept.append(text[at:end])
        places += range(at, end)
        at = gap.end() if gap else end
    return "".join(kept), places


def _referring(text: str, citations: int, claim: Claim | None = None, link: str = "") -> list[Part]:
    parts: list[Part] = []
    at = 0
    for match in _REFERENCE.finditer(text):
        if 1 <= int(match[1]) <= citations:
            parts += [_part(text[at : match.start()], claim, link), Part(match[0], int(match[1]))]
            at = match.end()
    return [part for part in [*parts, _part(text[at:], claim, link)] if part.text]


def _part(text: str, claim: Claim | None, link: str) -> Part:
    return Part(text, None, claim, link) if claim and _WORD.search(text) else Part(text)
