"""A mark that many images share: the same pale strokes at the same place, as watermarks are.

After T. Dekel, M. Rubinstein, C. Liu, W. T. Freeman, "On the Effectiveness of Visible Watermarks", CVPR 2017: what is the
same in many images stands out when their edges are averaged, what they show does not. There every image has the mark;
here few may, so the average is sharpened by weighing the images by how well they fit it, and again.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

SIDE = 128
"""Side of the square to which images are brought, so that equal places are equal pixels."""


def strokes(grey: NDArray[np.float32], *, width: int = 5) -> NDArray[np.float32]:
    """Bright strokes narrower than `width` pixels, from 0 (none) on: a white top-hat. Shape as given."""
    hat: NDArray[np.float32] = ndimage.white_tophat(grey, size=(width, width))
    return np.minimum(hat, np.float32(40))  # a glint must not count for more than a stroke


def shared_mark(maps: NDArray[np.float32], *, rounds: int = 12, share: float = 0.02) -> NDArray[np.float64]:
    """How well each image fits the mark that a few of them share, as a correlation from -1 to 1.

    Args:
        maps: Shape (n, side, side): `strokes` of each image.
        rounds: How often the mark is found again from the images that fit it best.
        share: Share of the images that it is found from.

    Returns:
        shape (n,). Where no mark is shared, the best of them fit the average of themselves: compare with what is known.
    """
    n = len(maps)
    flat = maps.reshape(n, -1).astype(np.float32)
    flat = flat - flat.mean(axis=0)  # what all images have at a place says nothing of a few
    flat -= flat.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(flat, axis=1, keepdims=True)
    unit = flat / np.maximum(norms, 1e-6)
    few = max(3, round(share * n))
    mark = (flat**3).mean(axis=0)  # skewness of each place: rarely bright, and then much
    scores: NDArray[np.float64] = np.zeros(n)
    for _ in range(rounds):
        mark = mark / max(float(np.linalg.norm(mark)), 1e-9)
        scores = (unit @ mark).astype(np.float64)
        best = np.argsort(-scores, kind="stable")[:few]
        # The median of them, so that no single picture draws the mark to itself
        mark = np.median(unit[best], axis=0)
    return scores
