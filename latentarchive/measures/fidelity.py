"""What a map keeps of the space that it shows: neighbours kept, trustworthiness and continuity.

Venna and Kaski (2001), "Neighborhood preservation in nonlinear projection methods", equations 1 and 2. A work's terms
are sums over its own lists alone, so that the mean over some works, each against all n, estimates that over all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentarchive.measures.ranking import highest

ALIKE = 6
"""Decimals of a likeness or of a place on a map: nearer ones are equal, and stand in the order of their rows."""


@dataclass(frozen=True, slots=True)
class Fidelity:
    """What a map keeps, and what places dealt at random would."""

    k: int
    #: Works on the map, and how many of them were looked at.
    n: int
    looked: int
    #: Share of the k nearest in the space that are among the k nearest on the map, and its standard error.
    kept: float
    error: float
    kept_by_chance: float
    #: 1 where no stranger stands among the k nearest on the map; less, the farther away strangers come from.
    trustworthiness: float
    #: 1 where none of the k nearest in the space was torn away; less, the farther away it was put.
    continuity: float
    #: Of both.
    by_chance: float

    @property
    def sentence(self) -> str:
        """How much of the space the map keeps, for a person."""
        low, high = max(0.0, self.kept - 1.96 * self.error), min(1.0, self.kept + 1.96 * self.error)
        among = f"n = {self.n:,}" if self.looked == self.n else f"n = {self.n:,}, {self.looked:,} works looked at"
        return (
            f"This view keeps {self.kept:.1%} of the {self.k} nearest neighbours of a work (95 % interval {low:.1%} to "
            f"{high:.1%}; by chance {self.kept_by_chance:.2%}; {among}). Trustworthiness {self.trustworthiness:.3f}, "
            f"continuity {self.continuity:.3f} (by chance {self.by_chance:.3f})."
        )


def fidelity(
    blocks: Iterable[tuple[NDArray[np.floating], NDArray[np.floating], NDArray[np.int64]]], k: int
) -> Fidelity:
    """Look at some works of a map.

    Args:
        blocks: For some works at a time: how alike each is to all n in the space, shape (q, n), how near to all on the
            map, shape (q, n), higher for nearer in both, and which of the n it is itself, shape (q,).
        k: From 1, to n - 2.

    Raises:
        ValueError: There is nothing to look at, or k is not below n - 1.
    """
    kept: list[float] = []
    strangers, torn, n = 0.0, 0.0, 0
    for space, view, own in blocks:
        n = space.shape[1]
        if not 1 <= k < n - 1:
            message = f"k = {k} neighbours need at least {k + 2} works on the map, got {n}"
            raise ValueError(message)
        there, here = (_apart(side, own) for side in (space, view))
        true, shown = (np.nonzero(highest(side, k))[1].reshape(len(side), k) for side in (there, here))
        kept += ((shown[:, :, None] == true[:, None, :]).sum(axis=(1, 2)) / k).tolist()
        strangers += float(np.maximum(_ranks(there, shown) - k, 0).sum())
        torn += float(np.maximum(_ranks(here, true) - k, 0).sum())
    if not kept:
        message = "no work of the map was looked at"
        raise ValueError(message)
    # The largest possible sum, so that both lie in [0, 1]; Venna and Kaski give it for k below n/2, and here beyond it.
    most = k * (2 * n - 3 * k - 1) / 2 if k < n / 2 else (n - k) * (n - k - 1) / 2
    worst = len(kept) * most
    random = k * (n - 1 - k) * (n - k) / (2 * (n - 1)) / most
    error = float(np.std(kept, ddof=1) / np.sqrt(len(kept))) if len(kept) > 1 else 0.0
    return Fidelity(
        k=k, n=n, looked=len(kept), kept=float(np.mean(kept)), error=error, kept_by_chance=k / (n - 1),
        trustworthiness=1 - strangers / worst, continuity=1 - torn / worst, by_chance=max(0.0, 1 - random),
    )  # fmt: skip


def _apart(scores: NDArray[np.floating], own: NDArray[np.int64]) -> NDArray[np.float64]:
    apart = np.asarray(np.round(scores.astype(np.float64), ALIKE), np.float64)
    apart[np.arange(len(own)), own] = -np.inf
    return apart


def _ranks(scores: NDArray[np.float64], of: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rank of some columns in each row, from 1, equal ones by their number: shape (q, k)."""
    numbers = np.arange(scores.shape[1])
    ranks = np.empty(of.shape, np.int64)
    for place in range(of.shape[1]):
        column = of[:, place, None]
        value = np.take_along_axis(scores, column, axis=1)
        before = (scores > value) | ((scores == value) & (numbers < column))
        ranks[:, place] = before.sum(axis=1) + 1
    return ranks
