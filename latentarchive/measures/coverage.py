"""How well one set of vectors covers another: precision, recall, density and coverage, with what chance gives.

Naeem et al. (2020), "Reliable fidelity and diversity metrics for generative models", section 3; precision and recall
are those of Kynkäänniemi et al. (2019). Legend: n works that are to be covered, m others; the ball of a work reaches to
the k-th nearest of its own set, itself left out, and what lies on its edge is outside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

K = 5
"""Neighbours that decide the radius of a ball; the default of Naeem et al."""


@dataclass(frozen=True, eq=False)
class Coverage:
    """Which works lie in whose balls."""

    k: int
    #: shape (n,): whether another one lies in the ball of this work.
    covered: NDArray[np.bool_]
    #: shape (n,): whether this work lies in the ball of another one.
    within: NDArray[np.bool_]
    #: int64, shape (m,): in how many balls of works each of the others lies.
    balls: NDArray[np.int64]
    #: float64, shape (n,): distance to the nearest other, in radii of the own ball; inf where that has no extent.
    remote: NDArray[np.float64]

    @property
    def coverage(self) -> float:
        """Share of the works with another one in their ball."""
        return float(self.covered.mean())

    @property
    def recall(self) -> float:
        """Share of the works that lie in the ball of another one."""
        return float(self.within.mean())

    @property
    def precision(self) -> float:
        """Share of the others that lie in the ball of a work."""
        return float((self.balls > 0).mean())

    @property
    def density(self) -> float:
        """In how many balls another one lies in the mean, in units of k: may be above 1."""
        return float(self.balls.mean() / self.k)


def distances(x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.float64]:
    """Euclidean distances of all rows, shape (n, m): exactly 0 for equal rows, as the edge of a ball needs it."""
    from scipy.spatial.distance import cdist

    return np.asarray(cdist(x.astype(np.float64), y.astype(np.float64)))


def coverage(own: NDArray[np.float64], across: NDArray[np.float64], other: NDArray[np.float64], k: int = K) -> Coverage:
    """How well others cover works.

    Args:
        own: shape (n, n): distances among the works, n above k.
        across: shape (n, m): from each work to each other.
        other: shape (m, m): among the others, m above k.
        k: From 1.

    Raises:
        ValueError: A set has no k-th neighbour.
    """
    if min(len(own), len(other)) <= k or k < 1:
        message = f"k = {k} needs at least {k + 1} of both sets, got {len(own)} and {len(other)}"
        raise ValueError(message)
    radius, reach = _radii(own, k), _radii(other, k)
    inside = across < radius[:, None]
    nearest = across.min(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        remote = np.where(radius > 0, nearest / radius, np.where(nearest > 0, np.inf, 1.0))
    return Coverage(k, inside.any(axis=1), (across < reach[None]).any(axis=1), inside.sum(axis=0), remote)


def expected_coverage(n: int, m: int, k: int = K) -> float:
    """Coverage in the mean where both sets are drawn from one distribution: 1 - prod (n - i) / (n + m - i), i = 1..k.

    None of the m others is among the k nearest of a work with the chance that the k nearest of all are of its own set.
    Density is 1 in the mean then, whatever n, m and k.
    """
    i = np.arange(1, k + 1)
    return float(1 - np.prod((n - i) / (n + m - i)))


def _radii(within: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    apart = within.copy()
    np.fill_diagonal(apart, np.inf)
    return np.asarray(np.partition(apart, k - 1, axis=1)[:, k - 1])
