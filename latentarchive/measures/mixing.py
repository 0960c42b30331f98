"""Who stands beside whom: labels over the links of a graph of nearest neighbours, against chance.

Newman, "Mixing patterns in networks", Physical Review E 67, 026126 (2003). Legend: n works with labels from 0 to
G - 1; m links i -> j; e (G, G) shares of the links by the labels of both ends, a and b sums of its rows and columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

TOLERANCE = 0.01
"""How far the printed shares of a mixing matrix may be from 1 in sum: Newman's own, to three places, sum to 0.997."""

TOGETHER = 2**22
"""Pairs of neighbours compared at a time."""


def assortativity(mixing: ArrayLike) -> float:
    """Newman's r of a mixing matrix: 1 where links join like to like only, 0 where ends are independent.

    r = (sum e_ii - sum a_i b_i) / (1 - sum a_i b_i), equation 2.

    Args:
        mixing: e, shape (G, G): shares that sum to 1, divide counts by their sum.

    Raises:
        ValueError: They do not, or all links join one kind to itself: then there is nothing to compare.
    """
    e = np.asarray(mixing, np.float64)
    if e.ndim != 2 or e.shape[0] != e.shape[1] or (e < 0).any() or abs(e.sum() - 1) > TOLERANCE:
        message = f"a mixing matrix is square and holds shares that sum to 1, got shape {e.shape} and sum {e.sum():.4g}"
        raise ValueError(message)
    return _newman(float(np.trace(e)), float(e.sum(axis=1) @ e.sum(axis=0)))


def _newman(same: float, expected: float) -> float:
    if expected >= 1 - 1e-12:
        message = "all links join one kind to itself: there is nothing to compare"
        raise ValueError(message)
    return (same - expected) / (1 - expected)


@dataclass(frozen=True, slots=True)
class Mixing:
    """How labels lie over links."""

    links: int
    #: Share of the links whose ends have one label: homophily.
    same: float
    #: What it would be if ends were independent: sum a_i b_i.
    expected: float
    #: Newman's r.
    assortativity: float


def mixing(labels: Ints, i: Ints, j: Ints) -> Mixing:
    """Mixing over links, without a matrix, so that there may be thousands of labels.

    Args:
        labels: int64 (n,), from 0; of one label or more that the links meet.
        i: int64 (m,), m from 1: where each link begins.
        j: int64 (m,): where it ends.

    Raises:
        ValueError: All links join one kind to itself.
    """
    start, end = labels[i], labels[j]
    kinds = int(labels.max()) + 1
    same = float((start == end).mean())
    expected = float(np.bincount(start, minlength=kinds) @ np.bincount(end, minlength=kinds)) / len(i) ** 2
    return Mixing(len(i), same, expected, _newman(same, expected))


def shuffled_mixing(labels: Ints, i: Ints, j: Ints, shuffles: int, seed: int) -> tuple[Floats, Floats]:
    """Homophily and assortativity with labels dealt anew among the works, the links as they are.

    Returns:
        Two float64 arrays of shape (shuffles,).
    """
    rng = np.random.default_rng(seed)
    found = [mixing(rng.permutation(labels), i, j) for _ in range(shuffles)]
    return np.array([one.same for one in found]), np.array([one.assortativity for one in found])


def chance_of(value: float, null: ArrayLike) -> float:
    """Share of a null at least so high, the value itself counted: (1 + hits) / (1 + draws), never 0.

    Phipson and Smyth, Statistical Applications in Genetics and Molecular Biology 9 (2010), 39, equation 2.
    """
    x = np.asarray(null, np.float64)
    return float((1 + np.count_nonzero(x >= value - 1e-12)) / (1 + len(x)))


def effective_labels(labels: NDArray[np.integer]) -> tuple[Floats, Floats]:
    """How many kinds each neighbourhood holds, as if they were equally common: of order 2, and of order 1.

    The first is the inverse of Simpson's index, LISI (Korsunsky et al., Nature Methods 2019) with equal weights; the
    second the exponential of Shannon's entropy.

    Args:
        labels: shape (n, k): labels of the neighbours, -1 for one without; rows without any give NaN.

    Returns:
        Two float64 arrays of shape (n,), from 1 to k.
    """
    n, k = labels.shape
    simpson, shannon = np.full(n, np.nan), np.full(n, np.nan)
    size = max(1, TOGETHER // (k * k))
    for start in range(0, n, size):
        part = labels[start : start + size]
        known = part >= 0
        like = (part[:, :, None] == part[:, None, :]) & known[:, None, :]
        counts, total = like.sum(axis=2), known.sum(axis=1)
        some = np.flatnonzero(total)
        share = counts[some] / total[some, None]  # of each neighbour's own label
        weight = known[some] / total[some, None]
        simpson[start + some] = 1 / (weight * share).sum(axis=1)
        shannon[start + some] = np.exp(-(weight * np.log(np.where(known[some], share, 1))).sum(axis=1))
    return simpson, shannon


def mean_difference(values: NDArray[np.floating]) -> Floats:
    """Mean difference of two of the values in each row (Gini's mean difference), NaNs left out.

    Args:
        values: shape (n, k).

    Returns:
        float64 (n,), from 0; NaN for rows with fewer than two values.
    """
    x = np.sort(np.asarray(values, np.float64), axis=1)  # NaNs go last
    count = (~np.isnan(x)).sum(axis=1)
    place = np.arange(x.shape[1])
    # In order, the value at place p is the greater of a pair p times and the lesser count - 1 - p times.
    weight = 2 * place[None, :] - (count - 1)[:, None]
    total = np.where(np.isnan(x), 0, weight * np.where(np.isnan(x), 0, x)).sum(axis=1)
    pairs = count * (count - 1) / 2
    return np.where(count > 1, total / np.maximum(pairs, 1), np.nan)
