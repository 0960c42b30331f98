"""Intervals and nulls by drawing again: bootstrap of a mean, half samples, permuted pairs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

DRAWS = 999
"""Bootstrap samples of a mean."""

BOOTSTRAP = f"bootstrap over works, percentiles of {DRAWS} draws"
"""What `bootstrap_mean` is called under a figure."""

Statistic = Callable[[NDArray[np.int64]], float]
"""A figure of the items with these numbers, shape (m,)."""


def bootstrap_mean(values: NDArray[np.floating], *, seed: int = 0) -> tuple[float, float]:
    """The 95 % percentile interval of a mean (Efron 1979): items are drawn anew, with replacement.

    Args:
        values: shape (n,), one for each item, n from 1.
        seed: Of the draws.
    """
    rng = np.random.default_rng(seed)
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(DRAWS)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def half_samples(statistic: Statistic, n: int, *, draws: int, seed: int = 0) -> tuple[float, float]:
    """The 95 % interval of a figure that pairs of items make, by delete-half jackknife (Shao and Wu 1989).

    A bootstrap would draw items twice, and an item is its own nearest neighbour. A half drawn without replacement
    lies as far from the figure of all, in the mean, as that lies from the truth. The spread is laid around the figure
    of all: halves themselves have another mean where a figure depends on n.

    Args:
        statistic: The figure; nan is passed over.
        n: How many items there are.
        draws: How many halves.
        seed: Of the draws.
    """
    rng = np.random.default_rng(seed)
    found = np.array([statistic(np.sort(rng.permutation(n)[: n // 2])) for _ in range(draws)])
    found = found[np.isfinite(found)]
    whole = statistic(np.arange(n))
    if not len(found):
        return whole, whole
    spread = np.quantile(found - found.mean(), [0.025, 0.975]) * np.sqrt((n // 2) / (n - n // 2))
    return float(whole + spread[0]), float(whole + spread[1])


def permuted(statistic: Statistic, n: int, *, draws: int, seed: int = 0) -> NDArray[np.float64]:
    """The figure of items that were paired at random: shape (draws,), finite ones alone.

    Args:
        statistic: The figure of this order of the second space, the first one being left as it is.
        n: How many items there are.
        draws: How many permutations.
        seed: Of the draws.
    """
    rng = np.random.default_rng(seed)
    found = np.array([statistic(rng.permutation(n)) for _ in range(draws)])
    return found[np.isfinite(found)]
