"""How many different things a set of vectors is worth: the Vendi score.

Friedman and Dieng (2023), definition 3.1; of other orders: Pasarkar and Dieng (2024). It grows with the size of
the set, and depends on the space: compare sets of one size and one encoder only.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def vendi(vectors: NDArray[np.floating], *, q: float = 1.0) -> float:
    """The Vendi score of unit rows with their cosine as kernel: from 1, all equal, to n, all at right angles.

    Args:
        vectors: shape (n, dim), unit rows, n from 1.
        q: As in `vendi_of`.
    """
    x = vectors.astype(np.float64)
    # The smaller of the two products has all that is not zero of the spectrum.
    return _effective(np.linalg.eigvalsh((x.T @ x if x.shape[1] < len(x) else x @ x.T) / len(x)), q)


def vendi_of(kernel: NDArray[np.floating], *, q: float = 1.0) -> float:
    """The Vendi score of a kernel.

    Args:
        kernel: shape (n, n): symmetric, positive semi-definite, 1 on the diagonal.
        q: Order: near 0 rare things count as much as common ones, from 1 (Shannon's) on the common ones ever more;
            inf: the most common alone.

    Raises:
        ValueError: q is negative.
    """
    return _effective(np.linalg.eigvalsh(kernel.astype(np.float64) / len(kernel)), q)


def spread(vectors: NDArray[np.floating]) -> float:
    """One minus the mean cosine of two different rows; for unit rows that is the trace of their covariance.

    Args:
        vectors: shape (n, dim), unit rows, n from 2.
    """
    x, n = vectors.astype(np.float64), len(vectors)
    return float(1 - (np.square(x.sum(axis=0)).sum() - n) / (n * (n - 1)))


def _effective(eigenvalues: NDArray[Any], q: float) -> float:
    if q < 0:
        message = f"the order of a Vendi score is 0 or more, got {q}"
        raise ValueError(message)
    p = eigenvalues[eigenvalues > 1e-12]
    p = p / p.sum()
    if q == 1:
        return float(np.exp(-(p * np.log(p)).sum()))
    if np.isinf(q):
        return float(1 / p.max())
    return float((p**q).sum() ** (1 / (1 - q)))
