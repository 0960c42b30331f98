"""Intervals of figures that come from a sample."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

Z95 = 1.959963984540054
"""The 97.5 % quantile of the normal distribution: 95 % lie between it and its negative. Not rounded to 1.96, which
shows in the sixth digit of a difference of bounds."""

WILSON = "Wilson score interval, 95 %"
"""What `wilson` is called under a figure."""


def wilson(hits: float, n: int) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson, 1927, JASA 22: 209-212): the shares that n draws do not contradict.

    Args:
        hits: From 0 to `n`.
        n: How many were drawn, from 1.

    Returns:
        Two bounds in [0, 1], the lower one first.

    Raises:
        ValueError: There are no draws, or fewer than hits.
    """
    if n < 1 or not 0 <= hits <= n:
        message = f"hits must be from 0 to n, and n from 1, got {hits} of {n}"
        raise ValueError(message)
    p, z2 = hits / n, Z95 * Z95
    middle, half = p + z2 / (2 * n), Z95 * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    # At the ends the exact bounds are 0 and 1; rounding would miss them by an ulp.
    low = 0.0 if hits == 0 else (middle - half) / (1 + z2 / n)
    high = 1.0 if hits == n else (middle + half) / (1 + z2 / n)
    return low, high


def middle(draws: ArrayLike) -> tuple[float, float]:
    """The bounds that leave 2.5 % of draws on either side: the percentile interval of a bootstrap (Efron 1979).

    Args:
        draws: shape (d,), d from 1: a figure in resamples, or under a null.
    """
    low, high = np.quantile(np.asarray(draws, np.float64), [0.025, 0.975])
    return float(low), float(high)


def around_mean(values: ArrayLike) -> tuple[float, float]:
    """The 95 % interval of a mean by the normal distribution, from the spread of its values (ddof = 1).

    Args:
        values: shape (n,), n from 2.
    """
    x = np.asarray(values, np.float64)
    mean, half = float(x.mean()), Z95 * float(x.std(ddof=1)) / len(x) ** 0.5
    return mean - half, mean + half
