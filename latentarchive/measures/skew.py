"""Skew of a ranking: which groups stand at its top more, or less, often than a stated distribution would have it.

Geyik, Ambler and Kenthapadi, "Fairness-aware ranking in search & recommendation systems", KDD 2019 (arXiv 1905.01989).
All logarithms are natural but that of the discount, which is binary. (LinkedIn's own LiFT smooths the shares and counts
divergence in bits: its figures are others.)

Legend: G groups, k ranks; c (G,) counts, p (G,) shares among the first k, q (G,) desired shares.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

ROUND = 1e-9
"""Added before floor, taken off before ceil: q k is a whole number more often than float64 says (0.29 * 100 is
28.999999999999996)."""


def skew(counts: ArrayLike, desired: ArrayLike) -> Floats:
    """ln(p / q) of each group, shape (..., G): 0 as desired, ln 2 twice as often, -inf for a group that is absent.

    Args:
        counts: c, shape (..., G), whole numbers or sums of them; not all 0. The greatest of a row is its MaxSkew, the
            least its MinSkew; over a whole collection both are 0 against its own shares, which says nothing.
        desired: q, shape (G,), above 0.

    Raises:
        ValueError: A desired share is not above 0, or nothing was counted.
    """
    c, q = np.asarray(counts, np.float64), np.asarray(desired, np.float64)
    if not (q > 0).all() or not (c.sum(axis=-1) > 0).all():
        message = f"desired shares must be above 0 and something must be counted, got {q.tolist()} and {c.tolist()}"
        raise ValueError(message)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(c / c.sum(axis=-1, keepdims=True) / (q / q.sum())))


def ndkl(groups: ArrayLike, desired: ArrayLike) -> Floats:
    """Normalised discounted Kullback-Leibler divergence of every beginning of a list: 0 where all are as desired.

    ``(1/Z) sum_i KL(shares among the first i || q) / log2(i + 1)`` in nats, ``Z = sum_i 1 / log2(i + 1)``.

    Args:
        groups: The group at each rank, best first: numbers from 0 to G - 1, shape (..., k), k from 1.
        desired: q, shape (G,), above 0.

    Returns:
        Shape (...). ln G for a list of one group against equal shares. Short beginnings cannot have the desired shares,
        so that it is above 0 by chance: compare it with random lists.
    """
    q = np.asarray(desired, np.float64) / np.sum(desired)
    ranks = np.arange(1, np.shape(groups)[-1] + 1)
    shares = (np.asarray(groups)[..., None] == np.arange(len(q))).cumsum(axis=-2) / ranks[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(shares > 0, shares * np.log(shares / q), 0.0)
    discount = 1 / np.log2(ranks + 1)
    return np.asarray((terms.sum(axis=-1) * discount).sum(axis=-1) / discount.sum())


def infeasible(groups: ArrayLike, desired: ArrayLike) -> tuple[int, int]:
    """Where a list has fewer of a group than the whole number below its desired share.

    Args:
        groups: The group at each rank, shape (k,).
        desired: q, shape (G,).

    Returns:
        InfeasibleIndex, the number of (rank, group) at which that is so, and InfeasibleCount, the number of ranks.
    """
    q = np.asarray(desired, np.float64)
    counts = (np.asarray(groups)[:, None] == np.arange(len(q))).cumsum(axis=0)
    least = np.floor(q * np.arange(1, len(counts) + 1)[:, None] + ROUND)
    fewer = counts < least
    return int(fewer.sum()), int(fewer.any(axis=1).sum())


def top_count_p(counts: ArrayLike, sizes: ArrayLike) -> Floats:
    """How likely a random list of as many works departs as far from the expected count of a group: shape (..., G).

    Exact, hypergeometric, both sides: twice the smaller tail, at most 1. Works are taken to be independent of each
    other, which copies and series are not.

    Args:
        counts: c, shape (..., G): of each list of sum(c) works.
        sizes: How many works of each group there are in all, shape (G,).
    """
    from scipy.stats import hypergeom

    c, n = np.asarray(counts, np.int64), np.asarray(sizes, np.int64)
    k = c.sum(axis=-1, keepdims=True)
    at_least, at_most = hypergeom.sf(c - 1, n.sum(), n, k), hypergeom.cdf(c, n.sum(), n, k)
    return np.asarray(np.minimum(1.0, 2 * np.minimum(at_least, at_most)), np.float64)


def first_counts(scores: ArrayLike, groups: ArrayLike, k: int, n_groups: int) -> tuple[NDArray[np.int64], ...]:
    """How many of each group stand among the first k, and the least and the most that ties at rank k allow.

    Args:
        scores: shape (n,), higher is better; equal ones stand in the order given.
        groups: shape (n,), numbers below `n_groups`.
        k: From 1 to n.
        n_groups: G.

    Returns:
        Three int64 arrays of shape (G,): as counted, least, most.
    """
    s, g = np.asarray(scores), np.asarray(groups)
    order = np.argsort(-s, kind="stable")
    last = s[order[k - 1]]
    sure = np.bincount(g[s > last], minlength=n_groups)
    tied = np.bincount(g[s == last], minlength=n_groups)
    room = k - int(sure.sum())
    counted = np.bincount(g[order[:k]], minlength=n_groups)
    return counted, sure + np.maximum(0, room - (tied.sum() - tied)), sure + np.minimum(room, tied)
