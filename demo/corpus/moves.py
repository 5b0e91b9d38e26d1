"""The documentation before its last reorganisation: some pages had another place."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from demo.corpus.chunks import Chunk, Place
from demo.corpus.library import Corpus

ONE_IN = 9


def former(anchor: str) -> str:
    """The anchor that this place had before the move."""
    product, rest = anchor.removeprefix("doc_").split("-", 1)
    return f"doc_{product}-manual-{rest}"


def _dice(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)


def has_moved(product: str, path: str) -> bool:
    return _dice(f"{product}/{path}") % ONE_IN == 0


def is_redirected(product: str, path: str) -> bool:
    """Two moved pages in three left a redirect behind."""
    return _dice(f"redirect|{product}/{path}") % 3 != 0


def renamed(chunk: Chunk) -> Chunk:
    """The chunk as the index held it before it was rebuilt after the move."""
    return replace(chunk, anchor=former(chunk.anchor)) if has_moved(chunk.product, chunk.path) else chunk


def places_before(corpus: Corpus, also: Iterable[str]) -> list[Place]:
    """The manifest before the move. `also` names places that had a second, older anchor which nothing redirects."""
    places = [
        replace(place, anchor=former(place.anchor)) if has_moved(place.product, place.path) else place
        for place in corpus.places.values()
    ]
    known = {place.anchor for place in places}
    older = [
        replace(corpus.places[anchor], anchor=former(anchor)) for anchor in sorted(set(also)) if anchor in corpus.places
    ]
    return places + [place for place in older if place.anchor not in known]


def places_after(corpus: Corpus) -> tuple[list[Place], dict[str, str]]:
    """The manifest after the move, with the redirects that were left."""
    places = list(corpus.places.values())
    redirects = {}
    for place in corpus.places.values():
        if has_moved(place.product, place.path) and is_redirected(place.product, place.path):
            old = replace(place, anchor=former(place.anchor))
            places.append(old)
            redirects[old.anchor] = place.anchor
    return places, redirects
