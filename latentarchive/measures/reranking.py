"""Other orders of a list than that of relevance: as different as possible, as representative, as the whole is made up.

Reading aids, not corrections: who shows such a list says so, and keeps the rank each result had without it. Maximal
marginal relevance is in `latentarchive.measures.ranking`, those with guarantees for groups in
`latentarchive.measures.fairness`.

Legend: n candidates; r (n,) relevance from 0 to 1, S (n, n) likeness. All choose at most k positions, in the order of
choice; ties go to the earlier candidate.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SPENT = 1e-10
"""Squared volume that a further choice must add: below it the candidate is, to rounding, a mixture of those chosen."""

SMOOTHED = 0.01
"""Share of the desired distribution that is mixed into that of the list, so that an absent group costs a finite amount:
alpha of Steck, RecSys 2018."""


def determinantal(
    relevance: NDArray[np.floating], likeness: NDArray[np.floating], k: int, *, diversity: float
) -> list[int]:
    """A varied choice: the greedy mode of a determinantal point process, a volume that grows with every choice.

    Chen, Zhang and Zhou, "Fast greedy MAP inference for determinantal point process", NeurIPS 2018, algorithm 1, in
    O(k n) products a choice. Relevance enters as they do it: each next is the greatest gain of
    ``(1 - diversity) * sum r + diversity * log det S``.

    Args:
        relevance: r, shape (n,).
        likeness: S, shape (n, n): positive semidefinite, for example cosines.
        k: How many to choose, at most.
        diversity: From 0, by relevance alone, to 1, by volume alone.

    Returns:
        Positions; where fewer than k are independent of each other, the rest follow by relevance.
    """
    r = np.asarray(relevance, np.float64)
    if not diversity:
        return _filled([], r, k)
    volume = np.asarray(likeness, np.float64).diagonal().copy()
    rows = np.zeros((min(k, len(r)), len(r)))  # Cholesky rows of those chosen
    chosen: list[int] = []
    while len(chosen) < min(k, len(r)):
        volume[chosen] = 0
        with np.errstate(divide="ignore"):
            gain = (1 - diversity) * r + diversity * np.log(np.where(volume > SPENT, volume, 0))
        best = _first_best(gain)
        if gain[best] == -np.inf:
            break
        at = len(chosen)
        row = (likeness[best] - rows[:at, best] @ rows[:at]) / np.sqrt(volume[best])
        rows[at], volume = row, volume - row**2
        chosen.append(best)
    return _filled(chosen, r, k)


def facility_location(
    relevance: NDArray[np.floating], likeness: NDArray[np.floating], k: int, *, diversity: float
) -> list[int]:
    """A representative choice: every candidate should have one among those chosen that is like it.

    Greedy, and therefore at least 1 - 1/e of the best there is (Nemhauser, Wolsey and Fisher 1978), for
    ``(1 - diversity) * sum r / k + diversity * mean over candidates of max likeness to one chosen``.

    Args:
        relevance: r, shape (n,).
        likeness: S, shape (n, n), at most 1; below 0 counts as 0.
        k: How many to choose, at most.
        diversity: From 0, by relevance alone, to 1, by representation alone.
    """
    r, alike = np.asarray(relevance, np.float64), np.maximum(np.asarray(likeness, np.float64), 0)
    covered = np.zeros(len(r))
    chosen: list[int] = []
    while len(chosen) < min(k, len(r)):
        gain = (1 - diversity) * r / k + diversity * np.maximum(alike - covered, 0).mean(axis=1)
        gain[chosen] = -np.inf
        chosen.append(_first_best(gain))
        covered = np.maximum(covered, alike[chosen[-1]])
    return chosen


def calibrated(
    relevance: NDArray[np.floating],
    groups: NDArray[np.integer],
    desired: NDArray[np.floating],
    k: int,
    *,
    weight: float,
) -> list[int]:
    """A list whose shares of groups are near to desired ones; Steck, "Calibrated recommendations", RecSys 2018.

    Greedy for ``(1 - weight) * sum r - weight * KL(desired || shares of the list)``, the shares smoothed by `SMOOTHED`.

    Args:
        relevance: r, shape (n,).
        groups: Of each candidate, numbers below G, shape (n,); -1: of none, taken only where nothing else is left.
        desired: shape (G,), from 0, with sum 1.
        k: How many to choose, at most.
        weight: From 0, by relevance alone, to 1, by shares alone.
    """
    r, p = np.asarray(relevance, np.float64), np.asarray(desired, np.float64)
    of = np.asarray(groups, np.int64)
    counts, left = np.zeros(len(p)), of >= 0
    chosen: list[int] = []
    while len(chosen) < k and left.any():
        after = len(chosen) + 1
        terms = _divergence(p, counts / after)
        one_more = terms.sum() - terms + _divergence(p, (counts + 1) / after)
        worth = (1 - weight) * r - weight * one_more[of]
        best = _first_best(np.where(left, worth, -np.inf))
        chosen.append(best)
        left[best] = False
        counts[of[best]] += 1
    return _filled(chosen, r, k)


def _first_best(worth: Floats) -> int:
    """The position of the greatest; what differs by rounding alone is equal."""
    return int(np.argmax(np.round(worth, 12)))


def _divergence(desired: Floats, shares: Floats) -> Floats:
    """What each group adds to KL(desired || smoothed shares)."""
    mixed = (1 - SMOOTHED) * shares + SMOOTHED * desired
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(desired > 0, desired * np.log(desired / mixed), 0.0), np.float64)


def _filled(chosen: list[int], relevance: Floats, k: int) -> list[int]:
    """The choice, and after it what is most relevant of the others."""
    rest = [i for i in np.argsort(-relevance, kind="stable").tolist() if i not in set(chosen)]
    return [*chosen, *rest][:k]
