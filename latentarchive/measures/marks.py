"""A mark laid over images, such as a watermark, found again from a few images that are known to bear it.

What a mark adds at its place stands out when images that bear it are put together, and what they show does not:
T. Dekel, M. Rubinstein, C. Liu, W. T. Freeman, "On the Effectiveness of Visible Watermarks", CVPR 2017. All marks
must lie at the same place of the image, and be strokes brighter than what they cover.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

SIDE = 128
"""Side of the square to which images are brought, so that equal places are equal pixels."""

Map = NDArray[np.float32]


def strokes(grey: NDArray[np.floating], *, width: int = 3) -> Map:
    """Bright strokes narrower than `width` pixels, from 0 to 40 grey levels: a white top-hat. Shape as given."""
    hat = ndimage.white_tophat(np.asarray(grey, dtype=np.float32), size=(width, width))
    return np.minimum(hat, np.float32(40))  # a glint must not count for more than a stroke


def mark_of(bearing: NDArray[np.float32], usual: Map) -> Map:
    """The mark that these images share: the median of their `strokes`, less what is usual at each place.

    Args:
        bearing: Shape (k, side, side), of images that bear it; from three on the median leaves out what one shows.
        usual: Shape (side, side): the mean over the collection.

    Returns:
        shape (side, side).
    """
    mark: Map = np.median(bearing - usual, axis=0).astype(np.float32)
    return mark


def fit(strokes_of: Map, mark: Map, usual: Map) -> float:
    """How well an image fits a mark: the correlation of its strokes, less what is usual, with it, from -1 to 1."""
    difference = (strokes_of - usual).ravel()
    wanted = mark.ravel() - mark.mean()
    difference = difference - difference.mean()
    size = float(np.linalg.norm(difference) * np.linalg.norm(wanted))
    return float(difference @ wanted) / size if size else 0.0
