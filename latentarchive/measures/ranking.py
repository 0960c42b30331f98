"""Measures of rankings, and the ways to make one ranking of several or a varied one of one.

Legend: q queries, k ranks, n candidates; S (n,) relevance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

RRF_K = 60
"""Smoothing constant of reciprocal rank fusion; Cormack, Clarke and Buettcher, SIGIR 2009, section 3."""


def precision_at_k(relevant: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Share of relevant results in each ranking.

    Args:
        relevant: shape (q, k), True where the result at that rank is relevant; ranks that a query did
            not fill are False, so that the denominator is always k.

    Returns:
        Shape (q,), in [0, 1].
    """
    return np.asarray(relevant, dtype=np.float64).mean(axis=1)


def recall_at_k(found: Sequence[NDArray[np.floating]], true: Sequence[NDArray[np.floating]]) -> NDArray[np.float64]:
    """Share of the k nearest that a search returned, for each query.

    Judged by score, as ann-benchmarks does: of several rows that are equally near, any will do.

    Args:
        found: The exact scores of at most k different rows that a search returned, one array a query.
        true: The scores of the k nearest rows, best first, from exact search; k from 1, not the same for all.

    Returns:
        Shape (q,), in [0, 1].
    """
    pairs = zip(found, true, strict=True)
    return np.array([np.count_nonzero(f >= t[-1]) / len(t) for f, t in pairs], dtype=np.float64)


def reciprocal_rank_fusion(rankings: Sequence[Sequence[int]]) -> list[tuple[int, float]]:
    """One ranking of several: each row scores the sum of 1 / (RRF_K + its rank) over the rankings it is in.

    Args:
        rankings: Row numbers, best first, without repeats within one ranking.

    Returns:
        (row, fused score) pairs, best first; equal scores in the order of the first ranking that has them.
    """
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, row in enumerate(ranking, start=1):
            scores[row] = scores.get(row, 0.0) + 1.0 / (RRF_K + rank)
    return sorted(scores.items(), key=lambda pair: -pair[1])


def maximal_marginal_relevance(
    relevance: NDArray[np.floating], likeness: Callable[[int], NDArray[np.floating]], k: int, *, diversity: float
) -> list[int]:
    """A varied choice: each next result is the best trade of relevance against likeness to those chosen.

    Carbonell and Goldstein, SIGIR 1998, equation 1, with lambda = 1 - `diversity`.

    Args:
        relevance: S, shape (n,), higher is better.
        likeness: Gives, for the position of one candidate, how alike all are to it: shape (n,), on the scale of
            `relevance`. Called once for each choice, so that no (n, n) table is held.
        k: How many to choose, at most.
        diversity: In [0, 1]; 0 keeps the order of relevance, 1 looks only at likeness after the first.

    Returns:
        Positions of the chosen candidates, in the order of choice; the first is the most relevant, and
        ties go to the earlier candidate.
    """
    if k < 1 or not len(relevance):
        return []
    worth = (1 - diversity) * np.asarray(relevance, np.float64)
    chosen = [int(np.argmax(relevance))]
    likest = np.full(len(relevance), -np.inf)  # to any of those chosen
    while len(chosen) < min(k, len(relevance)):
        likest = np.maximum(likest, likeness(chosen[-1]))
        gain = worth - diversity * likest
        gain[chosen] = -np.inf
        chosen.append(int(np.argmax(gain)))
    return chosen


def highest(scores: NDArray[np.floating], k: int) -> NDArray[np.bool_]:
    """Which entries are among the k highest of their row; of equal ones those of the lower columns.

    Args:
        scores: shape (q, n).
        k: From 1, to n.

    Returns:
        shape (q, n), k True in each row.
    """
    edge = np.partition(scores, -k, axis=1)[:, -k, None]
    above, level = scores > edge, scores == edge
    room = k - above.sum(axis=1, keepdims=True)
    return np.asarray(above | (level & (level.cumsum(axis=1) <= room)))
