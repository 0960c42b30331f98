"""Maps from one space to another, learned from works in both and tried on others that are in both."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentarchive.audit.spaces import Spaces
from latentarchive.measures.alignment import ridge, rotation
from latentarchive.measures.intervals import wilson
from latentarchive.measures.matching import match_ranks, recall_at

HELD_OUT, LEAST_HELD_OUT = 1000, 20
"""Works that a map is tried on, at most and at least."""

STEPS = (1, 2, 4, 8)
"""Numbers of anchors that are tried beside all, in dimensions."""

Trial = tuple[str, str, int, float, float, float, float, float]
"""Map, way, number of anchors; share found first, its interval, share among the first five; first by chance."""


def tried(two: Spaces, anchors: int, seed: int) -> tuple[Trial, ...]:
    """Learn maps both ways and look for works that were held out.

    Args:
        two: With more works in both than anchors.
        anchors: From the larger number of dimensions.
        seed: Of the choice of anchors and held-out works.

    Returns:
        Rotation and ridge, from few anchors and from all; a rotation whose anchors were paired at random, which is what
        learning itself makes up; and, where both spaces have as many dimensions, no map at all.
    """
    order = np.random.default_rng(seed).permutation(len(two.ids))
    (ax, ay), (hx, hy) = two.vectors(order[:anchors]), two.vectors(np.sort(order[anchors : anchors + HELD_OUT]))
    there, back = (" → ".join(names) for names in (two.names, two.names[::-1]))
    dim = max(ax.shape[1], ay.shape[1])
    trials = []
    for name, learn in (("rotation", rotation), ("ridge", ridge)):
        for size in sorted({step * dim for step in STEPS if step * dim < anchors} | {anchors}):
            trials.append((name, there, size, *_found(learn(ax[:size], ay[:size])(hx), hy)))
            trials.append((name, back, size, *_found(learn(ay[:size], ax[:size])(hy), hx)))
    dealt = ay[np.random.default_rng(seed + 1).permutation(anchors)]
    trials.append(("rotation, anchors paired at random", there, anchors, *_found(rotation(ax, dealt)(hx), hy)))
    if ax.shape[1] == ay.shape[1]:
        trials.append(("none", there, 0, *_found(hx, hy)))
    return tuple(trials)


def _found(moved: NDArray[np.floating], wanted: NDArray[np.float32]) -> tuple[float, float, float, float, float]:
    before, ties = match_ranks(moved, wanted, np.arange(len(wanted)))
    first, five = (float(recall_at(before, ties, k).mean()) for k in (1, 5))
    return first, *wilson(first * len(wanted), len(wanted)), five, 1 / len(wanted)
