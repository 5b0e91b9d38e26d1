"""Two lanes over the corpus: BM25, and TF-IDF reduced by SVD; and the figures that the reranker needs."""

import pickle
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import bm25s
import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import ComplementNB
from sklearn.preprocessing import normalize

from demo.corpus.chunks import Chunk
from demo.corpus.library import Corpus
from demo.search.words import stem, tokens

FORMAT = 6
DIMENSIONS = 128


@dataclass
class Index:
    version: str
    chunks: list[Chunk]
    products: np.ndarray
    chunk_terms: list[frozenset[str]]
    title_terms: list[frozenset[str]]
    lexical: bm25s.BM25
    weights: TfidfVectorizer
    projection: np.ndarray
    vectors: np.ndarray
    router: ComplementNB
    entity_products: dict[str, list[str]]
    entity_names: dict[str, str]
    defining: dict[str, list[int]]
    frequencies: dict[str, int]
    spellings: dict[str, str]

    def idf(self, term: str) -> float:
        seen = self.frequencies.get(term, 0)
        return float(np.log((len(self.chunks) + 1) / (seen + 1)))

    def lexical_scores(self, query: list[str]) -> np.ndarray:
        known = [term for term in query if term in self.lexical.vocab_dict]
        return self.lexical.get_scores(known) if known else np.zeros(len(self.chunks), dtype=np.float32)

    def embed(self, query: list[str]) -> np.ndarray:
        row = self.weights.transform([query])
        vector = row.data.astype(np.float32) @ self.projection[row.indices]
        return vector / (np.linalg.norm(vector) or 1.0)

    def vector_scores(self, vector: np.ndarray) -> np.ndarray:
        return self.vectors @ vector


def load_index(corpus: Corpus, folder: Path, say: Callable[[str], None] = print) -> Index:
    cached = folder / f"index-{FORMAT}-{corpus.version}.pickle"
    if cached.is_file():
        return pickle.loads(cached.read_bytes())
    say(f"index: BM25 and vectors over {len(corpus.chunks):,} chunks of {len(corpus.places):,} sections")
    index = build_index(corpus)
    folder.mkdir(parents=True, exist_ok=True)
    beside = cached.with_suffix(".part")
    beside.write_bytes(pickle.dumps(index, protocol=pickle.HIGHEST_PROTOCOL))
    beside.replace(cached)
    return index


def build_index(corpus: Corpus) -> Index:
    titles = [tokens(chunk.title) for chunk in corpus.chunks]
    texts = [title * 2 + tokens(chunk.text) for title, chunk in zip(titles, corpus.chunks, strict=True)]
    lexical = bm25s.BM25(k1=1.4, b=0.6)
    lexical.index(texts, show_progress=False)
    weights = TfidfVectorizer(analyzer=_as_is, sublinear_tf=True, min_df=2, max_df=0.3)
    matrix = weights.fit_transform(texts)
    dimensions = min(DIMENSIONS, matrix.shape[1] - 1, matrix.shape[0] - 1)
    projection = TruncatedSVD(n_components=dimensions, n_iter=3, random_state=7)
    vectors = normalize(projection.fit_transform(matrix)).astype(np.float32)
    products = np.array([chunk.product for chunk in corpus.chunks])
    frequencies: dict[str, int] = {}
    for terms in map(set, texts):
        for term in terms:
            frequencies[term] = frequencies.get(term, 0) + 1
    owners, names, defining = _entities(corpus)
    return Index(
        version=f"idx-{corpus.version}",
        chunks=corpus.chunks,
        products=products,
        chunk_terms=[frozenset(terms) for terms in texts],
        title_terms=[frozenset(terms) for terms in titles],
        lexical=lexical,
        weights=weights,
        projection=np.ascontiguousarray(projection.components_.T, dtype=np.float32),
        vectors=vectors,
        router=ComplementNB(alpha=0.3).fit(matrix, products),
        entity_products=owners,
        entity_names=names,
        defining=defining,
        frequencies=frequencies,
        spellings=_spellings(corpus),
    )


def _spellings(corpus: Corpus) -> dict[str, str]:
    """A stem to the word that most often has it."""
    words = Counter(word for chunk in corpus.chunks for word in re.findall(r"[a-z]{4,}", chunk.text.lower()))
    return {stem(word): word for word, _ in reversed(words.most_common())}


def _as_is(terms: list[str]) -> list[str]:
    return terms


def _entities(corpus: Corpus) -> tuple[dict[str, list[str]], dict[str, str], dict[str, list[int]]]:
    """Lower-cased identifier to the products that define it, its spelling, and the chunks of the defining sections."""
    owners: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    anchors: dict[str, set[str]] = {}
    for place in corpus.places.values():
        for entity in place.entities:
            key = entity.lower()
            names.setdefault(key, entity)
            anchors.setdefault(key, set()).add(place.anchor)
            if place.product not in owners.setdefault(key, []):
                owners[key].append(place.product)
    chunks_of: dict[str, list[int]] = {}
    for number, chunk in enumerate(corpus.chunks):
        chunks_of.setdefault(chunk.anchor, []).append(number)
    defining = {key: sorted(n for anchor in found for n in chunks_of.get(anchor, [])) for key, found in anchors.items()}
    return owners, names, defining
