"""What changes over time: the slope of many figures over years, and how far group means move apart.

Legend: n works with years (n,); X (n, dim) vectors; V (n, t) figures, for example cosines with t words.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def slopes(values: NDArray[np.floating], at: Floats) -> tuple[Floats, Floats]:
    """Least-squares slope of each column over time, and its standard error.

    The error is White's (Econometrica 48, 1980) with the factor n / (n - 2): right whether or not the spread changes.

    Args:
        values: V, shape (n, t), n from 3.
        at: shape (n,), not all equal.

    Returns:
        Two float64 arrays of shape (t,), in units of V a unit of time.
    """
    v, x = np.asarray(values, np.float64), at - at.mean()
    square = float(x @ x)
    slope = x @ v / square
    left = v - v.mean(axis=0) - np.outer(x, slope)
    return slope, np.sqrt((x**2) @ (left**2) * len(x) / (len(x) - 2)) / square


def group_distances(x: NDArray[np.floating], group: Ints) -> Floats:
    """Squared distances between the means of groups, without what comes of their being means of few.

    The squared distance of two means of samples is too large by the variance of each over its size; that is taken off,
    so that groups drawn from one distribution are 0 apart in the mean (and some below).

    Args:
        x: X, shape (n, dim).
        group: int64 (n,): from 0 to G - 1, each with two works or more.

    Returns:
        float64 (G, G), 0 along the diagonal.
    """
    counts = np.bincount(group)
    member = csr_array((np.ones(len(group)), (group, np.arange(len(group)))), shape=(len(counts), len(group)))
    means = (member @ x) / counts[:, None]
    squares = member @ np.einsum("nd,nd->n", x, x, dtype=np.float64)
    own = (means**2).sum(axis=1)
    noise = (squares / counts - own) / (counts - 1)
    apart = own[:, None] + own[None, :] - 2 * means @ means.T - noise[:, None] - noise[None, :]
    np.fill_diagonal(apart, 0)
    return apart


def distance_correlation(time: Floats, apart: Floats) -> float:
    """Pearson's correlation of the distances of pairs in time with those in space (Mantel, Cancer Research 27, 1967).

    Args:
        time: shape (G,), G from 3.
        apart: shape (G, G), symmetric.

    Returns:
        From -1 to 1; 0 where either is the same for all pairs.
    """
    pair = np.triu_indices(len(time), 1)
    a, b = np.abs(time[:, None] - time[None, :])[pair], apart[pair]
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])
