"""Support articles of four made-up products: the corpus of a pipeline that the rules were not written for.

Every product documents the same subjects with figures of its own, so that another product's article looks right.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bench.blame.facts import Version, version_of
from tracing.records import ManifestEntry

PRODUCTS = {"Harbor": "hb", "Lantern": "ln", "Quill": "ql", "Tidal": "td"}
SUBJECTS = (
    "invoice export", "webhook delivery", "seat assignment", "audit history", "password rotation", "file preview",
    "calendar sync", "ticket merging", "data residency", "bulk import", "usage alert", "guest access",
    "shared inbox", "report schedule", "device enrolment", "custom domain",
)  # fmt: skip
PARTS = ("limits", "setup", "removal")
UNITS = ("requests per minute", "rows per file", "members per team", "messages per hour")
ROLES = ("workspace owners", "billing managers", "team leads", "security officers")
NAMERS: Mapping[str, Callable[[str, str, str, int], str]] = {
    "kb": lambda product, subject, part, number: f"kb/{4000 + number}",
    "url": lambda product, subject, part, number: (
        f"https://help.{product.lower()}.example/{subject.replace(' ', '-')}#{part}"
    ),
    "doc": lambda product, subject, part, number: f"doc_{product.lower()}-{subject.replace(' ', '-')}#{part}",
    "number": lambda product, subject, part, number: str(880000 + 7 * number),
}


@dataclass(frozen=True)
class Passage:
    """One chunk: a part of an article."""

    id: str
    anchor: str
    product: str
    title: str
    text: str
    digest: str
    retold: str  # what it says, in other words
    code: str  # the setting that it alone documents
    number: int

    @property
    def is_opaque(self) -> bool:
        """True where nothing but the inventory says which place it is of."""
        return self.id != self.anchor and "~" not in self.id

    @property
    def tokens(self) -> int:
        return len(self.text.split())


@dataclass(frozen=True)
class Ask:
    """A question with the places that answer it."""

    id: str
    text: str
    behaviour: str
    anchors: tuple[str, ...] = ()
    product: str | None = None
    codes: tuple[str, ...] = ()
    all_required: bool = False


def passages(naming: str, ids: str) -> tuple[Passage, ...]:
    """All chunks under one way of naming places; a chunk's id is its anchor, made of it, or says nothing."""
    found = []
    for product, short in PRODUCTS.items():
        for subject in SUBJECTS:
            for part in PARTS:
                number = len(found)
                anchor = NAMERS[naming](product, subject, part, number)
                code = f"{short}.{subject.replace(' ', '_')}_{part}"
                text, retold = _text(product, subject, part, code)
                found.append(
                    Passage(
                        id={"same": anchor, "split": f"{anchor}~{number % 3}", "opaque": _opaque(anchor)}[ids],
                        anchor=anchor,
                        product=product.lower(),
                        title=f"{product}: {subject}, {part}",
                        text=text,
                        digest=hashlib.sha256(text.encode()).hexdigest()[:12],
                        retold=retold,
                        code=code,
                        number=number,
                    )
                )
    return tuple(found)


def _opaque(anchor: str) -> str:
    return hashlib.sha256(anchor.encode()).hexdigest()[:20]


def _text(product: str, subject: str, part: str, code: str) -> tuple[str, str]:
    dice = random.Random(f"{product}|{subject}|{part}")
    figure, other = dice.randrange(20, 900), dice.randrange(3, 60)
    unit, role = dice.choice(UNITS), dice.choice(ROLES)
    if part == "limits":
        said = (
            f"{product} caps {subject} at {figure} {unit}.",
            f"The setting {code} is what raises the cap, up to {other} times the default.",
            f"Traffic above the cap is queued and is not lost, although {role} are told by mail.",
        )
    elif part == "setup":
        said = (
            f"To switch on {subject} in {product}, open the console and choose Features.",
            f"Only {role} can do it, and the choice takes effect within {other} minutes.",
            f"Write the choice down as {code} where the workspace is kept in a file.",
        )
    else:
        said = (
            f"Removing {subject} from a {product} workspace keeps its records for {other} days.",
            f"After that they are erased and cannot be restored, even by {role}.",
            f"A workspace whose {code} is locked must be unlocked before anything is removed.",
        )
    retold = {
        "limits": f"At most {figure} {unit} are accepted for {subject}; whatever comes beyond waits for its turn.",
        "setup": f"It is turned on from the console by {role}, and applies after {other} minutes.",
        "removal": f"Once {subject} is gone, its records stay for another {other} days and are deleted for good then.",
    }[part]
    return " ".join(said), retold


def asks(library: tuple[Passage, ...], wanted: int, *, both: bool = False) -> Iterator[Ask]:
    """Questions that name a setting, questions in plain words, some that nothing answers, and greetings.

    With `both`, a question takes two places, and each of them is required.
    """
    dice = random.Random(f"asks {library[0].id}")
    chosen = dice.sample(library, wanted)
    for number, one in enumerate(chosen):
        product, subject = one.title.split(": ")[0], one.title.split(": ")[1].split(",")[0]
        part = one.title.rsplit(", ", 1)[1]
        plain = {
            "limits": f"What is the cap on {subject} in {product}, and what happens above it?",
            "setup": f"Who can switch on {subject} in {product}, and when does it take effect?",
            "removal": f"How long does {product} keep the records after removing {subject}?",
        }[part]
        text = plain if number % 2 else f"In {product}, what is {one.code} there for?"
        codes = () if number % 2 else (one.code,)
        anchors = (one.anchor,)
        if both:
            other = library[one.number + 1 if one.number % len(PARTS) < len(PARTS) - 1 else one.number - 1]
            text, anchors, codes = (
                f"{text} And what is {other.code} there for?",
                (*anchors, other.anchor),
                (*codes, other.code),
            )
        yield Ask(f"q{one.number}", text, "answer", anchors, one.product, codes, all_required=both)
    for number, topic in enumerate(
        ("rooftop parking", "violin lessons", "alpine weather", "train fares", "soup recipes")
    ):
        yield Ask(f"none{number}", f"Which {topic} do you recommend for beginners?", "refuse")
    for number, greeting in enumerate(("hello there", "thank you so much", "good evening")):
        yield Ask(f"hi{number}", greeting, "direct")


def manifest(library: tuple[Passage, ...], old: Mapping[str, str]) -> tuple[Version, Version]:
    """Two versions: in the earlier one every asked place had the name of `old`, and what that is is gone since."""
    now = [
        ManifestEntry(one.anchor, one.product, f"articles/{one.number}.md", one.title, one.digest, None, (one.code,))
        for one in library
    ]
    before = [
        ManifestEntry(
            old[one.anchor], one.product, f"articles/{one.number}.md", one.title, one.digest, None, (one.code,)
        )
        for one in library
    ]
    return version_of("spring", before), version_of("summer", now)
