"""How differently two samples of vectors are distributed: the squared maximum mean discrepancy, without its bias.

Gretton et al. (2012), "A kernel two-sample test", lemma 6. Around 0, and below it half of the time, where both samples
come from one distribution. Legend: n rows of one sample, m of the other, of dim entries.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CMMD_SIGMA, CMMD_SCALE = 10.0, 1000.0
"""Width and factor of CMMD (Jayasumana et al., 2024, section 4), for unit vectors of CLIP. That wide, the kernel is
nearly straight, for no two of them lie farther apart than 2: it sees where the mean lies, and hardly anything else."""


def cubic(x: NDArray[np.floating], y: NDArray[np.floating]) -> Floats:
    """Shape (n, m): (x.y / dim + 1)^3, the kernel of KID (Binkowski et al., 2018, section 4).

    It was made for vectors whose entries are around 1; unit vectors need to be given that length, see `lengthened`.
    """
    return np.asarray((_products(x, y) / x.shape[1] + 1) ** 3)


def lengthened(unit: NDArray[np.floating]) -> Floats:
    """Unit rows at length sqrt(dim): then `cubic` is (cosine + 1)^3, and not a straight line around 1."""
    return unit.astype(np.float64) * np.sqrt(unit.shape[1])


def gaussian(x: NDArray[np.floating], y: NDArray[np.floating], sigma: float) -> Floats:
    """Shape (n, m): exp(-|x - y|^2 / (2 sigma^2))."""
    return np.asarray(np.exp(-_squared(x, y) / (2 * sigma**2)))


def median_width(x: NDArray[np.floating]) -> float:
    """The median distance of two rows: a width at which a Gaussian kernel sees spread and shape (Gretton et al., 8).

    1 where more than half of the rows are equal.
    """
    apart = np.sqrt(_squared(x, x)[np.triu_indices(len(x), 1)])
    return float(np.median(apart)) or 1.0


def discrepancy(kernel: Floats, first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    """The unbiased estimate of MMD^2.

    Args:
        kernel: shape (n + m, n + m): of all rows.
        first: Numbers of the n rows of one sample, from 2.
        second: Of the m rows of the other, from 2.
    """
    n, m = len(first), len(second)
    within = (kernel[np.ix_(first, first)].sum() - kernel[first, first].sum()) / (n * (n - 1))
    other = (kernel[np.ix_(second, second)].sum() - kernel[second, second].sum()) / (m * (m - 1))
    return float(within + other - 2 * kernel[np.ix_(first, second)].mean())


def _products(x: NDArray[np.floating], y: NDArray[np.floating]) -> Floats:
    return x.astype(np.float64) @ y.astype(np.float64).T


def _squared(x: NDArray[np.floating], y: NDArray[np.floating]) -> Floats:
    from scipy.spatial.distance import cdist

    return np.asarray(cdist(x.astype(np.float64), y.astype(np.float64), "sqeuclidean"))
