"""Selecting on a map: which works lie within a line that was drawn, and that line as a short text for an address."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentarchive.errors import QueryError

Polygon = NDArray[np.float64]
"""Shape (corners, 2): a closed line on the square of a map; the last corner is joined to the first."""

UNIT = 1_000_000
"""Steps of the side of a map in the text of a line: finer than a pixel at any size that is shown."""

CORNERS = 400
"""Corners that a line may have: whoever draws one by hand needs fewer."""

FARTHEST = 10.0
"""How far from the map a corner may lie, in sides of it."""


def polygon_text(polygon: Polygon) -> str:
    """A line as text, ``x_y.x_y.x_y`` in millionths of the side of the map: nothing that an address must escape."""
    return ".".join(f"{x}_{y}" for x, y in np.rint(np.asarray(polygon, np.float64) * UNIT).astype(np.int64).tolist())


def parse_polygon(text: str) -> Polygon:
    """The line of a text that `polygon_text` wrote, or that came in an address.

    Raises:
        QueryError: It is none, it has fewer than 3 or more than `CORNERS` corners, or lies far from the map.
    """
    pairs = [corner.split("_") for corner in text.split(".")] if len(text) <= 32 * CORNERS else []
    if not 3 <= len(pairs) <= CORNERS:
        message = f"the line of a selection needs 3 to {CORNERS} corners, got {text[:40]!r}; draw it again"
        raise QueryError(message)
    try:
        corners = np.array([(int(x), int(y)) for x, y in pairs], np.float64) / UNIT
    except (ValueError, OverflowError) as error:
        message = f"the line of a selection is written x_y.x_y.x_y in whole numbers, got {text[:40]!r}; draw it again"
        raise QueryError(message) from error
    if np.abs(corners).max() > FARTHEST:
        message = f"the line of a selection lies far from the map: {text[:40]!r}; draw it again"
        raise QueryError(message)
    return corners


def inside(polygon: Polygon, xy: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Which places lie within a line; where it crosses itself, all that it runs around counts (non-zero winding).

    Each edge is held only against the places at its own height, so that the cost grows with how often the line passes
    a place, not with its corners. Places on the line: those on a lower or left edge count, the others do not.

    Args:
        polygon: shape (corners, 2), at least 3 corners.
        xy: shape (n, 2).

    Returns:
        shape (n,).
    """
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    near = np.flatnonzero(((xy >= low) & (xy <= high)).all(axis=1))
    near = near[np.argsort(xy[near, 1], kind="stable")]
    x, y = (xy[near, axis].astype(np.float64) for axis in (0, 1))
    winding = np.zeros(len(near), np.int32)
    for (x0, y0), (x1, y1) in zip(polygon.tolist(), np.roll(polygon, -1, axis=0).tolist(), strict=True):
        if y0 == y1:
            continue
        beside = slice(*np.searchsorted(y, sorted((y0, y1))).tolist())
        crossing = x0 + (y[beside] - y0) * ((x1 - x0) / (y1 - y0))
        winding[beside] += np.where(x[beside] < crossing, 1 if y1 > y0 else -1, 0)
    found = np.zeros(len(xy), bool)
    found[near[winding != 0]] = True
    return found
