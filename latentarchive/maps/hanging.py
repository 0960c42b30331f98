"""Hanging pictures on a wall: whole, none over another, in rows that follow their places on a map."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Box(NamedTuple):
    """Where a picture hangs: left upper corner and size, in the units of the wall."""

    left: float
    top: float
    width: float
    height: float


def hung(
    aspects: NDArray[np.floating], xy: NDArray[np.floating], width: float, height: float, gap: float, below: float
) -> list[Box]:
    """Boxes for pictures, as large as the wall lets them be.

    They are dealt to rows by their height on the map, so that each row is about as long, and stand in each from left to
    right as on the map. A row is as high as makes it as wide as the wall; the number of rows is the one that leaves the
    least of the wall bare.

    Args:
        aspects: shape (n,), width over height of each, n from 1; beyond 1:5 a box is no longer than that.
        xy: shape (n, 2), places on a map, y upwards.
        width: Of the wall.
        height: Of the wall.
        gap: Between pictures.
        below: Free space under each row, for its numbers.

    Returns:
        One box for each, in the order given.
    """
    shapes = np.asarray(np.clip(aspects, 0.2, 5), np.float64)
    tries = [_rows(shapes, xy, count, (width, height), gap, below) for count in range(1, len(shapes) + 1)]
    return max(tries, key=lambda boxes: sum(box.width * box.height for box in boxes))


def _rows(
    aspects: NDArray[np.float64],
    xy: NDArray[np.floating],
    count: int,
    wall: tuple[float, float],
    gap: float,
    below: float,
) -> list[Box]:
    """Boxes in so many rows."""
    width, height = wall
    from_top = np.lexsort((np.arange(len(aspects)), xy[:, 0], -xy[:, 1]))
    middle = np.cumsum(aspects[from_top]) - aspects[from_top] / 2
    of = np.minimum((middle / aspects.sum() * count).astype(int), count - 1)
    rows = [from_top[of == at] for at in range(count)]
    rows = [row[np.lexsort((row, xy[row, 0]))] for row in rows if len(row)]
    heights = np.array([(width - gap * (len(row) - 1)) / aspects[row].sum() for row in rows])
    heights = np.minimum(heights, 1.5 * np.median(heights))  # a short last row does not grow into a poster
    free = height - gap * (len(rows) - 1) - below * len(rows)
    if free <= 0 or (heights <= 0).any():
        return []
    heights *= min(1.0, free / heights.sum())
    spare_height = min(gap, (free - heights.sum()) / len(rows))  # a wall that is not full has a little more air
    between, top = gap + spare_height, 0.0
    boxes: list[Box] = [Box(0, 0, 0, 0)] * len(aspects)
    for row, high in zip(rows, heights.tolist(), strict=True):
        wide = aspects[row] * high
        spare = (width - wide.sum() - gap * (len(row) - 1)) / len(row)  # a row that is not full is spread evenly
        left = spare / 2
        for at, own in zip(row.tolist(), wide.tolist(), strict=True):
            boxes[at] = Box(left, top, own, high)
            left += own + gap + spare
        top += high + below + between
    return boxes
