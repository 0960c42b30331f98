"""How much of two neighbourhoods is the same: lists of nearest of the same items in two spaces.

Legend: n items; k places of a list; A_d the agreement at depth d, the share of their first d places that two lists have
in common. Chance is that of two lists drawn independently from the n - 1 others: A_d = d / (n - 1) in the mean.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

P = 0.9
"""Persistence of rank-biased overlap: the first ten places have 86 % of the weight (Webber et al. 2010)."""

TOGETHER = 2**24
"""Comparisons at a time: 16 MB."""


def shared(a: NDArray[np.integer], b: NDArray[np.integer]) -> NDArray[np.int64]:
    """How many items the first d places of two lists have in common, for every depth d.

    Args:
        a: shape (n, k): lists of numbers, best first, without repeats in a row.
        b: shape (n, k): the lists to be compared with.

    Returns:
        int64, shape (n, k): from 0 to d in column d - 1.

    Raises:
        ValueError: The lists are not of one shape, or empty.
    """
    if a.ndim != 2 or a.shape != b.shape or not a.size:
        message = f"two tables of lists of one shape (n, k) are compared, got {a.shape} and {b.shape}"
        raise ValueError(message)
    n, k = a.shape
    found = np.zeros((n, k), np.int64)
    size = max(1, TOGETHER // (k * k))
    places = np.arange(k)
    deeper = np.maximum(places[:, None], places[None])  # both stand within d as soon as the deeper one does
    for start in range(0, n, size):
        same = a[start : start + size, :, None] == b[start : start + size, None, :]
        rows, i, j = np.nonzero(same)
        np.add.at(found[start : start + size], (rows, deeper[i, j]), 1)
    return found.cumsum(axis=1)


def mutual_knn(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share of the k nearest that are the same (Huh et al. 2024, section 3), for each item: shape (n,), in [0, 1].

    Args:
        counts: As `shared` gives them.
    """
    return counts[:, -1] / counts.shape[1]


def jaccard(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """What two lists have in common, as a share of what either has: shape (n,), in [0, 1]. See `mutual_knn`."""
    both = counts[:, -1]
    return both / (2 * counts.shape[1] - both)


def average_overlap(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean agreement over all depths (Fagin et al. 2003), shape (n,), in [0, 1]: the first places count most."""
    return (counts / np.arange(1, counts.shape[1] + 1)).mean(axis=1)


def rbo(counts: NDArray[np.int64], p: float = P) -> NDArray[np.float64]:
    """Rank-biased overlap, extrapolated beyond depth k: shape (n,), in [0, 1].

    RBO_ext = A_k p^k + (1 - p) sum_d p^(d-1) A_d for lists of one length (Webber, Moffat and Zobel 2010).

    Args:
        counts: As `shared` gives them.
        p: In (0, 1): how likely a reader goes on to the next place.
    """
    k = counts.shape[1]
    agreement = counts / np.arange(1, k + 1)
    weights = (1 - p) * p ** np.arange(k)
    return agreement @ weights + agreement[:, -1] * p**k


def chance_mutual_knn(n: int, k: int) -> float:
    """What `mutual_knn` is in the mean by chance: k / (n - 1)."""
    return k / (n - 1)


def chance_jaccard(n: int, k: int) -> float:
    """What `jaccard` is in the mean by chance: what is shared is hypergeometric."""
    from scipy.stats import hypergeom

    both = np.arange(k + 1)
    return float(hypergeom.pmf(both, n - 1, k, k) @ (both / (2 * k - both)))


def chance_average_overlap(n: int, k: int) -> float:
    """What `average_overlap` is in the mean by chance: (k + 1) / 2 of n - 1."""
    return (k + 1) / 2 / (n - 1)


def chance_rbo(n: int, k: int, p: float = P) -> float:
    """What `rbo` is in the mean by chance: its formula with A_d = d / (n - 1)."""
    depths = np.arange(1, k + 1)
    return float(((1 - p) * p ** (depths - 1) @ depths + p**k * k) / (n - 1))
