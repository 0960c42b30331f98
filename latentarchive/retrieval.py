"""From a query and its vector to hits: the two rankings, their fusion, and another order of the best where asked."""

from __future__ import annotations

from collections.abc import Collection as Container
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from latentarchive.facets import facet_columns, facet_values
from latentarchive.holdings import Holdings
from latentarchive.measures.ranking import reciprocal_rank_fusion
from latentarchive.query import Hit, Query
from latentarchive.reranking import Candidates, Rerank, Reranked, rearranged
from latentarchive.words import Matches

DEPTH = 100
"""How deep both rankings are read before they are fused, at least; `POOL` times k if that is more."""

POOL = 5
"""Another order of k results is made of this many times k of the best."""


class Retrieved(NamedTuple):
    """What was found."""

    hits: tuple[Hit, ...]
    #: The row of each hit.
    rows: list[int]
    #: How the hits were re-ranked; None: they were not.
    reranked: Reranked | None


def retrieve(
    holdings: Holdings,
    query: Query,
    vector: NDArray[np.float32] | None,
    *,
    allowed: NDArray[np.bool_],
    copies: Container[str],
) -> Retrieved:
    """Answer a query, the two rankings fused by rank where both are asked for, and how they were re-ranked.

    Where ranks tie, an item that has all the words of the query goes before what is only near in meaning: an
    accession number or a name is the surer answer. An item that has only some of them goes after: an apple
    called Branch is no answer to "a pear on a branch". It still stands close below (with a misspelt name
    beside it, an accession number is found second), and above only if meaning ranks it too. Chosen by reading
    results of real archives, against two others: partial matches only if meaning ranks them, which loses that
    accession number, and each way in turn, which does not reward works that both ways find.

    Args:
        holdings: What to search.
        query: Its `by`, `k`, `order`, `kind` and words are used; its filter is already in `allowed`.
        vector: float32 (dim,), the composed query; None to search by words alone.
        allowed: shape (n,), True for the rows that may be found.
        copies: SHA-256 digests of the images in the query: hits with these bytes are marked as copies.
    """
    k, order = min(query.k, len(allowed)) or 1, query.order
    depth = max(DEPTH, POOL * k) if order or query.by == "both" else k
    by_meaning: list[int] = []
    by_words, complete = Matches([], complete=False)
    if holdings.index is not None and vector is not None and query.by != "words":
        [(near, _)] = holdings.index.search(vector[None], depth, encoder=holdings.index.encoder, allowed=allowed)
        by_meaning = near.tolist()
    if query.words and query.by != "meaning":
        by_words, complete = holdings.words.search(query.words, depth, allowed=allowed)
    rankings = [by_words, by_meaning] if complete else [by_meaning, by_words]
    fused = reciprocal_rank_fusion(rankings)[: POOL * k if order else k]
    rows = [row for row, _ in fused]
    scores = _cosines(holdings, rows, vector)
    chosen, reranked = list(range(len(rows))), None
    if order and rows:
        relevance = [score for _, score in fused] if by_words else [score or 0.0 for score in scores]
        chosen, said = rearranged(order, _candidates(holdings, order, rows, relevance, allowed), k)
        reranked = _cost(order, said, chosen, scores)
    found = {"meaning": set(by_meaning), "words": set(by_words)}
    hits, final = [], [rows[position] for position in chosen]
    for rank, (position, item) in enumerate(zip(chosen, holdings.collection.items(final), strict=True), 1):
        ways = tuple(way for way, members in found.items() if rows[position] in members)
        score = scores[position]
        band = holdings.bands.name(query.kind, score) if holdings.bands and score is not None else ""
        copy = bool(item.sha256) and item.sha256 in copies
        hits.append(Hit(rank, item, score, band, ways, position + 1, copy))
    return Retrieved(tuple(hits), final, reranked)


def _candidates(
    holdings: Holdings, order: Rerank, rows: list[int], relevance: Sequence[float], allowed: NDArray[np.bool_]
) -> Candidates:
    """What another order of these rows needs to know of them."""
    values, counts, vectors, random = [""] * len(rows), {}, None, 0.0
    if order.field:
        columns, collection = facet_columns(order.field), holdings.collection
        values = [value or "" for value in facet_values(collection.take(rows, columns), order.field).to_pylist()]
        stated = pc.value_counts(facet_values(collection.where(allowed).select(columns), order.field).drop_null())
        counts = {entry["values"]: entry["counts"] for entry in stated.to_pylist()}
    elif holdings.index is not None and holdings.bands is not None:
        vectors, random = holdings.index.embeddings.take(rows), holdings.bands.kinds["image"].mean
    return Candidates(_from_0_to_1(relevance), vectors, random, values, counts)


def _cost(order: Rerank, said: str, chosen: Sequence[int], scores: Sequence[float | None]) -> Reranked:
    """What the other order costs against the same number of the best."""
    known = [score for score in scores if score is not None]
    score = plain = None
    if len(known) == len(scores):
        score, plain = (round(float(np.mean([known[i] for i in those])), 6) for those in (chosen, range(len(chosen))))
    kept = sum(position < len(chosen) for position in chosen)
    return Reranked(str(order), said, kept, len(chosen), score, plain, round(float(np.mean(chosen)) + 1, 6))


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
