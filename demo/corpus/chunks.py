"""What the retriever holds: chunks of sections, their anchors, and the identifiers that the sections define."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from demo.corpus.sections import Section, parse_page, slugify

CHUNK_CHARACTERS = 1000
CODE_SHAPED = re.compile(
    r"[A-Za-z]\w*(?:[_.]\w+|::\w+)+|[A-Za-z][a-z0-9]+(?:[A-Z][a-z0-9]*)+|[A-Z][A-Z0-9]*_[A-Z0-9_]+"
)
COMMON_WORDS = frozenset(["README", "JavaScript", "PostgreSQL", "MySQL", "SQLite", "GitHub", "e.g", "i.e", "Node.js"])


@dataclass(frozen=True)
class Chunk:
    chunk_id: str
    anchor: str
    product: str
    path: str
    title: str
    text: str
    source_hash: str


@dataclass(frozen=True)
class Place:
    """One citable section: a line of the corpus manifest."""

    anchor: str
    product: str
    path: str
    title: str
    source_hash: str
    entities: tuple[str, ...]


def short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def anchor_of(product: str, path: str, section_anchor: str) -> str:
    slug = slugify(re.sub(r"\.(txt|rst|md|py)$", "", path))
    return f"doc_{product}-{slug}#{section_anchor}"


def identifiers(names: list[str], title: str) -> tuple[str, ...]:
    """Names that the section defines, where they cannot be mistaken for an English word."""
    found: dict[str, None] = {}
    for name in [*names, *CODE_SHAPED.findall(title)]:
        clean = name.strip("`'\",:()").removesuffix("()")
        if CODE_SHAPED.fullmatch(clean) and clean not in COMMON_WORDS:
            found[clean] = None
            parts = clean.split(".")
            for shorter in (parts[-1], ".".join(parts[-2:])):
                if CODE_SHAPED.fullmatch(shorter):
                    found[shorter] = None
    return tuple(found)


def read_page(product: str, path: str, text: str) -> Iterator[tuple[Place, list[Chunk]]]:
    sections = parse_page(text, is_markdown=path.endswith(".md"))
    page_title = sections[0].title if sections else ""
    for section in sections:
        body = _body(section)
        if len(body) < 40:
            continue
        anchor = anchor_of(product, path, section.anchor)
        title = section.title if section.title == page_title else f"{page_title} > {section.title}"
        entities = identifiers(section.defines, section.title)
        place = Place(anchor, product, path, title, short_hash(body), entities)
        yield place, list(_cut(place, body))


def _body(section: Section) -> str:
    text = "\n".join(section.lines)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _cut(place: Place, body: str) -> Iterator[Chunk]:
    """Paragraphs are packed into chunks of about a thousand characters; none is split unless it alone is longer."""
    pieces, packed = [], ""
    for paragraph in body.split("\n\n"):
        if packed and len(packed) + len(paragraph) > CHUNK_CHARACTERS:
            pieces.append(packed)
            packed = ""
        packed = f"{packed}\n\n{paragraph}" if packed else paragraph
        while len(packed) > 2 * CHUNK_CHARACTERS:
            cut_at = packed.rfind("\n", 0, 2 * CHUNK_CHARACTERS)
            cut_at = cut_at if cut_at > 0 else 2 * CHUNK_CHARACTERS
            pieces.append(packed[:cut_at])
            packed = packed[cut_at:].lstrip("\n")
    pieces.append(packed)
    for number, text in enumerate(piece for piece in pieces if len(piece) >= 40):
        yield Chunk(
            f"{place.anchor}~{number}", place.anchor, place.product, place.path, place.title, text, place.source_hash
        )
