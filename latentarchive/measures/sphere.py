"""Between unit vectors: the way along the great circle, and the mean that lies on the sphere.

Legend: x, y unit vectors; n rows, dim; w weights that add up to 1.
"""

from __future__ import annotations

from collections.abc import Sequence

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
