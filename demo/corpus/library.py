"""The parsed corpus on disk: built once, then read in a moment."""

import json
import pickle
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from demo.corpus.archives import pages
from demo.corpus.chunks import Chunk, Place, read_page, short_hash
from demo.corpus.docstrings import installed_pages
from demo.corpus.download import REQUIREMENTS, DownloadError, ensure_archives

FORMAT = 4


@dataclass(frozen=True)
class Corpus:
    version: str
    source: str
    places: dict[str, Place]
    chunks: list[Chunk]

    @property
    def products(self) -> list[str]:
        return sorted({place.product for place in self.places.values()})


def cached_file(folder: Path) -> Path:
    return folder / f"corpus-{_version()}.pickle"


def _version() -> str:
    return short_hash(f"{FORMAT}{REQUIREMENTS.read_text(encoding='utf-8')}")[:8]


def load_corpus(folder: Path, say: Callable[[str], None] = print) -> Corpus:
    """The pinned documentation; without a network, the docstrings of what is installed."""
    cached = cached_file(folder)
    if cached.is_file():
        return pickle.loads(cached.read_bytes())
    try:
        say("corpus: fetching the documentation of nine projects with pip (16 MB)")
        archives = ensure_archives(folder)
    except DownloadError as failure:
        say(f"corpus: no download ({failure}); the docstrings of installed packages stand in")
        found = list(installed_pages())
        return build_corpus(f"docstrings-{short_hash(repr(found))[:8]}", "docstrings", found)
    corpus = build_corpus(f"docs-{_version()}", "documentation", (page for one in archives for page in pages(one)))
    _write(cached, pickle.dumps(corpus, protocol=pickle.HIGHEST_PROTOCOL))
    return corpus


def build_corpus(version: str, source: str, found: Iterable[tuple[str, str, str]]) -> Corpus:
    places: dict[str, Place] = {}
    chunks: list[Chunk] = []
    for product, path, text in found:
        for place, cut in read_page(product, path, text):
            if place.anchor not in places:
                places[place.anchor] = place
                chunks.extend(cut)
    return Corpus(version, source, places, chunks)


def manifest_lines(places: Iterable[Place], redirects: dict[str, str] | None = None) -> list[str]:
    """One JSON line a place, in the shape that `PUT /api/v1/corpus/manifest` takes."""
    lines = []
    for place in places:
        line = asdict(place) | {"entities": list(place.entities)}
        if redirects and place.anchor in redirects:
            line["redirect_to"] = redirects[place.anchor]
        lines.append(json.dumps(line, separators=(",", ":")))
    return lines


def inventory_lines(chunks: Iterable[Chunk]) -> list[str]:
    return [
        json.dumps(
            {"chunk_id": chunk.chunk_id, "anchor": chunk.anchor, "source_hash": chunk.source_hash},
            separators=(",", ":"),
        )
        for chunk in chunks
    ]


def write_lists(corpus: Corpus, folder: Path) -> None:
    _write(folder / "manifest.jsonl", ("\n".join(manifest_lines(corpus.places.values())) + "\n").encode())
    _write(folder / "index.jsonl", ("\n".join(inventory_lines(corpus.chunks)) + "\n").encode())


def _write(path: Path, content: bytes) -> None:
    """Written beside and moved, so that a start that was interrupted leaves no half file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(path.suffix + ".part")
    beside.write_bytes(content)
    beside.replace(path)
