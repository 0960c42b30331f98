"""How evenly a whole is spread over kinds: Hill numbers, Gini, HHI and the Lorenz curve.

Legend: S kinds; x (S,) counts; p (S,) shares.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def hill(counts: ArrayLike, order: float) -> float:
    """The effective number of kinds: how many equally common ones would be as diverse.

    Hill (1973), equation 1: order 0 is the number of kinds, order 1 the exponential of Shannon's entropy, order 2 the
    inverse of Simpson's index (HHI).

    Args:
        counts: shape (S,), not negative; zeros are no kinds.
        order: From 0.

    Returns:
        From 1 to S.
    """
    p = _shares(counts)
    if order == 1:
        return float(np.exp(-(p * np.log(p)).sum()))
    return float((p**order).sum() ** (1 / (1 - order)))


def hhi(counts: ArrayLike) -> float:
    """The Herfindahl-Hirschman index: the chance that two draws, with replacement, are of one kind; from 1/S to 1."""
    return float((_shares(counts) ** 2).sum())


def gini(counts: ArrayLike) -> float:
    """Gini's coefficient: 0 where all kinds are equally common, (S - 1) / S where one has everything.

    Gini (1914) by sorted ranks: 2 sum(i x_i) / (S sum x) - (S + 1) / S. Kinds that are given with a count of zero
    belong to S: leave them out if they should not.

    Args:
        counts: shape (S,), not negative, S from 1, not all zero.
    """
    x = np.sort(_counts(counts))
    n = len(x)
    return float(2 * (np.arange(1, n + 1) * x).sum() / (n * x.sum()) - (n + 1) / n)


def lorenz(counts: ArrayLike, points: int = 101) -> NDArray[np.float64]:
    """The Lorenz curve, the rarest kinds first.

    Args:
        counts: shape (S,), not negative, not all zero.
        points: At how many places from 0 to 1.

    Returns:
        shape (points, 2): share of the kinds, and the share of all that these have; linear between kinds.
    """
    x = np.sort(_counts(counts))
    mass = np.concatenate([[0.0], np.cumsum(x) / x.sum()])
    at = np.linspace(0, 1, points)
    return np.stack([at, np.interp(at, np.linspace(0, 1, len(mass)), mass)], axis=1)


def kinds_for(counts: ArrayLike, share: float) -> int:
    """How many of the most common kinds have this share of all, in (0, 1]."""
    x = np.sort(_counts(counts))[::-1]
    return int(np.searchsorted(np.cumsum(x) / x.sum(), share - 1e-12) + 1)


def _counts(counts: ArrayLike) -> NDArray[np.float64]:
    x = np.asarray(counts, dtype=np.float64)
    if x.ndim != 1 or not len(x) or not np.isfinite(x).all() or (x < 0).any() or not x.sum():
        message = f"counts must be a row of numbers from 0 that are not all 0, got shape {x.shape}"
        raise ValueError(message)
    return x


def _shares(counts: ArrayLike) -> NDArray[np.float64]:
    x = _counts(counts)
    return x[x > 0] / x.sum()
