"""Between unit vectors: the way along the great circle, the mean on the sphere, and how much something is a mixture.

Legend: x, y unit vectors; n rows, dim; w weights that add up to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

NEAR = 1e-7
"""Angles below this count as none: a sine of so little is rounding."""

ROUNDS, CLOSE = 200, 1e-12
"""Most steps towards a mean, and the length of a step at which it is reached."""


def slerp(x: NDArray[np.floating], y: NDArray[np.floating], t: float) -> NDArray[np.float64]:
    """The point a share t of the way from x to y along the great circle (Shoemake, 1985, section 3.3): shape (dim,).

    Also of vectors that are not of unit length (noise): their directions are turned, their lengths go from one to the
    other evenly. Raises `ValueError` for opposite ones, between which every way is as short.
    """
    x, y = x.astype(np.float64), y.astype(np.float64)
    lengths = float(np.linalg.norm(x)), float(np.linalg.norm(y))
    a, b = np.asarray(x / lengths[0], np.float64), np.asarray(y / lengths[1], np.float64)
    angle = _angle(a, b)
    if angle > np.pi - 1e-6:
        message = "two opposite directions have no way between them"
        raise ValueError(message)
    if angle < NEAR:
        turned = (1 - t) * a + t * b
    else:
        turned = (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)
    return np.asarray(turned * ((1 - t) * lengths[0] + t * lengths[1]))


def spherical_mean(x: NDArray[np.floating], weights: Sequence[float]) -> NDArray[np.float64]:
    """The unit vector with the least weighted sum of squared angles to others: shape (dim,).

    Buss and Fillmore (2001), "Spherical averages and applications to spherical splines", algorithm A1. Of two rows it
    is `slerp`; the order of rows does not count; a row of weight 1 is the mean itself.

    Args:
        x: shape (n, dim), unit rows, all within one half of the sphere.
        weights: n, not negative, one above 0.

    Raises:
        ValueError: The rows cancel each other out.
    """
    rows = x.astype(np.float64)
    w = np.asarray(weights, np.float64) / np.sum(weights)
    if w.max() == 1:
        return np.asarray(rows[int(w.argmax())])
    mean = w @ rows
    length = float(np.linalg.norm(mean))
    if length < 1e-6:
        message = "these directions cancel each other out: they have no mean"
        raise ValueError(message)
    mean /= length
    for _ in range(ROUNDS):
        step = w @ np.stack([_towards(mean, row) for row in rows])
        size = float(np.linalg.norm(step))
        if size < CLOSE:
            break
        mean = np.cos(size) * mean + np.sin(size) * step / size
        mean /= np.linalg.norm(mean)
    return np.asarray(mean)


def mixture(vectors: NDArray[np.floating], ends: NDArray[np.floating]) -> NDArray[np.float64]:
    """How much each row is a mixture of ends: on the way from one to the other, and in the middle of it.

    For two ends a and b: (1 - detour) (1 - imbalance), where the detour is d(m, a) + d(m, b) - d(a, b) and the
    imbalance |d(m, a) - d(m, b)|, both in units of d(a, b). Without the second an end itself would pass for a mixture.

    Args:
        vectors: shape (n, dim), unit rows.
        ends: shape (m, dim), unit rows, m from 2; of more than two the mean over all pairs.

    Returns:
        shape (n,): 1 in the middle of the straight way; 0 at an end, or where the detour is as long as the way.
    """
    x, y = vectors.astype(np.float64), ends.astype(np.float64)
    to = np.linalg.norm(x[:, None] - y[None], axis=2)
    scores = []
    for i, j in combinations(range(len(y)), 2):
        apart = max(float(np.linalg.norm(y[i] - y[j])), 1e-9)
        detour = np.clip((to[:, i] + to[:, j] - apart) / apart, 0, 1)
        imbalance = np.clip(np.abs(to[:, i] - to[:, j]) / apart, 0, 1)
        scores.append((1 - detour) * (1 - imbalance))
    return np.asarray(np.mean(scores, axis=0))


def _towards(origin: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The direction from one unit vector to another, as long as the angle between them."""
    across = x - (x @ origin) * origin
    sine = float(np.linalg.norm(across))
    if sine < NEAR:
        return np.asarray(across)
    return np.asarray(across * (_angle(origin, x) / sine))


def _angle(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Between two unit vectors, exact also where it is small (Kahan, 2006, section 12)."""
    return float(2 * np.arctan2(np.linalg.norm(x - y), np.linalg.norm(x + y)))
