"""Tell the server what the corpus is: the manifests, what the index holds, what answers should rest on."""

import hashlib
import json
from collections.abc import Iterable

from demo.corpus.library import inventory_lines, manifest_lines
from demo.corpus.moves import has_moved, places_after, places_before, renamed
from demo.questions import Question, load_questions
from demo.telemetry.server import Server
from demo.workshop import Library

REVIEWED_PERCENT = 55


def version_before(library: Library) -> str:
    return f"{library.corpus.version}-before-move"


def index_before(library: Library) -> str:
    return f"{library.index.version}-before-move"


def push_manifests(server: Server, library: Library, first_at: str, moved_at: str) -> dict[str, int]:
    """Status by what was pushed; 404 means that this server cannot take it yet, and is no error."""
    expected = [anchor for question in load_questions() for anchor in question.anchors]
    places, redirects = places_after(library.corpus)
    put, corpus = server.put_lines, library.corpus
    before = manifest_lines(places_before(corpus, expected))
    after = manifest_lines(places, redirects)
    statuses = {
        "manifest before": put(
            "/api/v1/corpus/manifest", before, version=version_before(library), effective_at=first_at
        ),
        "manifest after": put("/api/v1/corpus/manifest", after, version=corpus.version, effective_at=moved_at),
    }
    old_index = inventory_lines(renamed(chunk) for chunk in corpus.chunks)
    statuses["index before"] = put("/api/v1/corpus/index", old_index, version=index_before(library))
    statuses["index"] = put("/api/v1/corpus/index", inventory_lines(corpus.chunks), version=library.index.version)
    return statuses


def push_gap(server: Server, library: Library, missing: Iterable[str]) -> int:
    """The inventory of an index that lacks some anchors, under a version that only the broken traces name."""
    absent = set(missing)
    lines = inventory_lines(chunk for chunk in library.corpus.chunks if chunk.anchor not in absent)
    return server.put_lines("/api/v1/corpus/index", lines, version=f"{library.index.version}-gap")


def is_reviewed(question: Question, library: Library) -> bool:
    """Somebody has looked at about half of the questions; never at one whose page moved, for its anchors changed."""
    if not all(anchor in library.corpus.places for anchor in question.anchors):
        return False
    places = [library.corpus.places[anchor] for anchor in question.anchors]
    if any(has_moved(place.product, place.path) for place in places):
        return False
    return is_chosen(question)


def is_chosen(question: Question) -> bool:
    """Whether it is of the half that somebody looked at, wherever its page is."""
    return int(hashlib.sha256(question.id.encode()).hexdigest()[:8], 16) % 100 < REVIEWED_PERCENT


def expectation_line(question: Question) -> str:
    wanted = {"query": question.question, "behaviour": question.behaviour, "anchors": list(question.anchors)}
    return json.dumps(
        wanted | {"product": question.product, "intent": question.intent, "note": f"reviewed as {question.id}"}
    )


def push_expectations(server: Server, library: Library, everything: bool = False) -> int:
    chosen = [question for question in load_questions() if everything or is_reviewed(question, library)]
    return server.put_lines("/api/v1/expectations", [expectation_line(question) for question in chosen])
