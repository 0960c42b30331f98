"""How well two sets of vectors find each other row by row: captions and images of the same works.

Legend: q queries, n targets; row i of the queries belongs to target ``own[i]``. All is done block by block, so that no
(q, n) table is held, and in float64: scores that differ by less than `EQUAL` are ties.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

EQUAL = 1e-9
"""Cosines nearer than this are one: what float64 leaves of the products of equal rows in different places."""

PRODUCTS = 2**22
"""Cosines computed at a time: 32 MB."""


def match_ranks(
    queries: NDArray[np.floating], targets: NDArray[np.floating], own: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many targets come before each query's own, and how many others are exactly as near.

    Args:
        queries: shape (q, dim), unit rows.
        targets: shape (n, dim), unit rows.
        own: int64, shape (q,): the target of each query.

    Returns:
        Two int64 arrays of shape (q,): targets that are nearer than the own one, and others that tie with it.
    """
    before, ties = nearer(queries, targets, cosines(queries, targets[own]))
    return before, ties - 1


def nearer(
    queries: NDArray[np.floating], targets: NDArray[np.floating], than: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many targets are nearer to each query than a cosine of its own, shape (q,), and how many just as near."""
    before, ties = np.empty(len(queries), np.int64), np.empty(len(queries), np.int64)
    for start, scores in _blocks(queries, targets):
        mine = than[start : start + len(scores), None]
        above = scores > mine + EQUAL
        before[start : start + len(scores)] = above.sum(axis=1)
        ties[start : start + len(scores)] = (~above & (scores >= mine - EQUAL)).sum(axis=1)
    return before, ties


def cosines(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.float64]:
    """The cosine of each row with the row beside it, both of shape (n, dim) and unit length: shape (n,)."""
    return np.einsum("nd,nd->n", a, b, dtype=np.float64)


def recall_at(before: ArrayLike, ties: ArrayLike, k: int) -> NDArray[np.float64]:
    """The chance that each query's own target is among the k nearest, where ties stand in random order.

    Args:
        before: shape (q,): as `match_ranks` gives it.
        ties: shape (q,): likewise.
        k: From 1.

    Returns:
        shape (q,), in [0, 1]: 0 or 1 where nothing ties. Its mean is R@k.
    """
    room = k - np.asarray(before, np.float64)
    return np.clip(room / (np.asarray(ties, np.float64) + 1), 0, 1)


def top_k(
    queries: NDArray[np.floating], targets: NDArray[np.floating], k: int, *, apart: bool = False
) -> NDArray[np.int64]:
    """The k nearest targets of each query, best first; ties in row order.

    Args:
        queries: shape (q, dim), unit rows.
        targets: shape (n, dim), unit rows.
        k: From 1, to n (to n - 1 if `apart`).
        apart: Row i of both is the same thing, and is not among its own nearest.

    Returns:
        int64, shape (q, k).
    """
    found = np.empty((len(queries), k), np.int64)
    for start, scores in _blocks(queries, targets):
        if apart:
            scores[np.arange(len(scores)), np.arange(start, start + len(scores))] = -np.inf
        order = np.argsort(-np.round(scores, 9), axis=1, kind="stable")
        found[start : start + len(scores)] = order[:, :k]
    return found


def fit(captions: NDArray[np.floating], images: NDArray[np.floating]) -> NDArray[np.float64]:
    """How well each caption fits its own image, against all other pairs: higher fits better.

    The cosine of the pair in standard deviations above the mean of this image with all captions, and of this caption
    with all images; the mean of the two. Where captions were dealt at random it is 0 in the mean. Cosines themselves
    would not do: some images are near to any words, and long captions are near to any image (hubs; Radovanović et al.,
    JMLR 2010).

    Args:
        captions: shape (n, dim), unit rows, n from 2.
        images: shape (n, dim), unit rows; row i belongs to caption i.

    Returns:
        shape (n,).
    """
    own = cosines(captions, images)
    return (_standing(own, images, captions) + _standing(own, captions, images)) / 2


def _standing(own: NDArray[np.float64], of: NDArray[np.floating], among: NDArray[np.floating]) -> NDArray[np.float64]:
    """The own cosine of each row in standard deviations above its cosines with all others."""
    mean, spread = np.empty(len(of)), np.empty(len(of))
    for start, scores in _blocks(of, among):
        mean[start : start + len(scores)] = scores.mean(axis=1)
        spread[start : start + len(scores)] = scores.std(axis=1)
    return (own - mean) / np.maximum(spread, EQUAL)


def _blocks(queries: NDArray[np.floating], targets: NDArray[np.floating]) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Cosines of some queries with all targets, as (first query, scores)."""
    rows = targets.astype(np.float64)
    size = max(1, PRODUCTS // max(1, len(targets)))
    for start in range(0, len(queries), size):
        yield start, queries[start : start + size].astype(np.float64) @ rows.T
