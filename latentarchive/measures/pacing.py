"""How even a walk is, and which of many points on the way make it most even.

Legend: a step is the Euclidean distance of two consecutive unit vectors, from 0 to 2.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def steps(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """Lengths of the steps from each row to the next: shape (n - 1,)."""
    return np.asarray(np.linalg.norm(np.diff(vectors.astype(np.float64), axis=0), axis=1))


def unevenness(lengths: NDArray[np.floating]) -> float:
    """The largest step in units of the mean: 1 for equal steps, as many as there are for one jump; nan for no way."""
    mean = float(lengths.mean())
    return float(lengths.max() / mean) if mean > 0 else float("nan")


def evenest(vectors: NDArray[np.floating], count: int, *, given: Sequence[int]) -> list[int]:
    """The points of a way, first and last among them, between which the largest step is smallest.

    Args:
        vectors: shape (n, dim): points in the order of the way.
        count: How many are chosen, from 2 to n.
        given: A choice that is known: it is kept where no other has a smaller share of its mean in its largest step.

    Returns:
        Row numbers, ascending.
    """
    apart = np.linalg.norm(vectors[:, None].astype(np.float64) - vectors[None].astype(np.float64), axis=2)
    n = len(vectors)
    # best[c, j]: the smallest largest step of c + 1 points from the first one to j; from[c, j] the point before j.
    best, before = np.full((count, n), np.inf), np.zeros((count, n), np.int64)
    best[0, 0] = 0
    for c in range(1, count):
        for j in range(c, n):
            largest = np.maximum(best[c - 1, :j], apart[:j, j])
            before[c, j] = int(largest.argmin())
            best[c, j] = largest[before[c, j]]
    chosen = [n - 1]
    for c in range(count - 1, 0, -1):
        chosen.append(int(before[c, chosen[-1]]))
    chosen.reverse()
    found, known = (unevenness(steps(vectors[one])) for one in (chosen, list(given)))
    return chosen if found < known else list(given)
