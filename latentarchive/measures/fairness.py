"""Lists with a guaranteed representation of groups at every rank, at the least cost in relevance.

Geyik, Ambler and Kenthapadi, KDD 2019, algorithms 1 and 3; FA*IR: Zehlike et al., "FA*IR: a fair top-k ranking
algorithm", CIKM 2017. Groups are what a catalogue or a user states.

Legend: n candidates, best first; G groups, p (G,) desired shares. All choose at most k positions; a candidate of group
-1 belongs to none and is taken only where nothing else is left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from latentarchive.measures.skew import ROUND

Floats = NDArray[np.float64]


def det_greedy(scores: Sequence[float], groups: Sequence[int], desired: Sequence[float], k: int) -> list[int]:
    """At every rank the best of the groups that lack their minimum, else of those below their maximum.

    Of each group there are at least floor(i p) and at most ceil(i p) among the first i. With up to three groups that is
    kept at every rank, as they show; with more, mostly. Algorithm 1 of Geyik et al.

    Args:
        scores: Relevance, best first, shape (n,).
        groups: Of each candidate, from 0 to G - 1, or -1.
        desired: p, with sum 1.
        k: How many to choose, at most.
    """
    waiting = _queues(groups, len(desired))
    counts = [0] * len(desired)
    chosen: list[int] = []
    while len(chosen) < min(k, len(groups)):
        rank = len(chosen) + 1
        there = [g for g in range(len(desired)) if waiting[g]]
        lacking = [g for g in there if counts[g] < math.floor(rank * desired[g] + ROUND)]
        allowed = [g for g in there if counts[g] < math.ceil(rank * desired[g] - ROUND)]
        if not (some := lacking or allowed or there):
            break
        best = min(some, key=lambda g: (-scores[waiting[g][0]], waiting[g][0]))
        chosen.append(waiting[best].pop(0))
        counts[best] += 1
    return _filled(chosen, len(groups), k)


def det_const_sort(scores: Sequence[float], groups: Sequence[int], desired: Sequence[float], k: int) -> list[int]:
    """As `det_greedy`, but the minimum of every group is kept at every rank, whatever the number of groups.

    Whenever the minimum of a group rises, its next best is put at the end and moved up past worse ones as far as their
    own deadlines allow. Algorithm 3 of Geyik et al.; here rank i + 1 is the deadline that a place i may reach, since
    ranks are counted from 1 and places from 0.

    Args:
        scores: Relevance, best first, shape (n,).
        groups: Of each candidate, from 0 to G - 1, or -1.
        desired: p, with sum 1.
        k: How many to choose, at most.
    """
    waiting = _queues(groups, len(desired))
    counts = [0] * len(desired)
    chosen: list[int] = []
    deadlines: list[int] = []
    while len(chosen) < k:
        # The ranks at which the minimum of each group that has candidates rises next; the first of them is now.
        rises = {g: math.ceil((counts[g] + 1) / p - ROUND) for g, p in enumerate(desired) if waiting[g] and p > ROUND}
        if not rises:
            break
        rank = min(rises.values())
        now = [g for g, at in rises.items() if at == rank]
        for g in sorted(now, key=lambda g: (-scores[waiting[g][0]], waiting[g][0])):
            chosen.append(waiting[g].pop(0))
            deadlines.append(rank)
            counts[g] += 1
            place = len(chosen) - 1
            while place > 0 and deadlines[place - 1] > place and scores[chosen[place - 1]] < scores[chosen[place]]:
                for listed in (chosen, deadlines):
                    listed[place - 1], listed[place] = listed[place], listed[place - 1]
                place -= 1
    return _filled(chosen[:k], len(groups), k)


def fa_ir(protected: Sequence[bool], minimum: Sequence[int]) -> list[int]:
    """FA*IR: the best at every rank, but a protected one where the list would have fewer of them than it must.

    Args:
        protected: Of each candidate, best first.
        minimum: For each rank from 1 to k how many protected ones there must be up to it; see `minimum_protected`.

    Returns:
        At most k positions. Where there are too few protected candidates, the others follow in their order.
    """
    inside = [i for i, one in enumerate(protected) if one]
    outside = [i for i, one in enumerate(protected) if not one]
    chosen: list[int] = []
    count = 0
    for least in minimum:
        if not inside and not outside:
            break
        best_inside = bool(inside) and (not outside or inside[0] < outside[0])
        take = bool(inside) and (count < least or best_inside)
        chosen.append((inside if take else outside).pop(0))
        count += take
    return chosen


def minimum_protected(k: int, share: float, significance: float) -> list[int]:
    """How many protected ones a list must have up to rank i not to look unfair: ``binom.ppf(significance, i, share)``.

    Args:
        k: Ranks.
        share: Of protected ones that is wanted, from 0 to 1.
        significance: At each rank; of `adjusted_significance` for the list as a whole.

    Returns:
        For ranks 1 to k.
    """
    from scipy.stats import binom

    return [max(0, int(m)) for m in binom.ppf(significance, np.arange(1, k + 1), share)]


def fail_probability(minimum: Sequence[int], share: float) -> float:
    """How likely a fair list, each rank protected with this chance, has too few somewhere; exact, rank by rank."""
    chance = np.zeros(len(minimum) + 2)  # of having so many and no failure yet
    chance[0] = 1
    for least in minimum:
        chance[1:] = chance[1:] * (1 - share) + chance[:-1] * share
        chance[0] *= 1 - share
        chance[:least] = 0
    return float(1 - chance.sum())


def adjusted_significance(k: int, share: float, significance: float) -> float:
    """The significance at each rank with which a fair list of k fails somewhere with at most the given chance.

    Zehlike et al. adjust for k tests that are not independent of each other. The chance of failure rises in steps; this
    is the greatest significance, to 1e-9, before the step that would pass it.
    """
    low, high = 0.0, significance
    if fail_probability(minimum_protected(k, share, high), share) <= significance:
        return high
    while high - low > 1e-9:
        middle = (low + high) / 2
        fits = fail_probability(minimum_protected(k, share, middle), share) <= significance
        low, high = (middle, high) if fits else (low, middle)
    return low


def _queues(groups: Sequence[int], n_groups: int) -> list[list[int]]:
    """The candidates of each group in their order."""
    waiting: list[list[int]] = [[] for _ in range(n_groups)]
    for position, group in enumerate(groups):
        if group >= 0:
            waiting[group].append(position)
    return waiting


def _filled(chosen: list[int], n: int, k: int) -> list[int]:
    """The choice, and after it what is left of the candidates in their order."""
    taken = set(chosen)
    return [*chosen, *(i for i in range(n) if i not in taken)][:k]
