"""How evenly a whole is spread over kinds: Hill numbers, evenness, Gini, Robin Hood, HHI and the Lorenz curve.

Legend: S kinds; x (S,) counts; p (S,) shares. A million kinds, most of them with one item, need not be listed one by
one: every measure takes, beside the counts, how many kinds have each.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def hill(counts: ArrayLike, order: float, kinds: ArrayLike | None = None) -> float:
    """The effective number of kinds: how many equally common ones would be as diverse.

    Hill (1973), equation 1: order 0 is the number of kinds, order 1 the exponential of Shannon's entropy, order 2 the
    inverse of Simpson's index (HHI).

    Args:
        counts: shape (S,), not negative, not all zero; kinds without items do not count.
        order: From 0.
        kinds: shape (S,), how many kinds have each of the counts; None: one.

    Returns:
        From 1 to S.
    """
    x, k = _counted(counts, kinds)
    x, k = x[x > 0], k[x > 0]
    p = x / (x * k).sum()
    if order == 1:
        return float(np.exp(-(k * p * np.log(p)).sum()))
    return float((k * p**order).sum() ** (1 / (1 - order)))


def evenness(counts: ArrayLike, kinds: ArrayLike | None = None) -> float:
    """Shannon's entropy over its maximum, ln H / ln S (Pielou, 1966): 1 where all kinds are equally common.

    Of kinds that have items; a single kind is even. Arguments as of `hill`.
    """
    found = hill(counts, 0, kinds)
    return float(np.log(hill(counts, 1, kinds)) / np.log(found)) if found > 1 else 1.0


def hhi(counts: ArrayLike, kinds: ArrayLike | None = None) -> float:
    """The Herfindahl-Hirschman index: the chance that two draws, with replacement, are of one kind; from 1/S to 1.

    Arguments as of `hill`.
    """
    x, k = _counted(counts, kinds)
    return float((k * (x / (x * k).sum()) ** 2).sum())


def gini(counts: ArrayLike, kinds: ArrayLike | None = None) -> float:
    """Gini's coefficient: 0 where all kinds are equally common, (S - 1) / S where one has everything.

    Gini (1914): twice the area between the Lorenz curve and the diagonal. Kinds that are given with a count of zero
    belong to S: leave them out if they should not. Arguments as of `hill`.
    """
    at, mass = _lorenz(counts, kinds)
    return float(1 - (np.diff(at) * (mass[1:] + mass[:-1])).sum())


def robin_hood(counts: ArrayLike, kinds: ArrayLike | None = None) -> float:
    """The share of all that would have to change kinds for all kinds to have the same: sum |x - mean| / (2 sum x).

    Hoover (1936); the largest distance of the Lorenz curve from the diagonal. Zeros as in `gini`, arguments as of
    `hill`.
    """
    x, k = _counted(counts, kinds)
    total = (x * k).sum()
    return float((k * np.abs(x - total / k.sum())).sum() / (2 * total))


def lorenz(counts: ArrayLike, points: int = 101, kinds: ArrayLike | None = None) -> Floats:
    """The Lorenz curve, the rarest kinds first (Lorenz, 1905).

    Args:
        counts: shape (S,), not negative, not all zero.
        points: At how many places from 0 to 1.
        kinds: As of `hill`.

    Returns:
        shape (points, 2): share of the kinds, and the share of all that these have; linear between kinds.
    """
    places = np.linspace(0, 1, points)
    return np.stack([places, np.interp(places, *_lorenz(counts, kinds))], axis=1)


def kinds_for(counts: ArrayLike, share: float, kinds: ArrayLike | None = None) -> int:
    """How many of the most common kinds have this share of all, in (0, 1]. Arguments as of `hill`."""
    x, k = _counted(counts, kinds)
    order = np.argsort(-x, kind="stable")
    x, k = x[order], k[order]
    mass = x * k
    wanted = share * mass.sum() * (1 - 1e-12)
    reached = np.cumsum(mass)
    at = min(int(np.searchsorted(reached, wanted)), int(np.flatnonzero(mass)[-1]))
    before = reached[at] - mass[at]
    return int(k[:at].sum() + np.ceil((wanted - before) / x[at]))


def _lorenz(counts: ArrayLike, kinds: ArrayLike | None) -> tuple[Floats, Floats]:
    """The corners of the Lorenz curve: shares of the kinds, and of all that these have; both from 0 to 1."""
    x, k = _counted(counts, kinds)
    order = np.argsort(x, kind="stable")
    at, mass = np.cumsum(k[order]), np.cumsum((x * k)[order])
    return np.concatenate([[0.0], at / at[-1]]), np.concatenate([[0.0], mass / mass[-1]])


def _counted(counts: ArrayLike, kinds: ArrayLike | None) -> tuple[Floats, Floats]:
    x = np.asarray(counts, dtype=np.float64)
    k = np.ones_like(x) if kinds is None else np.asarray(kinds, dtype=np.float64)
    if x.ndim != 1 or not len(x) or not np.isfinite(x).all() or (x < 0).any() or not x.any():
        message = f"counts must be a row of numbers from 0 that are not all 0, got shape {x.shape}"
        raise ValueError(message)
    if k.shape != x.shape or not (k > 0).all() or not np.isfinite(k).all():
        message = f"kinds must say for each of {len(x)} counts how many have it, from 1, got shape {k.shape}"
        raise ValueError(message)
    return x, k
