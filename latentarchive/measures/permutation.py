"""Two samples against all the ways in which the same things could have been parted in two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 999
"""How often the labels are drawn anew."""

Statistic = Callable[[NDArray[np.int64], NDArray[np.int64]], float]
"""A figure of two samples, given as numbers of rows in what was pooled."""


@dataclass(frozen=True, slots=True)
class Parted:
    """A figure, and what it is where the labels are drawn anew."""

    value: float
    #: Mean of the figure over the draws, and between what it lies in 95 of 100.
    null: float
    low: float
    high: float
    #: Share of the draws, this one counted, with a figure as large; as far out on either side; from 1 / (draws + 1).
    p_greater: float
    p_two_sided: float
    draws: int


def parted(statistic: Statistic, n: int, m: int, *, draws: int = DRAWS, seed: int = 0) -> Parted:
    """A figure of two samples, with its permutation null.

    Valid whatever the distribution, if nothing but the label tells the samples apart under the null hypothesis (Phipson
    and Smyth, 2010, for the one that is added to both counts).

    Args:
        statistic: Of rows 0 to n - 1 against rows n to n + m - 1, and of any other parting in n and m.
        n: Size of the first sample, from 1.
        m: Size of the second one.
        draws: How many partings are drawn.
        seed: Of the draws.
    """
    rng = np.random.default_rng(seed)
    value = statistic(np.arange(n), np.arange(n, n + m))
    order = (rng.permutation(n + m) for _ in range(draws))
    null = np.array([statistic(one[:n], one[n:]) for one in order])
    # Rounding must not part what is equal: with few rows many partings are the same.
    slack = 1e-9 * max(float(np.abs(null).max()), abs(value), 1e-12)
    counts = (int(np.count_nonzero(side)) for side in (null >= value - slack, null <= value + slack))
    above, below = ((1 + count) / (draws + 1) for count in counts)
    low, high = np.quantile(null, [0.025, 0.975])
    both = min(1.0, 2 * min(above, below))
    return Parted(float(value), float(null.mean()), float(low), float(high), above, both, draws)
