"""How an image looks, in plain figures: brightness, sharpness, uniform borders. None of them is a fault.

All take RGB as uint8 of shape (height, width, 3).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def brightness(image: Pixels) -> NDArray[np.float32]:
    """Perceived brightness from 0 to 1, shape (height, width): HSP, D. R. Finley 2006, as CleanVision takes it."""
    squares = image.astype(np.float32) ** 2
    light = np.sqrt(squares @ np.array([0.241, 0.691, 0.068], np.float32)) / np.float32(255)
    return light.astype(np.float32)


def grey(image: Pixels) -> NDArray[np.float32]:
    """Luma from 0 to 255 (ITU-R BT.601), shape (height, width)."""
    luma: NDArray[np.float32] = image.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    return luma


def sharpness(image: Pixels) -> float:
    """Variance of the Laplacian of the luma, in squared grey levels: J. L. Pech-Pacheco et al., ICPR 2000.

    It depends on the size of the image and on what it shows: a pale drawing on empty paper is low, and not blurred.
    0 for images of fewer than 3 pixels on a side.
    """
    g = grey(image)
    if min(g.shape) < 3:
        return 0.0
    laplacian = g[:-2, 1:-1] + g[2:, 1:-1] + g[1:-1, :-2] + g[1:-1, 2:] - 4 * g[1:-1, 1:-1]
    return float(laplacian.var())


def borders(image: Pixels, *, tolerance: float = 8.0) -> tuple[float, float, float, float]:
    """Uniform borders at the top, right, bottom and left, as shares of the height or the width.

    A row or a column belongs to a border while nearly all of it (95 %) lies within `tolerance` grey levels of the
    outermost one's median, in every channel. An image of one colour has borders of 1.
    """
    values = image.astype(np.int16)
    height, width = values.shape[:2]
    return (
        _run(values, tolerance) / height,
        _run(values.transpose(1, 0, 2)[::-1], tolerance) / width,
        _run(values[::-1], tolerance) / height,
        _run(values.transpose(1, 0, 2), tolerance) / width,
    )


def _run(rows: NDArray[np.int16], tolerance: float) -> int:
    colour = np.median(rows[0], axis=0)
    near = (np.abs(rows - colour) <= tolerance).all(axis=2).mean(axis=1) >= 0.95
    return len(near) if near.all() else int(np.argmin(near))


def colour_patches(image: Pixels) -> int:
    """How many uniform patches of like length lie in a row along an edge, as those of colour cards and grey scales do.

    Strips of a tenth of the image are looked at along each edge. A colour card has ten patches or more; six of at least
    three clearly different colours, or a scale of greys that falls or rises throughout, are rare otherwise.

    Returns:
        The length of the longest such row; 0 if there is none of three.
    """
    found = 0
    values = image.astype(np.float32)
    for turned in (values, values[::-1], values.transpose(1, 0, 2), values.transpose(1, 0, 2)[::-1]):
        deep = max(2, turned.shape[0] // 20)
        for start in (0, deep):
            strip = turned[start : start + deep]
            if strip.shape[1] >= 32:
                found = max(found, _patches(strip))
    return found


def _patches(strip: NDArray[np.float32]) -> int:
    """Like-long runs of constant colour along a strip of shape (depth, length, 3)."""
    line = strip.mean(axis=0)
    even = strip.std(axis=0).max(axis=1) < 10  # the same from edge to inside
    steps = np.abs(np.diff(line, axis=0)).max(axis=1) > 14
    # A run ends where the colour jumps or the strip is not even; blurred edges take a pixel or two.
    ends = np.flatnonzero(np.r_[True, steps | ~even[1:], True])
    runs = [(a + 1, b) for a, b in pairwise(ends.tolist()) if b - a >= 4]
    best = 0
    for first in range(len(runs)):
        chosen = [runs[first]]
        for run in runs[first + 1 :]:
            long, like = run[1] - run[0], chosen[0][1] - chosen[0][0]
            if run[0] - chosen[-1][1] > 4 or not 0.66 <= long / like <= 1.5:
                break
            chosen.append(run)
        if len(chosen) > best and _is_card(np.array([line[a:b].mean(axis=0) for a, b in chosen])):
            best = len(chosen)
    return best


def _is_card(colours: NDArray[np.float32]) -> bool:
    if len(colours) < 3:
        return False
    spread = colours.max(axis=1) - colours.min(axis=1)
    if (spread < 24).all():  # greys: a scale
        steps = np.diff(colours.mean(axis=1))
        return bool(((steps > 4).all() or (steps < -4).all()) and np.ptp(colours.mean(axis=1)) > 100)
    hues = {tuple(one) for one in (colours[spread >= 60] // 86).astype(int).tolist()}
    return len(hues) >= 3
