"""What became of works that went through a generator: how far they were moved, and whether towards the average.

Legend: g generated, x the works that they stand beside, mu a centroid; all rows are unit vectors, centroids are not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def displacement(g: NDArray[np.floating], x: NDArray[np.floating]) -> NDArray[np.float64]:
    """One minus the cosine of each row with the row beside it, or with the one row `x`: shape (n,), from 0 to 2."""
    products = g.astype(np.float64) * x.astype(np.float64)
    return np.asarray(np.clip(1 - products.sum(axis=1), 0, 2))


def typicality(g: NDArray[np.floating], x: NDArray[np.floating]) -> NDArray[np.float64]:
    """How much nearer to the centroid of works each row lies than these do in the mean: shape (n,).

    1 is the centroid itself, above 0 is more average than the works are, below 0 less so. The works shape their own
    centroid: further works like them would score about -1/n. 0 where the works are all equal and the row is too.
    """
    mu = x.astype(np.float64).mean(axis=0)
    own = _from(x, mu).mean()
    found = _from(g, mu)
    if own < 1e-12:
        return np.where(found < 1e-12, 0.0, -np.inf)
    return np.asarray(1 - found / own)


def contraction(g: NDArray[np.floating], x: NDArray[np.floating], mu: NDArray[np.floating]) -> float:
    """How far from a centroid the generated rows lie in the mean, in units of how far the works do.

    1: as far, below 1: drawn to it, 0: on it; nan where all works lie on it.
    """
    own = _from(x, mu).mean()
    return float(_from(g, mu).mean() / own) if own > 1e-12 else float("nan")


def _from(rows: NDArray[np.floating], mu: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.asarray(np.linalg.norm(rows.astype(np.float64) - mu.astype(np.float64), axis=1))
