"""From a query and its vector to hits: the two rankings, their fusion, and a varied choice among the best."""

from __future__ import annotations

from collections.abc import Collection as Container
from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from latentarchive.holdings import Holdings
from latentarchive.measures.ranking import maximal_marginal_relevance, reciprocal_rank_fusion
from latentarchive.query import Hit, Query
from latentarchive.words import Matches

DEPTH = 100
"""How deep both rankings are read before they are fused, at least; `POOL` times k if that is more."""

POOL = 5
"""A varied choice of k is made among this many times k of the best."""


def retrieve(
    holdings: Holdings,
    query: Query,
    vector: NDArray[np.float32] | None,
    *,
    allowed: NDArray[np.bool_],
    copies: Container[str],
) -> tuple[Hit, ...]:
    """The hits of a query, the two rankings fused by rank where both are asked for.

    Where ranks tie, an item that has all the words of the query goes before what is only near in meaning: an
    accession number or a name is the surer answer. An item that has only some of them goes after: an apple
    called Branch is no answer to "a pear on a branch". It still stands close below (with a misspelt name
    beside it, an accession number is found second), and above only if meaning ranks it too. Chosen by reading
    results of real archives, against two others: partial matches only if meaning ranks them, which loses that
    accession number, and each way in turn, which does not reward works that both ways find.

    Args:
        holdings: What to search.
        query: Its `by`, `k`, `diverse`, `kind` and words are used; its filter is already in `allowed`.
        vector: float32 (dim,), the composed query; None to search by words alone.
        allowed: shape (n,), True for the rows that may be found.
        copies: SHA-256 digests of the images in the query: hits with these bytes are marked as copies.
    """
    k = min(query.k, len(allowed)) or 1
    depth = max(DEPTH, POOL * k) if query.diverse or query.by == "both" else k
    by_meaning: list[int] = []
    by_words, complete = Matches([], complete=False)
    if holdings.index is not None and vector is not None and query.by != "words":
        [(near, _)] = holdings.index.search(vector[None], depth, encoder=holdings.index.encoder, allowed=allowed)
        by_meaning = near.tolist()
    if query.words and query.by != "meaning":
        by_words, complete = holdings.words.search(query.words, depth, allowed=allowed)
    rankings = [by_words, by_meaning] if complete else [by_meaning, by_words]
    fused = reciprocal_rank_fusion(rankings)[: POOL * k if query.diverse else k]
    rows = [row for row, _ in fused]
    scores = _cosines(holdings, rows, vector)
    chosen = list(range(len(rows)))
    if query.diverse and holdings.index is not None and holdings.bands is not None:
        relevance = [score for _, score in fused] if by_words else [score or 0.0 for score in scores]
        likeness = partial(_likeness, holdings.index.embeddings.take(rows), holdings.bands.kinds["image"].mean)
        chosen = maximal_marginal_relevance(_from_0_to_1(relevance), likeness, k, diversity=query.diverse)
    found = {"meaning": set(by_meaning), "words": set(by_words)}
    hits = []
    for rank, (position, item) in enumerate(
        zip(chosen, holdings.collection.items(rows[c] for c in chosen), strict=True), 1
    ):
        ways = tuple(way for way, members in found.items() if rows[position] in members)
        score = scores[position]
        band = holdings.bands.name(query.kind, score) if holdings.bands and score is not None else ""
        copy = bool(item.sha256) and item.sha256 in copies
        hits.append(Hit(rank, item, score, band, ways, position + 1, copy))
    return tuple(hits)


def _likeness(vectors: NDArray[np.float32], random: float, one: int) -> NDArray[np.float32]:
    """Cosines to one candidate on the scale of relevance: 1 for equal images, 0 for a random pair of the archive."""
    return (vectors @ vectors[one] - random) / max(1 - random, 1e-6)


def _from_0_to_1(relevance: Sequence[float]) -> NDArray[np.float64]:
    """Relevance from 1 for the best candidate to 0 for the last; all 1 where they are equal."""
    values = np.asarray(relevance, np.float64)
    span = float(np.ptp(values)) if len(values) else 0.0
    return (values - values.min()) / span if span else np.ones(len(values))


def _cosines(holdings: Holdings, rows: list[int], vector: NDArray[np.float32] | None) -> list[float | None]:
    if vector is None or holdings.index is None or not rows:
        return [None] * len(rows)
    exact = holdings.index.embeddings.take(rows).astype(np.float64) @ vector.astype(np.float64)
    return [round(float(score), 6) for score in np.clip(exact, -1, 1)]
