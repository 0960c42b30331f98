"""Hubness: how unevenly the places in lists of nearest neighbours are dealt out.

Radovanović, Nanopoulos and Ivanović, "Hubs in space", JMLR 11 (2010): N_k(x) is in how many lists of k nearest x
stands. Legend: q lists of k, n things that may stand in them; N (n,) occurrences.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class Hubness:
    """How unevenly things occur in lists."""

    #: E[(N - mean)^3] / std^3 with the moments of the whole (not of a sample); 0 where all occur equally often.
    skew: float
    #: Share that stands in no list (antihubs).
    never: float
    #: Share of all places held by hubs: things that occur at least twice as often as the mean.
    hub_share: float
    #: Share of all places that would have to be dealt anew for all to occur equally often (Hoover, Robin Hood).
    robin_hood: float


def k_occurrence(lists: NDArray[np.integer], n: int) -> NDArray[np.int64]:
    """In how many lists each of `n` things stands: int64, shape (n,).

    Args:
        lists: shape (q, k): numbers from 0 to n - 1, without repeats in a row.
        n: How many things there are.
    """
    return np.bincount(np.asarray(lists, np.int64).ravel(), minlength=n)


def hubness(occurrence: ArrayLike) -> Hubness:
    """Hubness of occurrences, shape (n,), not all 0. Raises `ValueError` for others."""
    x = np.asarray(occurrence, np.float64)
    if x.ndim != 1 or not x.sum():
        message = f"occurrences must be a row of counts that are not all 0, got shape {x.shape}"
        raise ValueError(message)
    mean, spread = x.mean(), x.std()
    return Hubness(
        skew=float(((x - mean) ** 3).mean() / spread**3) if spread else 0.0,
        never=float((x == 0).mean()),
        hub_share=float(x[x >= 2 * mean].sum() / x.sum()),
        robin_hood=float(np.abs(x - mean).sum() / (2 * x.sum())),
    )


def expected(n: int, lists: int, k: int) -> Hubness:
    """What `hubness` tends to where each of some lists holds k of n things at random.

    N is binomial then (k / n in each list), and all but `robin_hood` follow in closed form; that one is De Moivre's
    mean deviation of a binomial.
    """
    from scipy.stats import binom

    p = k / n
    if p >= 1:
        return Hubness(skew=0.0, never=0.0, hub_share=0.0, robin_hood=0.0)
    mean, spread = lists * p, float(np.sqrt(lists * p * (1 - p)))
    hub, above = int(np.ceil(2 * mean - 1e-9)), int(np.floor(mean)) + 1
    deviation = 2 * above * (1 - p) * float(binom.pmf(above, lists, p))  # E|N - mean|, De Moivre (1730)
    return Hubness(
        skew=(1 - 2 * p) / spread,
        never=float((1 - p) ** lists),
        # E[N; N >= hub] = mean P(B >= hub - 1) with B one list fewer
        hub_share=float(binom.sf(hub - 2, lists - 1, p)),
        robin_hood=deviation / (2 * mean),
    )
