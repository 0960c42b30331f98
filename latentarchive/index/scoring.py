"""Exact cosines of candidates, from the stored rows: what makes every index tell the truth about what it found."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentarchive.embeddings import Embeddings
from latentarchive.index.scan import ROUNDING

SearchResult = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Row numbers and their cosines, best first."""

TOGETHER = 64
"""Queries whose candidates are read at once."""


def scored(
    embeddings: Embeddings, queries: NDArray[np.float32], candidates: list[NDArray[np.int64]], k: int
) -> list[SearchResult]:
    """The k best candidates of each query, equal cosines in row order.

    Args:
        embeddings: The rows.
        queries: float32, shape (q, dim), unit rows.
        candidates: Row numbers for each query, without repeats.
        k: From 1.
    """
    results: list[SearchResult] = []
    for start in range(0, len(queries), TOGETHER):
        together = candidates[start : start + TOGETHER]
        ends = np.cumsum([len(rows) for rows in together])[:-1]
        vectors = np.split(embeddings.take(np.concatenate(together)), ends)
        mine = queries[start : start + TOGETHER]
        results += [_best(*one, k) for one in zip(mine, together, vectors, strict=True)]
    return results


def _best(query: NDArray[np.float32], rows: NDArray[np.int64], vectors: NDArray[np.float32], k: int) -> SearchResult:
    """The k nearest of some rows; in float64 only those that float32 leaves in question.

    einsum adds up each row alone, so that equal rows get equal scores wherever they lie.
    """
    if len(rows) > k:
        near = vectors @ query
        keep = near >= np.partition(near, -k)[-k] - ROUNDING
        rows, vectors = rows[keep], vectors[keep]
    exact = np.einsum("nd,d->n", vectors.astype(np.float64), query.astype(np.float64))
    scores = np.clip(exact, -1, 1).astype(np.float32)
    order = np.lexsort((rows, -scores))[:k]
    return rows[order], scores[order]
