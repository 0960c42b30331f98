"""Places on a map moved to the cells of a grid, one work a cell, so that none hides another.

Up to `ASSIGNED` works the sum of the squared ways is the least possible (linear assignment, by scipy's algorithm after
Jonker and Volgenant 1987). Above, the grid is halved and halved again along its longer side, and the works with it in
the order of their places: each step is the best cut, all of them together need not be.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ASSIGNED = 2_000
"""Works up to which the assignment is exact: it takes seconds, and eight times as long for twice as many."""


def grid_for(n: int, width: float = 1.0, height: float = 1.0) -> tuple[int, int]:
    """Columns and rows of the smallest grid of about this shape with a cell for each of n works."""
    columns = max(1, round(float(np.sqrt(n * width / height))))
    return columns, -(-n // columns)


def snapped(xy: NDArray[np.floating]) -> tuple[NDArray[np.int64], int, int]:
    """Cells of a grid for places.

    Args:
        xy: shape (n, 2), n from 1.

    Returns:
        int64, shape (n, 2): column and row of each, all different; and how many columns and rows there are.
    """
    n = len(xy)
    low, span = xy.min(axis=0), np.ptp(xy, axis=0)
    columns, rows = grid_for(n, *np.clip(span / max(float(span.max()), 1e-12), 0.4, 1))
    cells = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=2).reshape(-1, 2)
    unit = (xy - low) / np.where(span > 0, span, 1)
    if n <= ASSIGNED:
        from scipy.optimize import linear_sum_assignment

        centres = (cells + 0.5) / [columns, rows]
        ways = ((unit[:, None] - centres[None]) ** 2).sum(axis=2)
        return cells[linear_sum_assignment(ways)[1]].astype(np.int64), columns, rows
    found = np.empty((n, 2), np.int64)
    _halve(unit, np.arange(n), (0, columns, 0, rows), found)
    return found, columns, rows


def _halve(
    xy: NDArray[np.floating], some: NDArray[np.int64], box: tuple[int, int, int, int], found: NDArray[np.int64]
) -> None:
    """Deal some works to the cells of a part of the grid, which has room for them."""
    left, right, top, bottom = box
    wide, high = right - left, bottom - top
    if not len(some):
        return
    if wide * high == 1:
        found[some[0]] = (left, top)
        return
    along = 0 if wide >= high else 1
    middle = (left + right) // 2 if along == 0 else (top + bottom) // 2
    first = (left, middle, top, bottom) if along == 0 else (left, right, top, middle)
    second = (middle, right, top, bottom) if along == 0 else (left, right, middle, bottom)
    room = (first[1] - first[0]) * (first[3] - first[2])
    here = round(len(some) * room / (wide * high))
    here = min(max(here, len(some) - (wide * high - room)), room)
    order = some[np.lexsort((some, xy[some, 1 - along], xy[some, along]))]
    _halve(xy, order[:here], first, found)
    _halve(xy, order[here:], second, found)
