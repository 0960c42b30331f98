"""Pictures on a map in steps of size: square tiles of cells, each with the one work that stands for those in it.

A cell of a coarse level is shown by one of the works that stand for its four cells of the next, so that what is seen
from afar is still there when one comes near, and every picture is drawn small once.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from latentarchive.errors import ImageError
from latentarchive.images import decode, thumbnail

ACROSS, SIDE = 8, 64
"""Cells across a tile, and pixels across a cell: a tile has 512."""

LEVELS = 6
"""Levels at most; the finest has `ACROSS` * 2 ** 5 = 256 cells across."""

MARGIN = 3
"""Bare pixels around a picture in its cell."""

QUALITY = 80

Cells = NDArray[np.int32]
"""Shape (cells, 4): level from 0, column from the left, row from the top, and the place of the work that stands there,
ordered by level, row and column; cells without works are not listed."""


def levels_for(n: int) -> int:
    """Levels after which so many works, evenly spread, are about one a cell."""
    return int(np.clip(np.ceil(np.log2(max(2 * np.sqrt(n) / ACROSS, 1))) + 1, 1, LEVELS))


def representatives(xy: NDArray[np.floating], levels: int) -> Cells:
    """The work that stands for each cell: that nearest to the middle of all works in it.

    Args:
        xy: shape (n, 2), from 0 to 1, y upwards.
        levels: From 1.
    """
    places = np.arange(len(xy))
    found: list[NDArray[np.int64]] = []
    for level in reversed(range(levels)):
        across = ACROSS << level
        column = np.clip((xy[:, 0] * across).astype(np.int64), 0, across - 1)
        row = np.clip(((1 - xy[:, 1]) * across).astype(np.int64), 0, across - 1)
        cell = row * across + column
        number = np.bincount(cell, minlength=across * across)
        middle = [np.bincount(cell, xy[:, axis], across * across) / np.maximum(number, 1) for axis in (0, 1)]
        apart = np.hypot(*(xy[places, axis] - middle[axis][cell[places]] for axis in (0, 1)))
        places = places[np.lexsort((places, apart, cell[places]))]
        places = places[np.unique(cell[places], return_index=True)[1]]
        found.append(np.column_stack([np.full(len(places), level), column[places], row[places], places]))
    return np.concatenate(found[::-1]).astype(np.int32)


def small(webp: bytes) -> bytes:
    """A thumbnail, whole, as small as a cell shows it; empty where it cannot be read."""
    try:
        return thumbnail(decode(webp).image, side=SIDE - 2 * MARGIN) if webp else b""
    except ImageError:
        return b""


def tiles(cells: Cells, pictures: Mapping[int, bytes]) -> Iterator[tuple[tuple[int, int, int], bytes]]:
    """Every tile in which there is a picture, as ((level, column, row), WebP), coarse levels first.

    Args:
        cells: As `representatives` gives them.
        pictures: What `small` made of the works, by place; those that have none are left bare.
    """
    tile = cells[:, :3] // np.array([1, ACROSS, ACROSS])
    for key in np.unique(tile[:, [0, 2, 1]], axis=0)[:, [0, 2, 1]]:
        held = cells[(tile == key).all(axis=1)]
        image = Image.new("RGBA", (ACROSS * SIDE, ACROSS * SIDE))
        for _, column, row, place in held.tolist():
            if picture := pictures.get(place):
                shown = decode(picture).image
                left, top = (at % ACROSS * SIDE for at in (column, row))
                image.paste(shown, (left + (SIDE - shown.width) // 2, top + (SIDE - shown.height) // 2))
        if image.getbbox():
            level, column, row = key.tolist()
            yield (level, column, row), _webp(image)


def cleared(webp: bytes, cells: Iterable[tuple[int, int]]) -> bytes:
    """A tile without the pictures of some cells, given as (column, row) of their level."""
    with Image.open(io.BytesIO(webp), formats=["WEBP"]) as opened:
        image = opened.convert("RGBA")
    for column, row in cells:
        left, top = column % ACROSS * SIDE, row % ACROSS * SIDE
        image.paste((0, 0, 0, 0), (left, top, left + SIDE, top + SIDE))
    return _webp(image)


def _webp(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=QUALITY, method=2)
    return buffer.getvalue()
